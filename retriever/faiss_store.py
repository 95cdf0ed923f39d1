"""FAISS behind the port: the one file that knows it. One store is exact, the other nearly so and for many more rows."""

from functools import cached_property
from typing import Any, Final

import faiss as typed_faiss
import numpy as np

from retriever.arrays import BoolVector, FloatMatrix, FloatVector, IntVector
from retriever.ranking import EMPTY, LADDER, Ranking, top
from retriever.store import Asked, inner_products

faiss: Any = typed_faiss  # its stubs describe the C++ signatures, not the Python ones that take arrays

# FAISS sums in another order than the reference: over 384 numbers float32 differs by at most 384 x 2^-24 = 2.3e-5
# (2.4e-7 was the most seen in 10,000 vectors). It is added to what the 8 bits of a code can be wrong by.
ROUNDING: Final = 1e-4
_BLOCK: Final = 50_000  # rows that are coded at a time: 77 MB of float32
_FEW: Final = 5_000  # allowed rows that are compared one by one, without a look at the others: 1 ms
# Of a CompressedStore. Each code says 384 numbers in 96 bytes. Of 31,000 real passages a list of 200 candidates by code,
# which is 6,500 of a million, held all of the ten nearest (recall 1.000 with both models) and 99 of the 100.
_PIECES: Final = 192  # of a vector, four bits each; with half as many the same list holds 0.998 of the ten and 0.91 of the 100
_BITS: Final = 4
_CANDIDATES: Final = 5_000  # rows by code whose vectors then decide: 5 ms
_COMPLETE: Final = 1_250  # of them, the best that are known well enough to serve another mask
_SAMPLE: Final = 20_000  # rows from which codes are learned

faiss.omp_set_num_threads(1)  # one question is one thread's work; the service answers several at once


class FaissStore:
    """The vector store port, exact, in a quarter of the memory: 8-bit codes find, the vectors' own sums decide.

    The vectors may lie on the disk: only rows that may be among the nearest are read. How far a code's inner product can be
    from the vector's is known, so rows are looked at until no other can belong to the answer.
    """

    def __init__(self, vectors: FloatMatrix) -> None:
        self._vectors = vectors
        self._codes = faiss.IndexScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
        if len(vectors):
            self._codes.train(_ranges(vectors))
        self._error = ROUNDING + max((self._add(block) for block in _blocks(vectors)), default=0.0)

    def _add(self, block: FloatMatrix) -> float:
        """Code these rows; the longest way between a vector and its code, which no inner product can be wrong by more than."""
        codes = self._codes.sa_encode(np.ascontiguousarray(block, np.float32))
        self._codes.add_sa_codes(codes)
        away = block - self._codes.sa_decode(codes)
        return float(np.sqrt(np.einsum("ij,ij->i", away, away).max()))

    def asked(self, query: FloatVector) -> Asked:
        """See VectorStore."""
        return _Asked(self, query)

    def found(self, query: FloatVector, count: int, allowed: BoolVector | None = None) -> tuple[Ranking, float]:
        """Some rows by their own scores, and a score that no other allowed row reaches; -inf where there is no other.

        At most `count` rows are looked at, and only those are given that are certainly the nearest.
        """
        selector = None if allowed is None else faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        coarse, rows = self._codes.search(query.reshape(1, -1), count, params=faiss.SearchParameters(sel=selector))
        real = rows[0] >= 0  # FAISS pads with row -1 and score -3.4e38
        looked = rows[0][real].astype(np.int64)
        others = float(coarse[0][real][-1]) + self._error if looked.size == count else -np.inf
        scores = inner_products(self._vectors[looked], query)
        order = np.lexsort((looked, -scores))
        sure = order[: np.count_nonzero(scores > others)]
        return Ranking(looked[sure], scores[sure]), others

    @property
    def vectors(self) -> FloatMatrix:
        """The vectors themselves."""
        return self._vectors

    @property
    def bytes_of_codes(self) -> int:
        """What the codes take in memory."""
        return len(self._vectors) * int(self._codes.code_size)


class CompressedStore:
    """The vector store port for so many rows that a look at each vector's 8-bit code is too slow: nearly exact.

    A code of 96 bytes for each row finds candidates, the vectors' own sums decide among them: which rows come may differ from
    the exact answer in rare cases, the score of each never does. The same vectors in the same order give the same answers.
    """

    def __init__(self, vectors: FloatMatrix) -> None:
        """vectors: sixteen or more."""
        self._vectors = vectors
        dim = vectors.shape[1]
        # one cell for all: FAISS takes a mask in its fast scan only of an index with cells
        centre = faiss.IndexFlatIP(dim)
        centre.add(np.zeros((1, dim), np.float32))
        pieces = max(it for it in range(1, min(_PIECES, dim) + 1) if dim % it == 0)
        self._codes = faiss.IndexIVFPQFastScan(centre, dim, 1, pieces, _BITS, faiss.METRIC_INNER_PRODUCT)
        self._codes.by_residual = False
        every = max(1, len(vectors) // _SAMPLE)
        self._codes.train(np.ascontiguousarray(vectors[::every], np.float32))
        for block in _blocks(vectors):
            self._codes.add(np.ascontiguousarray(block, np.float32))

    def asked(self, query: FloatVector) -> Asked:
        """See VectorStore; the list is nearly the exact one."""
        return _NearlyAsked(self, query)

    def found(self, query: FloatVector, least: int, allowed: BoolVector | None = None) -> Ranking:
        """The rows that are nearest by code, at least so many if there are, in the order of their own scores."""
        selector = None if allowed is None else faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        parameters = faiss.SearchParametersIVF(nprobe=1, sel=selector)
        _, rows = self._codes.search(query.reshape(1, -1), min(max(_CANDIDATES, least), len(self._vectors)), params=parameters)
        looked = rows[0][rows[0] >= 0].astype(np.int64)
        scores = inner_products(self._vectors[looked], query)
        order = np.lexsort((looked, -scores))
        return Ranking(looked[order], scores[order])

    @property
    def vectors(self) -> FloatMatrix:
        """The vectors themselves."""
        return self._vectors

    @property
    def bytes_of_codes(self) -> int:
        """What the codes take in memory."""
        return len(self._vectors) * int(self._codes.code_size)


class _NearlyAsked:
    """One query: a list of the nearest of all serves every mask that lets enough of its best through."""

    def __init__(self, store: CompressedStore, query: FloatVector) -> None:
        self._store = store
        self._query = query

    @cached_property
    def _nearest(self) -> Ranking:
        return self._store.found(self._query, _COMPLETE)

    def search(self, allowed: BoolVector, limit: int) -> Ranking:
        """See Asked."""
        available = int(np.count_nonzero(allowed))
        if available == 0 or limit <= 0:
            return EMPTY
        if available <= max(_FEW, limit):
            rows = np.flatnonzero(allowed).astype(np.int64)
            return _chosen(Ranking(rows, self.scores(rows)), limit)
        if available * _COMPLETE >= 2 * limit * allowed.size:  # enough of them are probably let through
            best = self._nearest.rows[:_COMPLETE]
            inside = allowed[best]
            if np.count_nonzero(inside) >= limit:
                return Ranking(best[inside][:limit], self._nearest.scores[:_COMPLETE][inside][:limit])
        found = self._store.found(self._query, limit, allowed)
        return Ranking(found.rows[:limit], found.scores[:limit])

    def scores(self, rows: IntVector) -> FloatVector:
        """See Asked."""
        return inner_products(self._store.vectors[rows], self._query)


class _Asked:
    """One query: the nearest rows of all are looked for once, and serve every mask that lets enough of them through."""

    def __init__(self, store: FaissStore, query: FloatVector) -> None:
        self._store = store
        self._query = query

    @cached_property
    def _nearest(self) -> tuple[Ranking, float]:
        return self._store.found(self._query, min(LADDER, len(self._store.vectors)))

    def search(self, allowed: BoolVector, limit: int) -> Ranking:
        """See Asked."""
        available = int(np.count_nonzero(allowed))
        if available == 0 or limit <= 0:
            return EMPTY
        if available <= max(_FEW, limit):
            rows = np.flatnonzero(allowed).astype(np.int64)
            return _chosen(Ranking(rows, self.scores(rows)), limit)
        ranking, others = self._nearest
        inside = allowed[ranking.rows]
        if np.count_nonzero(inside) >= limit or others == -np.inf:
            return Ranking(ranking.rows[inside][:limit], ranking.scores[inside][:limit])
        return self._inside(allowed, limit, available)

    def scores(self, rows: IntVector) -> FloatVector:
        """See Asked."""
        return inner_products(self._store.vectors[rows], self._query)

    def _inside(self, allowed: BoolVector, limit: int, available: int) -> Ranking:
        """Search the mask itself, wider until the answer is certain."""
        count = min(2 * limit + 16, available)
        while True:
            ranking, others = self._store.found(self._query, count, allowed)
            if ranking.rows.size >= limit or others == -np.inf:
                return Ranking(ranking.rows[:limit], ranking.scores[:limit])
            count = min(4 * count, available + 1)


def _chosen(found: Ranking, limit: int) -> Ranking:
    """The best of rows that rise."""
    best = top(found.scores, np.ones(found.rows.size, bool), limit)
    return Ranking(found.rows[best.rows], best.scores)


def _ranges(vectors: FloatMatrix) -> FloatMatrix:
    """(2, dim) float32: the least and the greatest of each column, which is all that FAISS learns from every row."""
    blocks = _blocks(vectors)
    least, greatest = ([pick(block, axis=0) for block in blocks] for pick in (np.min, np.max))
    return np.stack([np.min(least, axis=0), np.max(greatest, axis=0)]).astype(np.float32)


def _blocks(vectors: FloatMatrix) -> list[FloatMatrix]:
    return [vectors[first : first + _BLOCK] for first in range(0, len(vectors), _BLOCK)]
