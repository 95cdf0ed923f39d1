"""Who asks."""

from dataclasses import dataclass, field
from datetime import datetime
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
    origins: pages for which the reader may open sessions. until: when it ends; None means never.
    page:  the origin that a session is bound to; None for every other reader.
    """

    id: str
    name: str
    role: Role
    spaces: frozenset[str]
    tier: int | None
    asks: int | None = None
    teams: frozenset[str] = field(default_factory=frozenset)
    lang: str | None = None
    origins: frozenset[str] = field(default_factory=frozenset)
    until: datetime | None = None
    page: str | None = None


@dataclass(frozen=True, slots=True)
class SessionWanted:
    """What a host's server asks a session for. None means: as its token has it."""

    agent: str
    origin: str
    tier: int
    spaces: tuple[str, ...] | None = None
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """A session as it is handed out, once."""

    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request says of who sends it.

    origin:      of the page that sends it, as a browser states it. own_page: a browser says it is a page of this service.
    """

    bearer: str | None = None
    origin: str | None = None
    own_page: bool = False


class NotAuthenticatedError(Exception):
    """Nobody can be recognised. Says what was expected, never what was wrong with a secret."""


class KeysError(Exception):
    """The keys that tokens are checked with cannot be had, so nobody can be recognised."""


class Readers(Protocol):
    """Who a request is taken for. A reader that cannot be recognised is an error, never a lesser one."""

    @property
    def loopback_only(self) -> bool:
        """Whether the address is the only guard, so that no other machine may reach the service."""
        ...

    def recognise(self, credentials: Credentials) -> Reader:
        """The reader. Raises NotAuthenticatedError."""
        ...

    def open_session(self, wanted: SessionWanted, reader: Reader) -> SessionOpened | None:
        """A session that is worth no more than its reader; None where there are none. Raises NotGrantedError."""
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

    def open_session(self, wanted: SessionWanted, reader: Reader) -> SessionOpened | None:  # noqa: ARG002
        """There is no token that a session could lean on."""
        return None


# Whoever reaches a loopback address of this machine. It may see every tier, so that a new user can try them, and asks as
# a frontline agent until the question says otherwise.
LOOPBACK: Final = Reader("demo", "loopback demo, no token", Role.ADMIN, frozenset({"default"}), tier=None)
