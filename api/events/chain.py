"""The hash chain of one space: each event holds the hash of the one before it, so that no change goes unseen.

The chain covers a salted commitment to the words, not the words: erasing them, and the salt, leaves every hash as it was.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

from api.database import moment_text
from api.events.event import Event, Kind, canonical
from api.plain_text import plain

BEGINNING: Final = "0" * 64  # what the first event of a space follows

_NOT_COVERED: Final = ("words", "salt", "ticket", "hash")


@dataclass(frozen=True, slots=True)
class Link:
    """One event as it is kept: the columns of the table, each as text or number."""

    space: str
    seq: int
    id: str
    at: str
    kind: str
    reader: str
    receipt: str | None
    body: str
    commitment: str | None
    words: str | None
    salt: str | None
    ticket: str | None
    previous: str
    hash: str

    def facts(self) -> dict[str, Any]:
        """The body, parsed."""
        facts: dict[str, Any] = json.loads(self.body)
        return facts

    def said(self) -> dict[str, Any] | None:
        """The words, parsed; None if there are none, or none any more."""
        said: dict[str, Any] | None = None if self.words is None else json.loads(self.words)
        return said

    @property
    def erased(self) -> bool:
        """Whether its words are gone."""
        return self.commitment is not None and self.words is None


COLUMNS: Final = tuple(field.name for field in fields(Link))


@dataclass(frozen=True, slots=True)
class Head:
    """The newest event of a chain, as it is noted beside the events."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was written. seq: where."""

    space: str
    seq: int
    what: str

    def __str__(self) -> str:
        return f"space {self.space}, event {self.seq}: {self.what}"


def linked(event: Event, before: Head) -> Link:
    """The event as the next link after `before`."""
    said = None if event.words is None else {**event.words, **({"ticket": event.ticket} if event.ticket else {})}
    words = None if said is None else canonical(said)
    salt = None if words is None else secrets.token_hex(32)
    link = Link(
        space=event.space,
        seq=before.seq + 1,
        id=event.id,
        at=moment_text(event.at),
        kind=event.kind.value,
        reader=plain(event.reader),
        receipt=event.receipt,
        body=canonical(event.body),
        commitment=commitment(words, salt),
        words=words,
        salt=salt,
        ticket=event.ticket if words else None,
        previous=before.hash,
        hash="",
    )
    return replace(link, hash=hash_of(link))


def hash_of(link: Link) -> str:
    """SHA-256 over everything but the words, their salt and their ticket."""
    covered = {name: value for name, value in asdict(link).items() if name not in _NOT_COVERED}
    return hashlib.sha256(canonical(covered).encode()).hexdigest()


def commitment(words: str | None, salt: str | None) -> str | None:
    """HMAC-SHA256 of the words under their salt; None where either is missing."""
    if words is None or salt is None:
        return None
    return hmac.new(salt.encode(), words.encode(), hashlib.sha256).hexdigest()


def own_faults(link: Link) -> Iterator[str]:
    """What is wrong with a link on its own."""
    if hash_of(link) != link.hash:
        yield "its content does not fit its hash: it was changed"
    if link.words is not None and (link.salt is None or commitment(link.words, link.salt) != link.commitment):
        yield "its words do not fit what the chain holds of them: they were changed"
    if link.words is None and link.salt is not None:
        yield "it has a salt without words"
    ticket = (link.said() or {}).get("ticket") if link.words is not None and _is_object(link.words) else None
    if link.ticket != (ticket or None):
        yield "its ticket is not the one that its words name"


def faults(space: str, links: Iterable[Link], head: Head | None) -> Iterator[Fault]:
    """Everything in a space's chain that is not as it was written, in order. Reads the links once.

    Missing words must be named by an erasure, and a chain that begins late by the newest checkpoint.
    """
    last: Link | None = None
    first: Link | None = None
    wordless: dict[str, int] = {}
    erased: set[str] = set()
    checkpoint: dict[str, Any] | None = None
    for link in links:
        yield from (Fault(space, link.seq, what) for what in own_faults(link))
        yield from _order_faults(space, last, link)
        if link.erased:
            wordless[link.id] = link.seq
        if link.kind == Kind.ERASED and _is_object(link.body):
            erased.update(link.facts().get("events", ()))
        if link.kind == Kind.CHECKPOINT and _is_object(link.body):
            checkpoint = link.facts()
        first, last = first or link, link
    yield from (
        Fault(space, seq, "its words are gone, and no erasure names it") for id_, seq in wordless.items() if id_ not in erased
    )
    yield from _edge_faults(space, first, last, head, checkpoint)


def part_faults(links: Iterable[Link]) -> Iterator[Fault]:
    """The same for a part of a chain, such as an export: what lies before and after it is not asked for."""
    last: Link | None = None
    for link in links:
        yield from (Fault(link.space, link.seq, what) for what in own_faults(link))
        yield from _order_faults(link.space, last, link)
        last = link


def _order_faults(space: str, before: Link | None, link: Link) -> Iterator[Fault]:
    if before is None:
        return
    if link.seq != before.seq + 1:
        missing = f"{before.seq + 1} to {link.seq - 1}" if link.seq > before.seq + 2 else str(before.seq + 1)
        yield Fault(space, link.seq, f"before it, {missing} is missing")
    elif link.previous != before.hash:
        yield Fault(space, link.seq, f"it does not follow event {before.seq} as that stands now")


def _edge_faults(
    space: str, first: Link | None, last: Link | None, head: Head | None, checkpoint: dict[str, Any] | None
) -> Iterator[Fault]:
    noted = head or Head(0, BEGINNING)
    end = Head(last.seq, last.hash) if last else Head(0, BEGINNING)
    if first is not None:
        begins = {"through": first.seq - 1, "hash": first.previous}
        expected = {"through": 0, "hash": BEGINNING}
        if begins != expected and begins != {name: (checkpoint or {}).get(name) for name in begins}:
            yield Fault(space, first.seq, "everything before it is gone, and no checkpoint says so")
    if end.seq < noted.seq:
        yield Fault(space, noted.seq, f"it was written, but the chain ends at {end.seq}: what followed is missing")
    elif end != noted:
        yield Fault(space, end.seq, "the chain's end is not the one that was noted")


def _is_object(text: str) -> bool:
    """Whether the text is a JSON object: what was tampered with may be anything."""
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
