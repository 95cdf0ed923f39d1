"""One figure of a text, and what its finders share."""

import re
from dataclasses import dataclass
from typing import Final

BLANK: Final = r"[\s\u00a0\u202f]"  # also one that keeps a line together
DIGIT: Final = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: `text[start:end]`. Without a value it is none, and only keeps others from taking its place."""

    start: int
    end: int
    value: str


def before(text: str, found: re.Match[str]) -> str:
    """The few words before a match: looking for a pattern's end in the whole text would take a look at every letter."""
    return text[max(0, found.start() - 24) : found.start()]
