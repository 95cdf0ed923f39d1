"""From a library to its snapshot: cut, index, embed. What an earlier snapshot has done is taken over."""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import TypeAlias

import numpy as np

from kb.article import Article
from kb.library import Library
from kb.stages import UNTIMED, Stages
from retriever.alignment import Alignment
from retriever.arrays import BoolVector, FloatMatrix, IntVector
from retriever.leg import ENGLISH, MULTILINGUAL, WHOLE
from retriever.lexical import Lexical
from retriever.passage import Passage, embedding_text, lexical_text, passages_of
from retriever.snapshot import Models, Snapshot, english_rows, manifest_of, reads_the_same
from retriever.vector_cache import VectorCache, embed_cached

Progress: TypeAlias = Callable[[str, int, int], None]  # leg, passages finished since the last call, passages in all


def build(
    library: Library,
    models: Models,
    cache: VectorCache,
    progress: Progress | None = None,
    *,
    before: Snapshot | None = None,
    stages: Stages = UNTIMED,
    legs: Collection[str] = WHOLE,
) -> Snapshot:
    """Cut, index and embed every article of the library; only passages whose text the cache has never seen are embedded.

    before: a snapshot of the same models, whose passages, words and vectors serve again where the article reads the same. The
            result is the same without it. stages: is told when cutting, words and vectors begin. legs: FIRST or WHOLE.
    """
    if before is not None and not before.manifest.models.items() <= models.names.items():
        before = None
    begun = before if before is not None and not before.is_whole and before.library.commit == library.commit else None
    articles = {article.id: article for article in library.articles}
    stages.begin("cut")
    passages, same = passages_since(library.articles, before)
    owners = [articles[passage.article] for passage in passages]
    stages.begin("words")
    lexical = Lexical.build(
        lambda row: lexical_text(owners[row], passages[row]),
        [owner.lang for owner in owners],
        (before.lexical, same) if before else None,
    )
    stages.begin("vectors")
    vectors: dict[str, FloatMatrix] = {}
    embedded: dict[str, int] = {}
    english = english_rows(owners)
    for name, model, rows in (
        (ENGLISH, models.english, english),
        (MULTILINGUAL, models.multilingual, np.arange(len(passages), dtype=np.int64)),
    ):
        if name not in legs:
            continue
        counted_before = begun is not None and name in begun.legs
        report = None if progress is None or counted_before else partial(_report, progress, name, len(rows))
        leg = before.legs.get(name) if before else None
        matrix, held = leg.vectors_of(same[rows]) if leg else _no_vectors(rows.size, model.dim)
        missing = rows[~held].tolist()
        if report:
            report(rows.size - len(missing))
        texts = [embedding_text(owners[row], passages[row]) for row in missing]
        matrix[~held], embedded[name] = embed_cached(model, cache, texts, progress=report)
        embedded[name] += begun.manifest.embedded.get(name, 0) if begun else 0
        vectors[name] = matrix
    stages.begin("index")
    manifest = manifest_of(library, models.named(legs), len(passages), embedded)
    return Snapshot(manifest, library, passages, lexical, vectors, _alignment(vectors, english), before)


def passages_since(articles: Iterable[Article], before: Snapshot | None) -> tuple[tuple[Passage, ...], IntVector]:
    """Every article's passages, and (n,) int64: the row that each had in the snapshot before, -1 where it is new.

    An article that reads the same, in the same language, under the same title and keywords, is not cut again.
    """
    passages: list[Passage] = []
    same: list[int] = []
    for article in articles:
        old = before.articles.get(article.id) if before else None
        if before is not None and old is not None and reads_the_same(article, old):
            rows = before.rows_of.get(article.id, range(0))
            passages += before.passages[rows.start : rows.stop]
            same += rows
        else:
            cut = passages_of(article)
            passages += cut
            same += [-1] * len(cut)
    return tuple(passages), np.array(same, np.int64)


def texts_of(snapshot: Snapshot) -> list[str]:
    """What is embedded of each passage."""
    return [embedding_text(snapshot.articles[it.article], it) for it in snapshot.passages]


def _alignment(vectors: Mapping[str, FloatMatrix], english: IntVector) -> Alignment | None:
    """english: the rows of the multilingual vectors that have an English one too."""
    return Alignment.learned(vectors[ENGLISH], vectors[MULTILINGUAL][english]) if len(vectors) == len(WHOLE) else None


def _no_vectors(rows: int, dim: int) -> tuple[FloatMatrix, BoolVector]:
    return np.zeros((rows, dim), np.float32), np.zeros(rows, bool)


def _report(progress: Progress, leg: str, total: int, more: int) -> None:
    progress(leg, more, total)
