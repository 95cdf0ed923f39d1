"""BM25 of every word in every text of one language, laid out and added up as bm25s does, to the last bit.

bm25s itself is what the tests compare with. It is not imported here, because it imports scipy: 0.12 s at every start.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from retriever.arrays import FloatVector
from retriever.word_counts import WordCounts

K1: Final = 0.9  # k1 and b: best of three pairs on the train questions of fiqa-dev, docs/decisions/0002-fusion.md
B: Final = 0.4
# Words of a question whose texts are added in one call. Most questions have fewer; all 800 of a pasted one took 155 MB over
# 100,000 texts and 101 ms, in sixteens they take 5 MB and 53 ms.
_TOGETHER: Final = 16
_WORDS: Final = "vocab.index.json"
_ARRAYS: Final = {"starts": "indptr.csc.index.npy", "texts": "indices.csc.index.npy", "weights": "data.csc.index.npy"}


@dataclass(frozen=True, slots=True, eq=False)
class WordIndex:
    """The words of the texts, and what each of them is worth in each text that holds it.

    numbers: word → its number.
    starts:  (words + 1,) where the texts of each word begin in the two others.
    texts:   the texts that hold a word, rising, word after word.
    weights: float32, BM25 of the word in that text, higher is better.
    """

    numbers: Mapping[str, int]
    starts: NDArray[np.int64]
    texts: NDArray[np.int32]
    weights: FloatVector

    @classmethod
    def of(cls, counts: WordCounts) -> Self:
        """The index of counted texts."""
        matrix = counts.matrix(k1=K1, b=B)
        numbers = {word: number for number, word in enumerate(counts.vocabulary)}
        return cls(numbers, matrix["indptr"], matrix["indices"], matrix["data"])

    @property
    def words(self) -> Sequence[str]:
        """Every word, in the order of its number."""
        return sorted(self.numbers, key=self.numbers.__getitem__)

    def scores(self, words: Sequence[str], size: int) -> FloatVector:
        """(size,) float32: BM25 of the words for every text, higher is better. A word that is said twice counts twice."""
        scores = np.zeros(size, np.float32)
        held = [self._held(word) for word in words if word in self.numbers]
        for first in range(0, len(held), _TOGETHER):
            some = held[first : first + _TOGETHER]  # added one after the other, word by word
            np.add.at(
                scores, np.concatenate([self.texts[its] for its in some]), np.concatenate([self.weights[its] for its in some])
            )
        return scores

    def holders(self, word: str) -> NDArray[np.int32]:
        """The texts that hold it, rising."""
        return self.texts[self._held(word)]

    def _held(self, word: str) -> slice:
        number = self.numbers.get(word)
        return slice(0, 0) if number is None else slice(int(self.starts[number]), int(self.starts[number + 1]))

    def save(self, folder: Path) -> None:
        """Write the index into a folder."""
        (folder / _WORDS).write_text(json.dumps(self.numbers, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        for name, file in _ARRAYS.items():
            np.save(folder / file, getattr(self, name))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        numbers: dict[str, int] = json.loads((folder / _WORDS).read_bytes())
        return cls(numbers, **{name: np.load(folder / file) for name, file in _ARRAYS.items()})
