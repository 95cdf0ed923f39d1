"""What teams were told, how far, and what is still on its way: in the database, so that nothing is lost or told twice.

A digest, the end of its window and its deliveries are written in one transaction. A delivery is held by one process while it is
sent; if that process dies, another one takes it over when the hold ends, with the same key, by which receivers know it again.
"""

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from api.database import (
    Connection,
    Database,
    RowValues,
    deliveries,
    departures,
    digest_windows,
    digests,
    fetch,
    moment_of,
    moment_text,
)
from api.digests.document import DigestDocument
from kb.teams import Channel, ChannelKind

HOLD: Final = timedelta(minutes=5)  # longer than any attempt takes
# After the n-th failure; together 27 hours: a receiver that is down over night gets everything in the morning.
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (0.1, 1, 5, 30, 120, 240, 600, 600))
_JITTER: Final = 0.2  # share by which a pause varies, so that a receiver that comes back is not met by all at once
_FARTHEST: Final = PAUSES[-1] * (1 + _JITTER) + timedelta(hours=1)  # ahead of now, of anything that is noted
_LOOK: Final = 500  # deliveries that are looked at for one that no other holds up
_LONGEST_ERROR: Final = 300


class State(StrEnum):
    """Where a delivery stands. DEAD: given up; it is kept until somebody lets it go out again.

    CANCELLED: while it waited, everything in it became what its team may not see; it never goes out.
    """

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Told:
    """How far a team was told: until when, and what was live then."""

    until: datetime
    commit: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One digest on its way to one recipient of one channel. id: the key by which a receiver knows it again."""

    id: str
    digest: str
    space: str
    team: str
    channel: str
    recipient: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How one channel of a team stands. since: the oldest delivery that waits."""

    space: str
    team: str
    channel: str
    counts: Mapping[State, int]
    error: str | None
    last_sent: datetime | None
    since: datetime | None


class Outbox:
    """All digests of one database. Safe from several threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def told(self, space: str, team: str, kind: str) -> Told | None:
        """How far the team was told; None before the first look at it."""
        rows = self._database.rows(digest_windows.select().where(*_window(space, team, kind)))
        return Told(moment_of(rows[0]["until"]), rows[0]["commit"]) if rows else None

    def close(
        self,
        key: tuple[str, str, str],
        before: Told | None,
        now: Told,
        digest: DigestDocument | None,
        channels: Sequence[Channel],
    ) -> bool:
        """Close a window of (space, team, kind), with its digest and its deliveries if there is something to say.

        False if somebody else has closed it meanwhile: then nothing is written. Raises StoreError.
        """
        with self._database.writing() as connection:
            rows = fetch(connection, digest_windows.select().where(*_window(*key)))
            there = Told(moment_of(rows[0]["until"]), rows[0]["commit"]) if rows else None
            if there != before:
                return False
            values = {"until": moment_text(now.until), "commit": now.commit}
            if rows:
                connection.execute(digest_windows.update().where(*_window(*key)).values(values))
            else:
                connection.execute(digest_windows.insert().values({**dict(zip(_WINDOW, key, strict=True)), **values}))
            if digest is not None and not fetch(connection, digests.select().where(digests.c.id == digest.id)):
                self._keep(connection, key, now.until, digest, channels)
            return True

    def _keep(
        self,
        connection: Connection,
        key: tuple[str, str, str],
        until: datetime,
        digest: DigestDocument,
        channels: Sequence[Channel],
    ) -> None:
        at, document = moment_text(until), digest.model_dump_json(by_alias=True)
        row = {**dict(zip(_WINDOW, key, strict=True)), "id": digest.id, "until": at, "document": document}
        connection.execute(digests.insert().values(row))
        left = {row["address"] for row in fetch(connection, departures.select().where(*_team(departures, *key[:2])))}
        rows = [
            {
                "id": delivery_id(digest.id, channel.name, recipient), "digest": digest.id, "space": key[0], "team": key[1],
                "channel": channel.name, "recipient": recipient, "state": State.WAITING.value, "attempts": 0, "next_at": at,
            }
            for channel in channels
            for recipient in channel.recipients
            if recipient not in left
        ]  # fmt: skip
        if rows:
            connection.execute(deliveries.insert(), rows)

    def claim(self, now: datetime, spaces: Sequence[str]) -> Delivery | None:
        """The delivery that has waited longest, held for this process alone; None if nothing is due.

        One of each channel at a time, so that a receiver that answers slowly holds up nobody but itself. What is noted further
        ahead than anything notes it is from before the clock was set back, and counts as due.
        """
        with self._database.writing() as connection:
            waiting = (deliveries.c.state == State.WAITING.value) & deliveries.c.space.in_(spaces)
            held = fetch(connection, deliveries.select().where(waiting, deliveries.c.held_until.is_not(None)))
            busy = {_place(row) for row in held if _is_held(row, now)}
            near = (deliveries.c.next_at <= moment_text(now)) | (deliveries.c.next_at > moment_text(now + _FARTHEST))
            order = (deliveries.c.next_at, deliveries.c.id)
            rows = fetch(connection, deliveries.select().where(waiting, near).order_by(*order).limit(_LOOK))
            row = next((row for row in rows if _place(row) not in busy and not _is_held(row, now)), None)
            if row is None:
                return None
            values = {"held_until": moment_text(now + HOLD)}
            connection.execute(deliveries.update().where(deliveries.c.id == row["id"]).values(values))
            return _delivery(row)

    def sent(self, delivery: Delivery, now: datetime, note: str | None = None) -> None:
        """It has arrived. note: in what it was another one than the digest as it was made."""
        done = {"state": State.SENT.value, "held_until": None, "error": note, "done_at": moment_text(now)}
        self._update(delivery, {**done, "attempts": delivery.attempts + 1})

    def cancel(self, delivery: Delivery, now: datetime, reason: str) -> None:
        """It is not to arrive any more."""
        done = {"state": State.CANCELLED.value, "held_until": None, "error": reason, "done_at": moment_text(now)}
        self._update(delivery, done)

    def postpone(self, delivery: Delivery, now: datetime, until: datetime) -> None:
        """It was not tried, and waits on; at most as long as after a failure, and then it is looked at again."""
        self._update(delivery, {"held_until": None, "next_at": moment_text(min(until, now + PAUSES[-1]))})

    def failed(self, delivery: Delivery, now: datetime, error: str, *, final: bool, after: timedelta | None = None) -> State:
        """It has not: it is tried again later, or kept as given up. after: what the receiver asks for."""
        attempts = delivery.attempts + 1
        dead = final or attempts > len(PAUSES)
        usual = PAUSES[min(attempts, len(PAUSES)) - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  # no secret
        state = State.DEAD if dead else State.WAITING
        next_at = moment_text(now + max(usual, min(after or timedelta(), PAUSES[-1])))
        values = {"state": state.value, "attempts": attempts, "held_until": None, "error": error[:_LONGEST_ERROR]}
        self._update(delivery, {**values, "next_at": next_at, "done_at": moment_text(now) if dead else None})
        return state

    def _update(self, delivery: Delivery, values: Mapping[str, object]) -> None:
        with self._database.writing() as connection:
            connection.execute(deliveries.update().where(deliveries.c.id == delivery.id).values(values))

    def retry(self, now: datetime, space: str | None = None, team: str | None = None, channel: str | None = None) -> int:
        """Let what was given up go out again, at once; how many."""
        its = [deliveries.c.state == State.DEAD.value]
        its += [
            deliveries.c[name] == value for name, value in (("space", space), ("team", team), ("channel", channel)) if value
        ]
        values = {"state": State.WAITING.value, "attempts": 0, "next_at": moment_text(now), "held_until": None, "done_at": None}
        with self._database.writing() as connection:
            return int(connection.execute(deliveries.update().where(*its).values(values)).rowcount)

    def leave(self, space: str, team: str, address: str, now: datetime) -> None:
        """Send no more e-mails of the team there."""
        its = (*_team(departures, space, team), departures.c.address == address)
        waits = (deliveries.c.state == State.WAITING.value, deliveries.c.recipient == address, *_team(deliveries, space, team))
        with self._database.writing() as connection:
            if not fetch(connection, departures.select().where(*its)):
                row = {"space": space, "team": team, "address": address, "at": moment_text(now)}
                connection.execute(departures.insert().values(row))
            connection.execute(deliveries.delete().where(*waits))

    def document(self, digest: str) -> DigestDocument:
        """A digest by its id."""
        (row,) = self._database.rows(digests.select().where(digests.c.id == digest))
        return DigestDocument.model_validate_json(row["document"])

    def documents(
        self, space: str, team: str, *, kind: str | None = None, since: datetime | None = None, limit: int = 50
    ) -> list[DigestDocument]:
        """What a team was told, newest first."""
        its: list[Any] = [*_team(digests, space, team)]
        its += [digests.c.kind == kind] if kind else []
        its += [digests.c.until > moment_text(since)] if since else []
        query = digests.select().where(*its).order_by(digests.c.until.desc(), digests.c.id).limit(limit)
        return [DigestDocument.model_validate_json(row["document"]) for row in self._database.rows(query)]

    def standings(self, spaces: Sequence[str] | None = None) -> list[Standing]:
        """How every channel stands, by space, team and channel."""
        query = deliveries.select() if spaces is None else deliveries.select().where(deliveries.c.space.in_(spaces))
        columns = [deliveries.c[name] for name in ("space", "team", "channel", "state", "error", "done_at", "next_at")]
        found: dict[tuple[str, str, str], list[RowValues]] = {}
        for row in self._database.rows(query.with_only_columns(*columns)):
            found.setdefault((row["space"], row["team"], row["channel"]), []).append(row)
        return [_standing(key, rows) for key, rows in sorted(found.items())]


_WINDOW: Final = ("space", "team", "kind")


def delivery_id(digest: str, channel: str, recipient: str) -> str:
    """The same for the same digest, channel and recipient, however often it is sent."""
    return hashlib.sha256("\0".join((digest, channel, recipient)).encode()).hexdigest()[:26]


def _window(space: str, team: str, kind: str) -> tuple[Any, ...]:
    return (*_team(digest_windows, space, team), digest_windows.c.kind == kind)


def _team(table: Any, space: str, team: str) -> tuple[Any, ...]:
    return (table.c.space == space, table.c.team == team)


def _place(row: RowValues) -> tuple[str, str, str]:
    mail = row["channel"] == ChannelKind.EMAIL  # every address is a receiver of its own
    return row["space"], row["team"], row["recipient"] if mail else row["channel"]


def _is_held(row: RowValues, now: datetime) -> bool:
    """Beyond twice the hold it was noted by a wrong clock. Not beyond once: who waited for its turn has an older `now`."""
    return row["held_until"] is not None and now < moment_of(row["held_until"]) <= now + 2 * HOLD


def _delivery(row: RowValues) -> Delivery:
    names = ("id", "digest", "space", "team", "channel", "recipient", "attempts")
    return Delivery(**{name: row[name] for name in names})


def _standing(key: tuple[str, str, str], rows: Sequence[RowValues]) -> Standing:
    waiting = [row for row in rows if row["state"] == State.WAITING]
    errors = [row["error"] for row in rows if row["error"] and row["state"] != State.SENT]
    sent = [row["done_at"] for row in rows if row["state"] == State.SENT]
    counts = {state: sum(row["state"] == state for row in rows) for state in State}
    since = min((row["next_at"] for row in waiting), default=None)
    return Standing(
        *key,
        counts,
        errors[-1] if errors else None,
        moment_of(max(sent)) if sent else None,
        moment_of(since) if since else None,
    )
