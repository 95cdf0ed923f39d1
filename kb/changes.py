"""What changed in articles between two moments, and how much it matters. Pure: two versions in, one change out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from kb.article import Article, Status, comes_and_goes, is_in_force
from kb.commit_log import Credit, Declared
from kb.fact_kind import FactKind
from kb.fact_match import FactChange, changed_facts
from kb.facts import Fact, facts_of
from kb.field_changes import SCOPE_FIELDS, FieldChange, changed_fields
from kb.severity import Severity
from kb.tree import Commit
from kb.wording import Wording, wording


class Event(StrEnum):
    """What happened to an article."""

    ADDED = "added"
    REMOVED = "removed"
    RETIRED = "retired"
    EXPIRED = "expired"
    IN_FORCE = "in-force"  # came into force
    WITHDRAWN = "withdrawn"  # no longer in force, neither retired nor expired
    SUPERSEDED = "superseded"
    TRANSLATED = "translated"
    RESCOPED = "rescoped"
    STATUS = "status"
    REWORDED = "reworded"
    MOVED = "moved"
    DETAILS = "details"  # owner, review date, keywords: nothing a customer is told


@dataclass(frozen=True, slots=True)
class Contribution:
    """One commit that had part in a change."""

    commit: Commit
    subject: str
    credit: Credit


@dataclass(frozen=True, slots=True)
class Lag:
    """A translation that does not say yet what its source says since the change."""

    translation: str
    lang: str
    facts: tuple[FactChange, ...]


@dataclass(frozen=True, slots=True)
class ArticleChange:
    """What happened to one article between two moments.

    old, new:  the article then and now; None where it was not there. Whoever shows this to a reader compares what that reader
               may see of both (`kb.visible.seen`), so that nothing hidden is in any field.
    facts:     what changed from what to what; for an article that is new or gone, nothing.
    severity:  from the facts, words and keys, unless the commits declare it.
    at:        when it happened: the last commit's time, or the moment at which the article began or ceased to be in force.
    """

    id: str
    old: Article | None
    new: Article | None
    events: tuple[Event, ...]
    severity: Severity
    facts: tuple[FactChange, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    superseded_by: tuple[str, ...] = ()
    behind: tuple[Lag, ...] = ()
    contributions: tuple[Contribution, ...] = ()
    declared: Declared | None = None
    at: datetime | None = None

    @property
    def article(self) -> Article:
        """The article as it is now, or as it last was."""
        article = self.new or self.old
        if article is None:
            raise AssertionError("a change of nothing")
        return article


@dataclass(frozen=True, slots=True)
class Moments:
    """The two moments of a comparison (aware). An article can begin or cease to be in force between them."""

    old: datetime
    new: datetime


RULE_FIELDS: Final = frozenset({*SCOPE_FIELDS, "escalation", "identity_check", "overrides"})
_WORDED: Final = frozenset({"title", "description"})
_WEIGHTY: Final = frozenset(FactKind) - {FactKind.ADDRESS, FactKind.CODE, FactKind.NUMBER}
_OVER: Final = {Event.RETIRED, Event.EXPIRED, Event.WITHDRAWN, Event.IN_FORCE, Event.SUPERSEDED, Event.RESCOPED}


def change_of(old: Article | None, new: Article | None, moments: Moments) -> ArticleChange | None:
    """What happened to one article; None if nothing did."""
    article = new or old
    if article is None:
        return None
    if old is None or new is None:
        return _whole(article, old, new, moments)
    fields = tuple(changed_fields(old, new))
    lived = (is_in_force(old, moments.old), is_in_force(new, moments.new))
    facts = () if _same_text(old, new) else tuple(changed_facts(facts_of(old), facts_of(new)))
    words = wording(old, new) if facts or not _same_text(old, new) else Wording.SAME
    events = tuple(_events(new, fields, words, lived, moments))
    if not events:
        return None
    return ArticleChange(old.id, old, new, events, _severity(events, facts, fields, words, old), facts, fields)


def declared_severity(declared: Declared | None) -> Severity | None:
    """What the commits say of it, which goes before what the texts tell; None if they say nothing."""
    return None if declared is None else Severity.EDITORIAL if declared is Declared.MINOR else Severity.RULE


def _whole(article: Article, old: Article | None, new: Article | None, moments: Moments) -> ArticleChange:
    """An article that is new, or gone."""
    if old is None:
        event = Event.ADDED if article.translation_of is None else Event.TRANSLATED
        lives = is_in_force(article, moments.new)
        weight = Severity.RULE if lives and event is Event.ADDED else Severity.CLARIFIED
        return ArticleChange(
            article.id, old, new, (event,), weight if article.status is not Status.DRAFT else Severity.EDITORIAL
        )
    lived = is_in_force(article, moments.old) and article.translation_of is None
    return ArticleChange(article.id, old, new, (Event.REMOVED,), Severity.RULE if lived else Severity.EDITORIAL)


def _same_text(old: Article, new: Article) -> bool:
    return all(getattr(old, key) == getattr(new, key) for key in ("body", "title", "description", "escalation", "scope"))


def _events(
    new: Article, fields: tuple[FieldChange, ...], words: Wording, lived: tuple[bool, bool], moments: Moments
) -> Iterable[Event]:
    named = {change.name for change in fields}
    if lived[0] != lived[1]:
        yield Event.IN_FORCE if lived[1] else _ceased(new, moments)
    elif not lived[0] and comes_and_goes(new, moments.old, moments.new):
        yield from (Event.IN_FORCE, Event.EXPIRED)
    if named & {*SCOPE_FIELDS, "parts"}:
        yield Event.RESCOPED
    if "status" in named:
        yield Event.STATUS
    if words is not Wording.SAME:
        yield Event.REWORDED
    if "path" in named:
        yield Event.MOVED
    if named - {*SCOPE_FIELDS, *_WORDED, "parts", "status", "path"}:
        yield Event.DETAILS


def _ceased(new: Article, moments: Moments) -> Event:
    if new.status is Status.RETIRED:
        return Event.RETIRED
    ended = new.effective_until is not None and new.effective_until <= moments.new
    return Event.EXPIRED if ended else Event.WITHDRAWN


def _severity(
    events: Iterable[Event], facts: Iterable[FactChange], fields: Iterable[FieldChange], words: Wording, old: Article
) -> Severity:
    if old.status is Status.DRAFT and Event.IN_FORCE not in events:
        return Severity.EDITORIAL
    named = {change.name for change in fields}
    if _OVER & set(events) or named & RULE_FIELDS or any(map(_is_rule, facts)):
        return Severity.RULE
    return Severity.CLARIFIED if words is Wording.CLARIFIED or "status" in named or list(facts) else Severity.EDITORIAL


def _is_rule(change: FactChange) -> bool:
    """Whether the fact's change is one of the rule: another figure, or one that came or went; a link's path is none."""
    if change.old is None or change.new is None:
        return change.kind in _WEIGHTY
    return change.kind is not FactKind.ADDRESS or _host(change.old) != _host(change.new)


def _host(fact: Fact) -> str:
    return fact.value.partition("/")[0]
