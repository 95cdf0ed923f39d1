"""A worker that follows: it serves what another one publishes, and says what that one says."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from api.hooks import Deliveries
from api.live import AGAIN_SECONDS, LiveSpace
from api.trouble import Trouble
from api.updater import Follower, LeadersUpdates
from kb.errors import RepositoryError
from retriever.errors import SnapshotError
from tests.waiting import until
from tests.world import World


def follower(world: World) -> LiveSpace:
    """The serving side of another process over the same data."""
    return LiveSpace(world.space, refresh_seconds=float("inf"))


@contextmanager
def kept_up_to_date(live: LiveSpace) -> Iterator[None]:
    """As in a worker that follows, until it ends."""
    following = Follower(live, seconds=0.01)
    following.start()
    try:
        yield
    finally:
        following.stop()


def test_a_follower_serves_what_is_published_and_publishes_nothing(world: World) -> None:
    """Also where nothing was published before it began; what it served goes on being served if nothing new can be read."""
    world.article("card.md", "Cards arrive in 7 days.", id="card")
    world.commit()
    live = follower(world)
    live.look()
    before = live.serving
    first = world.live.current().manifest.commit
    with kept_up_to_date(live):
        until(lambda: live.serving)
        served = live.current().manifest.commit
        world.article("card.md", "Cards arrive in 5 days.", id="card")
        second = world.commit()
        behind = live.health()
        world.live.update()
        until(lambda: live.current().manifest.commit == second)

    assert (before, served) == (False, first)
    assert (behind.commit, behind.error, len(world.space.log.all())) == (first, None, 2)


def test_a_follower_that_was_stopped_looks_no_more(world: World) -> None:
    """Its thread is gone when the stop returns, so that nothing looks into a service that is closed."""
    world.article("card.md", "Cards arrive in 7 days.", id="card")
    world.commit()
    before = set(threading.enumerate())
    with kept_up_to_date(follower(world)):
        begun = set(threading.enumerate()) - before

    assert [thread.name for thread in begun] == ["follow default"]
    assert begun.isdisjoint(threading.enumerate())


def test_what_keeps_the_leader_from_the_newest_commit_is_said_by_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it can be read again."""
    world.article("card.md", "Cards arrive in 7 days.", id="card")
    world.commit()
    live, path = follower(world), world.root / "default.trouble"
    world.live.trouble, live.trouble = Trouble(path, tells=True), Trouble(path, tells=False)
    live.look()
    before = live.health().error

    def away(*_: Any) -> None:
        raise RepositoryError("the repository is away")

    with monkeypatch.context() as broken:
        broken.setattr(type(world.live.space.repository), "refresh", away)
        world.live.update()
        told, own = live.health().error, world.live.health().error
    world.live.update()

    assert (before, live.health().error) == (None, None)
    assert own is not None
    assert told == own


def test_a_push_that_a_follower_hears_of_is_told_to_the_leader(world: World, tmp_path: Path) -> None:
    """And a delivery that one of them has dealt with is known to the others."""
    world.article("card.md", "Cards arrive in 7 days.", id="card")
    world.commit()
    called: list[str] = []
    updates = LeadersUpdates(world.live, called.append)
    one, other = Deliveries(tmp_path / "deliveries.txt"), Deliveries(tmp_path / "deliveries.txt")
    updates.wake()
    one.remember("a")
    other.remember("b")

    assert (updates.follows("refs/heads/main"), updates.follows("refs/heads/draft"), called) == (True, False, ["default"])
    assert ["a" in other, "b" in one, "c" in one] == [True, True, False]


def test_a_new_leader_withdraws_what_the_one_before_it_told(tmp_path: Path) -> None:
    """It knows of no trouble, and never told of any."""
    Trouble(tmp_path / "default.trouble", tells=True).tell("the repository is away")
    told = Trouble(tmp_path / "default.trouble", tells=False).told()

    Trouble(tmp_path / "default.trouble", tells=True).tell(None)

    assert (told, Trouble(tmp_path / "default.trouble", tells=False).told()) == ("the repository is away", None)


def test_a_follower_that_begins_over_a_damaged_snapshot_builds_it_anew(world: World) -> None:
    """The leader has it in memory and sees nothing wrong."""
    world.article("card.md", "Cards arrive in 7 days.", id="card")
    commit = world.commit()
    world.live.current()
    name = world.space.snapshots.published_name()
    assert name is not None
    harmed = world.root / "data" / "spaces" / "default" / "snapshots" / name / "manifest.json"
    harmed.write_text("{")
    live = follower(world)
    live.look()
    before = live.serving
    with kept_up_to_date(live):
        until(lambda: live.serving)

    assert (before, live.current().manifest.commit) == (False, commit)


def test_a_publication_that_could_not_be_read_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What kept it from being read may be over."""
    world.article("card.md", "Cards arrive in 7 days.", id="card")
    world.commit()
    world.live.current()
    live = follower(world)
    live.look()
    world.article("card.md", "Cards arrive in 5 days.", id="card")
    second = world.commit()
    world.live.update()

    def refused(*_: Any) -> None:
        raise SnapshotError("too many open files")

    with monkeypatch.context() as broken:
        broken.setattr(type(world.space.snapshots), "named", refused)
        live.look()
    live.look()
    at_once = live.current().manifest.commit
    later = monotonic() + AGAIN_SECONDS + 1
    monkeypatch.setattr("api.live.monotonic", lambda: later)
    live.look()

    assert at_once != second
    assert live.current().manifest.commit == second
