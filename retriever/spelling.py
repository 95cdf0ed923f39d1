"""Slips of typing, mended before anything is searched: "paymnet" is "payment".

Agents type while they talk. A word that no dictionary and no article in scope holds is read as the word of those articles
that is one slip away, or two where it is long. What slips cost, and what mending them brings: docs/decisions/0008-spelling.md.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from rapidfuzz import process
from rapidfuzz.distance import OSA

from kb.language import without_accents
from retriever.arrays import BoolVector, IntVector
from retriever.dictionaries import IN_MEMORY, Dictionaries
from retriever.lexical import STEMMED, Lexical, index_language
from retriever.space_words import SpaceWords

SHORTEST: Final = 5  # letters; a shorter word is one slip away from too many others
LONG: Final = 8  # letters, from which on two slips are one word's
MIXED: Final = ("en", "es")  # a word of either is no slip in a question in the other: agents mix them
_READ: Final = 60  # words of a question; a pasted log is full of words that nobody misspelled
_WORD: Final = re.compile(r"[^\W\d_]+")
# No part of a code, an address, a name of a file or a contraction.
_TYPED: Final = re.compile(r"(?<![\w@./#-])[^\W\d_]+(?!['’]?\w|[@/#-]|\.\w)")

_Texts: TypeAlias = Callable[[], Iterable[tuple[str, str]]]
_Words: TypeAlias = Mapping[str, Mapping[str, str]]  # language → word as it is written → without accents


class Spelling:
    """The words of a space's articles as they are written, by language.

    It may know words that no article holds any more, or that the reader may not see: whether a text that may be seen holds one
    is looked up each time, so what is mended depends on nothing else.
    """

    def __init__(self, texts: _Texts, before: "Spelling | None" = None, fresh: _Texts = tuple) -> None:
        """texts: language and text, all of them, asked for at the first mistyped word: 40 ms for a thousand passages.

        before: an earlier one, whose words are taken over if it has read them; `fresh` are the texts that it could not know.
        """
        self._texts = texts
        self._read: _Words | None = _with(before._read, fresh()) if before is not None and before._read is not None else None

    def corrections(
        self, text: str, lang: str, known: SpaceWords, visible: "Visible", usual: Dictionaries = IN_MEMORY
    ) -> Mapping[str, str]:
        """Each word that was mistyped, as it was typed, and what it is read as.

        known: the space's words. usual: those of the languages.
        """
        key = index_language(lang)
        if key not in STEMMED:
            return {}
        typed = dict.fromkeys(word for word in _TYPED.findall(text)[:_READ] if len(word) >= SHORTEST)
        unknown = [word for word in typed if not _is_known(word, {key, *MIXED}, known, visible, usual)]
        read = {word: self._nearest(word, key, visible) for word in unknown}
        return {word: other for word, other in read.items() if other is not None}

    def _nearest(self, word: str, key: str, visible: "Visible") -> str | None:
        """The nearest word of the texts that may be seen; among equals the one whose forms most of them hold."""
        if self._read is None:
            self._read = _with({}, self._texts())
        plain = without_accents(word.casefold())
        slips = 2 if len(plain) >= LONG else 1
        near = process.extract(plain, self._read.get(key, {}), scorer=OSA.distance, score_cutoff=slips, limit=None)
        ranked = sorted((distance, -visible.held(written, key).size, written) for _, distance, written in near)
        return next((written for _, _, written in ranked if visible.holds(written, key)), None)


@dataclass(frozen=True, slots=True)
class Visible:
    """What one reader may see of the texts. allowed: (n,) bool; text_of: a row's words, as they are indexed."""

    lexical: Lexical
    allowed: BoolVector
    text_of: Callable[[int], str]

    def held(self, word: str, key: str) -> IntVector:
        """The rows of a language that hold the word, whatever its ending."""
        rows = self.lexical.holders(word, key)
        return rows[self.allowed[rows]]

    def holds(self, written: str, key: str) -> bool:
        """Whether a text holds the word as it is written here, but for capitals."""
        return any(written in _WORD.findall(self.text_of(row).casefold()) for row in self.held(written, key).tolist())


def _with(words: _Words, texts: Iterable[tuple[str, str]]) -> _Words:
    """These words and those of more texts."""
    more = {key: dict(its) for key, its in words.items()}
    for lang, text in texts:
        its = more.setdefault(index_language(lang), {})
        for word in set(_WORD.findall(text.casefold())):
            if len(word) >= SHORTEST - 1 and word not in its:
                its[word] = without_accents(word)
    return more


def _is_known(word: str, keys: Collection[str], known: SpaceWords, visible: Visible, usual: Dictionaries) -> bool:
    return any(visible.held(word, key).size or known.knows(word, key) for key in STEMMED) or any(
        usual.hold(word, key) for key in keys
    )


def respelled(text: str, corrections: Mapping[str, str]) -> str:
    """The text with what was mistyped as it is read."""
    if not corrections:
        return text
    return _TYPED.sub(lambda found: corrections.get(found[0], found[0]), text)
