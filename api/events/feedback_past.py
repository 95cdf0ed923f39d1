"""What a piece of feedback went through, as the chain holds it."""

from datetime import datetime

from api.database import moment_of
from api.events.chain import Link
from api.events.event import Kind
from api.events.feedback_table import Feedback, State
from api.events.ledger import Ledger, Wanted


def mended_before(ledger: Ledger, feedback: Feedback, commit: str, authored_at: datetime) -> bool:
    """Whether the commit closed the feedback already, or is older than its being opened again. Raises StoreError.

    The author's moment counts: a rewritten history keeps it. git knows whole seconds, so within one the commit is younger.
    """
    its = _changes(ledger, feedback)
    closed_by = {link.facts()["commit"] for link in its if link.facts().get("state") == State.CLOSED}
    again = _opened_again(feedback, its)
    return commit in closed_by or (again is not None and authored_at < again.replace(microsecond=0))


def _opened_again(feedback: Feedback, its: list[Link]) -> datetime | None:
    """When it was opened again last; its last change where retention has removed how it began; None if it never was."""
    moments = [moment_of(link.at) for link in its if link.facts().get("state") == State.OPEN]
    if moments:
        return moments[-1]
    began = any(link.id == feedback.id for link in its)
    return None if began or feedback.changed_at == feedback.opened_at else feedback.changed_at


def _changes(ledger: Ledger, feedback: Feedback) -> list[Link]:
    """Its events, in order: how it began, if retention has left that, and every change."""
    of_space = ledger.links(Wanted(feedback.space, since=feedback.opened_at, kind=Kind.FEEDBACK))
    return [link for link in of_space if feedback.id in (link.id, link.facts().get("feedback"))]
