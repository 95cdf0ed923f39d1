"""What the multilingual model would say of an English question, foretold from the English model's vector of it.

Both models have read the same English passages, so the snapshot itself shows how the one's space lies in the other: the
rotation that brings the two sets of vectors together best. A question's English vector, turned by it, is compared with the
multilingual vectors of the passages: another opinion of every passage, for 0.1 ms instead of the 4 to 5 ms that the
multilingual model takes to read the question. Source: Schönemann, "A generalized solution of the orthogonal Procrustes
problem", Psychometrika 1966; of embeddings: Smith, Turban, Hamblin, Hammerla, "Offline bilingual word vectors, orthogonal
transformations and the inverted softmax", ICLR 2017. Measured: docs/decisions/0005-second-opinion.md.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from retriever.arrays import FloatMatrix, FloatVector
from retriever.store import inner_products

FEWEST: Final = 32  # passages from which a rotation is learned; measured down to 48
MOST: Final = 20_000  # passages that are looked at, evenly spread: 0.15 s; more say the same
# Of the strongest direction: what both models agree on less is left out little by little, so that the result hangs on no
# machine's rounding.
FAINT: Final = 1e-6
# MiniLM leaves two numbers of a vector at 1e-33. They change no sum, but their products are subnormal: 60 us instead of 20.
NOTHING: Final = 1e-20
_BLOCK: Final = 1_000  # passages at a time, as float64: 6 MB beside the index, not 120


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """How the English model's space lies in the multilingual one's.

    mean: (english dim,) float32, the mean English vector of the passages. turn: (multilingual dim, english dim) float32.
    """

    mean: FloatVector
    turn: FloatMatrix

    @classmethod
    def learned(cls, english: FloatMatrix, multilingual: FloatMatrix) -> Self | None:
        """english, multilingual: (n, dim) float32, the same passages' vectors. None of too few passages.

        The same vectors in the same order give the same alignment.
        """
        if len(english) < FEWEST:
            return None
        every = -(-len(english) // MOST)
        ours, theirs = english[::every], multilingual[::every]
        mean, other_mean = (vectors.mean(axis=0, dtype=np.float64) for vectors in (ours, theirs))
        both = np.zeros((theirs.shape[1], ours.shape[1]))
        for first in range(0, len(ours), _BLOCK):
            block = slice(first, first + _BLOCK)
            both += (theirs[block] - other_mean).T @ (ours[block] - mean)
        left, strengths, right = np.linalg.svd(both, full_matrices=False)
        if not strengths[0]:
            return None  # all passages alike
        kept = strengths / (strengths + FAINT * strengths[0])
        return cls(mean.astype(np.float32), ((left * kept) @ right).astype(np.float32))

    @classmethod
    def of_rows(cls, rows: FloatMatrix) -> Self:
        """What `rows` gave."""
        return cls(rows[0], rows[1:])

    @property
    def rows(self) -> FloatMatrix:
        """(1 + multilingual dim, english dim) float32: the mean, and the turn below it."""
        return np.vstack([self.mean, self.turn])

    def foretold(self, query: FloatVector) -> FloatVector:
        """(multilingual dim,) float32, norm 1, or zeros for a question at the mean. query: the English model's vector of it."""
        away = query - self.mean
        away[np.abs(away) < NOTHING] = 0
        vector = inner_products(self.turn, away)
        length = float(np.sqrt(inner_products(vector[None], vector)[0]))
        return vector / np.float32(length) if length else vector
