"""FAISS behind the port: the one file that knows it."""

from typing import Any, Final

import faiss as typed_faiss
import numpy as np

from retriever.arrays import BoolVector, FloatMatrix, FloatVector, IntVector
from retriever.ranking import EMPTY, Ranking
from retriever.store import inner_products

faiss: Any = typed_faiss  # its stubs describe the C++ signatures, not the Python ones that take arrays

# FAISS sums in another order than the reference: over 384 numbers float32 differs by at most 384 x 2^-24 = 2.3e-5
# (2.4e-7 was the most seen in 10,000 vectors). Rows this near to the last place are looked at again by the reference.
ROUNDING: Final = 1e-4
_SPARE: Final = 16  # rows asked beyond the limit, so that one look is nearly always enough; they cost no time

faiss.omp_set_num_threads(1)  # one question is one thread's work; the service answers several at once


class FaissStore:
    """The vector store port, exact, by a flat inner-product index: FAISS finds, the reference's own sums decide."""

    def __init__(self, vectors: FloatMatrix) -> None:
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(np.ascontiguousarray(vectors, dtype=np.float32))

    def search(self, query: FloatVector, allowed: BoolVector, limit: int) -> Ranking:
        """See VectorStore."""
        available = int(np.count_nonzero(allowed))
        if available == 0 or limit <= 0:
            return EMPTY
        selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        count = min(limit + _SPARE, available)
        while True:
            found, rows = self._nearest(query, selector, count)
            # which of several equal rows FAISS keeps is its own choice, so look on until the tie at the end is whole
            if count == available or found[-1] < found[limit - 1] - ROUNDING:
                break
            count = min(2 * count, available)
        scores = self.scores(query, rows)
        order = np.lexsort((rows, -scores))[:limit]
        return Ranking(rows[order], scores[order])

    def scores(self, query: FloatVector, rows: IntVector) -> FloatVector:
        """See VectorStore."""
        return inner_products(self._index.reconstruct_batch(rows), query)

    def _nearest(self, query: FloatVector, selector: Any, count: int) -> tuple[FloatVector, IntVector]:
        """FAISS's answer without its padding: row -1 with score -3.4e38."""
        scores, rows = self._index.search(query.reshape(1, -1), count, params=faiss.SearchParameters(sel=selector))
        real = rows[0] >= 0
        return scores[0][real].astype(np.float32), rows[0][real].astype(np.int64)
