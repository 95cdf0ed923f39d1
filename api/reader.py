"""Who asks."""

from dataclasses import dataclass, field
from typing import Final, Protocol

from api.access import Role


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader and what is granted. Whatever is not granted is refused.

    id:    who it is, the same in every request and used for nobody else: what receipts and limits are kept by.
    name:  shown in answers, so that nobody mistakes one mode for another.
    role:  what the reader may do; api/access.py has the table.
    tier:  the highest tier the reader may ask at; None means the space's highest.
    asks:  the tier the reader asks at when a question names none; None means the space's lowest.
    """

    id: str
    name: str
    role: Role
    spaces: frozenset[str]
    tier: int | None
    asks: int | None = None
    teams: frozenset[str] = field(default_factory=frozenset)
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request says of who sends it. origin: of the page that sends it, as a browser states it."""

    bearer: str | None = None
    origin: str | None = None


class NotAuthenticatedError(Exception):
    """Nobody can be recognised. Says what was expected, never what was wrong with a secret."""


class Readers(Protocol):
    """Who a request is taken for. A reader that cannot be recognised is an error, never a lesser one."""

    @property
    def loopback_only(self) -> bool:
        """Whether the address is the only guard, so that no other machine may reach the service."""
        ...

    def recognise(self, credentials: Credentials) -> Reader:
        """The reader. Raises NotAuthenticatedError."""
        ...


@dataclass(frozen=True, slots=True)
class DemoReaders:
    """Everybody is the same reader: what one machine needs to try the service."""

    reader: Reader

    @property
    def loopback_only(self) -> bool:
        """Nothing else keeps others out."""
        return True

    def recognise(self, credentials: Credentials) -> Reader:
        """The demo reader. A token is refused: whoever sends one believes that it is checked."""
        if credentials.bearer is not None:
            raise NotAuthenticatedError("This service runs in demo mode and checks no tokens. Send none, or configure tokens.")
        return self.reader


# Whoever reaches a loopback address of this machine. It may see every tier, so that a new user can try them, and asks as
# a frontline agent until the question says otherwise.
LOOPBACK: Final = Reader("demo", "loopback demo, no token", Role.ADMIN, frozenset({"default"}), tier=None)
