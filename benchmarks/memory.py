"""What `kb serve` holds in memory over 10,000 articles: from its address to many questions over HTTP.

    python -m benchmarks.memory DATA_FOLDER WORK_FOLDER [--articles 10000] [--questions 500]

Makes the repository in the work folder, if it is not there. Its passages get vectors that are made up: real ones take minutes
and no less memory. Questions are read by the real models: three in four are English, a third names no place. What git and
Apertium hold in processes of their own stands apart.
"""

import argparse
import json
import random
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Final

from benchmarks.many_articles import MADE, files
from benchmarks.question_speed import HashedPassages
from benchmarks.served import KB, environment, models_folder, served
from kb.new_repository import write_repository
from kb.reading import read_library
from kb.repository import open_repository
from retriever.model_store import open_model
from retriever.passage import embedding_text, passages_of
from retriever.vector_cache import VectorCache

MODELS: Final = ("all-MiniLM-L6-v2", "multilingual-e5-small")
QUESTIONS: Final = (("fiqa-dev", "en", 3), ("banking77-es", "es", 1))  # set, language, parts of four
SETTLED_SECONDS: Final = 20.0  # after which models and dictionaries are loaded that the first question does not wait for
SHOWN_AFTER: Final = (0, 1, 10, 50, 100, 200, 500, 1000, 2000, 5000)  # questions


def make(data: Path, work: Path, articles: int, models: Path) -> Path:
    """The repository, and the vectors of its passages where the service looks for them."""
    repository = work / f"many-{articles}.git"
    if not repository.exists():
        write_repository(repository, files(data, articles, words=80), at=MADE)
    opened = open_repository(str(repository), work / "clones")
    library = read_library(opened.tree(opened.resolve(None), "articles"))
    opened.close()
    texts = [embedding_text(article, passage) for article in library.articles for passage in passages_of(article)]
    with VectorCache(work / "data" / "spaces" / "default" / "vectors.sqlite") as cache:
        for name in MODELS:
            model = open_model(name, models, threads=1)
            if cache.get(model.name, texts[:1], dim=model.dim)[1]:
                cache.put(model.name, texts, HashedPassages(model).passages(texts))
    return repository


def questions(data: Path, count: int) -> Iterator[tuple[str, str | None]]:
    """Text and place, in a mixed order that is always the same."""
    chance = random.Random(8)  # noqa: S311 - a choice, not a secret
    mixed = []
    for name, lang, parts in QUESTIONS:
        lines = (json.loads(line) for line in (data / name / "queries.jsonl").read_text().splitlines())
        texts = [line["text"] for line in lines if line["lang"] == lang]
        mixed += [chance.choice(texts) for _ in range(count * parts // 4 + 1)]
    chance.shuffle(mixed)
    for number, text in enumerate(mixed[:count]):
        yield text, None if number % 3 == 0 else "US-CA"


def memory(process: int) -> dict[str, int]:
    """What a process holds, in MB: all of it, what is its own alone, and what files hold as well."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    megabytes = {name: round(size * 1024 / 1e6) for name, size in kilobytes.items()}
    return {
        "resident": megabytes["Rss"],
        "anonymous": megabytes["Anonymous"],
        "of files": megabytes["Rss"] - megabytes["Anonymous"],
    }


def children(process: int) -> list[int]:
    """The processes that it has started."""
    tasks = Path(f"/proc/{process}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def shown(when: str, process: int) -> None:
    """Print one line."""
    held = ", ".join(f"{size} MB {name}" for name, size in memory(process).items())
    beside = sum(memory(child)["anonymous"] for child in children(process))
    threads = len(list(Path(f"/proc/{process}/task").iterdir()))
    print(f"{when:<24} {held}; {threads} threads; {beside} MB in other processes", flush=True)


def ask(address: str, text: str, place: str | None) -> None:
    """One question over HTTP."""
    body = json.dumps({"q": text, "jurisdiction": place}).encode()
    request = urllib.request.Request(  # noqa: S310 - the address that the service printed
        f"{address}/v1/search", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
        json.load(response)


def main() -> None:
    """Make what is missing, serve, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--questions", type=int, default=500)
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    repository = make(asked.data, asked.work, asked.articles, models_folder())
    settings = environment(asked.work / "data", repository)
    subprocess.run([*KB, "index", "--json"], env=settings, check=True, stdout=subprocess.DEVNULL)
    with served(settings) as service:
        shown("its address is printed", service.process)
        sleep(SETTLED_SECONDS)
        for number, (text, place) in enumerate(questions(asked.data, asked.questions)):
            if number in SHOWN_AFTER:
                shown(f"after {number} questions", service.process)
            ask(service.address, text, place)
        shown(f"after {asked.questions} questions", service.process)


if __name__ == "__main__":
    main()
