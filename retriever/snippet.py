"""The part of a passage that shows why it was found, with the question's words marked."""

import re
from array import array
from collections.abc import Sequence
from functools import lru_cache
from itertools import compress, count
from typing import Final

from retriever.lexical import tokens

LENGTH: Final = 280  # characters: three lines of a 400-pixel sidebar
_ROOM: Final = LENGTH - 4  # for two ellipses

# A combining accent belongs to its letter: text from a Mac has "ó" as two characters.
_WORD: Final = re.compile(r"\w[\w\u0300-\u036f]*(?:['’]\w[\w\u0300-\u036f]*)?")
# Words that stand in any text; marking them would mark everything. Only marking leaves them out, never ranking.
_PLAIN: Final = frozenset(
    (
        "a an and are as at be but by can do does did for from had has have he her his how i if in is it its me my no "
        "not of on or our she so that the their them then there they this to was we were what when where which who why "
        "will with would you your al como con cual cuando de del donde el ella en es esta este la las le lo los mas me "
        "mi no nos o para pero por que se si sin su sus un una y ya au aux ce ces dans des du elle et il je ne nous ou "
        "par pas pour quand qui sa ses son sur une vous"
    ).split()
)


def snippet(text: str, question: str, lang: str) -> tuple[str, list[tuple[int, int]]]:
    """An excerpt of at most LENGTH characters around the most words of the question, and where they stand in it.

    Returns the excerpt and its highlights as (start, end) offsets into it. The excerpt is a slice of the text, except for an
    ellipsis where something was left out.
    """
    marks = _marks(text, _wanted(question, lang), lang)
    start, end = _window(text, marks)
    head, tail = "… " if start > 0 else "", " …" if end < len(text) else ""
    shift = len(head) - start
    inside = [(begin + shift, stop + shift) for begin, stop in marks if start <= begin and stop <= end]
    return f"{head}{text[start:end]}{tail}", inside


@lru_cache(maxsize=64)  # ten hits, one question
def _wanted(question: str, lang: str) -> frozenset[str]:
    return frozenset(stem for word in _WORD.findall(question) for stem in _stems(word, lang))


def _marks(text: str, wanted: frozenset[str], lang: str) -> list[tuple[int, int]]:
    """Where the text's words are that the question asks for."""
    stems, begins, ends = _read(text, lang)
    return [(begins[at], ends[at]) for at in compress(count(), map(wanted.__contains__, stems))]


@lru_cache(maxsize=2**12)
def _read(text: str, lang: str) -> "tuple[list[str], array[int], array[int]]":
    """The text's words: what each is compared by, where it begins and where it ends. 2 kB for a passage."""
    found = [(stem, match.span()) for match in _WORD.finditer(text) for stem in _stems(match[0], lang)[:1]]
    return [stem for stem, _ in found], array("I", [span[0] for _, span in found]), array("I", [span[1] for _, span in found])


@lru_cache(maxsize=2**15)  # ten hits have a thousand words, the same ones again and again: 5 ms without, 0.2 ms with; 5 MB
def _stems(word: str, lang: str) -> tuple[str, ...]:
    """What the word is compared by; nothing for a word that stands in any text."""
    return () if word.casefold() in _PLAIN else tuple(tokens(word, lang))


def _window(text: str, marks: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The slice that holds the most marks; among equals the first. It begins and ends between words where there are any."""
    if len(text) <= LENGTH:
        return 0, len(text)
    first = _beginning(text, _densest(marks))
    last = min(first + _ROOM, len(text))
    if last < len(text):
        between = text.rfind(" ", first, last + 1)
        last = between if between > first else last
    return first, last


def _densest(marks: Sequence[tuple[int, int]]) -> int:
    """Where a window begins that holds the most marks: at one of them, or at 0."""
    best = most = last = 0
    for number, first in enumerate([0, *(begin for begin, _ in marks)]):
        while last < len(marks) and marks[last][1] <= first + _ROOM:
            last += 1
        held = last - max(number - 1, 0)
        if held > most:
            best, most = first, held
    return best


def _beginning(text: str, mark: int) -> int:
    """Where to begin so that the mark stays well inside: at a sentence, else a few words before, else at the mark."""
    reach = max(0, mark - _ROOM // 3)
    sentence = text.rfind(". ", reach, mark)
    if sentence >= 0:
        return sentence + 2
    if reach == 0:
        return 0
    space = text.rfind(" ", reach, mark - 20)
    return space + 1 if space >= 0 else mark
