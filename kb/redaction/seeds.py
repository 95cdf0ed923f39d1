"""Seed phrases of wallets: words of a BIP-39 list in a row, also numbered, with commas, quotes or line breaks between.

Twelve words of one list in a row are a seed phrase if some of them carry its checksum, or if hardly one is repeated: people
mistype them. From six, with a word such as `seed` or `frase de recuperación` before them, a part of one is.
"""

import re
from collections.abc import Iterator
from typing import Final

from kb.redaction.found import Found
from kb.redaction.seed_words import has_checksum, octets_of_words, word_lists
from kb.redaction.view import View

_SIZES: Final = (12, 15, 18, 21, 24)  # words
_WHOLE: Final = _SIZES[0] - 1  # different words in a row that nobody writes by chance
_PART: Final = 6
_LEAST: Final = 20  # characters that six words need at least
_STRAY: Final = 4  # words around a phrase that happen to be of the list too
_CHECKED: Final = 48  # words: in a longer row some window has a checksum by chance
# One word in about thirty characters is looked at: of twelve words in a row, one that has two more behind it.
_SAMPLE: Final = re.compile(
    r"(?s)(?:\A|.{24}[a-z]*+)[^a-z]{0,40}+"
    r"(?:([a-z]{3,8}+)(?=[^a-z]{1,8}+([a-z]{3,8}+)[^a-z]{1,8}+([a-z]{3,8}+)(?![a-z]))|[a-z]++)"
)
_EACH: Final = re.compile(r"([a-z]++)(?=[^a-z]{1,8}+([a-z]++)[^a-z]{1,8}+([a-z]++)|)")
_NEXT: Final = re.compile(r"[^a-z_\[\]<>={}]{1,8}+([a-z]{3,8})(?![a-z_])")
_PREVIOUS: Final = re.compile(r"(?<![a-z_])([a-z]{3,8})[^a-z_\[\]<>={}]{1,8}\Z")
_IN_A_ROW: Final = b"\1" * _WHOLE
_LOOK_BACK: Final = 3  # words
_BEFORE: Final = 16  # characters in which the word before has to lie, with what stands between
_SAYS_SEED: Final = re.compile(
    r"\bseed|mnemonic|mnemotec|(?:recovery|secret|backup|wallet) (?:phrase|words)|passphrase|semilla"
    r"|(?:frase|palabras|phrase|mots) (?:de |secret)"
)
_SEED_WORDS: Final = ("seed", "mnemo", "phrase", "words", "semilla", "frase", "palabras", "mots")
_REACH: Final = 120  # characters before a part in which it has to be called one
_THREE_WORDS: Final = 3 * 8 + 2 * 8  # characters of three words of a list, with what stands between
_ABOUT: Final = frozenset("seed phrase word secret wallet never ask".split())  # words of a list that also speak of seeds


def seed_phrases(view: View) -> Iterator[Found]:
    """Every row of words that is a seed phrase, or is called one."""
    if len(view.lower) < _LEAST:
        return
    lower, lists, done = view.lower, word_lists(), 0
    for sample in _samples(view):
        one, two, three = sample.groups()
        if one not in lists or two not in lists or three not in lists or sample.start(1) < done:
            continue
        read = done
        for language in lists[sample[1]]:
            row = _row(lower, sample.start(1), sample.end(1), language, done)
            read = max(read, row[-1][1])
            if phrase := _phrase(lower, row, language):
                yield Found(phrase[0][0], phrase[-1][1], "seed_phrase")
                break
        done = read


def _samples(view: View) -> Iterator[re.Match[str]]:
    """A word in every thirty characters if the text has a long row of such words, and every word behind a mention of seeds."""
    lower = view.lower
    if _has_long_row(view):
        yield from _SAMPLE.finditer(lower)
    if any(map(lower.__contains__, _SEED_WORDS)):  # a search for each in C is the quickest for the many texts without
        for said in _SAYS_SEED.finditer(lower):
            yield from _EACH.finditer(lower, said.start(), said.end() + _REACH + _THREE_WORDS)


def _has_long_row(view: View) -> bool:
    """Whether enough words of the lists follow each other, whatever stands between: of all but few texts, no more is read."""
    return _IN_A_ROW in bytes(map(octets_of_words().__contains__, view.words()))


def _row(lower: str, start: int, end: int, language: str, floor: int) -> list[tuple[int, int]]:
    """The words of one list around the word `lower[start:end]`, none before `floor`; those before only if two come after."""
    lists, row = word_lists(), [(start, end)]
    while (match := _NEXT.match(lower, row[-1][1])) and language in lists.get(match[1], ()):
        row.append(match.span(1))
    if len(row) < _LOOK_BACK:
        return row
    before: list[tuple[int, int]] = []
    while match := _PREVIOUS.search(lower, max(floor, start - _BEFORE), start):
        if language not in lists.get(match[1], ()):
            break
        before.append(match.span(1))
        start = match.start(1)
    return before[::-1] + row


def _phrase(lower: str, row: list[tuple[int, int]], language: str) -> list[tuple[int, int]]:
    """The part of the row that is a seed phrase: where a checksum agrees but for a few words at its ends, without these."""
    words = [lower[start:end] for start, end in row]
    if len(words) < _PART:
        return []
    first, last = _checked(words, language)
    if last - first >= max(_SIZES[0], len(words) - _STRAY):
        return row[first:last]
    various = len(set(words) - _ABOUT)
    called = _SAYS_SEED.search(lower, max(0, row[0][0] - _REACH), row[0][1]) is not None
    whole = various >= _WHOLE and various > len(words) // 2
    return row if whole or (called and various >= _PART) or last > first else []


def _checked(words: list[str], language: str) -> tuple[int, int]:
    """From where to where the longest windows that carry a checksum reach; nowhere in a long row, where one does by chance."""
    if len(words) > _CHECKED:
        return 0, 0
    for size in reversed(_SIZES):
        starts = [first for first in range(len(words) - size + 1) if has_checksum(words[first : first + size], language)]
        if starts:
            return starts[0], starts[-1] + size
    return 0, 0
