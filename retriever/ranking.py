"""A ranked list of rows: what every leg of a search returns."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from retriever.arrays import BoolVector, FloatVector, IntVector

DEPTH: Final = 100  # rows that each leg hands to fusion: the depth at which the weights were measured


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Rows of the passage table, best first.

    rows:   (k,) int64, each row once.
    scores: (k,) float32, higher is better, never increasing; equal scores are in the order of their rows.
    """

    rows: IntVector
    scores: FloatVector


EMPTY: Final = Ranking(np.empty(0, np.int64), np.empty(0, np.float32))


def top(scores: FloatVector, allowed: BoolVector, limit: int) -> Ranking:
    """The best `limit` allowed rows of one score per row, exactly; ties in the order of their rows.

    scores, allowed: (n,), one for each row of the passage table. A limit of 0 or less gives none.
    """
    if limit <= 0:
        return EMPTY
    rows = np.flatnonzero(allowed)
    if rows.size > limit:
        chosen = scores[rows]
        floor = np.partition(chosen, rows.size - limit)[rows.size - limit]
        rows = rows[chosen >= floor]  # every row that ties with the last one stays in, so that ties go by row
    order = np.lexsort((rows, -scores[rows]))[:limit]
    best = rows[order]
    return Ranking(best.astype(np.int64), scores[best].astype(np.float32))


def merged(one: Ranking, other: Ranking, limit: int) -> Ranking:
    """The best `limit` of two lists that share no row; ties in the order of their rows."""
    rows, scores = np.concatenate([one.rows, other.rows]), np.concatenate([one.scores, other.scores])
    order = np.lexsort((rows, -scores))[:limit]
    return Ranking(rows[order], scores[order])
