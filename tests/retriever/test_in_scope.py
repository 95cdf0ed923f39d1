"""What a scope sees is kept for the next question in it, and for no other scope, instant or snapshot."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from pathlib import Path
from weakref import WeakSet

import numpy as np
import pytest

from retriever.in_scope import InScope, Mask
from retriever.scope import Scope, anywhere, mask, replacements
from retriever.shown import Shown
from retriever.snapshot import SCOPES, Snapshot
from tests.retriever.worlds import TODAY, World, article, ids, world_of

TICK = timedelta(microseconds=1)
BEGINS, ENDS = datetime(2026, 7, 10, tzinfo=UTC), datetime(2026, 7, 20, 8, 30, tzinfo=UTC)
IN_BOTH = "[US, CA]"
FILES = {
    "limit": article("The daily limit.\n\n:::tier 2\nRaise it in the console.\n:::\n", jurisdictions=IN_BOTH),
    "limit-ca": article("Here it is lower.", jurisdictions="[US-CA]", overrides="limit", effective_from=f"{BEGINS:%Y-%m-%d}"),
    "limit-qc": article("Ici elle est moindre.", jurisdictions="[CA-QC]", overrides="limit", tier=2),
    "limite": article(
        "El límite diario.\n\n:::tier 2\nSúbalo en la consola.\n:::\n",
        jurisdictions="[US, CA]",
        lang="es",
        translation_of="limit",
    ),
    "wire": article("The wire.\n\n:::tier 2\nRecall it.\n:::\n", products="[transfers]", effective_until=ENDS.isoformat()),
    "every": article("For every place.", products="[all]", jurisdictions="[all]", tier=3),
}
INSTANTS = [moment + tick for moment in (BEGINS, ENDS) for tick in (-TICK, 0 * TICK, TICK)]
SEEN = (None, frozenset({"cards"}), frozenset({"transfers", "crypto"}), frozenset[str]())
EVERY_SCOPE = [Scope(*it) for it in product(SEEN, (None, "US", "US-CA", "CA-QC", "nowhere"), (1, 2, 3), INSTANTS)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Articles that begin, end, replace each other, and hide parts."""
    return world_of(FILES, tmp_path)


def masks(in_scope: InScope) -> Sequence[list[bool]]:
    """All of its masks, as plain values."""
    every: list[Mask] = [in_scope.allowed, in_scope.at_every_tier or in_scope.allowed, in_scope.in_every_place, in_scope.beside]
    return [it.rows.tolist() for it in every]


def worked_out(snapshot: Snapshot, scope: Scope) -> Sequence[list[bool]]:
    """The same masks by the rules themselves."""
    replaced = replacements(snapshot.overriding, scope)
    allowed, table = mask(snapshot.table, scope, replaced), snapshot.table
    beside = anywhere(table, Scope(None, scope.jurisdiction, scope.tier, scope.effective_on)) & ~allowed
    every = (allowed, mask(table, scope.at_tier(3), replaced), anywhere(table, scope), beside & ~table.in_groups(set(replaced)))
    return [rows.tolist() for rows in every]


def everything_shown(snapshot: Snapshot, scope: Scope) -> Sequence[Shown]:
    """Each passage that the scope allows."""
    in_scope = snapshot.in_scope(scope)
    return [snapshot.shown_in(in_scope, row) for row in np.flatnonzero(in_scope.allowed.rows).tolist()]


def test_what_is_kept_is_what_the_scope_sees(world: World) -> None:
    """In more scopes than are kept, to the microsecond around each beginning and end, the first time and again."""
    snapshot = world.snapshot

    found = [(masks(snapshot.in_scope(it)), {**snapshot.in_scope(it).replaced}) for it in EVERY_SCOPE + EVERY_SCOPE[::-1]]

    expected = [(worked_out(snapshot, it), replacements(snapshot.overriding, it)) for it in EVERY_SCOPE]
    assert len({(it.products, it.jurisdiction, it.tier) for it in EVERY_SCOPE}) * 3 > SCOPES
    assert found == expected + expected[::-1]


def test_an_instant_shares_what_is_kept_only_until_an_article_begins_or_ends(world: World) -> None:
    """A day of questions is one scope; the tick at which a text begins is another."""
    kept = [world.snapshot.in_scope(Scope(None, "US-CA", 1, it)) for it in INSTANTS]

    assert [one is other for one, other in pairwise(kept)] == [False, True, True, False, True]


def test_a_passage_is_shown_as_its_scope_has_it(tmp_path: Path, world: World) -> None:
    """Asked in turns, each reader and place gets the passage as a snapshot shows it that was asked nothing before."""
    scopes = [Scope(None, place, tier, TODAY) for place, tier in product((None, "US", "US-CA", "CA-QC"), (1, 2, 3))]

    found = [everything_shown(world.snapshot, it) for it in scopes * 2]

    assert found == [everything_shown(world_of(FILES, tmp_path).snapshot, it) for it in scopes] * 2
    assert len({repr(it) for it in found}) == len(scopes)


def test_what_more_scopes_see_than_are_kept_leaves_the_memory(world: World) -> None:
    """Also where the passages that were shown there are still kept."""
    snapshot, alive = world.snapshot, WeakSet[InScope]()
    for number in range(2 * SCOPES):
        scope = Scope(frozenset({"cards", f"product {number}"}), "US-CA", 1, TODAY)
        alive.add(snapshot.in_scope(scope))
        everything_shown(snapshot, scope)

    assert len(alive) == SCOPES


def test_another_snapshot_keeps_its_own(tmp_path: Path, world: World) -> None:
    """What was kept for a snapshot answers no question to the next one, where a text begins on another day."""
    before = ids(world.ask("daily limit", "US-CA"))
    later = article("Here it is lower.", jurisdictions="[US-CA]", overrides="limit", effective_from="2026-07-16")
    after = ids(world_of(FILES | {"limit-ca": later}, tmp_path).ask("daily limit", "US-CA"))

    assert (sorted(before), sorted(after)) == (["limit-ca", "wire"], ["limit", "wire"])
    assert ids(world.ask("daily limit", "US-CA")) == before
