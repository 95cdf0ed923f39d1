"""Serving a prepared model: exact, the same in every company, and hard to upset."""

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from retriever import onnx_embedder
from retriever.arrays import FloatVector
from retriever.errors import ModelError
from retriever.model_store import prepared_directory
from retriever.onnx_embedder import OnnxEmbedder
from retriever.onnx_session import run
from retriever.prepared_model import PreparedModel, write
from tests.waiting import no_stall, until

REPOSITORY = Path(__file__).parents[2]
MODELS = ("all-MiniLM-L6-v2", "multilingual-e5-small")
TEXTS = (
    "How do I dispute a card charge?",
    "El cliente no puede iniciar sesión en la aplicación.",
    "R10",
    "Raise the daily wire limit in the console. " * 9,
    "How do I dispute a card charge?",
    "Une opposition sur la carte, à Québec ; 10\u00a0000 CAD.",
    "Read the disclosure word for word. " * 120,
    "",
)
AWKWARD = {
    "empty": "",
    "blank": " \t\n ",
    "a NUL": "limit\0 exceeded",
    "a lone surrogate": "card \ud83d blocked",
    "a whole surrogate pair": "card \ud83d\ude00 blocked",
    "no letters": "🏦💳 ────",
    "one endless word": "x" * 100_000,
    "100 kB of spaces": " " * 100_000 + "end",
    "100 kB without spaces": "转账" * 50_000,
}


@pytest.fixture(params=MODELS)
def embedder(request: pytest.FixtureRequest, minilm: OnnxEmbedder, e5: OnnxEmbedder) -> OnnxEmbedder:
    """Each built-in model in turn."""
    return {"all-MiniLM-L6-v2": minilm, "multilingual-e5-small": e5}[request.param]


@pytest.fixture
def copy_of_minilm(models_dir: Path, minilm: OnnxEmbedder, tmp_path: Path) -> Path:
    """A prepared directory that a test may damage."""
    return Path(shutil.copytree(prepared_directory("all-MiniLM-L6-v2", models_dir), tmp_path / "model"))


def test_vectors_have_length_one(embedder: OnnxEmbedder) -> None:
    """Inner products are cosines, for passages and queries alike."""
    vectors = np.vstack([embedder.passages(TEXTS), embedder.query(TEXTS[0])])

    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS) + 1, embedder.dim)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_a_passage_has_the_same_vector_alone_and_in_bulk(embedder: OnnxEmbedder) -> None:
    """Company, order and repetition change no bit of a vector."""
    alone = np.vstack([embedder.passages([text]) for text in TEXTS])

    bulk = embedder.passages(TEXTS)
    reversed_bulk = embedder.passages(TEXTS[::-1] * 3)

    assert np.array_equal(alone, bulk)
    assert np.array_equal(np.vstack([alone[::-1]] * 3), reversed_bulk)


def test_the_number_of_threads_changes_no_bit(embedder: OnnxEmbedder, models_dir: Path) -> None:
    """One thread gives the same queries and passages as two."""
    name = embedder.name.partition("@")[0]

    alone = OnnxEmbedder(prepared_directory(name, models_dir), threads=1)

    assert np.array_equal([alone.query(text) for text in TEXTS], [embedder.query(text) for text in TEXTS])
    assert np.array_equal(alone.passages(TEXTS), embedder.passages(TEXTS))


def test_questions_during_a_bulk_run_get_their_usual_vectors(embedder: OnnxEmbedder) -> None:
    """Agents keep asking while a push is being embedded, from several threads."""
    expected = [embedder.query(text) for text in TEXTS]
    expected_bulk = embedder.passages(TEXTS)

    with ThreadPoolExecutor(4) as pool:
        bulk = [pool.submit(embedder.passages, TEXTS) for _ in range(2)]
        asked = list(pool.map(embedder.query, TEXTS))

    assert np.array_equal(asked, expected)
    assert all(np.array_equal(run.result(), expected_bulk) for run in bulk)


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD)
def test_any_string_gets_a_vector(embedder: OnnxEmbedder, text: str) -> None:
    """Whatever is pasted into the sidebar costs at most what the longest text the model reads costs."""
    with no_stall():
        vector = embedder.query(text)

    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


def test_a_surrogate_pair_is_the_character_it_spells(embedder: OnnxEmbedder) -> None:
    """Text that crossed a UTF-16 system means what it meant there."""
    assert np.array_equal(embedder.query("card \ud83d\ude00 blocked"), embedder.query("card \U0001f600 blocked"))


def test_text_beyond_the_last_token_changes_nothing(embedder: OnnxEmbedder) -> None:
    """A model reads as many tokens as it says and no more."""
    long = "wire " * embedder.max_tokens

    assert embedder.count_tokens(long) == embedder.max_tokens
    assert embedder.count_tokens("wire") < 8
    assert np.array_equal(embedder.passages([long]), embedder.passages([long + "and something else entirely"]))


def test_each_model_reads_as_many_tokens_as_it_was_trained_for(minilm: OnnxEmbedder, e5: OnnxEmbedder) -> None:
    """MiniLM reads 256 tokens, e5 512."""
    assert (minilm.max_tokens, e5.max_tokens) == (256, 512)


def test_e5_prefixes_queries_and_passages_differently(e5: OnnxEmbedder, minilm: OnnxEmbedder) -> None:
    """The same words as a question and as a passage are two vectors for e5 and one for MiniLM."""
    assert not np.array_equal(e5.query("wire limit"), e5.passages(["wire limit"])[0])
    assert np.array_equal(minilm.query("wire limit"), minilm.passages(["wire limit"])[0])


def test_a_name_says_model_checksum_and_prefixes(e5: OnnxEmbedder) -> None:
    """The name is what fingerprints and caches compare, so it holds all that decides a vector."""
    label, _, rest = e5.name.partition("@")
    digits, _, prefixes = rest.partition(" ")

    assert label == "multilingual-e5-small"
    assert int(digits, 16) >= 0
    assert len(digits) == 12
    assert prefixes == "query='query: ' passage='passage: '"


def test_a_spanish_question_finds_its_english_passage(e5: OnnxEmbedder) -> None:
    """The multilingual model puts a question nearest to its answer in the other language."""
    passages = e5.passages([
        "Reset the password from the sign-in page.",
        "Dispute a card charge within sixty days.",
        "Wire transfers sent after 5 pm leave the next business day.",
        "Order a replacement for a damaged debit card.",
    ])  # fmt: skip

    scores = passages @ e5.query("¿Cómo reclamo un cargo de la tarjeta que no hice?")

    assert int(scores.argmax()) == 1


def test_no_texts_make_an_empty_matrix(embedder: OnnxEmbedder) -> None:
    """An article without a body is not an error."""
    assert embedder.passages([]).shape == (0, embedder.dim)


@pytest.mark.parametrize("count", [2, 8])
def test_progress_adds_up_to_the_number_of_texts(minilm: OnnxEmbedder, count: int) -> None:
    """A progress bar ends full, in bulk and below it."""
    steps: list[int] = []

    minilm.passages(TEXTS[:count], progress=steps.append)

    assert sum(steps) == count


def test_an_interrupt_ends_a_bulk_run_at_once(minilm: OnnxEmbedder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control-C does not wait for the thousand texts still queued."""
    read: list[int] = []

    def counted(session: ort.InferenceSession, ids: Sequence[int], kinds: Sequence[int]) -> FloatVector:
        read.append(len(ids))
        return run(session, ids, kinds)

    def interrupt(_done: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(onnx_embedder, "run", counted)
    with pytest.raises(KeyboardInterrupt):
        minilm.passages(["Read the disclosure word for word. " * 60] * 1000, progress=interrupt)

    assert len(read) < 100  # the first, and what the workers had taken meanwhile


def test_the_bulk_session_is_freed_when_idle(copy_of_minilm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a push the second copy of the weights goes, and comes back for the next push."""
    monkeypatch.setattr(onnx_embedder, "IDLE_SECONDS", 0.05)
    embedder = OnnxEmbedder(copy_of_minilm, threads=2)

    first = embedder.passages(TEXTS)
    until(lambda: not embedder._bulk_session.loaded)

    assert np.array_equal(embedder.passages(TEXTS), first)


@pytest.mark.parametrize("file", ["model.onnx", "tokenizer.json"])
def test_a_damaged_file_is_an_error_with_its_cure(copy_of_minilm: Path, file: str) -> None:
    """One flipped byte anywhere is found before the first vector, for queries and for bulk."""
    content = bytearray((copy_of_minilm / file).read_bytes())
    content[len(content) // 2] ^= 1
    (copy_of_minilm / file).write_bytes(content)
    embedder = OnnxEmbedder(copy_of_minilm, threads=2)

    with pytest.raises(ModelError, match=f"{file} has sha256 .*Delete this directory"):
        embedder.query("wire limit")
    with pytest.raises(ModelError, match=f"{file} has sha256 .*Delete this directory"):
        embedder.passages(TEXTS)


@pytest.mark.parametrize("file", ["manifest.json", "config.json"])
@pytest.mark.parametrize("content", [None, b"", b"[]", b'{"format": 99}', b"\xff"])
def test_a_directory_that_is_not_whole_does_not_open(copy_of_minilm: Path, file: str, content: bytes | None) -> None:
    """What cannot be read, or was written by another version, is refused at once."""
    (copy_of_minilm / file).unlink()
    if content is not None:
        (copy_of_minilm / file).write_bytes(content)

    with pytest.raises(ModelError, match="Delete this directory"):
        OnnxEmbedder(copy_of_minilm, threads=1)


def test_a_manifest_of_another_format_is_refused(copy_of_minilm: Path) -> None:
    """A later version's directory is not read as if it were ours."""
    manifest = json.loads((copy_of_minilm / "manifest.json").read_text())
    (copy_of_minilm / "manifest.json").write_text(json.dumps(manifest | {"format": 3}))

    with pytest.raises(ModelError, match="has format 3, expected 2"):
        OnnxEmbedder(copy_of_minilm, threads=1)


def test_another_prefix_is_another_name(copy_of_minilm: Path) -> None:
    """A model under another prefix must not be served from the same cache."""
    before = PreparedModel.read(copy_of_minilm)

    after = write(copy_of_minilm, replace(before.config, query_prefix="search: "), made_with={})

    assert after.name != before.name
    assert "query='search: '" in after.name


def test_threads_must_be_positive(copy_of_minilm: Path) -> None:
    """Nobody means to embed with no thread."""
    with pytest.raises(ValueError, match="threads is 0; expected 1 or more"):
        OnnxEmbedder(copy_of_minilm, threads=0)


def test_the_serving_path_never_imports_torch(copy_of_minilm: Path) -> None:
    """Opening, asking and caching leave torch, transformers and sentence-transformers unloaded."""
    script = f"""
import sys
from pathlib import Path
import retriever.vector_cache, retriever.model_store, retriever.model_sources
from retriever.onnx_embedder import OnnxEmbedder
from retriever.onnx_session import run
OnnxEmbedder(Path({str(copy_of_minilm)!r}), threads=1).query("wire limit")
print(sorted({{"torch", "transformers", "sentence_transformers", "huggingface_hub", "onnx"}} & set(sys.modules)))
"""
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=REPOSITORY)

    assert child.stdout == "[]\n"
