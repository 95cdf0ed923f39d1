"""The same commit, models and question give the same answer, however the snapshot came about and whoever asks beside."""

import random
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kb.library import Library
from retriever.answer import Answer
from retriever.arrays import FloatMatrix, FloatVector
from retriever.embedder import Embedder, Progress
from retriever.onnx_embedder import OnnxEmbedder
from retriever.question import Question
from retriever.scope import Scope
from retriever.search import search
from retriever.snapshot import Models, Snapshot
from retriever.snapshot_build import build
from retriever.snapshot_files import load, save
from retriever.vector_cache import VectorCache
from tests.retriever.worlds import TODAY, own_articles, real_models


class Shuffled:
    """A model that is given its texts in another order, a few at a time."""

    def __init__(self, model: Embedder) -> None:
        self._model = model
        self.name, self.dim = model.name, model.dim

    def passages(self, texts: Sequence[str], *, progress: Progress | None = None) -> FloatMatrix:
        """See Embedder."""
        order = random.Random(7).sample(range(len(texts)), len(texts))  # noqa: S311 - an order, not a secret
        matrix = np.zeros((len(texts), self.dim), np.float32)
        for start in range(0, len(order), 3):
            rows = order[start : start + 3]
            matrix[rows] = self._model.passages([texts[row] for row in rows], progress=progress)
        return matrix

    def query(self, text: str) -> FloatVector:
        """See Embedder."""
        return self._model.query(text)


@pytest.fixture(scope="module")
def library() -> Library:
    """The articles of this repository on identity, transfers and remittances: all languages, tiers, overrides and trees."""
    whole = own_articles()
    folders = tuple(f"articles/{name}/" for name in ("identity", "remittances", "transfers"))
    return replace(whole, articles=tuple(it for it in whole.articles if it.path.startswith(folders)))


@pytest.fixture(scope="module")
def models(minilm: OnnxEmbedder, e5: OnnxEmbedder) -> Models:
    """The real models."""
    return real_models(minilm, e5)


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of the full rebuild."""
    return tmp_path_factory.mktemp("full") / "vectors.sqlite"


@pytest.fixture(scope="module")
def full(library: Library, models: Models, vectors: Path) -> Snapshot:
    """A full rebuild with an empty cache."""
    with VectorCache(vectors) as cache:
        return build(library, models, cache)


def forgetful(vectors: Path, copy: Path, every: int) -> VectorCache:
    """A cache from before: it holds other texts, and does not hold every so-manieth vector of today's."""
    with closing(sqlite3.connect(vectors)) as one, closing(sqlite3.connect(copy)) as other, other:
        one.backup(other)
        other.execute("DELETE FROM vectors WHERE rowid % ? = 0", (every,))
    return VectorCache(copy)


@pytest.fixture(scope="module")
def asked(library: Library) -> list[tuple[Question, Scope]]:
    """Thirty questions that articles claim to answer, spread over places, tiers and products."""
    every = [question for one in library.articles for question in one.answers]
    places = ["US-CA", None, "US", "CA-QC", "US-NY"]
    scopes = [Scope(None if n % 3 else frozenset({"cards", "transfers"}), places[n % 5], 1 + n % 2, TODAY) for n in range(30)]
    return [(Question(every[n * len(every) // 30]), scope) for n, scope in enumerate(scopes)]


@pytest.fixture(scope="module")
def answers(full: Snapshot, models: Models, asked: list[tuple[Question, Scope]]) -> list[Answer]:
    """What the full rebuild answers."""
    return ask(full, models, asked)


def ask(snapshot: Snapshot, models: Models, asked: Sequence[tuple[Question, Scope]]) -> list[Answer]:
    """One answer for each question."""
    return [search(question, scope, snapshot, models) for question, scope in asked]


@pytest.mark.usefixtures("full")
def test_an_incremental_build_answers_as_a_full_one(
    library: Library,
    models: Models,
    vectors: Path,
    asked: list[tuple[Question, Scope]],
    answers: list[Answer],
    tmp_path: Path,
) -> None:
    """Most passages were embedded before, among texts of no article; the others are embedded today."""
    with forgetful(vectors, tmp_path / "vectors.sqlite", 6) as cache:
        cache.put(models.english.name, ["other text"], models.english.passages(["other text"]))
        snapshot = build(library, models, cache)

    assert ask(snapshot, models, asked) == answers


@pytest.mark.usefixtures("full")
def test_another_order_of_embedding_changes_nothing(
    library: Library,
    models: Models,
    vectors: Path,
    asked: list[tuple[Question, Scope]],
    answers: list[Answer],
    tmp_path: Path,
) -> None:
    """Shuffled, three texts at a time: a vector does not depend on its neighbours."""
    shuffled = Models(Shuffled(models.english), Shuffled(models.multilingual))
    with forgetful(vectors, tmp_path / "vectors.sqlite", 5) as cache:
        snapshot = build(library, shuffled, cache)

    assert ask(snapshot, models, asked) == answers


def test_a_saved_and_loaded_snapshot_answers_the_same(
    full: Snapshot, models: Models, asked: list[tuple[Question, Scope]], answers: list[Answer], tmp_path: Path
) -> None:
    """Every float of every answer, through the disk."""
    loaded = load(save(full, tmp_path / "snapshots" / "one"), models)

    assert ask(loaded, models, asked) == answers


def test_many_threads_at_once_get_the_same_answers(
    full: Snapshot, models: Models, asked: list[tuple[Question, Scope]], answers: list[Answer]
) -> None:
    """Eight threads, each question asked several times among all others."""
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda it: search(it[0], it[1], full, models), asked * 4))

    assert found == answers * 4


def test_the_order_of_questions_changes_nothing(
    full: Snapshot, models: Models, asked: list[tuple[Question, Scope]], answers: list[Answer]
) -> None:
    """Nothing is remembered from one question to the next."""
    assert ask(full, models, asked[::-1]) == answers[::-1]


def test_widening_a_search_finds_what_a_fresh_one_finds(
    full: Snapshot, models: Models, asked: list[tuple[Question, Scope]], answers: list[Answer]
) -> None:
    """What a tier-3 reader is shown does not depend on a tier-1 reader's search of the same words before it."""
    higher = [(question, scope.at_tier(3)) for question, scope in asked]

    once, again = ask(full, models, higher), ask(full, models, [*asked, *higher])[len(asked) :]

    assert again == once
