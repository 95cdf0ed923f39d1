"""What one question may see, and the mask that enforces it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kb.article import CAN_BE_IN_FORCE, Article, PartScope, is_in_force
from kb.jurisdiction import ALL, is_country_level, lineage, nearest
from kb.language import base_language
from retriever.arrays import BoolVector
from retriever.passage import Passage

ALWAYS: Final = -(2**62)
NEVER: Final = 2**62


@dataclass(frozen=True, slots=True)
class Scope:
    """What one question may see. Equality is by value; an empty set grants nothing.

    products:     None if no product was asked.
    jurisdiction: None if no place was asked.
    effective_on: an aware instant; the day's rules apply.
    """

    products: frozenset[str] | None
    jurisdiction: str | None
    tier: int
    effective_on: datetime

    def at_tier(self, tier: int) -> "Scope":
        """The same question from a reader of another tier."""
        return replace(self, tier=tier)


@dataclass(frozen=True, slots=True, eq=False)
class PassageTable:
    """What the mask reads, one row for each passage.

    products:     a column (n,) bool for each product that the space knows: what is on it, or on `all` products.
    places:       a column (n,) bool for each place that a passage names.
    tier, begins, ends: (n,) int64, the least tier, and instants in microseconds.
    live:         (n,) bool, the status allows it.
    country:      (n,) bool, may be shown without a place.
    groups:       (n,) int64, index into group_names (in alphabetical order): the article that translations share.
    languages:    a column (n,) bool for each base language.
    by_group:     (n,) int64, the rows in the order of their groups; first_of_group: (g,) where each group begins there.
    """

    products: Mapping[str, BoolVector]
    places: Mapping[str, BoolVector]
    tier: NDArray[np.int64]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    live: BoolVector
    country: BoolVector
    groups: NDArray[np.int64]
    group_names: tuple[str, ...]
    group_numbers: Mapping[str, int]
    languages: Mapping[str, BoolVector]
    by_group: NDArray[np.int64]
    first_of_group: NDArray[np.int64]

    def in_groups(self, names: Collection[str]) -> BoolVector:
        """(n,) bool: the passages of these groups."""
        chosen = np.zeros(len(self.group_names), bool)
        chosen[[self.group_numbers[name] for name in names if name in self.group_numbers]] = True
        return chosen[self.groups]

    def groups_with(self, rows: BoolVector) -> BoolVector:
        """(g,) bool: the groups that have one of these rows."""
        return np.logical_or.reduceat(rows[self.by_group], self.first_of_group) if self.size else np.zeros(0, bool)

    def with_groups_of(self, rows: BoolVector) -> BoolVector:
        """(n,) bool: the passages of the groups that have one of these rows, in whatever language."""
        return self.groups_with(rows)[self.groups]

    def on(self, products: Iterable[str]) -> BoolVector:
        """(n,) bool: the passages on any of these products, or on all of them."""
        return _any(self.products, products, self.size)

    @property
    def size(self) -> int:
        """How many passages there are."""
        return int(self.tier.size)


def table_of(
    passages: Sequence[Passage],
    articles: Mapping[str, Article],
    products: Collection[str],
    before: tuple[PassageTable, NDArray[np.int64]] | None = None,
) -> PassageTable:
    """The table of these passages, in their order. products: those that the space knows.

    before: an earlier table, and for each passage its row there, -1 if it is new. The result is the same without it.
    """
    if before is not None and before[0].products.keys() == {ALL, *products}:
        return _table_since(passages, articles, products, *before)
    owners = [articles[passage.article] for passage in passages]
    return PassageTable(
        products=_with_all(_columns([article.products for article in owners]), products, len(owners)),
        places=_columns([passage.scope.jurisdictions for passage in passages]),
        tier=np.array([passage.scope.tier for passage in passages], np.int64),
        begins=np.array([microseconds(article.effective_from, ALWAYS) for article in owners], np.int64),
        ends=np.array([microseconds(article.effective_until, NEVER) for article in owners], np.int64),
        live=np.array([article.status in CAN_BE_IN_FORCE for article in owners], bool),
        country=np.array([is_country_level(passage.scope.jurisdictions) for passage in passages], bool),
        languages=_columns([{base_language(article.lang)} for article in owners]),
        **_groups(owners),
    )


def _groups(owners: Iterable[Article]) -> dict[str, Any]:
    of_rows = [article.group for article in owners]
    names = tuple(sorted(set(of_rows)))
    numbers = {name: number for number, name in enumerate(names)}
    groups = np.array([numbers[name] for name in of_rows], np.int64)
    by_group = np.argsort(groups, kind="stable")
    return {
        "groups": groups,
        "group_names": names,
        "group_numbers": numbers,
        "by_group": by_group,
        "first_of_group": np.searchsorted(groups[by_group], np.arange(len(names))),
    }


def _table_since(
    passages: Sequence[Passage],
    articles: Mapping[str, Article],
    products: Collection[str],
    before: PassageTable,
    kept: NDArray[np.int64],
) -> PassageTable:
    """The table by an earlier one and a table of the new passages alone."""
    new = np.flatnonzero(kept < 0)
    fresh = table_of([passages[row] for row in new.tolist()], articles, products)
    places = np.maximum(kept, 0)

    def column(old: NDArray[Any] | None, own: NDArray[Any] | None) -> NDArray[Any]:
        both: NDArray[Any] = np.zeros(kept.size, bool) if old is None else old[places]
        both[new] = False if own is None else own
        return both

    def columns(old: Mapping[str, BoolVector], own: Mapping[str, BoolVector]) -> dict[str, BoolVector]:
        return {name: column(old.get(name), own.get(name)) for name in {**old, **own}}

    def named(old: Mapping[str, BoolVector], own: Mapping[str, BoolVector]) -> dict[str, BoolVector]:
        return {name: rows for name, rows in columns(old, own).items() if rows.any()}

    return PassageTable(
        products=columns(before.products, fresh.products),
        places=named(before.places, fresh.places),
        tier=column(before.tier, fresh.tier),
        begins=column(before.begins, fresh.begins),
        ends=column(before.ends, fresh.ends),
        live=column(before.live, fresh.live),
        country=column(before.country, fresh.country),
        languages=named(before.languages, fresh.languages),
        **_groups(articles[passage.article] for passage in passages),
    )


def _columns(sets: Sequence[Iterable[str]]) -> dict[str, BoolVector]:
    rows: dict[str, list[int]] = defaultdict(list)
    for row, names in enumerate(sets):
        for name in names:
            rows[name].append(row)
    columns = {name: np.zeros(len(sets), bool) for name in rows}
    for name, its in rows.items():
        columns[name][its] = True
    return columns


def _with_all(columns: Mapping[str, BoolVector], products: Iterable[str], size: int) -> dict[str, BoolVector]:
    """What is for all products belongs to each one that is known; an unknown one has no column, so it matches nothing."""
    nothing = np.zeros(size, bool)
    for_all = columns.get(ALL, nothing)
    return {name: columns.get(name, nothing) | for_all for name in {ALL, *products}}


def microseconds(moment: datetime | None, missing: int) -> int:
    """An aware instant as microseconds since 1970, exactly; `missing` for None."""
    if moment is None:
        return missing
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def mask(table: PassageTable, scope: Scope, replaced: Iterable[str] = ()) -> BoolVector:
    """(n,) bool: which passages this question may see. Categories are ANDed.

    product       any of the asked products, or `all`; every product if none was asked
    jurisdiction  the asked place or an ancestor of it: US-CA sees US-CA, US, all; without a place, `all` and countries
    tier          the passage's tier is at most the reader's
    time          effective_from <= effective_on < effective_until, and a status that can be in force
    replaced      ids of articles whose text another one replaces in the asked place

    An unknown value never matches.
    """
    allowed = anywhere(table, scope)
    if scope.jurisdiction is None:
        allowed &= table.country
    else:
        allowed &= _any(table.places, lineage(scope.jurisdiction), table.size)
    names = set(replaced)
    return allowed & ~table.in_groups(names) if names else allowed


def anywhere(table: PassageTable, scope: Scope) -> BoolVector:
    """(n,) bool: which passages the question could see if it were asked in the right place. Never shown as an answer."""
    on = microseconds(scope.effective_on, 0)
    allowed: BoolVector = table.live & (table.begins <= on) & (on < table.ends) & (table.tier <= scope.tier)
    if scope.products is not None:
        allowed &= table.on(scope.products)
    return allowed


def sees(scope: Scope, part: PartScope) -> bool:
    """Whether a part of an article that is in force is in the scope: the mask's rule for one part."""
    return sees_from(scope.tier, scope.jurisdiction, part)


def sees_from(tier: int, jurisdiction: str | None, part: PartScope) -> bool:
    """See `sees`: it depends on the scope's tier and place alone."""
    if part.tier > tier:
        return False
    if jurisdiction is None:
        return is_country_level(part.jurisdictions)
    return nearest(part.jurisdictions, jurisdiction) is not None


def _any(columns: Mapping[str, BoolVector], names: Iterable[str], size: int) -> BoolVector:
    found = np.zeros(size, bool)
    for name in names:
        if name in columns:
            found |= columns[name]
    return found


def replacements(overriding: Iterable[Article], scope: Scope) -> dict[str, Article]:
    """Group of a replaced article → the article that replaces it in the asked place, at the asked moment.

    overriding: the articles that override another one, without translations: their source says the same.

    The nearest place wins. Tier and product play no part: where a text is replaced it is not the rule any more, even for
    a reader who may not see the new one.
    """
    if scope.jurisdiction is None:
        return {}
    claims: dict[str, list[tuple[int, str, Article]]] = {}
    places = lineage(scope.jurisdiction)
    for article in overriding:
        if article.scope.jurisdictions.isdisjoint(places):
            continue  # nearly all of them: a hundred overrides of other places cost 10 us
        if article.overrides is not None and is_in_force(article, scope.effective_on):
            distance = min(places.index(place) for place in article.scope.jurisdictions.intersection(places))
            claims.setdefault(article.overrides, []).append((distance, article.id, article))
    replaced = {}
    for target, claimants in claims.items():
        winner, *others = (article for _, _, article in sorted(claimants, key=lambda claim: claim[:2]))
        replaced[target] = winner
        replaced.update({other.id: winner for other in others})
    return replaced
