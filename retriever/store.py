"""The port of a vector store, and its exact reference, which serves until there are too many rows for it."""

from typing import Protocol

import numpy as np

from retriever.arrays import BoolVector, FloatMatrix, FloatVector, IntVector
from retriever.ranking import Ladder, Ranking


class Asked(Protocol):
    """One query put to a store: what it costs once serves every mask."""

    def search(self, allowed: BoolVector, limit: int) -> Ranking:
        """The nearest allowed rows. allowed: (n,) bool. Higher scores are nearer, -1 to 1."""
        ...

    def scores(self, rows: IntVector) -> FloatVector:
        """(k,) float32: the inner product of each of these rows with the query; a row's score does not depend on the others."""
        ...


class VectorStore(Protocol):
    """Unit vectors by row, searched inside a mask.

    The answer is the exact one: the `limit` allowed rows whose vectors have the highest inner product with the query,
    equal scores in the order of their rows; fewer only if fewer are allowed. The same query gets the same answer alone
    or beside others, and for one mask whatever was asked inside another. A store for very many rows may say that it is
    only nearly exact: then a list may lack some of those rows, and no score is another.
    """

    def asked(self, query: FloatVector) -> Asked:
        """query: (dim,) float32, norm 1. Nothing is compared before it is asked for."""
        ...


class ExactStore:
    """The port in numpy: what every other store is tested against. It copies nothing, so the vectors may lie on the disk."""

    def __init__(self, vectors: FloatMatrix) -> None:
        self._vectors = vectors

    def asked(self, query: FloatVector) -> Asked:
        """See VectorStore."""
        return _Asked(self._vectors, query)


class _Asked:
    """One query: every row is compared at the first search, 0.7 ms for 10,000 rows of 384 numbers, and never again.

    Without a search only the rows that are asked for, each once: several masks ask for nearly the same ones.
    """

    def __init__(self, vectors: FloatMatrix, query: FloatVector) -> None:
        self._vectors = vectors
        self._query = query
        self._ladder: Ladder | None = None
        self._known: FloatVector | None = None

    def search(self, allowed: BoolVector, limit: int) -> Ranking:
        """See Asked."""
        if self._ladder is None:
            self._ladder = Ladder(inner_products(self._vectors, self._query))
        return self._ladder.search(allowed, limit)

    def scores(self, rows: IntVector) -> FloatVector:
        """See Asked."""
        if self._ladder is not None:
            return self._ladder.scores[rows]
        if self._known is None:
            self._known = np.full(len(self._vectors), np.nan, np.float32)
        new = rows[np.isnan(self._known[rows])]
        if new.size:
            self._known[new] = inner_products(self._vectors[new], self._query)
        return self._known[rows]


def inner_products(vectors: FloatMatrix, query: FloatVector) -> FloatVector:
    """(k,) float32. Not by BLAS, whose sums depend on how many rows it is given, and whose threads wait for each other."""
    products: FloatVector = np.einsum("ij,j->i", vectors, query, optimize=False)
    return products
