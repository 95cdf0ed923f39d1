"""One event as a value, and the one way in which it becomes text."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from api.database import moment_of, moment_text

SERVICE: Final = "-"  # the chain of what belongs to no space, such as a refused request for one that is not granted

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Kind(StrEnum):
    """What happened."""

    ASKED = "asked"
    SHOWN = "shown"
    OPENED = "opened"
    INSERTED = "inserted"
    FEEDBACK = "feedback"
    ACKNOWLEDGED = "acknowledged"
    DRILLED = "drilled"  # answered a drill: a first try, or practice that was better than before
    MET = "met"  # a reader came: the first time of a day, and with other rights than before
    PUBLISHED = "published"
    DENIED = "denied"
    ERASED = "erased"  # the words of the events it names are gone
    CHECKPOINT = "checkpoint"  # the events before it are gone, by policy


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    body:   facts that stay: identifiers, figures, scope; never what a customer or an agent wrote.
    words:  what they wrote, redacted; can be erased without breaking the chain. None where there is nothing of the kind.
    ticket: the key of the host's id of the contact, to find what is to be erased; it goes with the words.
    """

    id: str
    space: str
    at: datetime
    kind: Kind
    reader: str
    body: Mapping[str, Any]
    receipt: str | None = None
    words: Mapping[str, Any] | None = None
    ticket: str | None = None


def new_id(at: datetime) -> str:
    """A ULID: 26 characters that sort by millisecond; the other 80 bits are random, so that none can be guessed."""
    number = int(at.timestamp() * 1000) << 80 | secrets.randbits(80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def canonical(value: object) -> str:
    """The one JSON text of a value: sorted keys, no spaces, ASCII alone. Raises ValueError for NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def written(events: Sequence[Event]) -> bytes:
    """Events that belong together as one line of a journal."""
    return canonical([_fields(event) for event in events]).encode() + b"\n"


def read(line: bytes) -> list[Event]:
    """The events of one line. Raises ValueError, KeyError or TypeError if it is none."""
    return [Event(**{**fields, "at": moment_of(fields["at"]), "kind": Kind(fields["kind"])}) for fields in json.loads(line)]


def _fields(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "space": event.space,
        "at": moment_text(event.at),
        "kind": event.kind,
        "reader": event.reader,
        "body": event.body,
        "receipt": event.receipt,
        "words": event.words,
        "ticket": event.ticket,
    }
