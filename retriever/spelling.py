"""Slips of typing, mended before anything is searched: "paymnet" is "payment".

Agents type while they talk. A word that no dictionary and no article in scope holds is read as the word of those articles
that is one slip away, or two where it is long. What slips cost, and what mending them brings: docs/decisions/0008-spelling.md.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Final, TypeAlias

from rapidfuzz import process
from rapidfuzz.distance import OSA
from spellchecker import SpellChecker

from kb.language import without_accents
from retriever.arrays import BoolVector
from retriever.lexical import STEMMED, Lexical, index_language, tokens
from retriever.space_words import SpaceWords

SHORTEST: Final = 5  # letters; a shorter word is one slip away from too many others
LONG: Final = 8  # letters, from which on two slips are one word's
_READ: Final = 60  # words of a question; a pasted log is full of words that nobody misspelled
_WORD: Final = re.compile(r"[^\W\d_]+")
_TYPED: Final = re.compile(r"(?<![\w@./#-])[^\W\d_]+(?![\w@/#-]|\.\w)")  # no part of a code, an address or a name of a file

_Texts: TypeAlias = Callable[[], Iterable[tuple[str, str]]]
_Words: TypeAlias = Mapping[str, Mapping[str, str]]  # language → word without accents → as it is written


class Spelling:
    """The words of a space's articles as they are written, by language.

    It may know words that no article holds any more: whether one does is asked of the index each time.
    """

    def __init__(self, texts: _Texts, before: "Spelling | None" = None, fresh: _Texts = tuple) -> None:
        """texts: language and text, all of them, asked for at the first mistyped word: 40 ms for a thousand passages.

        before: an earlier one, whose words are taken over if it has read them; `fresh` are the texts that it could not know.
        """
        self._texts = texts
        self._read: _Words | None = _with(before._read, fresh()) if before is not None and before._read is not None else None

    def corrections(self, text: str, lang: str, known: SpaceWords, lexical: Lexical, allowed: BoolVector) -> Mapping[str, str]:
        """Each word that was mistyped, as it was typed, and what it is read as.

        lexical, allowed: the index, and the rows the reader may see: a word that stands in others only is not known here.
        """
        key = index_language(lang)
        if key not in STEMMED:
            return {}
        typed = dict.fromkeys(word for word in _TYPED.findall(text)[:_READ] if len(word) >= SHORTEST)
        unknown = [
            word for word in typed if not (_held(word, key, lexical, allowed) or known.knows(word, key) or _is_word(word, key))
        ]
        read = {word: self._nearest(word, key, lexical, allowed) for word in unknown}
        return {word: other for word, other in read.items() if other is not None}

    def _nearest(self, word: str, key: str, lexical: Lexical, allowed: BoolVector) -> str | None:
        """The nearest word of the rows that may be seen; among equals the one that most of them hold."""
        if self._read is None:
            self._read = _with({}, self._texts())
        written, plain = self._read.get(key, {}), without_accents(word.casefold())
        slips = 2 if len(plain) >= LONG else 1
        near = process.extract(plain, list(written), scorer=OSA.distance, score_cutoff=slips, limit=None)
        ranked = sorted((distance, -lexical.held_by(written[other], key, allowed), other) for other, distance, _ in near)
        return next((written[other] for _, held, other in ranked if held), None)


def _with(words: _Words, texts: Iterable[tuple[str, str]]) -> _Words:
    """These words and those of more texts."""
    more = {key: dict(its) for key, its in words.items()}
    for lang, text in texts:
        its = more.setdefault(index_language(lang), {})
        for word in _WORD.findall(text.casefold()):
            if len(word) >= SHORTEST - 1:
                its.setdefault(without_accents(word), word)
    return more


def _held(word: str, key: str, lexical: Lexical, allowed: BoolVector) -> bool:
    return lexical.held_by(word, key, allowed) > 0


def _is_word(word: str, key: str) -> bool:
    return not _dictionary(key).isdisjoint(tokens(word, key))


@cache
def _dictionary(key: str) -> frozenset[str]:
    """The language's words as they are indexed: without accents and endings. 0.3 s, at the first word that no article holds."""
    words = SpellChecker(language=key).word_frequency.words()
    return frozenset(stem for word in words for stem in tokens(word, key))


def warm() -> None:
    """Load now what the first mistyped English word needs."""
    _dictionary("en")


def respelled(text: str, corrections: Mapping[str, str]) -> str:
    """The text with what was mistyped as it is read."""
    return _TYPED.sub(lambda found: corrections.get(found[0], found[0]), text)
