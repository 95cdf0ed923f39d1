"""Whom a space has met, with what rights: a table that follows from the events, for lists of who belongs to a team."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.access import Role
from api.database import Connection, Database, fetch, met_readers, moment_of, moment_text
from api.events.event import Event, Kind
from api.plain_text import plain
from api.reader import Reader


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
        "lang": reader.lang,
    }


def project_meeting(connection: Connection, event: Event) -> None:
    """Let the table follow one event, inside a transaction in which nobody else writes."""
    if event.kind is not Kind.MET:
        return
    key = {"space": event.space, "reader": plain(event.reader)}
    values = {**event.body, "teams": json.dumps(event.body["teams"]), "at": moment_text(event.at)}
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
    ]
