"""One other system over one set, in a process and an environment of its own: what `benchmarks/compare.py` runs.

    PYTHON rival.py SYSTEM JOB.json

It imports nothing of Fingerpost, because its environment does not have it. JOB.json holds the documents, the questions, the
folder of MiniLM's weights, and a folder for the index. Prints one JSON object: seconds of indexing, milliseconds of each
question, the ten best documents of each, and the most memory that the process took. With `--again` it opens the index that is
there and answers one question: what a cold start is.
"""

import json
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any, TypeAlias

Answer: TypeAlias = Callable[[str], list[str]]
DEPTH = 10


def txtai(job: Mapping[str, Any], *, again: bool) -> Answer:
    """Hybrid, as its documentation recommends: BM25 beside a FAISS index, one weight each."""
    embeddings = import_module("txtai").Embeddings(path=job["model"], hybrid=True, content=False)
    folder = f"{job['folder']}/txtai"
    if again:
        embeddings.load(folder)
    else:
        embeddings.index([(document["id"], document["text"], None) for document in job["documents"]])
        embeddings.save(folder)
    return lambda text: [str(id_) for id_, _ in embeddings.search(text, DEPTH)]


def chroma(job: Mapping[str, Any], *, again: bool) -> Answer:
    """Dense: its local edition has no other."""
    library = import_module("chromadb")
    functions = import_module("chromadb.utils.embedding_functions")
    embed = functions.SentenceTransformerEmbeddingFunction(model_name=job["model"], normalize_embeddings=True)
    client = library.PersistentClient(path=f"{job['folder']}/chroma")
    collection = client.get_or_create_collection("set", embedding_function=embed, metadata={"hnsw:space": "cosine"})
    for first in range(0, 0 if again else len(job["documents"]), 500):
        some = job["documents"][first : first + 500]
        collection.add(ids=[it["id"] for it in some], documents=[it["text"] for it in some])
    return lambda text: list(collection.query(query_texts=[text], n_results=DEPTH)["ids"][0])


def llamaindex(job: Mapping[str, Any], *, again: bool) -> Answer:
    """Hybrid: its BM25 retriever beside its vector index, fused by reciprocal rank."""
    core, retrievers = import_module("llama_index.core"), import_module("llama_index.core.retrievers")
    bm25 = import_module("llama_index.retrievers.bm25").BM25Retriever
    core.Settings.embed_model = import_module("llama_index.embeddings.huggingface").HuggingFaceEmbedding(job["model"])
    core.Settings.llm = None
    nodes = [import_module("llama_index.core.schema").TextNode(text=it["text"], id_=it["id"]) for it in job["documents"]]
    folder = f"{job['folder']}/llamaindex"
    if again:
        index = core.load_index_from_storage(core.StorageContext.from_defaults(persist_dir=folder))
        words = bm25.from_persist_dir(f"{folder}/bm25")
    else:
        index = core.VectorStoreIndex(nodes)
        index.storage_context.persist(folder)
        words = bm25.from_defaults(nodes=nodes, similarity_top_k=DEPTH)
        words.persist(f"{folder}/bm25")
    both = retrievers.QueryFusionRetriever(
        [index.as_retriever(similarity_top_k=DEPTH), words],
        similarity_top_k=DEPTH, num_queries=1, mode="reciprocal_rerank", use_async=False,
    )  # fmt: skip
    return lambda text: [found.node.node_id for found in both.retrieve(text)]


SYSTEMS: Mapping[str, Callable[..., Answer]] = {"txtai": txtai, "chroma": chroma, "llamaindex": llamaindex}


def asked(answer: Answer, questions: Sequence[Mapping[str, str]]) -> tuple[dict[str, list[str]], list[float]]:
    """What came back for each question, and how long each took, in milliseconds; the first one is asked twice."""
    answer(questions[0]["text"])
    ranked, times = {}, []
    for question in questions:
        begun = perf_counter()
        ranked[question["id"]] = answer(question["text"])
        times.append((perf_counter() - begun) * 1000)
    return ranked, times


def main(system: str, path: str, *, again: bool) -> None:
    """Run one system and print what was measured."""
    job = json.loads(Path(path).read_text())
    begun = perf_counter()
    answer = SYSTEMS[system](job, again=again)
    if again:
        print(json.dumps({"answer": answer(job["questions"][0]["text"])}))
        return
    seconds = perf_counter() - begun
    ranked, times = asked(answer, job["questions"])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "times": times, "ranked": ranked, "memory": memory}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], again="--again" in sys.argv)
