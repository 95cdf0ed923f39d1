"""How made-up values are drawn: letters, and one of several makers."""

import string
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

HEX: Final = "0123456789abcdef"
DIGITS: Final = string.digits

Maker = Callable[[Random], str]


def pick(draw: Random, letters: str, count: int) -> str:
    """So many letters."""
    return "".join(draw.choices(letters, k=count))


def one(draw: Random, makers: Sequence[Callable[[], str]]) -> str:
    """What one of them makes."""
    return draw.choice(makers)()
