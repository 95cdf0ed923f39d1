"""What changed between two texts, word by word: as values, as plain text, as HTML."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from html import escape
from itertools import groupby
from typing import Final

_WORDS: Final = re.compile(
    r"https?://[^\s<>()\[\]]*[^\s<>()\[\].,;:!?]"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|[$€£]?\d{1,3}(?:[\u00a0\u202f]\d{3})+(?:[.,]\d+)?%?"  # 10 000 with no-break spaces is one word
    r"|[$€£]?\d+(?:[.,:/-]\d+)*%?(?:[A-Za-z]+\b)?"
    r"|[^\W\d_]+(?:['’-][^\W\d_]+)*\d*(?:[-.]\d+)*"
    r"|\w+|\s+|[^\w\s]"
)
_MOST_WORDS: Final = 4_000  # of one changed stretch: comparing takes their product, and nobody reads on in such a diff
_MOST_LINES: Final = 3_000  # that differ, for the same reason
_CJK: Final = re.compile(r"([\u3040-\u30ff\u3400-\u9fff])")


class Op(StrEnum):
    """What became of some words."""

    EQUAL = "equal"
    DELETE = "delete"
    INSERT = "insert"


@dataclass(frozen=True, slots=True)
class Edit:
    """One run of words. Equal and deleted runs together are the old text, equal and inserted ones the new text."""

    op: Op
    text: str


def words_of(text: str) -> list[str]:
    """The text cut into words, blanks and marks; joined, they are the text. A figure is one word: `1,000`, `7:40`, `5-10`."""
    return [part for word in _WORDS.findall(text) for part in _CJK.split(word) if part]


def diff(old: str, new: str) -> list[Edit]:
    """The edits that make the old text the new one: whole lines first, then words inside the lines that differ."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    first = _shared(before, after)
    last = _shared(before[first:][::-1], after[first:][::-1])
    begun, ended = "".join(before[:first]), "".join(before[len(before) - last :])
    middle = _between(before[first : len(before) - last], after[first : len(after) - last])
    return list(_joined([Edit(Op.EQUAL, begun), *middle, Edit(Op.EQUAL, ended)]))


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines the two begin with in common."""
    return next(
        (n for n, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), min(len(one), len(other))
    )


def _between(before: Sequence[str], after: Sequence[str]) -> list[Edit]:
    if max(len(before), len(after)) > _MOST_LINES:
        return [Edit(Op.DELETE, "".join(before)), Edit(Op.INSERT, "".join(after))]
    edits: list[Edit] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        left, right = "".join(before[a:b]), "".join(after[c:d])
        edits += [Edit(Op.EQUAL, left)] if tag == "equal" else _inside(left, right)
    return edits


def _inside(old: str, new: str) -> list[Edit]:
    before, after = words_of(old), words_of(new)
    if max(len(before), len(after)) > _MOST_WORDS:
        return [Edit(Op.DELETE, old), Edit(Op.INSERT, new)]
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    edits = []
    for tag, a, b, c, d in _meaningful(matcher.get_opcodes(), before):
        if tag == "equal":
            edits.append(Edit(Op.EQUAL, "".join(before[a:b])))
        else:
            edits += [Edit(Op.DELETE, "".join(before[a:b])), Edit(Op.INSERT, "".join(after[c:d]))]
    return edits


def _meaningful(
    opcodes: Sequence[tuple[str, int, int, int, int]], before: Sequence[str]
) -> Iterator[tuple[str, int, int, int, int]]:
    """The opcodes with equal stretches of nothing but blanks given to the changes around them: they join nothing."""
    last = len(opcodes) - 1
    for number, (tag, a, b, c, d) in enumerate(opcodes):
        blank = tag == "equal" and 0 < number < last and "".join(before[a:b]).isspace()
        yield ("replace" if blank else tag), a, b, c, d


def _joined(edits: Sequence[Edit]) -> Iterator[Edit]:
    """Neighbouring changes as one deletion and one insertion, and no empty edit."""
    for equal, run in groupby(edits, key=lambda edit: edit.op is Op.EQUAL):
        found = list(run)
        for op in (Op.EQUAL,) if equal else (Op.DELETE, Op.INSERT):
            if text := "".join(edit.text for edit in found if edit.op is op):
                yield Edit(op, text)


def as_text(edits: Sequence[Edit]) -> str:
    """The new text with what is gone in `[-…-]` and what is new in `{+…+}`."""
    marks = {Op.EQUAL: ("", ""), Op.DELETE: ("[-", "-]"), Op.INSERT: ("{+", "+}")}
    return "".join(f"{marks[edit.op][0]}{edit.text}{marks[edit.op][1]}" for edit in edits)


def as_html(edits: Sequence[Edit]) -> str:
    """The same as HTML without any markup of the text itself: `<del>` and `<ins>`, with a word for who only hears them."""
    return f'<div class="diff">{"".join(map(_html, edits))}</div>'


def _html(edit: Edit) -> str:
    if edit.op is Op.EQUAL:
        return escape(edit.text)
    tag, said = ("del", "removed") if edit.op is Op.DELETE else ("ins", "added")
    return f'<{tag}><span class="heard">{said}: </span>{escape(edit.text)}<span class="heard">, end {said}. </span></{tag}>'
