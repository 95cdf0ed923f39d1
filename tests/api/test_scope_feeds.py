"""Feeds of a scope that many ask for at once: nobody is told what another one may see, and others keep their threads."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event
from typing import Any

import pytest

from api.digests.document import DigestDocument
from api.digests.drawing import Drawn, Frame, document
from api.digests.scope_feed import Saved, ScopeFeeds
from api.guidance import Guidance
from api.live import LiveSpace
from api.queue import WAITING, BusyError
from api.reader import LOOPBACK
from api.source import Source
from api.space import Space
from kb.comparison import changes
from kb.digest import Digests
from kb.moment import Moment
from kb.teams import Team
from kb.window import read_window
from tests.waiting import until
from tests.world import World

SITE = "https://help.example"
BODY = "The fee is {} USD.\n\n:::tier 2\nThe limit is {} EUR.\n:::\n"
EVERYBODY = ("25 USD → 30 USD",)
SPECIALISTS = (*EVERYBODY, "500 EUR → 900 EUR")


def told(made: DigestDocument) -> set[tuple[str, ...]]:
    """What is said of each article."""
    return {tuple(f"{fact.old} → {fact.new}" for fact in line.facts) for _, line in made.lines()}


@pytest.fixture
def changed(world: World) -> World:
    """Six articles whose tier-1 figure and tier-2 figure have changed."""
    for fee, limit in ((25, 500), (30, 900)):
        for number in range(6):
            world.article(f"card-{number}.md", BODY.format(fee, limit))
        world.commit()
    return world


def test_what_is_kept_of_a_change_is_never_taken_for_that_of_another_one(changed: World) -> None:
    """Though the first one is gone, and the second one lies where it lay in memory."""
    space = changed.space
    old, new = (space.repository.resolve(name) for name in ("HEAD~1", "HEAD"))
    window = read_window(space.repository, "articles", None, Moment(old, old.at), Moment(new, new.at))
    drawn: Drawn = {}
    found = []
    for tier in (2, 1, 2, 1):
        team = Team("Floor", tier=tier)
        taxonomy = changed.live.current().library.taxonomy
        made = document(Digests(window).of(team), window, Frame("default", "floor", team, taxonomy, SITE, drawn=drawn))
        found.append(told(made))

    assert found == [{SPECIALISTS}, {EVERYBODY}] * 2


def test_two_readers_of_two_tiers_at_once_are_told_what_each_may_see(changed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One draws, and the other one waits."""
    feeds, compare = ScopeFeeds(changed.guidance), changes
    inside: list[int] = []
    met = Event()

    def slowly(*args: Any) -> Any:
        inside.append(1)
        if len(inside) > 1:
            met.set()
        met.wait(0.2)
        found = compare(*args)
        inside.pop()
        return found

    monkeypatch.setattr("kb.digest.changes", slowly)
    readers = [replace(LOOPBACK, tier=tier) for tier in (1, 2)]
    with ThreadPoolExecutor(2) as pool:
        made = [
            pool.submit(feeds.document, Saved("default", None, None, reader.tier, None), reader, SITE) for reader in readers
        ]
        found = [told(it.result()) for it in made]

    assert not met.is_set()
    assert found == [{EVERYBODY}, {SPECIALISTS}]


def test_readers_of_feeds_hold_few_threads_and_no_other_space(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three wait for a space, the fourth comes again later; another space is read meanwhile; once it is read nobody waits."""
    world.article("card.md", "Cards arrive in 7 days.")
    world.commit()
    source = Source(str(world.repo), None, "articles")
    names = ("slow", "quick")
    spaces = [Space(name, source, world.root / "data", world.models, vectors=world.root / "vectors.sqlite") for name in names]
    lives = {space.name: LiveSpace(space, refresh_seconds=float("inf")) for space in spaces}
    for live in lives.values():
        live.start()
    feeds = ScopeFeeds(Guidance(lives, world.models))
    reader = replace(LOOPBACK, spaces=frozenset(names))
    may_read, reading, read = Event(), list[int](), read_window

    def slowly(repository: Any, *args: Any) -> Any:
        reading.append(1)
        if repository is lives["slow"].space.repository:
            may_read.wait(20)
        return read(repository, *args)

    def ask(space: str, products: tuple[str, ...] | None = None) -> DigestDocument:
        return feeds.document(Saved(space, products, None, None, None), reader, SITE)

    monkeypatch.setattr("api.digests.scope_feed.read_window", slowly)
    with ThreadPoolExecutor(WAITING) as pool:
        asked = [pool.submit(ask, "slow", products) for products in (None, ("cards",), ("accounts",))]
        until(lambda: feeds.waiting("slow") == WAITING)
        with pytest.raises(BusyError, match=r"^Feeds of this space are being prepared\. Ask again in 5 seconds\.$"):
            ask("slow")
        other = ask("quick")
        may_read.set()
        made = [it.result() for it in asked]

    assert [it.space for it in (other, *made)] == ["quick", "slow", "slow", "slow"]
    assert (len(reading), ask("slow") is made[0]) == (2, True)
