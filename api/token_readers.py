"""Readers by API token. What the database says of one is believed for half a second: a revoked one ends within it."""

import hmac
from collections import OrderedDict
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from time import monotonic
from typing import Final

import structlog

from api.access import Role
from api.database import Database
from api.reader import NotAuthenticatedError, Reader
from api.store_error import StoreError
from api.token import digest_of, is_well_formed
from api.token_table import KeptToken, find_token, note_use, token_named

BELIEVED: Final = 0.5  # seconds that a look-up is good for: revoked on one worker, refused on all within this
NOTED: Final = timedelta(minutes=1)  # between two notes of the same token's use
_MOST: Final = 10_000  # look-ups kept in memory, unknown tokens among them
_ALWAYS_ASKS: Final = 2**31  # with the highest tier granted, the highest is also what is asked at

_UNKNOWN: Final = "This token is not known, has expired or was revoked. `kb token create` makes a new one."

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Looked:
    at: float
    token: KeptToken | None


class TokenReaders:
    """Who a token stands for. Safe from several threads."""

    def __init__(
        self, database: Database, spaces: Collection[str], *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """spaces: those that are served; a token's other spaces grant nothing here."""
        self._database = database
        self._spaces = frozenset(spaces)
        self._now = now
        self._lock = Lock()
        self._looked: OrderedDict[str, _Looked] = OrderedDict()
        self._noted: dict[str, datetime] = {}
        self._notes = ThreadPoolExecutor(1, "token-notes")

    def recognise(self, text: str) -> Reader:
        """The reader of a token. Raises NotAuthenticatedError, or StoreError where the database cannot tell."""
        if not is_well_formed(text):
            raise NotAuthenticatedError("This is no token: its form or its checksum is wrong. Check that it was copied whole.")
        digest = digest_of(text)
        token = self._recent(digest, lambda: find_token(self._database, digest))
        if token is None or not hmac.compare_digest(token.hash, digest):
            raise NotAuthenticatedError(_UNKNOWN)
        return self._granted(token)

    def parent(self, token_id: str) -> Reader:
        """The reader of the token with that id: what a session leans on. Raises as `recognise` does."""
        token = self._recent(f"id {token_id}", lambda: token_named(self._database, token_id))
        if token is None:
            raise NotAuthenticatedError(_UNKNOWN)
        return self._granted(token)

    def close(self) -> None:
        """Finish writing down which tokens were used."""
        self._notes.shutdown()

    def _granted(self, token: KeptToken) -> Reader:
        now = self._now()
        if token.revoked_at is not None or (token.expires_at is not None and token.expires_at <= now):
            raise NotAuthenticatedError(_UNKNOWN)
        reader = reader_of(token, self._spaces)
        self._note(token, now)
        return reader

    def _recent(self, key: str, find: Callable[[], KeptToken | None]) -> KeptToken | None:
        with self._lock:
            looked = self._looked.get(key)
        if looked is None or monotonic() - looked.at >= BELIEVED:
            begun = monotonic()  # before the look-up: what is read is at least as new as this
            looked = _Looked(begun, find())
            with self._lock:
                self._looked[key] = looked
                self._looked.move_to_end(key)
                while len(self._looked) > _MOST:
                    self._looked.popitem(last=False)
        return looked.token

    def _note(self, token: KeptToken, now: datetime) -> None:
        """Let another thread write down the use: an answer waits for no disk."""
        with self._lock:
            last = self._noted.get(token.id, token.last_used_at)
            if last is not None and now - last < NOTED:
                return
            self._noted[token.id] = now
        self._notes.submit(self._write_note, token.id, now)

    def _write_note(self, token_id: str, at: datetime) -> None:
        try:
            note_use(self._database, token_id, at)
        except StoreError as error:
            log.warning("the use of a token was not noted", token=token_id, reason=str(error))


def reader_of(token: KeptToken, spaces: frozenset[str]) -> Reader:
    """The reader that a token stands for. Raises NotAuthenticatedError for a role that this version does not know."""
    try:
        role = Role(token.role)
    except ValueError:
        raise NotAuthenticatedError(_UNKNOWN) from None
    return Reader(
        id=f"token:{token.id}",
        name=token.name,
        role=role,
        spaces=spaces.intersection(token.spaces),
        tier=token.tier,
        asks=_ALWAYS_ASKS if token.tier is None else token.tier,
        teams=frozenset(token.teams),
        lang=token.lang,
        origins=frozenset(token.origins),
        until=token.expires_at,
    )
