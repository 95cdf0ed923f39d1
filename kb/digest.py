"""What a team is told of one window: changed rules first, only what it may see, each thing once. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, TypeAlias

from kb.article import SCOPED, Article, Kind, PartScope, Status
from kb.changes import ArticleChange, Event, Lag
from kb.comparison import Comparison, See, changes
from kb.jurisdiction import ALL, narrow
from kb.language import base_language
from kb.moment import Moment
from kb.severity import Severity
from kb.teams import Team
from kb.visible import seen

HORIZON: Final = timedelta(days=7)  # how far ahead a digest looks
_DAY: Final = timedelta(days=1)
_OVER: Final = frozenset({Event.REMOVED, Event.RETIRED, Event.EXPIRED, Event.WITHDRAWN, Event.SUPERSEDED})
_NEW: Final = frozenset({Event.ADDED, Event.TRANSLATED})


@dataclass(frozen=True, slots=True)
class Window:
    """What happened between two moments, for every team of a space.

    past:    the comparison of both moments.
    ahead:   the comparison of the later one with `HORIZON` after it: what comes into force or expires by its date alone.
    overdue: articles whose review fell due in the window.
    """

    past: Comparison
    ahead: Comparison
    overdue: Sequence[Article] = ()

    @property
    def old(self) -> Moment:
        """Where it begins."""
        return self.past.old

    @property
    def new(self) -> Moment:
        """Where it ends."""
        return self.past.new


@dataclass(frozen=True, slots=True)
class Behind:
    """A translation that a change of its source left behind."""

    source: ArticleChange
    lag: Lag


@dataclass(frozen=True, slots=True)
class Digest:
    """What one team is told. Each article stands in one list only, in the team's language where it changed in several.

    coming, ending: not changed; they begin or cease to be in force within the horizon.
    clarified, editorial: rewordings, which are only counted.
    """

    rules: tuple[ArticleChange, ...]
    begun: tuple[ArticleChange, ...]
    ended: tuple[ArticleChange, ...]
    added: tuple[ArticleChange, ...]
    opened: tuple[ArticleChange, ...]
    resolved: tuple[ArticleChange, ...]
    behind: tuple[Behind, ...]
    coming: tuple[Article, ...]
    ending: tuple[Article, ...]
    overdue: tuple[Article, ...]
    clarified: int
    editorial: int
    news: bool  # whether it is worth sending

    @property
    def changed(self) -> tuple[ArticleChange, ...]:
        """Every change that is listed, in the order of the lists."""
        return (*self.rules, *self.begun, *self.ended, *self.added, *self.opened, *self.resolved)


_Parts: TypeAlias = tuple[Comparison, Comparison, frozenset[PartScope]]  # scoped, the rest, the scopes of the former's parts


@dataclass
class Digests:
    """The digests of one window. What teams of one tier see alike is compared once for all of them.

    Of two threads that compare the same at once, both are given what the first one found.
    """

    window: Window
    _seen: dict[object, list[ArticleChange]] = field(default_factory=dict, init=False)
    _parts: dict[bool, _Parts] = field(default_factory=dict, init=False)

    def of(self, team: Team) -> Digest:
        """What the team is told; empty lists if it is nothing."""
        past = [change for change in self._changes(self.window.past, team) if self._concerns(change, team)]
        told = _one_of_each_group(past, team)
        lists: dict[str, list[ArticleChange]] = {}
        for change in sorted(told, key=lambda change: (-change.severity.rank, change.article.title.casefold(), change.id)):
            lists.setdefault(_list_of(change), []).append(change)
        behind = [Behind(change, lag) for change in past for lag in change.behind if team.reads(lag.lang)]
        named = {name: tuple(lists.get(name, ())) for name in ("rules", "begun", "ended", "added", "opened", "resolved")}
        coming, ending = self._ahead(team)
        listed = {change.article.group for changes_ in named.values() for change in changes_}
        overdue = [article for article in self.window.overdue if team.hears_of(article.owner) and self._opens(team, article)]
        digest = Digest(
            **named,
            behind=tuple(behind),
            coming=tuple(article for article in coming if article.group not in listed),
            ending=tuple(article for article in ending if article.group not in listed),
            overdue=tuple(overdue),
            clarified=len(lists.get(Severity.CLARIFIED, ())),
            editorial=len(lists.get(Severity.EDITORIAL, ())),
            news=False,
        )
        return replace(digest, news=self._is_news(digest, team, [*map(_begins, coming), *map(_ends, ending)]))

    def _changes(self, comparison: Comparison, team: Team) -> list[ArticleChange]:
        """As the team sees them. What reads alike for everybody who may read it is compared once for all teams."""
        side = comparison is self.window.past
        parts = self._parts.get(side)
        scoped, plain, scopes = parts or self._parts.setdefault(side, _split(comparison))
        found = [it for it in self._once(side, plain, _as_seen_by_all) if it.article.scope.tier <= team.tier]
        if scoped.pairs:
            places = frozenset(team.jurisdictions)
            seen = frozenset(scope for scope in scopes if meets(places, scope.jurisdictions))
            found += self._once((side, team.tier, seen), scoped, partial(_as_seen, tier=team.tier, seen_scopes=seen))
        return found

    def _once(self, key: object, comparison: Comparison, see: See) -> list[ArticleChange]:
        found = self._seen.get(key)
        return self._seen.setdefault(key, changes(comparison, see)) if found is None else found

    def _concerns(self, change: ArticleChange, team: Team) -> bool:
        return any(concerns(team, article) for article in (change.old, change.new) if article is not None)

    def _opens(self, team: Team, article: Article) -> bool:
        return article.scope.tier <= team.tier and article.status is not Status.DRAFT

    def _ahead(self, team: Team) -> tuple[tuple[Article, ...], tuple[Article, ...]]:
        found = [change for change in self._changes(self.window.ahead, team) if self._concerns(change, team)]
        found = _one_of_each_group(found, team)
        coming = [change.article for change in found if Event.IN_FORCE in change.events]
        ending = [change.article for change in found if Event.EXPIRED in change.events]
        return tuple(sorted(coming, key=_begins)), tuple(sorted(ending, key=_ends))

    def _is_news(self, digest: Digest, team: Team, edges: Sequence[datetime]) -> bool:
        """Whether something of at least the team's severity happened, or comes today, or came into sight in this window.

        edges: when something comes into force or expires within the horizon.
        """
        least = (team.digest.severity if team.digest else Severity.CLARIFIED).rank
        happened = any(change.severity.rank >= least for change in digest.changed)
        reworded = (digest.clarified and least <= Severity.CLARIFIED.rank) or (digest.editorial and not least)
        old, new = self.window.old.at, self.window.new.at
        near = any(edge <= new + _DAY or edge > old + HORIZON for edge in edges)
        return bool(happened or reworded or near or digest.overdue or (digest.behind and least <= Severity.CLARIFIED.rank))


def concerns(team: Team, article: Article) -> bool:
    """Whether the article is about what the team does: its products and places, in a language that it reads."""
    return serves(team, article) and team.reads(article.lang)


def serves(team: Team, article: Article) -> bool:
    """Whether the article is about one of the team's products, in one of its places, in a part of one, or around one."""
    products = ALL in team.products or not article.products.isdisjoint({*team.products, ALL})
    return products and meets(team.jurisdictions, article.scope.jurisdictions)


def meets(places: Collection[str], others: Collection[str]) -> bool:
    """Whether one of the places is, lies in, or holds one of the others: who serves the US serves California."""
    return bool(narrow(frozenset(places), frozenset(others)))


def _as_seen_by_all(article: Article) -> Article | None:
    return None if article.status is Status.DRAFT else _bare(article)


def _as_seen(article: Article, tier: int, seen_scopes: frozenset[PartScope]) -> Article | None:
    """The article as a team of that tier may see it. seen_scopes: of the parts for certain places, those for the team's."""
    if article.scope.tier > tier or article.status is Status.DRAFT:
        return None

    def sees(part: PartScope) -> bool:
        return part.tier <= tier and (part.jurisdictions == article.scope.jurisdictions or part in seen_scopes)

    return _bare(seen(article, sees))


def _bare(article: Article) -> Article:
    """Without keys that no reader is shown."""
    return replace(article, keywords=(), answers=(), redirect_from=())


def _split(comparison: Comparison) -> _Parts:
    """What reads differently to some teams, with whatever it takes over from or is taken over by; and the rest."""
    pairs = comparison.pairs
    texts = {name: _texts(comparison, name) for name in pairs}
    links = [{name, *pair.new.supersedes} & pairs.keys() for name, pair in pairs.items() if pair.new and pair.new.supersedes]
    tiers = {name: {text.scope.tier for text in found} for name, found in texts.items()}
    scoped = {name for name, found in texts.items() if len(tiers[name]) > 1 or any(map(_has_scoped_parts, found))}
    scoped.update(*(link for link in links if len(set().union(*(tiers[name] for name in link))) > 1))
    while grown := [link for link in links if link & scoped and not link <= scoped]:
        scoped.update(*grown)
    scopes = frozenset(block.scope for name in scoped for text in texts[name] for block in text.blocks)
    return _part(comparison, scoped), _part(comparison, pairs.keys() - scoped), scopes


def _texts(comparison: Comparison, name: str) -> list[Article]:
    """Every text that has part in what is said of an article: then, now, between, and its translations."""
    pair, parts, others = comparison.pairs[name], comparison.parts.get(name, ()), comparison.translations.get(name, ())
    found = [pair.old, pair.new, *(text for part in parts for text in (part.old, part.new))]
    return [text for text in (*found, *(text for it in others for text in (it.old, it.new))) if text is not None]


def _part(comparison: Comparison, names: Collection[str]) -> Comparison:
    return replace(comparison, pairs={name: pair for name, pair in comparison.pairs.items() if name in names})


def _has_scoped_parts(article: Article) -> bool:
    return any(block.kind in SCOPED for block in article.blocks)


def _one_of_each_group(found: Iterable[ArticleChange], team: Team) -> list[ArticleChange]:
    """Of an article and its translations the change that matters most, in the first language of the team that has it."""
    order = {base_language(lang): number for number, lang in enumerate(team.languages)}
    best: dict[str, ArticleChange] = {}
    for change in found:
        rank = (-change.severity.rank, order.get(base_language(change.article.lang), len(order)), change.id)
        other = best.get(change.article.group)
        if other is None or rank < (-other.severity.rank, order.get(base_language(other.article.lang), len(order)), other.id):
            best[change.article.group] = change
    return list(best.values())


def _list_of(change: ArticleChange) -> str:
    """The one list that the change stands in."""
    events = set(change.events)
    if change.article.status is Status.DRAFT:
        return Severity.EDITORIAL
    if change.article.kind is Kind.KNOWN_ISSUE and events & (_OVER | _NEW | {Event.IN_FORCE}):
        return "resolved" if events & _OVER else "opened"
    for name, wanted in (("ended", _OVER), ("begun", {Event.IN_FORCE}), ("added", _NEW)):
        if events & wanted:
            return name
    return "rules" if change.severity is Severity.RULE else change.severity.value


def _begins(article: Article) -> datetime:
    return article.effective_from or datetime.max.replace(tzinfo=UTC)


def _ends(article: Article) -> datetime:
    return article.effective_until or datetime.max.replace(tzinfo=UTC)
