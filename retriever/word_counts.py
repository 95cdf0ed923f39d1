"""How often each word stands in each text, and BM25's matrix of it: what bm25s builds, without a loop over every text."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.int32]
Text: TypeAlias = Sequence[str] | int  # its words, or its place among the texts that were counted before
_FEW: Final = 2**16  # words that have numbers of 16 bits, which numpy sorts in a tenth of the time


@dataclass(frozen=True, slots=True, eq=False)
class WordCounts:
    """Texts as counted words.

    vocabulary: every word that stands in any text, in alphabetical order: bm25s alone goes by the hash seed.
    sizes:      how many distinct words each text has.
    words:      their numbers, text after text.
    counts:     how often each of them stands in its text.
    """

    vocabulary: tuple[str, ...]
    sizes: NDArray[np.int64]
    words: Numbers
    counts: Numbers

    def save(self, file: Path) -> None:
        """Write the numbers; the vocabulary stands with the index that was built from them."""
        np.savez(file, sizes=self.sizes, words=self.words, counts=self.counts)

    @classmethod
    def load(cls, file: Path, vocabulary: Sequence[str]) -> Self:
        """Read what `save` wrote."""
        with np.load(file) as held:
            return cls(tuple(vocabulary), held["sizes"], held["words"], held["counts"])

    def matrix(self, *, k1: float, b: float) -> dict[str, Any]:
        """What bm25s keeps in `scores` for its method "lucene", to the last bit."""
        texts, words, counts = self.sizes.size, self.words, self.counts
        documents = np.repeat(np.arange(texts, dtype=np.int32), self.sizes)
        lengths = _sums(counts, self.sizes)
        holders = np.bincount(words, minlength=len(self.vocabulary))
        saturation = k1 * ((1 - b) + b * lengths / lengths.mean())
        frequency = counts.astype(np.float32)
        scores = _rarity(holders, texts)[words] * (frequency / (saturation[documents] + frequency))
        order = np.argsort(words.astype(np.uint16) if len(self.vocabulary) <= _FEW else words, kind="stable")
        starts = np.zeros(len(self.vocabulary) + 1, np.int64)
        np.cumsum(holders, out=starts[1:])
        return {
            "data": scores.astype(np.float32)[order],
            "indices": documents[order],
            "indptr": starts,
            "num_docs": texts,
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


def counted(texts: Iterable[Text], before: WordCounts | None = None) -> WordCounts:
    """Count the words of texts, one after the other; one that was counted before is not counted again."""
    numbers = {word: number for number, word in enumerate(before.vocabulary)} if before else {}
    pieces = [_again(run, before) if isinstance(run, range) else _anew(run, numbers) for run in _runs(texts)]
    sizes, words, counts = (np.concatenate(parts) for parts in zip(*pieces, strict=True)) if pieces else (_NONE, *_NOTHING)
    return _numbered_anew(list(numbers), sizes, words, counts)


_NONE: Final = np.zeros(0, np.int64)
_NOTHING: Final = (np.zeros(0, np.int32), np.zeros(0, np.int32))
_Piece: TypeAlias = tuple[NDArray[np.int64], Numbers, Numbers]  # sizes, words and counts of some texts


def _runs(texts: Iterable[Text]) -> Iterator[range | Sequence[str]]:
    """The texts, with places that follow each other as one range: nearly all of them, cut in few pieces."""
    run = range(0)
    for text in texts:
        if isinstance(text, int) and run and text == run.stop:
            run = range(run.start, text + 1)
            continue
        if run:
            yield run
        run = range(text, text + 1) if isinstance(text, int) else range(0)
        if not isinstance(text, int):
            yield text
    if run:
        yield run


def _again(run: range, before: WordCounts | None) -> _Piece:
    assert before is not None  # noqa: S101 - places among texts that are not there
    first, last = int(before.sizes[: run.start].sum()), int(before.sizes[: run.stop].sum())
    return before.sizes[run.start : run.stop], before.words[first:last], before.counts[first:last]


def _anew(text: Sequence[str], numbers: dict[str, int]) -> _Piece:
    found = Counter(numbers.setdefault(word, len(numbers)) for word in text)
    return np.array([len(found)], np.int64), np.array(list(found), np.int32), np.array(list(found.values()), np.int32)


def _numbered_anew(known: list[str], sizes: NDArray[np.int64], words: Numbers, counts: Numbers) -> WordCounts:
    """The same texts, their words numbered in alphabetical order and without those that no text holds any more."""
    used = np.flatnonzero(np.bincount(words, minlength=len(known))).tolist()
    order = sorted(used, key=known.__getitem__)
    numbers = np.zeros(len(known), np.int32)
    numbers[order] = np.arange(len(order), dtype=np.int32)
    return WordCounts(tuple(known[number] for number in order), sizes, numbers[words], counts)
