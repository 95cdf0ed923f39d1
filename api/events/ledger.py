"""Events in the database: appended in their chains, read in order, never changed except by erasure and retention."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from api.database import Connection, Database, chains, events, fetch, moment_text
from api.events.chain import BEGINNING, COLUMNS, Fault, Head, Link, faults, linked
from api.events.event import Event, Kind, new_id
from api.events.feedback_table import project
from api.events.readers_table import differences, forget_readers, project_meeting
from api.events.readings_table import project_reading

_PAGE: Final = 1000  # rows that are read at once


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events of a space. None means any. since: included; until: not."""

    space: str
    since: datetime | None = None
    until: datetime | None = None
    reader: str | None = None
    kind: Kind | None = None


class Ledger:
    """All chains of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def append(self, new: Sequence[Event]) -> int:
        """Append those that are not there yet, in the order given, all or none; how many. Raises StoreError."""
        with self.database.writing() as connection:
            return len(append(connection, new))

    def spaces(self) -> list[str]:
        """Every space that has a chain, or events, which a chain that was removed leaves behind."""
        noted = self.database.rows(chains.select().with_only_columns(chains.c.space))
        used = self.database.rows(events.select().with_only_columns(events.c.space).distinct())
        return sorted({row["space"] for row in (*noted, *used)})

    def head(self, space: str) -> Head | None:
        """The end of a space's chain as it was noted."""
        rows = self.database.rows(chains.select().where(chains.c.space == space))
        return Head(rows[0]["seq"], rows[0]["hash"]) if rows else None

    def newest(self, wanted: Wanted) -> Link | None:
        """The last of the events that are wanted; None if there is none."""
        rows = self.database.rows(_query(wanted).order_by(events.c.seq.desc()).limit(1))
        return _link(rows[0]) if rows else None

    def has(self, event: str) -> bool:
        """Whether the event of this id is there."""
        return bool(self.database.rows(events.select().with_only_columns(events.c.id).where(events.c.id == event)))

    def hash_at(self, space: str, seq: int) -> str | None:
        """The hash of one event; None if it is not there."""
        one = events.select().where((events.c.space == space) & (events.c.seq == seq))
        return next((str(row["hash"]) for row in self.database.rows(one)), None)

    def links(self, wanted: Wanted) -> Iterator[Link]:
        """The events that are wanted, in order, a page at a time."""
        after = 0
        while page := self._page(wanted, after):
            yield from page
            after = page[-1].seq

    def of_receipt(self, receipt: str) -> list[Link]:
        """What was asked and shown under a receipt, in order; empty if there is none."""
        of_it = (events.c.receipt == receipt) & events.c.kind.in_([Kind.ASKED.value, Kind.SHOWN.value])
        return [_link(row) for row in self.database.rows(events.select().where(of_it).order_by(events.c.seq))]

    def verify(self, space: str) -> Iterator[Fault]:
        """Everything in the space's chain that is not as it was written. What is appended meanwhile waits for the next time."""
        head = self.head(space)
        before_head = (link for link in self.links(Wanted(space)) if head is None or link.seq <= head.seq)
        return faults(space, before_head, head)

    def met_otherwise(self, space: str, since: datetime) -> list[str]:
        """What the list of readers says otherwise than the meetings since then of a chain that is whole. Raises StoreError."""
        with self.database.writing() as connection:  # nobody is met between the two looks
            checkpoint = fetch(connection, _query(Wanted(space, kind=Kind.CHECKPOINT)).order_by(events.c.seq.desc()).limit(1))
            forgotten = [_link(row).facts()["before"] for row in checkpoint]
            begin = max([moment_text(since), *forgotten])
            met = _query(Wanted(space, kind=Kind.MET)).where(events.c.at >= begin).order_by(events.c.seq)
            return list(differences(connection, space, map(_link, fetch(connection, met)), begin))

    def receipts_of(self, space: str, tickets: Collection[str]) -> set[str]:
        """The receipts of a contact, by the keys under which it may be kept."""
        return {row["receipt"] for row in self.database.rows(_receipts_of(space, tickets))}

    def erase(self, space: str, *, receipts: Collection[str] = (), tickets: Collection[str] = (), by: str, at: datetime) -> int:
        """Forget the words of these receipts' and contacts' events, and note that; how many events. Raises StoreError.

        tickets: the keys of contacts.
        A contact's events are also those of its receipts, such as the feedback on an answer that was given for it.
        """
        of_receipts = events.c.receipt.in_(receipts) | events.c.receipt.in_(_receipts_of(space, tickets))
        of_it = of_receipts | events.c.ticket.in_(tickets)
        its = (events.c.space == space) & of_it & events.c.words.is_not(None)
        with self.database.writing() as connection:
            named = events.select().with_only_columns(events.c.id).where(its).order_by(events.c.seq)
            ids = [row["id"] for row in fetch(connection, named)]
            if ids:
                for id_ in ids:
                    connection.execute(events.update().where(events.c.id == id_).values(words=None, salt=None, ticket=None))
                append(connection, [Event(new_id(at), space, at, Kind.ERASED, by, {"events": ids})])
        self.database.forget_erased()
        return len(ids)

    def retain(self, space: str, *, since: datetime, by: str, at: datetime) -> int:
        """Remove what happened before `since`, and note the chain's place in a checkpoint; how many events."""
        with self.database.writing() as connection:
            newest = self._newest_before(connection, space, since)
            if newest is None:
                return 0
            body = {"through": newest["seq"], "hash": newest["hash"], "before": moment_text(since)}
            append(connection, [Event(new_id(at), space, at, Kind.CHECKPOINT, by, body)])
            old = (events.c.space == space) & (events.c.seq <= newest["seq"])
            removed = connection.execute(events.delete().where(old)).rowcount
            forget_readers(connection, space, since)
        self.database.forget_erased()
        return int(removed)

    def _newest_before(self, connection: Connection, space: str, since: datetime) -> Mapping[str, Any] | None:
        """The last of the events at the chain's beginning that all happened earlier; None if there is none."""
        of_space = events.select().where(events.c.space == space)
        kept = fetch(connection, of_space.where(events.c.at >= moment_text(since)).order_by(events.c.seq).limit(1))
        old = of_space.where(events.c.seq < kept[0]["seq"]) if kept else of_space
        found = fetch(connection, old.order_by(events.c.seq.desc()).limit(1))
        return found[0] if found else None

    def _page(self, wanted: Wanted, after: int) -> list[Link]:
        query = _query(wanted).where(events.c.seq > after)
        return [_link(row) for row in self.database.rows(query.order_by(events.c.seq).limit(_PAGE))]


def _receipts_of(space: str, tickets: Collection[str]) -> Any:
    named = (events.c.space == space) & events.c.ticket.in_(tickets) & events.c.receipt.is_not(None)
    return events.select().with_only_columns(events.c.receipt).where(named)


def _query(wanted: Wanted) -> Any:
    query = events.select().where(events.c.space == wanted.space)
    if wanted.since is not None:
        query = query.where(events.c.at >= moment_text(wanted.since))
    if wanted.until is not None:
        query = query.where(events.c.at < moment_text(wanted.until))
    if wanted.reader is not None:
        query = query.where(events.c.reader == wanted.reader)
    if wanted.kind is not None:
        query = query.where(events.c.kind == wanted.kind.value)
    return query


def append(connection: Connection, new: Sequence[Event]) -> list[Link]:
    """Append events inside a transaction in which nobody else writes; those that are there already are left out."""
    there = events.select().with_only_columns(events.c.id).where(events.c.id.in_([event.id for event in new]))
    known = {row["id"] for row in fetch(connection, there)}
    links: list[Link] = []
    ends = {row["space"]: Head(row["seq"], row["hash"]) for row in fetch(connection, chains.select())}
    noted = set(ends)
    for event in new:
        if event.id in known:
            continue
        known.add(event.id)
        links.append(linked(event, ends.get(event.space, Head(0, BEGINNING))))
        ends[event.space] = Head(links[-1].seq, links[-1].hash)
        project(connection, event)
        project_reading(connection, event)
        project_meeting(connection, event)
    if links:
        connection.execute(events.insert(), [asdict(link) for link in links])
    for space in {link.space for link in links}:
        _note(connection, space, ends[space], known=space in noted)
    return links


def _note(connection: Connection, space: str, head: Head, *, known: bool) -> None:
    statement = chains.update().where(chains.c.space == space) if known else chains.insert()
    values = {"seq": head.seq, "hash": head.hash} | ({} if known else {"space": space})
    connection.execute(statement.values(**values))


def _link(row: Mapping[str, Any]) -> Link:
    return Link(**{name: row[name] for name in COLUMNS})
