"""The port of a vector store, and its exact reference."""

from typing import Protocol

import numpy as np

from retriever.arrays import BoolVector, FloatMatrix, FloatVector, IntVector
from retriever.ranking import Ranking, top


class VectorStore(Protocol):
    """Unit vectors by row, searched inside a mask.

    The answer is the exact one: the `limit` allowed rows whose vectors have the highest inner product with the query,
    equal scores in the order of their rows; fewer only if fewer are allowed. The same query gets the same answer alone
    or beside others.
    """

    def search(self, query: FloatVector, allowed: BoolVector, limit: int) -> Ranking:
        """query: (dim,) float32, norm 1. allowed: (n,) bool. Higher scores are nearer, -1 to 1."""
        ...

    def scores(self, query: FloatVector, rows: IntVector) -> FloatVector:
        """(k,) float32: the inner product of each of these rows with the query; a row's score does not depend on the others."""
        ...


class ExactStore:
    """The port in numpy: what every other store is tested against."""

    def __init__(self, vectors: FloatMatrix) -> None:
        self._vectors = vectors

    def search(self, query: FloatVector, allowed: BoolVector, limit: int) -> Ranking:
        """See VectorStore."""
        return top(inner_products(self._vectors, query), allowed, limit)

    def scores(self, query: FloatVector, rows: IntVector) -> FloatVector:
        """See VectorStore."""
        return inner_products(self._vectors[rows], query)


def inner_products(vectors: FloatMatrix, query: FloatVector) -> FloatVector:
    """(k,) float32. Not by BLAS, whose sums depend on how many rows it is given."""
    products: FloatVector = np.einsum("ij,j->i", vectors, query, optimize=False)
    return products
