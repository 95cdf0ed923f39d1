"""What the service writes down while it answers, and what may be read of it by whom."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog

from api.access import Action, may
from api.contact import Contact
from api.events.event import SERVICE, Event, Kind, canonical, new_id
from api.events.feedback_past import mended_before
from api.events.feedback_table import Feedback, FeedbackWanted, State, Verdict, feedback_by_id, feedback_of
from api.events.readers_table import rights_of, stands_with
from api.events.readings_table import Reading, readings_of
from api.events.receipt import document, receipt_events
from api.events.recorder import Recorder
from api.events.ticket_keys import TicketKeys
from api.guidance import Answered, Ask, NotFoundError, NotGrantedError
from api.plain_text import is_plain
from api.reader import Reader
from api.source import Source
from api.store_error import StoreError
from kb.article import Article

_MOST_MET: Final = 10_000  # readers, with their rights, that one process remembers to have met today
_MET_AGAIN: Final = timedelta(hours=1)  # after which it is looked whether the lists still say so
_NOT_KEPT: Final = "This answer could not be written down, so it cannot be proved later. The answer itself is right."

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Receipted:
    """The receipt's id; or None, and the note that says so."""

    id: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Act:
    """What an agent did with an answer: opened or inserted an article."""

    kind: Kind
    space: str
    article: str
    receipt: str | None = None
    anchor: str | None = None
    commit: str | None = None
    ticket: str | None = None  # as the host has it


@dataclass(frozen=True, slots=True)
class Opinion:
    """What an agent says of an answer. Redacted before it is kept."""

    verdict: Verdict
    space: str
    receipt: str | None
    article: str | None
    comment: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """Where feedback stands from now on. commit: what closes it."""

    state: State
    assignee: str | None = None
    commit: str | None = None


class Records:
    """The event store as the service uses it."""

    def __init__(self, recorder: Recorder, redacted: Callable[[str], str], tickets: TicketKeys) -> None:
        """redacted: what of a text may be kept."""
        self.recorder = recorder
        self._tickets = tickets
        self._redacted = redacted
        self._ledger = recorder.ledger
        self._met: dict[tuple[str, str, str], datetime] = {}  # space, reader, rights → when that was looked at last

    def answered(self, answered: Answered, ask: Ask, reader: Reader, contact: Contact, source: Source) -> Receipted:
        """Write an answer down. A disk that is full does not keep the answer from the agent, but it is said."""
        keyed = replace(contact, ticket=contact.ticket and self._tickets.of(contact.ticket))
        events = receipt_events(answered, ask, reader, keyed, source, datetime.now(UTC))
        try:
            self._record(*events)
        except StoreError as error:
            log.error("an answer was not written down", space=ask.space, reason=str(error))
            return Receipted(None, _NOT_KEPT)
        self._meet(ask.space, reader)
        return Receipted(events[0].receipt, None)

    def denied(self, space: str, reader: Reader, why: str) -> None:
        """Write a refusal down: in the space's chain if the reader may ask there, else in the service's own."""
        body = {"why": why, "role": reader.role.value}
        self._noted(_event(space if space in reader.spaces else SERVICE, Kind.DENIED, reader.id, body))

    def opened(self, space: str, reader: Reader, article: Article, commit: str | None, *, from_elsewhere: bool = False) -> None:
        """Write down that an article was opened. commit: of the snapshot; the article's own is the version that was read.

        from_elsewhere: another site's page led the browser here, maybe without its reader: that is no reading.
        """
        version = article.changed.sha if article.changed else None
        body = {"article": article.id, "blob": article.blob, "version": version, "commit": commit}
        marked = {**body, "from_elsewhere": True} if from_elsewhere else body
        self._noted(_event(space, Kind.OPENED, reader.id, marked))
        if not from_elsewhere:
            self._meet(space, reader)

    def published(self, space: str, commit: str | None, fingerprint: str) -> None:
        """Write down that a snapshot went live."""
        self._noted(_event(space, Kind.PUBLISHED, "service", {"commit": commit, "fingerprint": fingerprint}))

    def acted(self, acts: Sequence[Act], reader: Reader) -> list[str]:
        """Write down what an agent did; the events' ids. Raises NotFoundError or StoreError, and then keeps none."""
        for act in acts:
            _require_space(act.space, reader)
        events = [self._act(act, reader) for act in acts]
        if events:
            self._record(*events)
        return [event.id for event in events]

    def _act(self, act: Act, reader: Reader) -> Event:
        body = {**self._cleaned({"article": act.article, "anchor": act.anchor}), "commit": act.commit}
        key = act.ticket and self._tickets.of(act.ticket)
        words: dict[str, Any] | None = {} if key else None  # the ticket's key is what can be erased
        return _event(act.space, act.kind, reader.id, body, receipt=act.receipt, words=words, ticket=key)

    def acknowledge(self, space: str, article: str, version: str, reader: Reader) -> Reading:
        """Write down that the reader has read this version; the first time stays. Raises NotFoundError or StoreError."""
        _require_space(space, reader)
        self._record(_event(space, Kind.ACKNOWLEDGED, reader.id, {"article": article, "commit": version}))
        return next(it for it in self.readings(space, reader, [article]) if it.version == version)

    def readings(self, space: str, reader: Reader, articles: Sequence[str] | None = None) -> list[Reading]:
        """What the reader has read and acknowledged, newest first. Raises NotFoundError or StoreError."""
        _require_space(space, reader)
        self._meet(space, reader)
        self.recorder.flush()
        return readings_of(self._ledger.database, space, reader.id, articles)

    def drilled(self, space: str, reader: Reader, tried: Mapping[str, Any]) -> str:
        """Write down how a reader answered a drill; the event's id. tried: which one, and how. Raises StoreError."""
        event = _event(space, Kind.DRILLED, reader.id, tried)
        self._record(event)
        self._meet(space, reader)
        return event.id

    def _meet(self, space: str, reader: Reader) -> None:
        """Write down that a reader came: once a day with the same rights, of which one with two sessions may have several.

        Who went back to former rights the same day is met with them once more, after an hour at the latest.
        """
        rights, now = rights_of(reader), datetime.now(UTC)
        met = (space, reader.id, canonical(rights))
        last = self._met.get(met)
        known = last is not None and last.date() == now.date()
        if known and last is not None and now - last < _MET_AGAIN:
            return
        if not (known and self._stands(space, reader, rights)) and not self._noted(_event(space, Kind.MET, reader.id, rights)):
            return
        if len(self._met) >= _MOST_MET:
            self._met.clear()
        self._met[met] = now

    def _stands(self, space: str, reader: Reader, rights: Mapping[str, object]) -> bool:
        """Whether the lists have the reader with these rights; where nobody can tell, what was written down today holds."""
        if self.recorder.backlog().error:  # the database is away: nobody waits to find it so once more
            return True
        try:
            return stands_with(self._ledger.database, space, reader.id, rights)
        except StoreError:
            return True

    def receipt(self, receipt_id: str, reader: Reader) -> dict[str, Any]:
        """A receipt: one's own, or any of one's spaces for who may see any. Raises NotFoundError for all others alike."""
        self.recorder.flush()
        links = self._ledger.of_receipt(receipt_id) if is_plain(receipt_id) else []
        mine = bool(links) and (links[0].reader == reader.id or may(reader.role, Action.ANY_RECEIPT))
        if len(links) != 2 or not mine or links[0].space not in reader.spaces:
            raise NotFoundError(f"There is no receipt {receipt_id!r} that you may read.")
        return document(links)

    def say(self, opinion: Opinion, reader: Reader) -> Feedback:
        """Open feedback. Raises NotFoundError if the receipt is not the reader's own, or StoreError."""
        _require_space(opinion.space, reader)
        if opinion.receipt is not None and self.receipt(opinion.receipt, reader)["space"] != opinion.space:
            raise NotFoundError(f"There is no receipt {opinion.receipt!r} that you may read.")
        body = {"verdict": opinion.verdict.value, **self._cleaned({"article": opinion.article})}
        words = {"comment": opinion.comment} if opinion.comment else None
        event = _event(opinion.space, Kind.FEEDBACK, reader.id, body, receipt=opinion.receipt, words=words)
        self._record(event)
        return self.feedback(event.id, reader)

    def feedback(self, feedback_id: str, reader: Reader) -> Feedback:
        """One's own feedback, or any of one's spaces for who works on it. Raises NotFoundError."""
        self.recorder.flush()
        found = feedback_by_id(self._ledger.database, feedback_id) if is_plain(feedback_id) else None
        if found is None or found.space not in reader.spaces or not _may_see(found, reader):
            raise NotFoundError(f"There is no feedback {feedback_id!r} that you may read.")
        return found

    def feedback_list(self, wanted: FeedbackWanted, reader: Reader) -> list[Feedback]:
        """Newest first. Raises NotFoundError for a space, NotGrantedError for others' feedback, that is not the reader's."""
        _require_space(wanted.space, reader)
        if wanted.reader != reader.id and not may(reader.role, Action.WORK_FEEDBACK):
            raise NotGrantedError(f"The role {reader.role.value!r} may see its own feedback only. Ask with mine=true.")
        self.recorder.flush()
        return feedback_of(self._ledger.database, wanted)

    def change_feedback(self, feedback_id: str, change: Change, reader: Reader) -> Feedback:
        """Assign it, close it, or open it again. Raises NotFoundError or StoreError."""
        found = self.feedback(feedback_id, reader)
        now = {"state": change.state.value, "assignee": change.assignee and self._redacted(change.assignee)}
        body = {"feedback": found.id, **now, "commit": change.commit}
        self._record(_event(found.space, Kind.FEEDBACK, reader.id, body, receipt=found.receipt))
        return self.feedback(feedback_id, reader)

    def close_feedback(self, space: str, feedback_id: str, commit: str, authored_at: datetime) -> None:
        """Close feedback of the space by a commit that went live. Raises StoreError.

        What is closed already stays as it is; so does what was opened again after the commit, which did not mend it then.
        """
        self.recorder.flush()
        found = feedback_by_id(self._ledger.database, feedback_id)
        if found is None or found.space != space or found.state is State.CLOSED:
            return
        if not mended_before(self._ledger, found, commit, authored_at):
            body = {"feedback": found.id, "state": State.CLOSED.value, "assignee": found.assignee, "commit": commit}
            self._record(_event(space, Kind.FEEDBACK, "git", body, receipt=found.receipt))

    def _record(self, *events: Event) -> None:
        """The one gate to what is kept: no word passes it unredacted."""
        self.recorder.record(
            *(replace(event, words=None if event.words is None else self._cleaned(event.words)) for event in events)
        )

    def _cleaned(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """What a client sent, which may be anything, without what must not be kept."""
        return {name: self._clean(value) for name, value in said.items()}

    def _clean(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._clean(item) for item in value]
        return self._redacted(value) if isinstance(value, str) else value

    def _noted(self, event: Event) -> bool:
        """Record what nobody waits for; if it cannot be kept, the log says so and the request goes on. Whether it was."""
        try:
            self._record(event)
        except StoreError as error:
            log.error("an event was not written down", kind=event.kind.value, space=event.space, reason=str(error))
            return False
        return True


def _require_space(space: str, reader: Reader) -> None:
    if space not in reader.spaces:
        raise NotFoundError(f"There is no space {space!r} among those you may ask.")


def _may_see(feedback: Feedback, reader: Reader) -> bool:
    return feedback.reader == reader.id or may(reader.role, Action.WORK_FEEDBACK)


def _event(
    space: str,
    kind: Kind,
    reader: str,
    body: Mapping[str, Any],
    *,
    receipt: str | None = None,
    words: Mapping[str, Any] | None = None,
    ticket: str | None = None,
) -> Event:
    now = datetime.now(UTC)
    return Event(new_id(now), space, now, kind, reader, body, receipt, words, ticket)
