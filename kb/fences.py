"""Fences that were read as text, and code that never ends: what they should have hidden would be shown."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from markdown_it.token import Token

from kb.article import BlockKind
from kb.problem import did_you_mean

_KINDS: Final = tuple(kind.value for kind in BlockKind)
_COLONS: Final = str.maketrans({"：": ":", "﹕": ":", "∶": ":"})  # what a phone's keyboard makes of a colon
_THREE: Final = re.compile(r":{3,}[ \t]*([\w-]*)")
_TWO: Final = re.compile(r"[^\w:]*(?<!:)::(?!:)[ \t]*([\w-]*)")
_TICKS: Final = re.compile(r"`+")
_CLOSER: Final = re.compile(r"[\s>]*(:{3,})\s*")


def closes(line: str, markup: str) -> bool:
    """Whether a line closes a part that was opened with these colons."""
    found = _CLOSER.fullmatch(line)
    return found is not None and len(found[1]) >= len(markup)


def stray_fences(lines: Sequence[str], tokens: Sequence[Token], used: Collection[int]) -> Iterator[tuple[int, str, str]]:
    """(line from 0, rule, message) for every line that looks like a fence and neither opens nor closes a part.

    used: the lines that do. Code blocks between ``` fences are examples and may hold anything, but must be closed.
    """
    fences = [(span, token) for token in tokens if token.type == "fence" and (span := token.map) is not None]
    for (first, after), token in fences:
        if not _is_closed(token, after - first):
            expected = f"expected a line with {token.markup} alone below it"
            yield first, "unclosed-code", f"the code block is not closed; {expected}. Close it."
    code = {number for (first, after), _ in fences for number in range(first, after)}
    fine = code.union(used) - _read_as_text(tokens)
    for number, line in enumerate(lines):
        if number not in fine and (message := _stray(line)):
            yield number, "unknown-block", message


def _is_closed(token: Token, lines: int) -> bool:
    """A closed code block has two lines more than its content: the two fences."""
    content = token.content.count("\n") + (not token.content.endswith("\n") and token.content != "")
    return content == lines - 2


def _read_as_text(tokens: Sequence[Token]) -> set[int]:
    """The lines that begin with a fence and ended up in text, whatever part they seem to belong to."""
    return {
        token.map[0] + number
        for token in tokens
        if token.type in ("inline", "html_block", "code_block") and token.map is not None
        for number, line in enumerate(token.content.split("\n"))
        if line.lstrip().startswith(":::")
    }


def _without_code(line: str) -> str:
    """The line without its code spans: from a run of backticks to the next of the same length. One look at each run."""
    runs = [match.span() for match in _TICKS.finditer(line)]
    closing: dict[int, int] = {}
    ends: dict[int, int] = {}  # where the span that opens here ends
    for start, end in reversed(runs):
        if end - start in closing:
            ends[start] = closing[end - start]
        closing[end - start] = end
    kept, cursor = [], 0
    for start, _ in runs:
        if start >= cursor and start in ends:
            kept.append(line[cursor:start])
            cursor = ends[start]
    return "".join([*kept, line[cursor:]])


def _stray(line: str) -> str | None:
    text = _without_code(line.translate(_COLONS))
    if three := _THREE.search(text):
        return _read_as_words(three[1])
    found = _TWO.match(text)
    if found is not None and (found[1].casefold() in _KINDS or text.strip() == "::"):
        return f"`::{found[1]}` has two colons; expected three. Write `:::{found[1].casefold()}`."
    return None


def _read_as_words(name: str) -> str:
    if not name:
        return "a `:::` that closes nothing; expected an open part above it. Remove it, or open the part."
    if name in _KINDS:
        return f"`:::{name}` is read as text here. Begin it at the margin, on a line of its own."
    return f"unknown part `:::{name}`; expected one of {', '.join(_KINDS)}.{did_you_mean(name, _KINDS)} Correct it."
