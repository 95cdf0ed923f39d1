"""Faults: whatever happens during an update, the service comes back by itself with a whole snapshot and loses nothing."""

import os
import random
import resource
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import pytest

from api import snapshots as snapshots_module
from api import space as space_module
from api.cli.logs import log_as_json
from api.live import LiveSpace
from api.publish_log import Publication
from api.watch import SILENT
from retriever.snapshot import Snapshot
from retriever.snapshot_build import build
from retriever.snapshot_files import save
from retriever.vector_cache import VectorCache
from tests.retriever.worlds import fakes
from tests.world import TAXONOMY, World

TOUCHES = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree", "sqlite3.connect"})
ARTICLES = 6


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A repository of a few articles. The models cost nothing and run no threads, so that a process can be split in two."""
    made = World(tmp_path, fakes())
    made.repo.mkdir()
    made.git("init", "--quiet", "--initial-branch=main")
    made.write("kb.yml", TAXONOMY)
    for number in range(ARTICLES):
        made.article(f"a{number}.md", f"Guidance number {number}, first edition.")
    made.commit()
    return made


def edit(world: World, edition: int) -> str:
    """Change one article, take one away or bring one, and commit; the commit's id."""
    world.article(f"a{edition % ARTICLES}.md", f"Guidance number {edition % ARTICLES}, edition {edition}.")
    extra = world.repo / "articles" / "extra.md"
    if edition % 3 == 0 and extra.exists():
        extra.unlink()
    else:
        world.article("extra.md", f"Something more in edition {edition}.")
    return world.commit(f"Edition {edition}")


def started(world: World) -> LiveSpace:
    """The service, as a new process starts it."""
    live = LiveSpace(world.space, refresh_seconds=0.0)
    live.start()
    return live


def in_a_child(act: Callable[[], object], *, kill_after: float | None = None) -> int:
    """Do it in a process of its own, killed after so many seconds; 0 if it ended well, -9 if it was killed."""
    child = os.fork()
    if not child:
        status = 1
        try:
            act()
            status = 0
        except BaseException:  # noqa: BLE001 - of a process that ends here
            traceback.print_exc()
        finally:
            os._exit(status)
    if kill_after is not None:
        sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def kill_myself_at(touch: int) -> None:
    """From now on this process dies by SIGKILL just before it touches the disk for the so-manyth time."""
    left = [touch]

    def hook(event: str, _args: Any) -> None:
        if event in TOUCHES:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def bytes_of(snapshot: Snapshot, folder: Path) -> dict[str, bytes]:
    """Everything that the snapshot is saved as, but for the manifest, which says when it was built."""
    target = save(snapshot, folder / "one")
    return {str(file.relative_to(target)): file.read_bytes() for file in target.rglob("*.*") if file.name != "manifest.json"}


def fresh(world: World, commit: str, folder: Path) -> dict[str, bytes]:
    """The commit as it is built from nothing."""
    space = world.space
    library = space.snapshots._read(space.repository.resolve(commit), SILENT)
    with VectorCache(folder / "fresh.sqlite") as cache:
        return bytes_of(build(library, fakes(), cache), folder / "fresh")


class Witness:
    """Looks after each fault whether something was lost or mixed."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self._folder = folder
        self._seen: list[Publication] = []
        self._number = 0

    def came_back(self, *commits: str) -> LiveSpace:
        """The service starts, serves one of the commits whole, and remembers everything that it ever told."""
        self._number += 1
        folder = self._folder / str(self._number)
        live = started(self.world)
        served = live.current()
        told = list(live.space.log.all())
        assert served.manifest.commit in commits
        assert bytes_of(served, folder) == fresh(self.world, str(served.manifest.commit), folder)
        assert told[: len(self._seen)] == self._seen
        assert told[-1].is_live
        assert told[-1].commit == served.manifest.commit
        self._seen = told
        return live


@pytest.fixture
def witness(world: World, tmp_path: Path) -> Witness:
    """Who has seen the service start once."""
    made = Witness(world, tmp_path / "witness")
    made.came_back(world.git("rev-parse", "HEAD"))
    return made


def touches_of_an_update(world: World, scratch: Path) -> int:
    """How often an update touches the disk."""

    def counting() -> None:
        touches: list[str] = []
        live = started(world)
        sys.addaudithook(lambda event, _args: touches.append(event) if event in TOUCHES else None)
        edit(world, 1)
        touches.clear()
        live.update()
        scratch.write_text(str(len(touches)))

    assert in_a_child(counting) == 0
    return int(scratch.read_text())


def killed_at(world: World, touch: int) -> None:
    """An update that is killed there."""
    live = started(world)
    edit(world, touch + 2)
    kill_myself_at(touch)
    live.update()


@pytest.mark.parametrize("part", [0.0, 0.3, 0.6, 0.95])
def test_an_update_that_is_killed_leaves_a_whole_snapshot(world: World, witness: Witness, tmp_path: Path, part: float) -> None:
    """By SIGKILL, just before it touches the disk: at the beginning, at the end, and between."""
    touches = touches_of_an_update(world, tmp_path / "touches")

    assert in_a_child(lambda: killed_at(world, int(part * touches))) == -signal.SIGKILL
    witness.came_back(world.git("rev-parse", "HEAD"))


@pytest.mark.proof
def test_an_update_that_is_killed_before_any_touch_of_the_disk_leaves_a_whole_snapshot(
    world: World, witness: Witness, tmp_path: Path
) -> None:
    """Before each of them, one after the other, over one data folder."""
    for touch in range(touches_of_an_update(world, tmp_path / "touches")):
        in_a_child(lambda: killed_at(world, touch))  # noqa: B023 - called at once
        witness.came_back(world.git("rev-parse", "HEAD"))


def first_index(world: World) -> LiveSpace:
    """A first start, and its second leg to the end."""
    live = started(world)
    for _ in live.embedding():
        pass
    live.update()
    return live


def killed_first_index(world: World, touch: int) -> None:
    """A first start over an empty data folder that is killed there."""
    kill_myself_at(touch)
    first_index(world)


def touches_of_a_first_index(world: World, scratch: Path) -> int:
    """How often a first start touches the disk until its index is whole."""

    def counting() -> None:
        touches: list[str] = []
        sys.addaudithook(lambda event, _args: touches.append(event) if event in TOUCHES else None)
        first_index(world)
        scratch.write_text(str(len(touches)))

    assert in_a_child(counting) == 0
    return int(scratch.read_text())


def assert_it_goes_on(world: World, folder: Path) -> None:
    """The service starts over what is there, in whichever stage, and its index becomes what one from nothing is."""
    commit = world.git("rev-parse", "HEAD")
    live = first_index(world)
    assert [(line.commit, line.is_live) for line in live.space.log.all()] == [(commit, True)]
    assert live.current().is_whole
    assert bytes_of(live.current(), folder) == fresh(world, commit, folder)


@pytest.mark.parametrize("part", [0.2, 0.5, 0.7, 0.9])
def test_a_first_index_that_is_killed_in_either_stage_goes_on(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: float
) -> None:
    """Before English is answered, while the second leg is embedded, and while it takes its place."""
    monkeypatch.setattr(snapshots_module, "AT_ONCE", 0)
    touches = touches_of_a_first_index(world, tmp_path / "touches")
    shutil.rmtree(world.root / "data")

    assert in_a_child(lambda: killed_first_index(world, int(part * touches))) == -signal.SIGKILL
    assert_it_goes_on(world, tmp_path / "bytes")


@pytest.mark.proof
def test_a_first_index_that_is_killed_before_any_touch_of_the_disk_goes_on(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before each of them, each time over an empty data folder."""
    monkeypatch.setattr(snapshots_module, "AT_ONCE", 0)
    for touch in range(touches_of_a_first_index(world, tmp_path / "touches")):
        shutil.rmtree(world.root / "data")
        in_a_child(lambda: killed_first_index(world, touch))  # noqa: B023 - called at once
        assert_it_goes_on(world, tmp_path / f"bytes-{touch}")


@pytest.mark.proof
def test_two_hundred_updates_are_killed_at_random(world: World, witness: Witness) -> None:
    """The repository goes on, the data folder stays the same, and the service starts after each."""
    chance = random.Random(9)  # noqa: S311 - nobody guesses it
    begun = perf_counter()
    edit(world, 1)
    in_a_child(lambda: started(world))
    usual = perf_counter() - begun
    killed = 0
    for edition in range(2, 202):
        edit(world, edition)
        killed += in_a_child(lambda: started(world), kill_after=chance.uniform(0, usual)) == -signal.SIGKILL
        witness.came_back(world.git("rev-parse", "HEAD"))

    assert killed > 100


@pytest.mark.parametrize("room", [0, 1_000, 20_000])
def test_a_full_disk_serves_the_old_or_the_new_text_and_nothing_else(world: World, witness: Witness, room: int) -> None:
    """No file may grow beyond so many bytes while the update runs. With room again, the newest commit is served."""
    old = world.git("rev-parse", "HEAD")

    def full() -> None:
        log_as_json()
        live = started(world)
        new = edit(world, 1)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
        live.update()
        assert live.current().manifest.commit in (old, new)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert live.update()
        assert live.current().manifest.commit == new

    assert in_a_child(full) == 0
    witness.came_back(world.git("rev-parse", "HEAD"))


HARM = ("emptied", "cut", "flipped", "gone")


def damaged(file: Path, how: str) -> None:
    """Harm a file as a bad disk does."""
    content = file.read_bytes()
    middle = len(content) // 2
    wrong = {
        "emptied": b"",
        "cut": content[:middle],
        "flipped": content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :] if content else b"?",
    }
    if how == "gone":
        file.unlink()
    else:
        file.write_bytes(wrong[how])


def snapshot_files(world: World) -> list[Path]:
    """Every file of the published snapshot, and the one that names it."""
    space = world.root / "data" / "spaces" / "default"
    return [file for file in sorted(space.glob("snapshots/*/**/*")) if file.is_file()] + list(space.glob("published-*.json"))


def test_a_damaged_snapshot_is_built_anew(world: World, witness: Witness) -> None:
    """Each of its files, and the one that names it, harmed in one way or another: the service starts with a whole one."""
    for file, how in zip(snapshot_files(world), cycle(HARM), strict=False):
        damaged(file, how)
        witness.came_back(world.git("rev-parse", "HEAD"))


@pytest.mark.proof
def test_a_snapshot_damaged_in_any_way_is_built_anew(world: World, witness: Witness) -> None:
    """Each of its files in every way."""
    for file in snapshot_files(world):
        for how in HARM:
            damaged(file, how)
            witness.came_back(world.git("rev-parse", "HEAD"))


@pytest.mark.parametrize(("how", "suffix"), [("emptied", ""), ("cut", ""), ("flipped", ""), ("gone", ""), ("flipped", "-wal")])
def test_a_damaged_vector_cache_is_made_again(world: World, witness: Witness, how: str, suffix: str) -> None:
    """The next update embeds what it cannot read; no vector of it is wrong."""
    live = started(world)
    cache = world.root / "data" / "spaces" / "default" / f"vectors.sqlite{suffix}"
    if not cache.exists():
        cache.write_bytes(b"left behind")
    damaged(cache, how)
    edit(world, 1)

    assert live.update()
    witness.came_back(world.git("rev-parse", "HEAD"))


def test_a_service_that_starts_without_its_repository_serves_what_was_live(
    world: World, witness: Witness, tmp_path: Path
) -> None:
    """And follows the branch as soon as it is there again."""
    old = world.git("rev-parse", "HEAD")
    world.repo.rename(tmp_path / "away")
    live = started(world)
    served, tried = live.current().manifest.commit, live.update()
    (tmp_path / "away").rename(world.repo)
    new = edit(world, 1)

    assert (served, tried) == (old, False)
    assert (live.update(), live.current().manifest.commit) == (True, new)
    witness.came_back(new)


def test_no_draft_goes_live_because_the_branch_was_deleted(world: World, witness: Witness) -> None:
    """The only branch that is left is not what should be live; the branch is followed again when it is back."""
    live = started(world)
    old = world.git("rev-parse", "HEAD")
    world.git("checkout", "--quiet", "-b", "draft")
    edit(world, 1)
    world.git("branch", "--quiet", "-D", "main")
    world.git("symbolic-ref", "HEAD", "refs/heads/main")
    without = live.update(), live.current().manifest.commit
    witness.came_back(old)  # a service that starts now knows which branch it was
    world.git("branch", "--quiet", "main", old)
    back = live.update(), live.current().manifest.commit

    assert (without, back) == ((False, old), (True, old))
    witness.came_back(old)


@pytest.mark.parametrize("hours", [-48, 48])
def test_a_clock_that_is_moved_loses_nothing(
    world: World, witness: Witness, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """Two days back or ahead between two pushes: the newer one is served, also after a restart with the right time."""
    live = started(world)
    monkeypatch.setattr(space_module, "now", lambda: datetime.now(UTC) + timedelta(hours=hours))
    moved = edit(world, 1)
    live.update()
    monkeypatch.undo()
    witness.came_back(moved)
    newest = edit(world, 2)

    assert live.update()
    assert live.space.log.live() is not None
    assert live.at(datetime.now(UTC)).manifest.commit == newest
    witness.came_back(newest)
