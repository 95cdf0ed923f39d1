"""Who asks."""

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader and what is granted. Whatever is not granted is refused.

    name:  shown in answers, so that nobody mistakes one mode for another.
    tier:  the highest tier the reader may ask at; None means the space's highest.
    asks:  the tier the reader asks at when a question names none; None means the space's lowest.
    """

    name: str
    spaces: frozenset[str]
    tier: int | None
    asks: int | None = None
    teams: frozenset[str] = field(default_factory=frozenset)
    lang: str | None = None


# Whoever reaches a loopback address of this machine. It may see every tier, so that a new user can try them, and asks as
# a frontline agent until the question says otherwise.
LOOPBACK: Final = Reader(name="loopback demo, no token", spaces=frozenset({"default"}), tier=None)
