"""Erasing one customer's words wherever they are kept, and forgetting what is old."""

from collections.abc import Collection
from datetime import datetime

from api.events.recorder import Recorder


def erase(
    recorder: Recorder, space: str, *, receipt: str | None = None, tickets: Collection[str] = (), by: str, at: datetime
) -> int:
    """Forget what was typed for a receipt or for a contact, in the chain and among what the database could not hold.

    tickets: every key under which the contact may be kept. How many events it were. Raises StoreError.
    """
    receipts = {receipt} if receipt else recorder.damaged.receipts_of(space, tickets)
    found = recorder.ledger.receipts_of(space, tickets)
    erased = recorder.ledger.erase(space, receipts=receipts, tickets=tickets, by=by, at=at)
    return erased + recorder.damaged.erase(space, receipts={*receipts, *found}, tickets=tickets)


def retain(recorder: Recorder, space: str, *, since: datetime, by: str, at: datetime) -> int:
    """Remove what happened before `since`, there too; how many events. Raises StoreError."""
    return recorder.ledger.retain(space, since=since, by=by, at=at) + recorder.damaged.retain(space, since)
