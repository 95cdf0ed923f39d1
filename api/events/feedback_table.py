"""Where each piece of feedback stands: a table that follows from the events, so that lists need not read them all."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from api.database import Connection, Database, RowValues, events, feedback, moment_of, moment_text
from api.events.event import Event, Kind
from api.plain_text import plain


class Verdict(StrEnum):
    """What an agent says of an answer."""

    HELPFUL = "helpful"
    WRONG = "wrong"
    OUTDATED = "outdated"
    MISSING = "missing"


class State(StrEnum):
    """Where it stands. Closed by a commit, or by a writer or a lead."""

    OPEN = "open"
    ASSIGNED = "assigned"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Feedback:
    """One piece of feedback. comment: redacted; None if there was none, or it was erased. commit: what closed it."""

    id: str
    space: str
    reader: str
    receipt: str | None
    article: str | None
    verdict: Verdict
    state: State
    assignee: str | None
    commit: str | None
    opened_at: datetime
    changed_at: datetime
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class FeedbackWanted:
    """Which feedback: newest first, from before the one named `before`. None means any."""

    space: str
    reader: str | None = None
    state: State | None = None
    before: str | None = None
    limit: int = 50


def project(connection: Connection, event: Event) -> None:
    """Let the table follow one event. A change of what is not there changes nothing."""
    if event.kind is not Kind.FEEDBACK:
        return
    body, at = event.body, moment_text(event.at)
    if "verdict" in body:
        row = {
            "id": event.id, "space": event.space, "reader": plain(event.reader), "receipt": event.receipt,
            "article": body["article"] and plain(body["article"]),
            "verdict": body["verdict"], "state": State.OPEN.value, "opened_at": at, "changed_at": at,
        }  # fmt: skip
        connection.execute(feedback.insert().values(**row))
        return
    its = (feedback.c.id == body["feedback"]) & (feedback.c.space == event.space)
    now = {
        "state": body["state"],
        "assignee": body["assignee"] and plain(body["assignee"]),
        "commit": body["commit"],
        "changed_at": at,
    }
    connection.execute(feedback.update().where(its).values(**now))


def feedback_of(database: Database, wanted: FeedbackWanted) -> list[Feedback]:
    """The feedback that is wanted, with comments. Raises StoreError."""
    query = feedback.select().where(feedback.c.space == wanted.space)
    if wanted.reader is not None:
        query = query.where(feedback.c.reader == wanted.reader)
    if wanted.state is not None:
        query = query.where(feedback.c.state == wanted.state.value)
    if wanted.before is not None:
        query = query.where(feedback.c.id < wanted.before)
    return _with_comments(database, database.rows(query.order_by(feedback.c.id.desc()).limit(wanted.limit)))


def feedback_by_id(database: Database, feedback_id: str) -> Feedback | None:
    """One piece of feedback; None if there is none of that id."""
    return next(iter(_with_comments(database, database.rows(feedback.select().where(feedback.c.id == feedback_id)))), None)


def unclosed(database: Database, space: str) -> list[Feedback]:
    """Everything of the space that waits for an end, oldest first, without comments."""
    query = feedback.select().where((feedback.c.space == space) & (feedback.c.state != State.CLOSED.value))
    return [_feedback(row, {}) for row in database.rows(query.order_by(feedback.c.id))]


def _with_comments(database: Database, rows: Sequence[RowValues]) -> list[Feedback]:
    words = events.select().with_only_columns(events.c.id, events.c.words).where(events.c.id.in_([row["id"] for row in rows]))
    said = {row["id"]: row["words"] for row in database.rows(words)} if rows else {}
    return [_feedback(row, said) for row in rows]


def _feedback(row: RowValues, said: dict[str, Any]) -> Feedback:
    words = said.get(row["id"])
    return Feedback(
        id=row["id"],
        space=row["space"],
        reader=row["reader"],
        receipt=row["receipt"],
        article=row["article"],
        verdict=Verdict(row["verdict"]),
        state=State(row["state"]),
        assignee=row["assignee"],
        commit=row["commit"],
        opened_at=moment_of(row["opened_at"]),
        changed_at=moment_of(row["changed_at"]),
        comment=None if words is None else json.loads(words).get("comment"),
    )
