"""A ranked list of rows: what every leg of a search returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from retriever.arrays import BoolVector, FloatVector, IntVector

DEPTH: Final = 100  # rows that each leg hands to fusion: the depth at which the weights were measured


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows of the passage table, best first.

    rows:   (k,) int64, each row once.
    scores: (k,) float32, higher is better, never increasing; equal scores are in the order of their rows.
    """

    rows: IntVector
    scores: FloatVector

    @cached_property
    def places(self) -> Mapping[int, int]:
        """Row → where it stands, the first at 1."""
        return dict(zip(self.rows.tolist(), range(1, self.rows.size + 1), strict=True))


LADDER: Final = 300  # rows that are put in order at once: a mask that lets a third through still finds its hundred among them
EMPTY: Final = Ranking(np.empty(0, np.int64), np.empty(0, np.float32))


def top(scores: FloatVector, allowed: BoolVector, limit: int) -> Ranking:
    """The best `limit` allowed rows of one score per row, exactly; ties in the order of their rows.

    scores, allowed: (n,), one for each row of the passage table. A limit of 0 or less gives none.
    """
    if limit <= 0:
        return EMPTY
    rows = np.flatnonzero(allowed)
    best = _best(rows, scores[rows], limit)
    return Ranking(best, scores[best].astype(np.float32))


def _best(rows: IntVector, scores: FloatVector, limit: int) -> IntVector:
    """rows: rising; scores: one for each of them."""
    if rows.size > limit:
        floor = np.partition(scores, rows.size - limit)[rows.size - limit]
        kept = np.flatnonzero(scores >= floor)  # every row that ties with the last one stays in, so that ties go by row
        rows, scores = rows[kept], scores[kept]
    return rows[(-scores).argsort(kind="stable")[:limit]]  # the rows rise, so a stable sort leaves ties in their order


class Ladder:
    """One score for each row, ranked inside however many masks: the best rows of all are put in order once.

    A mask that lets through enough of them costs a look at those rows instead of all.
    """

    def __init__(self, scores: FloatVector) -> None:
        self.scores = scores

    @cached_property
    def _best(self) -> IntVector:
        return _best(np.arange(self.scores.size), self.scores, LADDER)

    def search(self, allowed: BoolVector, limit: int) -> Ranking:
        """What `top` gives for these scores."""
        rows = self._best[allowed[self._best]][: max(limit, 0)]
        if rows.size < limit and self._best.size < self.scores.size:
            return top(self.scores, allowed, limit)
        return Ranking(rows, self.scores[rows])
