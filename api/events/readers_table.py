"""Whom a space has met, with what rights: a table that follows from the events, for lists of who belongs to a team."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from api.access import Role
from api.database import Connection, Database, fetch, met_readers, moment_of, moment_text
from api.events.chain import Link
from api.events.event import Event, Kind
from api.plain_text import plain
from api.reader import Reader

_ROLES: Final = frozenset(Role)  # a newer version may have met somebody of another one, who is nobody here


@dataclass(frozen=True, slots=True)
class Met:
    """One reader as it came last. at: when that was, to the day."""

    reader: Reader
    at: datetime


def rights_of(reader: Reader) -> dict[str, object]:
    """What of a reader is written down: whatever decides to which teams it belongs."""
    return {
        "name": plain(reader.name),
        "role": reader.role.value,
        "tier": reader.tier,
        "teams": sorted(reader.teams),
        "lang": reader.lang and plain(reader.lang),
    }


def project_meeting(connection: Connection, event: Event) -> None:
    """Let the table follow one event, inside a transaction in which nobody else writes."""
    if event.kind is not Kind.MET:
        return
    key = {"space": event.space, "reader": plain(event.reader)}
    values = _values(event.body, moment_text(event.at))
    its = [met_readers.c[name] == value for name, value in key.items()]
    there = fetch(connection, met_readers.select().where(*its))
    if not there:
        connection.execute(met_readers.insert().values({**key, **values}))
    elif there[0]["at"] < values["at"]:
        connection.execute(met_readers.update().where(*its).values(values))


def met_in(database: Database, space: str) -> Sequence[Met]:
    """Everybody whom the space has met, by id."""
    rows = database.rows(met_readers.select().where(met_readers.c.space == space).order_by(met_readers.c.reader))
    return [
        Met(
            Reader(
                row["reader"],
                row["name"],
                Role(row["role"]),
                frozenset({space}),
                row["tier"],
                teams=frozenset(json.loads(row["teams"])),
                lang=row["lang"],
            ),
            moment_of(row["at"]),
        )
        for row in rows
        if row["role"] in _ROLES
    ]


def stands_with(database: Database, space: str, reader: str, rights: Mapping[str, object]) -> bool:
    """Whether the table has the reader with these rights. Raises StoreError."""
    its = (met_readers.c.space == space) & (met_readers.c.reader == plain(reader))
    rows = database.rows(met_readers.select().where(its))
    return any(row == {**row, **_values(rights, row["at"])} for row in rows)


def forget_readers(connection: Connection, space: str, since: datetime) -> None:
    """Remove whom nobody met since that moment, inside a transaction in which nobody else writes."""
    old = (met_readers.c.space == space) & (met_readers.c.at < moment_text(since))
    connection.execute(met_readers.delete().where(old))


def differences(connection: Connection, space: str, links: Iterable[Link], since: str) -> Iterator[str]:
    """What the table says otherwise than the chain. links: every meeting since that moment, in order."""
    met = met_readers.select().where((met_readers.c.space == space) & (met_readers.c.at >= since))
    kept = {row["reader"]: row for row in fetch(connection, met.order_by(met_readers.c.reader))}
    last: dict[str, Link] = {}
    for link in links:
        if link.reader not in last or last[link.reader].at < link.at:
            last[link.reader] = link
    for reader, row in kept.items():
        if reader not in last:
            yield f"{reader!r} stands among those who were met, and no event says so"
        elif any(row[name] != value for name, value in _values(last[reader].facts(), last[reader].at).items()):
            yield f"{reader!r} stands among those who were met otherwise than event {last[reader].seq} says"
    yield from (
        f"{reader!r} was met by event {link.seq}, and is missing among those who were met"
        for reader, link in sorted(last.items())
        if reader not in kept
    )


def _values(rights: Mapping[str, Any], at: str) -> dict[str, Any]:
    return {**rights, "teams": json.dumps(rights["teams"]), "at": at}
