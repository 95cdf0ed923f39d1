"""Words: BM25 over stemmed tokens, one index for each language."""

import json
import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import Stemmer

from kb.language import base_language, without_accents
from retriever.arrays import BoolVector, FloatVector, IntVector
from retriever.ranking import EMPTY, Ranking, top
from retriever.word_counts import Numbers, WordCounts, counted
from retriever.word_index import WordIndex

STEMMED: Final = {"en": "english", "es": "spanish", "fr": "french"}
OTHER: Final = "other"  # every other language: words as they are
_COUNTS: Final = "counts.npz"
# One word that a third of the passages hold ("customer", "account", "the") tells none apart; of thirty, chance decides.
_COMMON: Final = 1 / 3
_FEW: Final = 30
_WORD: Final = re.compile(r"\w+(?:['’]\w+)?")


def index_language(lang: str) -> str:
    """Which index a text of this language is in."""
    base = base_language(lang)
    return base if base in STEMMED else OTHER


@lru_cache(maxsize=8)
def _stemmer(lang: str) -> Stemmer.Stemmer | None:
    return Stemmer.Stemmer(STEMMED[lang]) if lang in STEMMED else None


@lru_cache(maxsize=256)  # a question is asked for its words fourteen times
def tokens(text: str, lang: str) -> tuple[str, ...]:
    """See stemmed, for a text of which more than once is asked."""
    return tuple(_stemmed(_words(text), lang))


@lru_cache(maxsize=2**12)  # the words of questions are the same ones again and again: 1 MB
def stems(word: str, lang: str) -> tuple[str, ...]:
    """See stemmed, for a single word."""
    return tuple(stemmed(word, lang))


def stemmed(text: str, lang: str) -> list[str]:
    """Words as they are indexed: lower case, without accents, stemmed by the rules of the language.

    Accents go first, on both sides: agents type "transaccion" mid-call.
    """
    return _stemmed(_split(text), lang)


def _split(text: str) -> list[str]:
    return [word.replace("’", "'").removesuffix("'s") for word in _WORD.findall(without_accents(text.casefold()))]


_words: Final = lru_cache(maxsize=64)(_split)  # of a text that is compared with texts of three languages


def _stemmed(words: list[str], lang: str) -> list[str]:
    stemmer = _stemmer(index_language(lang))
    return words if stemmer is None else list(stemmer.stemWords(words))


@dataclass(frozen=True, slots=True, eq=False)
class _Shelf:
    """The index of one language.

    rows:   (m,) the passage table's row of each of its documents.
    counts: what it was built from.
    """

    rows: IntVector
    index: WordIndex
    counts: WordCounts


def _tells(shelf: _Shelf, words: set[str], allowed: BoolVector) -> bool:
    if len(words) != 1:
        return bool(words)
    holders = shelf.rows[shelf.index.holders(*words)]
    return bool(np.count_nonzero(allowed[holders]) <= max(np.count_nonzero(allowed[shelf.rows]) * _COMMON, _FEW))


def _coverage(shelf: _Shelf, words: set[str], document: int) -> float:
    held = total = 0.0
    for word in sorted(words):  # a fixed order, because sums of floats depend on it
        rows = shelf.index.holders(word)
        weight = math.log(1 + (shelf.rows.size - rows.size + 0.5) / (rows.size + 0.5))
        total += weight
        held += weight if _holds(rows, document) else 0.0
    return held / total if total else 0.0


def _holds(rows: Numbers, document: int) -> bool:
    """Whether a word's documents, which rise, hold this one."""
    place = int(rows.searchsorted(np.int32(document)))  # an int would have all of them copied as 64 bits
    return place < rows.size and int(rows[place]) == document


def _counts(key: str, rows: IntVector, text_of: Callable[[int], str], before: "tuple[Lexical, IntVector] | None") -> WordCounts:
    known, places = before[0].places(key, before[1][rows]) if before else (None, rows)
    if known is None:
        return counted(stemmed(text_of(row), key) for row in rows.tolist())
    return counted(
        (
            place if place >= 0 else stemmed(text_of(row), key)
            for row, place in zip(rows.tolist(), places.tolist(), strict=True)
        ),
        known,
    )


class Lexical:
    """BM25 over every passage, each in the index of its own language."""

    def __init__(self, shelves: dict[str, _Shelf], size: int) -> None:
        self._shelves = shelves
        self._size = size

    @classmethod
    def build(
        cls, text_of: Callable[[int], str], languages: Sequence[str], before: "tuple[Lexical, IntVector] | None" = None
    ) -> "Lexical":
        """Index one text for each row of the passage table.

        before: an earlier index, and for each row the row that held the same text in the same language in it, or -1: what
                was counted then is not counted again. The index is the same.
        """
        shelves = {}
        keys = [index_language(lang) for lang in languages]
        for key in sorted(set(keys)):
            rows = np.array([row for row, its in enumerate(keys) if its == key], np.int64)
            counts = _counts(key, rows, text_of, before)
            if counts.vocabulary:
                shelves[key] = _Shelf(rows, WordIndex.of(counts), counts)
        return cls(shelves, len(languages))

    def places(self, key: str, rows: IntVector) -> tuple[WordCounts | None, IntVector]:
        """What a language's texts were counted as, and the place of each of these rows among them; -1 for -1."""
        shelf = self._shelves.get(key)
        if shelf is None:
            return None, rows
        return shelf.counts, np.where(rows < 0, -1, np.searchsorted(shelf.rows, rows))

    def scores(self, text: Callable[[str], str]) -> FloatVector:
        """(n,) float32: BM25 of a text for every row, higher is better, 0 where no word is shared.

        text: the text as the rows of a language are compared with it: a translation for some, itself for others.
        """
        scores = np.zeros(self._size, np.float32)
        for key, shelf in self._shelves.items():
            words = [word for word in tokens(text(key), key) if word]
            scores[shelf.rows] = shelf.index.scores(words, shelf.rows.size)
        return scores

    def search(self, text: str, allowed: BoolVector, limit: int) -> Ranking:
        """The best `limit` allowed rows that share a word with the text."""
        scores = self.scores(lambda _: text)
        found = top(scores, allowed & (scores > 0), limit)
        return found if found.rows.size else EMPTY

    def coverage(self, text: Callable[[str], str], row: int) -> float:
        """The share of the text's distinct words, weighed by rarity, that the row holds: 0 to 1, 0 for a text without words.

        text: see `scores`. Rarity is BM25's own; a word that no row holds is as rare as can be.
        """
        for key, shelf in self._shelves.items():
            place = int(np.searchsorted(shelf.rows, row))
            if place < shelf.rows.size and shelf.rows[place] == row:
                return _coverage(shelf, set(tokens(text(key), key)), place)
        return 0.0

    def tells(self, text: Callable[[str], str], keys: Collection[str], allowed: BoolVector) -> bool:
        """Whether the text tells some allowed rows from the others, in the indexes of these languages: not "customer".

        text: see `scores`. More than one word does, because together they can; one that at most a third of the rows hold; and
        of few rows any.
        """
        shelves = [(key, shelf) for key, shelf in self._shelves.items() if key in keys]
        return not shelves or any(_tells(shelf, set(tokens(text(key), key)), allowed) for key, shelf in shelves)

    def holders(self, word: str, key: str) -> IntVector:
        """The rows of a language's index that hold the word, whatever its ending."""
        shelf, its = self._shelves.get(key), stems(word, key)
        if shelf is None or len(its) != 1:
            return np.empty(0, np.int64)
        return shelf.rows[shelf.index.holders(its[0])]

    def save(self, folder: Path) -> None:
        """Write the index below a folder that does not exist yet."""
        for key, shelf in self._shelves.items():
            (folder / key).mkdir()
            shelf.index.save(folder / key)
            np.save(folder / key / "rows.npy", shelf.rows)
            shelf.counts.save(folder / key / _COUNTS)
        (folder / "lexical.json").write_text(json.dumps({"size": self._size, "languages": sorted(self._shelves)}))

    @classmethod
    def load(cls, folder: Path) -> "Lexical":
        """Read what `save` wrote."""
        about = json.loads((folder / "lexical.json").read_text())
        shelves = {}
        for key in about["languages"]:
            index = WordIndex.load(folder / key)
            counts = WordCounts.load(folder / key / _COUNTS, index.words)
            shelves[key] = _Shelf(np.load(folder / key / "rows.npy"), index, counts)
        return cls(shelves, about["size"])
