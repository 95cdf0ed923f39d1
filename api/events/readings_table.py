"""Who has read and acknowledged which version: a table that follows from the events, so that no badge reads them all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from api.database import Connection, Database, RowValues, fetch, moment_of, moment_text, readings
from api.events.event import Event, Kind
from api.plain_text import plain


@dataclass(frozen=True, slots=True)
class Reading:
    """One reader and one version of one article. version: the commit that made it. read_at: the last time.

    acknowledged_at: the first time.
    """

    space: str
    reader: str
    article: str
    version: str
    read_at: datetime | None
    acknowledged_at: datetime | None


def project_reading(connection: Connection, event: Event) -> None:
    """Let the table follow one event. One without a version, or that another site's page may have caused, changes nothing."""
    if event.kind not in (Kind.OPENED, Kind.ACKNOWLEDGED):
        return
    body = event.body
    version = body.get("version") if "blob" in body else body.get("commit")  # the service names the snapshot's commit too
    if not version or body.get("from_elsewhere"):
        return
    key = {"space": event.space, "reader": plain(event.reader), "article": plain(body["article"]), "version": version}
    at = moment_text(event.at)
    _note(connection, key, "read_at" if event.kind is Kind.OPENED else "acknowledged_at", at)


def readings_of(database: Database, space: str, reader: str, articles: Sequence[str] | None = None) -> list[Reading]:
    """What one reader has read in a space, the newest first; of these articles alone, where some are named."""
    query = readings.select().where((readings.c.space == space) & (readings.c.reader == plain(reader)))
    if articles is not None:
        query = query.where(readings.c.article.in_(articles))
    found = [_reading(row) for row in database.rows(query)]
    return sorted(found, key=lambda it: (it.read_at or it.acknowledged_at or _NEVER, it.article), reverse=True)


def acknowledged(database: Database, space: str, versions: Sequence[tuple[str, str]]) -> list[Reading]:
    """Who has acknowledged these versions, as (article, version), in the order of time."""
    if not versions:
        return []
    named = readings.c.article.in_([article for article, _ in versions])
    query = readings.select().where((readings.c.space == space) & named & readings.c.acknowledged_at.is_not(None))
    wanted = set(versions)
    rows = database.rows(query.order_by(readings.c.acknowledged_at, readings.c.reader))
    return [_reading(row) for row in rows if (row["article"], row["version"]) in wanted]


def readers_of(database: Database, space: str, since: datetime) -> dict[str, bool]:
    """The id of everybody who has read or acknowledged something, and whether since that moment."""
    at = moment_text(since)
    lately = ((readings.c.read_at >= at) | (readings.c.acknowledged_at >= at)).label("lately")
    query = readings.select().with_only_columns(readings.c.reader, lately).where(readings.c.space == space).distinct()
    found: dict[str, bool] = {}
    for row in database.rows(query):
        found[row["reader"]] = found.get(row["reader"], False) or bool(row["lately"])
    return found


_NEVER = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


def _note(connection: Connection, key: dict[str, str], column: str, at: str) -> None:
    """Inside a transaction in which nobody else writes, so that what is not there stays so until it is inserted."""
    its = [readings.c[name] == value for name, value in key.items()]
    there = fetch(connection, readings.select().where(*its))
    if not there:
        connection.execute(readings.insert().values({**key, column: at}))
    elif column == "read_at" or there[0][column] is None:
        connection.execute(readings.update().where(*its).values({column: at}))


def _reading(row: RowValues) -> Reading:
    return Reading(
        space=row["space"],
        reader=row["reader"],
        article=row["article"],
        version=row["version"],
        read_at=row["read_at"] and moment_of(row["read_at"]),
        acknowledged_at=row["acknowledged_at"] and moment_of(row["acknowledged_at"]),
    )
