"""How often each word stands in each text, and BM25's matrix of it: what bm25s builds, without a loop over every text."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.int32]
Text: TypeAlias = Sequence[str] | int  # its words, or its place among the texts that were counted before


@dataclass(frozen=True, slots=True, eq=False)
class WordCounts:
    """Texts as counted words.

    vocabulary: every word that stands in any text, in alphabetical order: bm25s alone goes by the hash seed.
    words:      for each text, the numbers of its distinct words.
    counts:     for each text, how often each of them stands in it.
    """

    vocabulary: tuple[str, ...]
    words: tuple[Numbers, ...]
    counts: tuple[Numbers, ...]

    def save(self, file: Path) -> None:
        """Write the numbers; the vocabulary stands with the index that was built from them."""
        sizes = np.array([found.size for found in self.words], np.int64)
        np.savez(file, sizes=sizes, words=np.concatenate(self.words), counts=np.concatenate(self.counts))

    @classmethod
    def load(cls, file: Path, vocabulary: Sequence[str]) -> Self:
        """Read what `save` wrote."""
        with np.load(file) as held:
            sizes, words, counts = held["sizes"], held["words"], held["counts"]
        spans = list(pairwise([0, *np.cumsum(sizes).tolist()]))
        return cls(tuple(vocabulary), *(tuple(flat[first:last] for first, last in spans) for flat in (words, counts)))

    def matrix(self, *, k1: float, b: float) -> dict[str, Any]:
        """What bm25s keeps in `scores` for its method "lucene", to the last bit."""
        sizes = np.array([found.size for found in self.words], np.int64)
        documents = np.repeat(np.arange(len(self.words), dtype=np.int32), sizes)
        words, counts = np.concatenate(self.words), np.concatenate(self.counts)
        lengths = _sums(counts, sizes)
        holders = np.bincount(words, minlength=len(self.vocabulary))
        saturation = k1 * ((1 - b) + b * lengths / lengths.mean())
        frequency = counts.astype(np.float32)
        scores = _rarity(holders, len(self.words))[words] * (frequency / (saturation[documents] + frequency))
        order = np.argsort(words, kind="stable")
        starts = np.zeros(len(self.vocabulary) + 1, np.int64)
        np.cumsum(holders, out=starts[1:])
        return {
            "data": scores.astype(np.float32)[order],
            "indices": documents[order],
            "indptr": starts,
            "num_docs": len(self.words),
        }


def _sums(counts: Numbers, sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """The words of each text, from all counts in a row."""
    ends = np.cumsum(sizes)
    total = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
    sums: NDArray[np.float64] = (total[ends] - total[ends - sizes]).astype(np.float64)
    return sums


def _rarity(holders: NDArray[np.int64], texts: int) -> NDArray[np.float32]:
    """Lucene's idf of each word. By math.log, whose last bit is not always numpy's."""
    distinct, place = np.unique(holders, return_inverse=True)
    rarity = [math.log(1 + (texts - held + 0.5) / (held + 0.5)) for held in distinct.tolist()]
    return np.array(rarity, np.float32)[place]


def counted(texts: Sequence[Text], before: WordCounts | None = None) -> WordCounts:
    """Count the words of texts; one that was counted before is not counted again."""
    numbers = {word: number for number, word in enumerate(before.vocabulary)} if before else {}
    words, counts = [], []
    for text in texts:
        if isinstance(text, int):
            assert before is not None  # noqa: S101 - a place among texts that are not there
            words.append(before.words[text])
            counts.append(before.counts[text])
        else:
            found = _counted(text, numbers)
            words.append(np.array(list(found), np.int32))
            counts.append(np.array(list(found.values()), np.int32))
    return _numbered_anew(list(numbers), words, counts)


def _counted(text: Sequence[str], numbers: dict[str, int]) -> Mapping[int, int]:
    return Counter(numbers.setdefault(word, len(numbers)) for word in text)


def _numbered_anew(known: list[str], words: list[Numbers], counts: list[Numbers]) -> WordCounts:
    """The same texts, their words numbered in alphabetical order and without those that no text holds any more."""
    everything = np.concatenate(words) if words else np.zeros(0, np.int32)
    used = np.flatnonzero(np.bincount(everything, minlength=len(known))).tolist()
    order = sorted(used, key=known.__getitem__)
    numbers = np.zeros(len(known), np.int32)
    numbers[order] = np.arange(len(order), dtype=np.int32)
    ends = np.cumsum([found.size for found in words]).tolist()
    renumbered = numbers[everything]
    spans = pairwise([0, *ends])
    texts = tuple(renumbered[first:last] for first, last in spans)  # np.split takes three times as long
    return WordCounts(tuple(known[number] for number in order), texts, tuple(counts))
