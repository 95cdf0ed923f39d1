"""Other moments of many spaces: one budget of memory and of waiting for the whole service."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Semaphore
from typing import Any

import pytest

from api.answering_threads import LIVE
from api.composition import open_space
from api.live import LiveSpace
from api.past_snapshots import PastSnapshots
from api.queue import WAITING, WAITING_IN_ALL, BusyError
from api.settings import read_settings
from api.snapshots import Snapshots
from api.source import Source
from api.space import Space
from tests.waiting import until
from tests.world import World


def served(world: World, past: PastSnapshots, count: int) -> tuple[Sequence[LiveSpace], str]:
    """So many spaces of one service, each with an older commit that is not live; and that commit."""
    world.article("card.md", "Cards arrive in 7 days.")
    old = world.commit()
    world.article("card.md", "Cards arrive in 5 days.")
    world.commit()
    source, vectors = Source(str(world.repo), None, "articles"), world.root / "vectors.sqlite"
    spaces = [Space(f"client-{number}", source, world.root / "data", world.models, vectors=vectors) for number in range(count)]
    lives = [LiveSpace(space, refresh_seconds=float("inf"), past=past) for space in spaces]
    for live in lives:
        live.start()
    return lives, old


def test_twenty_spaces_keep_no_more_of_the_past_than_one(world: World) -> None:
    """An auditor who asks all of them of last year fills no memory; each answer is right all the same."""
    past = PastSnapshots(most=4)
    lives, old = served(world, past, 20)

    commits = {live.at(old).manifest.commit for live in [*lives, *lives]}

    assert commits == {old}
    assert [past.kept(live.space.name) for live in lives] == [0] * 16 + [1] * 4


def test_no_more_wait_in_all_than_leave_threads_for_live_questions(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three of a space, twelve of a service; who comes then is sent away, and what is live is answered."""
    lives, old = served(world, PastSnapshots(), 5)
    may_build, build = Event(), Snapshots.of

    def slowly(*args: Any) -> Any:
        may_build.wait(20)
        return build(*args)

    monkeypatch.setattr(Snapshots, "of", slowly)
    with ThreadPoolExecutor(WAITING_IN_ALL) as pool:
        waiting = [pool.submit(live.at, old) for live in lives[:4] for _ in range(WAITING)]
        until(lambda: sum(lives[0].past.waiting(live.space.name) for live in lives) == WAITING_IN_ALL)
        with pytest.raises(BusyError, match=r"^Other moments are being prepared\. Ask again in 5 seconds, or without as_of\.$"):
            lives[4].at(old)
        current = lives[4].current()
        may_build.set()
        answers = [it.result().manifest.commit for it in waiting]

    assert current.manifest.commit != old
    assert answers == [old] * WAITING_IN_ALL
    assert lives[4].at(old).manifest.commit == old


def test_questions_about_another_moment_take_no_thread_from_live_ones(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many wait for a build as live questions have threads, and a live one is answered meanwhile."""
    world.article("card.md", "Cards arrive in 7 days.")
    old = world.commit()
    world.article("card.md", "Cards arrive in 5 days.")
    world.commit()
    may_build, build, begun = Event(), LiveSpace.at, Semaphore(0)

    def slowly(*args: Any) -> Any:
        begun.release()
        may_build.wait(20)
        return build(*args)

    monkeypatch.setattr(LiveSpace, "at", slowly)
    with world.client() as client, ThreadPoolExecutor(LIVE) as pool:
        asked = {"q": "card arrives", "as_of": old}
        waiting = [pool.submit(client.post, "/v1/search", json=asked) for _ in range(LIVE)]
        for _ in waiting:
            assert begun.acquire(timeout=20)
        now = client.post("/v1/search", json={"q": "card arrives"}).json()
        answered = [it.done() for it in waiting]
        may_build.set()
        then = [it.result().json() for it in waiting]

    assert "5 days" in now["hits"][0]["snippet"]
    assert answered == [False] * LIVE
    assert all("7 days" in it["hits"][0]["snippet"] for it in then)


def test_the_spaces_share_the_disk_for_snapshots(world: World) -> None:
    """However many clients there are, their snapshots take what the setting says, or what is live."""
    (world.root / "spaces.yml").write_text("spaces:\n  one: {repo: repo}\n  two: {repo: repo}\n")
    settings = read_settings(config=world.root / "spaces.yml", data_dir=world.root / "data", snapshots_megabytes=100)

    assert open_space(settings, world.models, "one").snapshots.megabytes == 50
