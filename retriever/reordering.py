"""The order of the first articles once more, by a model that reads question and passage together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from kb.article import Article
from kb.language import base_language
from retriever.arrays import IntVector
from retriever.leg import SOURCE_LANGUAGE
from retriever.legs import Candidates
from retriever.passage import embedding_text
from retriever.question import Query
from retriever.reranker import Reranker
from retriever.snapshot import Snapshot
from retriever.titles import words_of

MOST: Final = 10  # articles whose best passages are read again, a page of hits; each costs some 20 ms


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """The candidates that rank their articles, best first.

    by:     the name of the reranker that had the last word; None if none had, or its time was spent.
    scores: what it said of the candidates it read.
    """

    leaders: IntVector
    by: str | None
    scores: Mapping[int, float]


def reordered(leaders: IntVector, candidates: Candidates, query: Query, snapshot: Snapshot, reranker: Reranker | None) -> Order:
    """The leaders with the first of them in a new order; as they were without a reranker, or if its time was spent.

    What matches exactly, what bears the question as its title, and what the model does not read keep their places.
    """
    before = Order(leaders, None, {})
    if reranker is None:
        return before
    first = leaders[:MOST].tolist()
    owners = [_owner(snapshot, candidates, index) for index in first]
    free = [
        place
        for place, index in enumerate(first)
        if not candidates.exact[index]
        and words_of(owners[place].title) != words_of(query.issue)
        and {base_language(owners[place].lang), _language(query, owners[place])} <= reranker.languages
    ]
    if len(free) < 2:
        return before
    pairs = [(_asked(query, owners[place]), _text(snapshot, candidates, first[place], owners[place])) for place in free]
    scores = reranker.scores(pairs)
    if scores is None:
        return before
    moved = list(first)
    for place, best in zip(free, sorted(range(len(free)), key=lambda number: -scores[number]), strict=True):
        moved[place] = first[free[best]]
    order = np.concatenate([np.array(moved, np.int64), leaders[MOST:]])
    return Order(order, reranker.model.name, {first[place]: score for place, score in zip(free, scores, strict=True)})


def _owner(snapshot: Snapshot, candidates: Candidates, index: int) -> Article:
    return snapshot.articles[snapshot.passages[int(candidates.rows[index])].article]


def _text(snapshot: Snapshot, candidates: Candidates, index: int, owner: Article) -> str:
    return embedding_text(owner, snapshot.passages[int(candidates.rows[index])])


def _in_english(query: Query, owner: Article) -> str | None:
    return query.english if base_language(owner.lang) == SOURCE_LANGUAGE else None


def _asked(query: Query, owner: Article) -> str:
    """The question beside a text of this article: in English beside English, where it is there in English."""
    return _in_english(query, owner) or query.issue


def _language(query: Query, owner: Article) -> str:
    """The language of what is asked beside a text of this article."""
    return SOURCE_LANGUAGE if _in_english(query, owner) else query.lang
