"""A worker that follows: it serves what another one publishes, and says what that one says."""

from pathlib import Path
from typing import Any

import pytest

from api.hooks import Deliveries
from api.live import LiveSpace
from api.trouble import Trouble
from api.updater import Follower, LeadersUpdates
from kb.errors import RepositoryError
from tests.events import until
from tests.world import World


def follower(world: World) -> LiveSpace:
    """The serving side of another process over the same data."""
    return LiveSpace(world.space, refresh_seconds=float("inf"))


def test_a_follower_serves_what_is_published_and_publishes_nothing(world: World) -> None:
    """Also where nothing was published before it began; what it served goes on being served if nothing new can be read."""
    world.article("card.md", "Cards arrive in 7 days.", id="card")
    world.commit()
    live = follower(world)
    live.look()
    before = live.serving
    first = world.live.current().manifest.commit
    Follower(live, seconds=0.01).start()
    until(lambda: live.serving)
    served = live.current().manifest.commit
    world.article("card.md", "Cards arrive in 5 days.", id="card")
    second = world.commit()
    behind = live.health()
    world.live.update()
    until(lambda: live.current().manifest.commit == second)

    assert (before, served) == (False, first)
    assert (behind.commit, behind.error, len(world.space.log.all())) == (first, None, 2)


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
