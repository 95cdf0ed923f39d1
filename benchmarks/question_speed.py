"""How long one question takes in process, and where the time goes.

    python -m benchmarks.question_speed [--questions 300] [--passages 10000]

Over this repository's articles with the real models, and over a synthetic snapshot: its vectors are drawn from the text's
hash, because embedding ten thousand passages takes minutes, but each question is still embedded by the real model.
"""

import argparse
import random
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

import numpy as np

import retriever.search as searching
from kb.library import Library
from kb.reading import read_library
from kb.repository import open_repository
from retriever.arrays import FloatMatrix, FloatVector
from retriever.embedder import Embedder, Progress
from retriever.language import language_of
from retriever.legs import Search
from retriever.model_store import open_model
from retriever.question import Question
from retriever.scope import Scope
from retriever.snapshot import Models, Snapshot
from retriever.snapshot_build import build
from retriever.vector_cache import VectorCache

ROOT: Final = Path(__file__).parents[1]
WARM: Final = 30  # questions before the clock counts
STAGES: Final = (
    "normalise understand leaders ranked_as hit_of above_tier varying_places leads".split()
)  # functions that `search` calls; what lies inside another stage is counted in both


class HashedPassages:
    """A real model for questions; for passages, vectors drawn from the text's hash."""

    def __init__(self, model: Embedder) -> None:
        self._model = model
        self.name, self.dim = f"hashed+{model.name}", model.dim

    def passages(self, texts: Sequence[str], *, progress: Progress | None = None) -> FloatMatrix:
        """See Embedder."""
        seeds = (int.from_bytes(sha256(text.encode()).digest()[:8]) for text in texts)
        rows = [np.random.default_rng(seed).standard_normal(self.dim) for seed in seeds]
        if progress:
            progress(len(texts))
        matrix: FloatMatrix = np.array(rows, np.float32).reshape(len(texts), self.dim)
        matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
        return matrix

    def query(self, text: str) -> FloatVector:
        """See Embedder."""
        return self._model.query(text)


def enlarged(library: Library, passages: int, of_each: int) -> Library:
    """Copies of the articles under other ids until there are about so many passages; each copy's words in another order."""
    copies = []
    for number in range(-(-passages // of_each)):
        for article in library.articles:
            source, target = (name and f"{name}-{number}" for name in (article.translation_of, article.overrides))
            body = shuffled(article.body, number)
            copies.append(replace(article, id=f"{article.id}-{number}", body=body, translation_of=source, overrides=target))
    return replace(library, articles=tuple(sorted(copies, key=lambda it: it.id)))


def shuffled(body: str, seed: int) -> str:
    """The same length and the same line ends, so that every offset stays true; words change places within a line."""
    shuffle = random.Random(seed).sample  # noqa: S311 - no secret
    lines = (line.split(" ") for line in body.split("\n"))
    return "\n".join(" ".join(shuffle(line, len(line))) for line in lines)


@contextmanager
def watched(times: dict[str, list[float]]) -> Iterator[None]:
    """Note how long each stage of `search` takes, in milliseconds."""
    places: list[tuple[Any, str]] = [(searching, name) for name in STAGES]
    places += [(Search, name) for name in ("candidates", "confidence", "_vector")]
    before = [getattr(owner, name) for owner, name in places]
    for (owner, name), function in zip(places, before, strict=True):
        setattr(owner, name, clocked(function, times[name]))
    try:
        yield
    finally:
        for (owner, name), function in zip(places, before, strict=True):
            setattr(owner, name, function)


def clocked(function: Callable[..., Any], times: list[float]) -> Callable[..., Any]:
    """The function, and a note of how long each call took."""

    def call(*args: Any, **kwargs: Any) -> Any:
        begun = perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            times.append((perf_counter() - begun) * 1e3)

    return call


def report(title: str, snapshot: Snapshot, models: Models, questions: Sequence[str], scope: Scope) -> None:
    """Print p50 and p95 for each language, then the stages of the English ones."""
    for text in questions[:WARM]:
        searching.search(Question(text), scope, snapshot, models)
    size = f"{len(snapshot.articles):,} articles, {len(snapshot.passages):,} passages"
    print(f"\n{title}: {size}, {scope.jurisdiction or 'no place'}")
    for lang in ("en", "es"):
        mine = [text for text in questions if language_of(text) == lang]
        took: list[float] = []
        for text in mine:
            clocked(searching.search, took)(Question(text), scope, snapshot, models)
        p95 = statistics.quantiles(took, n=20)[-1]
        print(f"  {lang}  {len(mine):4d} questions  p50 {statistics.median(took):6.2f} ms  p95 {p95:6.2f} ms")
    times: dict[str, list[float]] = defaultdict(list)
    english = [text for text in questions if language_of(text) == "en"]
    with watched(times):
        for text in english:
            searching.search(Question(text), scope, snapshot, models)
    print("  English questions by stage (mean ms for each question; _vector, the model, is inside candidates):")
    for name, took in sorted(times.items(), key=lambda item: -sum(item[1])):
        print(f"    {name:15} {sum(took) / len(english):6.3f}  in {len(took) / len(english):4.1f} calls")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--passages", type=int, default=10_000)
    asked = parser.parse_args()
    folder = ROOT / ".kb" / "models"
    models = Models(open_model("all-MiniLM-L6-v2", folder, threads=2), open_model("multilingual-e5-small", folder, threads=2))
    with TemporaryDirectory() as scratch:
        repository = open_repository(str(ROOT), Path(scratch) / "clones")
        library = read_library(repository.working_tree("articles"))
        questions = [question for article in library.articles for question in article.answers]
        random.Random(1).shuffle(questions)  # noqa: S311 - no secret
        with VectorCache(ROOT / ".kb" / "benchmark-vectors.sqlite") as cache:
            own = build(library, models, cache)
        hashed = Models(HashedPassages(models.english), HashedPassages(models.multilingual))
        with VectorCache(Path(scratch) / "hashed.sqlite") as cache:
            large = build(enlarged(library, asked.passages, len(own.passages)), hashed, cache)
        repository.close()
    now = datetime(2026, 7, 15, 12, tzinfo=UTC)
    for place in ("US-CA", None):
        scope = Scope(None, place, 1, now)
        report("articles/", own, models, questions[: asked.questions], scope)
        report("synthetic", large, hashed, questions[: asked.questions], scope)


if __name__ == "__main__":
    main()
