"""Small worlds for this floor: articles as Markdown, a model that costs nothing, one question."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha1, sha256
from pathlib import Path

import numpy as np

from kb.library import Library
from kb.reading import read_library
from kb.tree import Commit, File, Tree
from retriever.answer import Answer
from retriever.arrays import FloatMatrix, FloatVector
from retriever.embedder import Embedder, Progress
from retriever.onnx_embedder import OnnxEmbedder
from retriever.question import Question
from retriever.scope import Scope
from retriever.search import search
from retriever.snapshot import Models, Snapshot
from retriever.snapshot_build import build
from retriever.vector_cache import VectorCache

REPOSITORY = Path(__file__).parents[2]
TODAY = datetime(2026, 7, 15, 12, tzinfo=UTC)
DIM = 16

TAXONOMY = """
name: Test
time_zone: UTC
languages: [en, es, fr]
products:
  cards: {name: {en: Cards}, escalate_to: cards-l2}
  transfers: {name: {en: Transfers}, escalate_to: payments-l2}
  crypto: {name: {en: Crypto}}
jurisdictions: [US, US-CA, US-NY, CA, CA-QC, MX]
tiers:
  1: {name: Frontline, escalate_to: support-l2}
  2: {name: Specialist, escalate_to: compliance}
  3: {name: Desk}
queues:
  support-l2: {name: Support}
  cards-l2: {name: Cards}
  payments-l2: {name: Payments}
  compliance: {name: Compliance}
"""


class HashEmbedder:
    """An Embedder without a model: a text's vector is the sum of its words' vectors, each drawn from the word's hash."""

    dim = DIM

    def __init__(self, name: str = "words@1") -> None:
        self.name = name
        self.embedded: list[str] = []

    def passages(self, texts: Sequence[str], *, progress: Progress | None = None) -> FloatMatrix:
        """See Embedder. Remembers what it was given."""
        self.embedded += texts
        if progress:
            progress(len(texts))
        return np.array([self.query(text) for text in texts], np.float32).reshape(len(texts), DIM)

    def query(self, text: str) -> FloatVector:
        """See Embedder."""
        total = sum((_word_vector(self.name, word) for word in text.casefold().split()), _word_vector(self.name, ""))
        vector: FloatVector = (total / np.linalg.norm(total)).astype(np.float32)
        return vector


@cache
def _word_vector(name: str, word: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    digest = sha256(f"{name}\0{word}".encode("utf-8", "surrogatepass")).digest()
    return np.random.default_rng(list(digest)).standard_normal(DIM)


def fakes() -> Models:
    """Two models that cost nothing and do not agree."""
    return Models(HashEmbedder("words-en@1"), HashEmbedder("words-any@1"))


def article(body: str = "Text.", **front: object) -> str:
    """One article's file. Front matter that is not given: cards, US, tier 1, English."""
    keys = {
        "title": "A title",
        "kind": "policy",
        "products": "[cards]",
        "jurisdictions": "[US]",
        "tier": 1,
        "lang": "en",
    } | front
    lines = [f"{key}: {value}" for key, value in keys.items()]
    return "\n".join(["---", *lines, "---", body, ""])


def library_of(files: Mapping[str, str], *, changed: Mapping[str, int] | None = None, commit: str = "a" * 40) -> Library:
    """The library of one commit. files: name → text, without `.md`. changed: name → day of July on which its text changed."""
    paths = {"kb/kb.yml": TAXONOMY, **{f"kb/{name}.md": text for name, text in files.items()}}
    entries = tuple(File(path, sha1(text.encode()).hexdigest()) for path, text in paths.items())  # noqa: S324
    days = {f"kb/{name}.md": Commit(f"{day:040d}", datetime(2026, 7, day, tzinfo=UTC)) for name, day in (changed or {}).items()}
    tree = Tree(
        Commit(commit, TODAY), "kb", entries, lambda file: paths[file.path].encode(), lambda _file: 0, lambda _paths: days
    )
    return read_library(tree)


def without_text(library: Library, id_: str) -> Library:
    """The library as if nothing of one article's body were left once its markup is gone."""
    articles = tuple(replace(one, sections=()) if one.id == id_ else one for one in library.articles)
    return replace(library, articles=articles)


class World:
    """A library, its snapshot and two models."""

    def __init__(self, library: Library, models: Models, cache: VectorCache) -> None:
        self.library = library
        self.models = models
        self.snapshot: Snapshot = build(library, models, cache)

    def ask(
        self,
        text: str,
        place: str | None = "US",
        *,
        products: Sequence[str] | None = None,
        tier: int = 1,
        lang: str | None = None,
        on: datetime = TODAY,
        limit: int = 10,
    ) -> Answer:
        """Ask one question."""
        scope = Scope(None if products is None else frozenset(products), place, tier, on)
        return search(Question(text, lang), scope, self.snapshot, self.models, limit=limit)


def world_of(
    files: Mapping[str, str], tmp_path: Path, models: Models | None = None, *, changed: Mapping[str, int] | None = None
) -> World:
    """A world of these articles, by the fake models unless others are given."""
    with VectorCache(tmp_path / "vectors.sqlite") as cache:
        return World(library_of(files, changed=changed), models or fakes(), cache)


def ids(answer: Answer) -> list[str]:
    """The articles of an answer, best first."""
    return [hit.article.id for hit in answer.hits]


def strings_in(value: object) -> Iterator[str]:
    """Every string anywhere in a value: dataclasses, mappings and sequences, keys and all."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from strings_in(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from strings_in(key)
            yield from strings_in(item)
    elif isinstance(value, tuple | list | set | frozenset):
        for item in value:
            yield from strings_in(item)


def own_articles() -> Library:
    """The articles of this repository, as they lie on the disk. Texts are said to have changed a day apart, in path order."""
    folder = REPOSITORY / "articles"
    texts = {str(path.relative_to(REPOSITORY)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    entries = tuple(File(path, sha1(text).hexdigest()) for path, text in texts.items())  # noqa: S324
    days = {path: Commit(f"{n:040d}", TODAY + timedelta(days=n)) for n, path in enumerate(texts)}
    tree = Tree(
        Commit("b" * 40, TODAY), "articles", entries, lambda file: texts[file.path], lambda _file: 0, lambda _paths: days
    )
    return read_library(tree)


def real_models(minilm: OnnxEmbedder, e5: OnnxEmbedder) -> Models:
    """The two built-in models as ports."""
    english: Embedder = minilm
    multilingual: Embedder = e5
    return Models(english, multilingual)
