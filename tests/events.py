"""Events made for tests, chains of them, and what is told of a chain."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from api.events.chain import BEGINNING, Head, Link, linked
from api.events.event import Event, Kind, new_id
from api.events.ledger import Ledger
from tests.doors import TICKETS

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def made_event(number: int = 0, **changes: Any) -> Event:
    """The event of that minute: a question under a ticket of its own."""
    at = NOON + timedelta(minutes=number)
    event = Event(
        new_id(at),
        "default",
        at,
        Kind.ASKED,
        "ana",
        {"limit": 10},
        words={"q": f"question {number}"},
        ticket=TICKETS.of(f"T-{number}"),
    )
    return replace(event, **changes)


def made_chain(count: int) -> tuple[list[Link], Head]:
    """The first events as links, and their end."""
    links: list[Link] = []
    head = Head(0, BEGINNING)
    for number in range(count):
        links.append(linked(made_event(number), head))
        head = Head(links[-1].seq, links[-1].hash)
    return links, head


def told_faults(ledger: Ledger, space: str = "default") -> list[str]:
    """What verifying the chain finds."""
    return [str(fault) for fault in ledger.verify(space)]
