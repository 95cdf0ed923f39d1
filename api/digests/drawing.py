"""From a digest's values to its document: names, addresses, days in the team's zone."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Final, TypeAlias, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from api.digests.addresses import page_address
from api.digests.document import MOST_KEPT, DigestDocument, DigestFact, DigestLine, DigestSection, DrillQuestion
from api.digests.exposure import Showings
from api.past_presentation import change_out, facts_out, moment_out
from api.presentation import article_url
from api.space import DEFAULT
from kb.article import Article
from kb.changes import ArticleChange
from kb.digest import HORIZON, Behind, Digest, Window
from kb.drill import drill_of
from kb.fact_match import FactChange
from kb.sentence import WHOLE, sentence_of
from kb.severity import Severity
from kb.taxonomy import Taxonomy
from kb.teams import Team

T = TypeVar("T")

_FIELDS: Final = (
    "products",
    "jurisdictions",
    "tier",
    "effective_from",
    "effective_until",
    "escalation",
    "identity_check",
    "overrides",
)
_LONGEST_FIELD: Final = 200  # characters of a value


# A change's id() → the change, and what no team changes of it. While it is kept, no other change can have that id.
Drawn: TypeAlias = dict[int, tuple[ArticleChange, list[DigestFact], list[DrillQuestion]]]


@dataclass(frozen=True, slots=True)
class Frame:
    """What a document needs beside the digest. site: the service's own address. shown: how often, by article."""

    space: str
    team_id: str
    team: Team
    taxonomy: Taxonomy
    site: str
    kind: str = "regular"
    shown: Showings = field(default_factory=Showings)
    unread: Sequence[DigestLine] = ()
    reminds: bool = False  # whether what is unread is worth a digest by itself
    drawn: Drawn = field(default_factory=dict)  # shared by the teams of one window
    versions: Mapping[tuple[str, str], str] = field(default_factory=dict)  # article and text → the commit that made it
    told: frozenset[tuple[str, str]] = frozenset()  # article and text of the rules that were told at once

    @property
    def zone(self) -> ZoneInfo:
        """In which the team's days begin and end."""
        named = self.team.digest.time_zone if self.team.digest else None
        return ZoneInfo(named) if named else self.taxonomy.zone


def document(digest: Digest, window: Window, frame: Frame) -> DigestDocument:
    """The whole document."""
    rules = [change for change in digest.rules if (change.id, change.article.blob) not in frame.told]
    draw = _Drawing(window, frame)
    sections = [
        draw.section("rules", sorted(rules, key=lambda change: -shown(change, frame.shown)), draw.dated),
        draw.section("opened", digest.opened, draw.dated),
        draw.section("today", [it for it in digest.coming if draw.is_today(it.effective_from)], draw.begins),
        draw.section("begun", digest.begun, draw.dated),
        draw.section("coming", [it for it in digest.coming if not draw.is_today(it.effective_from)], draw.begins),
        draw.section("ending", digest.ending, draw.ends),
        draw.section("ended", digest.ended, draw.changed),
        draw.section("added", digest.added, draw.dated),
        draw.section("resolved", digest.resolved, draw.changed),
        draw.section("behind", digest.behind, draw.lags),
        draw.section("overdue", digest.overdue, draw.due),
        draw.section("unread", frame.unread, lambda line: line),
    ]
    told = len(digest.rules) - len(rules)
    told_all = told > 0 and not any(section.found for section in sections) and not digest.clarified
    return DigestDocument(
        id=digest_id(frame.space, frame.team_id, frame.kind, window.new.at),
        space=frame.space,
        team=frame.team_id,
        team_name=frame.team.name,
        tier=frame.team.tier,
        kind=frame.kind,
        lang=frame.team.lang(frame.taxonomy.languages[0]),
        time_zone=frame.zone.key,
        **{"from": moment_out(window.old)},
        to=moment_out(window.new),
        sections=[section for section in sections if section.found],
        reworded=digest.clarified + digest.editorial,
        told=told,
        news=(digest.news and not told_all) or frame.reminds,
        url=frame.site + page_address(frame.space, frame.team_id),
    )


def shown(change: ArticleChange, showings: Showings) -> int:
    """How often the passages in which facts changed were shown; the whole article where none did."""
    return showings.of(change.id, {fact.heading for fact in change.facts})


def digest_id(space: str, team: str, kind: str, until: datetime) -> str:
    """The same for the same team and window, on whatever machine and however often."""
    return hashlib.sha256("\0".join((space, team, kind, until.isoformat())).encode()).hexdigest()[:26]


class _Drawing:
    def __init__(self, window: Window, frame: Frame) -> None:
        self._window, self._frame = window, frame

    def section(self, name: str, found: Sequence[T], draw: Callable[[T], DigestLine]) -> DigestSection:
        lines = [draw(each) for each in found]
        beyond = Counter(product for line in lines[MOST_KEPT:] for product in line.products)
        return DigestSection(name=name, found=len(lines), lines=lines[:MOST_KEPT], by_product=dict(beyond.most_common(10)))

    def changed(self, change: ArticleChange) -> DigestLine:
        out = change_out(change, self._frame.zone)
        facts, drill = self._drawn(change)
        credits_ = [part.credit for part in change.contributions]
        return self._line(change.article, there=change.new is not None).model_copy(
            update={
                "diff": self._difference(change),
                "severity": change.severity.value,
                "events": out.events,
                "facts": facts,
                "fields": [
                    it.model_copy(update={"old": _short(it.old), "new": _short(it.new)})
                    for it in out.fields
                    if it.name in _FIELDS
                ],
                "superseded_by": out.superseded_by,
                "at": change.at,
                "authors": _names(credit.authors for credit in credits_),
                "approvers": _names(credit.approvers for credit in credits_),
                "must_read": self._must_read(change),
                "shown": shown(change, self._frame.shown),
                "drill": drill,
            }
        )

    def dated(self, change: ArticleChange) -> DigestLine:
        """A change of what also comes into force or expires soon."""
        edges = (("from", change.article.effective_from), ("until", change.article.effective_until))
        now = self._window.new.at
        for name, edge in edges:
            if edge is not None and now < edge <= now + HORIZON:
                return self.changed(change).model_copy(update={"edge": name, "on": self._day(edge)})
        return self.changed(change)

    def _drawn(self, change: ArticleChange) -> tuple[list[DigestFact], list[DrillQuestion]]:
        kept, facts, drill = self._frame.drawn.get(id(change), (None, [], []))
        if kept is not change:
            facts, drill = [_fact(change, fact) for fact in _told(change.facts)], _drill(change)
            self._frame.drawn[id(change)] = (change, facts, drill)
        return facts, drill

    def begins(self, article: Article) -> DigestLine:
        return self._line(article, on=article.effective_from)

    def ends(self, article: Article) -> DigestLine:
        return self._line(article, on=article.effective_until)

    def due(self, article: Article) -> DigestLine:
        return self._line(article).model_copy(update={"on": str(article.review_by)})

    def lags(self, behind: Behind) -> DigestLine:
        lag = behind.lag
        changed = {
            "id": lag.translation,
            "lang": lag.lang,
            "url": self._url(lag.translation),
            "at": behind.source.at,
            "facts": [_fact(behind.source, fact) for fact in _told(lag.facts)],
        }
        return self._line(behind.source.article).model_copy(update=changed)

    def is_today(self, moment: datetime | None) -> bool:
        zone = self._frame.zone
        return moment is not None and moment.astimezone(zone).date() == self._window.new.at.astimezone(zone).date()

    def _line(self, article: Article, *, there: bool = True, on: datetime | None = None) -> DigestLine:
        return DigestLine(
            id=article.id,
            blob=article.blob,
            version=self._frame.versions.get((article.id, article.blob)),
            title=article.title,
            url=self._url(article.id, None if there else self._window.old.commit.sha),
            diff=None,
            kind=article.kind.value,
            lang=article.lang,
            products=sorted(article.products),
            places=sorted(article.scope.jurisdictions),
            tier=article.scope.tier,
            severity=None,
            events=[],
            facts=[],
            fields=[],
            superseded_by=[],
            on=None if on is None else self._day(on),
        )

    def _day(self, moment: datetime) -> str:
        return str(moment.astimezone(self._frame.zone).date())

    def _url(self, article_id: str, as_of: str | None = None) -> str:
        return self._frame.site + article_url(article_id, {**self._scope(), **({"as_of": as_of} if as_of else {})})

    def _difference(self, change: ArticleChange) -> str | None:
        if change.old is None or change.new is None or change.old.blob == change.new.blob:
            return None
        asked = {"from": self._window.old.commit.sha, "to": self._window.new.commit.sha, "format": "html", **self._scope()}
        return f"{self._frame.site}/v1{article_url(change.id, {}).partition('?')[0]}/diff?{urlencode(asked)}"

    def _scope(self) -> dict[str, str]:
        space = {} if self._frame.space == DEFAULT else {"space": self._frame.space}
        return {**space, "tier": str(self._frame.team.tier)}

    def _must_read(self, change: ArticleChange) -> bool:
        least = self._frame.team.digest.must_read if self._frame.team.digest else None
        return least is not None and change.new is not None and change.severity.rank >= Severity(least).rank


def _told(facts: Sequence[FactChange]) -> list[FactChange]:
    """The facts, but for a sentence to be said in which nothing changed beside figures that are told by themselves."""
    figures = {text for it in facts if it.old and it.new and it.kind not in WHOLE for text in (it.old.text, it.new.text)}
    gaps = re.compile("|".join(map(re.escape, sorted(figures, key=len, reverse=True))) or r"\Z")  # the longest first

    def is_covered(fact: FactChange) -> bool:
        if fact.kind not in WHOLE or fact.old is None or fact.new is None:
            return False
        return gaps.sub("\0", fact.old.text) == gaps.sub("\0", fact.new.text)

    return [fact for fact in facts if not is_covered(fact)]


def _fact(change: ArticleChange, fact: FactChange) -> DigestFact:
    article, there = (change.new, fact.new) if fact.new else (change.old, fact.old)
    sentence = sentence_of(article, there) if article and there else None
    (out,) = facts_out([fact])
    return DigestFact(**out.model_dump(), sentence=None if sentence is None else str(sentence))


def _drill(change: ArticleChange) -> list[DrillQuestion]:
    made = drill_of(change) if change.severity is Severity.RULE else None
    return [DrillQuestion.model_validate(asdict(question)) for question in made.questions] if made else []


def _names(found: Iterable[Iterable[str]]) -> list[str]:
    return list(dict.fromkeys(name for names in found for name in names))


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST_FIELD else f"{value[:_LONGEST_FIELD]}…"
