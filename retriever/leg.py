"""One model's view of the passages: which of them it reads, their vectors, and the store that searches them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from retriever.arrays import BoolVector, FloatMatrix, FloatVector, IntVector
from retriever.ranking import Ranking
from retriever.store import Asked, ExactStore, VectorStore, inner_products

ENGLISH: Final = "english"  # the leg, as results and manifests name it
MULTILINGUAL: Final = "multilingual"
SOURCE_LANGUAGE: Final = "en"  # what the English leg reads, and what questions are translated into
FIRST: Final = (ENGLISH,)  # what English questions are answered by, beside the words
WHOLE: Final = (ENGLISH, MULTILINGUAL)
CODED_UP_TO: Final = 100_000  # rows that are found by 8-bit codes in 11 ms, exactly; beyond, smaller ones find nearly the same
EXACT_UP_TO: Final = 20_000  # rows that are compared one by one in 1.4 ms; beyond, 8-bit codes find the same rows sooner


@dataclass(frozen=True, eq=False)
class Leg:
    """One model's view of the passages.

    rows:    (m,) int64, the passage table's row of each vector, rising.
    store:   what is searched; the multilingual leg's holds the vectors without their languages' means.
    vectors: (m, dim) float32, unit rows, as the model gave them.
    """

    rows: IntVector
    store: VectorStore
    vectors: FloatMatrix

    def asked(self, query: FloatVector) -> "AskedLeg":
        """The leg with one query put to it."""
        return AskedLeg(self, self.store.asked(query))

    @cached_property
    def places(self) -> IntVector:
        """Where each row of the passage table stands among the vectors; what is not there stands nowhere in particular."""
        places = np.zeros(int(self.rows[-1]) + 1 if self.rows.size else 0, np.int64)
        places[self.rows] = np.arange(self.rows.size)
        return places

    def vectors_of(self, rows: IntVector) -> tuple[FloatMatrix, BoolVector]:
        """(k, dim) and (k,): the vectors of these rows of the passage table as the model gave them, and which there are.

        A row that is -1, or that the leg does not hold, has none: zeros stand in its place.
        """
        if not self.rows.size:
            return np.zeros((rows.size, self.vectors.shape[1]), np.float32), np.zeros(rows.size, bool)
        places = np.minimum(np.searchsorted(self.rows, rows), self.rows.size - 1)
        held = self.rows[places] == rows
        found = self.vectors[places]
        found[~held] = 0
        return found, held

    def cosine(self, query: FloatVector, row: int) -> float:
        """Of the question and one row of the passage table, as the model itself sees them: -1 to 1."""
        return float(inner_products(self.vectors[self.places[[row]]], query)[0])


@dataclass(frozen=True, slots=True, eq=False)
class AskedLeg:
    """One query put to a leg, for however many masks over the passage table."""

    leg: Leg
    asked: Asked

    def search(self, allowed: BoolVector, limit: int) -> Ranking:
        """The nearest allowed passages, as rows of the passage table."""
        found = self.asked.search(allowed[self.leg.rows], limit)
        return Ranking(self.leg.rows[found.rows], found.scores)

    def scores(self, rows: IntVector) -> FloatVector:
        """(k,) float32: the score of each of these rows of the passage table, which must all be in the leg."""
        return self.asked.scores(self.leg.places[rows])


def store_of(vectors: FloatMatrix) -> VectorStore:
    """The store for so many rows. The first two give the same answer, bit for bit, the third nearly always."""
    if len(vectors) <= EXACT_UP_TO:
        return ExactStore(vectors)
    from retriever.faiss_store import CompressedStore, FaissStore  # 0.15 s and 15 MB that a smaller index need not pay

    return (FaissStore if len(vectors) <= CODED_UP_TO else CompressedStore)(vectors)
