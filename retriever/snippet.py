"""The part of a passage that shows why it was found, with the question's words marked."""

import re
from collections.abc import Sequence
from typing import Final

from retriever.lexical import tokens

LENGTH: Final = 280  # characters: three lines of a 400-pixel sidebar

_WORD: Final = re.compile(r"\w+(?:['’]\w+)?")
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
    wanted = _stems(question, lang)
    marks = [(m.start(), m.end()) for m in _WORD.finditer(text) if _stem(m[0], lang) & wanted]
    start, end = _window(text, marks)
    head, tail = "… " if start > 0 else "", " …" if end < len(text) else ""
    shift = len(head) - start
    inside = [(begin + shift, stop + shift) for begin, stop in marks if start <= begin and stop <= end]
    return f"{head}{text[start:end]}{tail}", inside


def _stems(question: str, lang: str) -> set[str]:
    return {stem for word in _WORD.findall(question) for stem in _stem(word, lang)}


def _stem(word: str, lang: str) -> set[str]:
    return set() if word.casefold() in _PLAIN else set(tokens(word, lang))


def _window(text: str, marks: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The slice that holds the most marks; among equals the first. It begins and ends between words."""
    if len(text) <= LENGTH:
        return 0, len(text)
    room = LENGTH - 4  # for two ellipses
    best = max([0, *(begin for begin, _ in marks)], key=lambda first: (_held(marks, first, first + room), -first))
    # a sentence's beginning within reach reads better than a cut
    sentence = max(text.rfind(". ", 0, best) + 2, 0) if best else 0
    first = sentence if best - sentence < room // 3 else text.rfind(" ", 0, max(best - 20, 1)) + 1
    last = min(first + room, len(text))
    if last < len(text):
        last = max(text.rfind(" ", first, last), first + 1)
    return first, last


def _held(marks: Sequence[tuple[int, int]], first: int, last: int) -> int:
    return sum(first <= begin and stop <= last for begin, stop in marks)
