"""Live updates: a push is served by itself, a bad one is not, and every moment can be asked for again."""

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from structlog.testing import capture_logs

from api import guidance as guidance_module
from api.live import LiveSpace
from api.publish_log import Outcome
from api.queue import WAITING
from api.updater import LONGEST_PAUSE, Updater, wake
from kb.errors import AsOfError, RepositoryError
from retriever.errors import SnapshotError
from tests.waiting import until
from tests.world import World


def first(world: World, **scope: Any) -> str:
    """The text of the best hit about the card."""
    return world.search("when does the card arrive", **scope).hits[0].snippet


def said(days: int) -> str:
    """What the article says."""
    return f"Cards arrive in {days} days."


def push(world: World, days: int, **keys: Any) -> str:
    """Commit an article that says so; the commit's id."""
    world.article("card.md", said(days), id="card", **keys)
    return world.commit()


def outcomes(world: World) -> list[tuple[str, Outcome]]:
    """The publish log: commit and what became of it."""
    return [(line.commit, line.outcome) for line in world.live.space.log.all()]


def test_an_update_serves_the_newest_commit_and_counts_what_it_cost(world: World) -> None:
    """One article of three changes: +0 ~1 -0 =2, and its one passage is embedded."""
    world.article("other.md", "Other guidance.")
    world.article("third.md", "Third guidance.")
    push(world, 7)
    live = world.live
    push(world, 5)

    assert live.update()

    line = live.space.log.all()[-1]
    assert first(world) == said(5)
    assert (str(line.counts), dict(line.embedded)) == ("+0 ~1 -0 =2", {"english": 1, "multilingual": 1})
    assert set(line.milliseconds) == {"fetch", "read", "translations", "cut", "words", "vectors", "index"}


def test_a_refused_push_leaves_the_old_one_and_is_written_down(world: World) -> None:
    """The log says why in full; what everybody may read names no article. The next good push is served."""
    good = push(world, 7)
    live = world.live
    bad = push(world, 5, tier="many")

    tried = live.update()

    assert (tried, first(world)) == (True, said(7))
    assert outcomes(world) == [(good, Outcome.PUBLISHED), (bad, Outcome.REFUSED)]
    assert live.space.log.all()[-1].reason == "articles/card.md:5: tier is 'many'; expected a whole number."
    assert (
        live.health().error
        == "The newest commit was refused: 1 x bad-value. `kb check` and `kb log --served` tell file and line."
    )
    push(world, 4)
    assert live.update()
    assert (first(world), live.health().error) == (said(4), None)


def test_moving_the_branch_back_is_a_rollback(world: World) -> None:
    """Nothing but the ref moves; the log says what happened."""
    old = push(world, 7)
    live = world.live
    new = push(world, 5)
    live.update()
    world.git("reset", "--quiet", "--hard", old)

    live.update()

    assert first(world) == said(7)
    assert outcomes(world) == [(old, Outcome.PUBLISHED), (new, Outcome.PUBLISHED), (old, Outcome.ROLLED_BACK)]
    built, _, loaded = live.space.log.all()
    assert (dict(built.embedded), "vectors" in built.milliseconds) == ({"english": 1, "multilingual": 1}, True)
    assert (dict(loaded.embedded), set(loaded.milliseconds)) == ({}, {"fetch", "load"})


def test_a_rewritten_history_is_served_and_what_was_live_can_still_be_asked(world: World) -> None:
    """A force-push drops a commit; its moment answers from it all the same."""
    push(world, 7)
    live = world.live
    dropped = push(world, 5)
    live.update()
    moment = live.space.log.all()[-1].at
    sleep(0.01)
    world.git("reset", "--quiet", "--hard", "HEAD~1")
    push(world, 4)
    live.update()

    assert (first(world), first(world, as_of=moment), first(world, as_of=dropped)) == (said(4), said(5), said(5))


def test_a_moment_at_which_a_refused_commit_was_newest_answers_from_what_was_live(world: World) -> None:
    """Before the log begins the history is asked, and commits with errors are passed over."""
    world.article("card.md", said(7), id="card")
    world.commit(at="2026-01-01T00:00:00Z")
    world.article("card.md", said(6), id="card", tier="many")
    world.commit(at="2026-01-02T00:00:00Z")
    world.article("card.md", said(5), id="card")
    world.commit(at="2026-01-03T00:00:00Z")

    asked = [first(world, as_of=datetime(2026, 1, day, 12, tzinfo=UTC)) for day in (1, 2, 3)]

    assert asked == [said(7), said(7), said(5)]


def test_a_coming_moment_cannot_be_asked_for(world: World) -> None:
    """Nobody knows what will be live; the cure is named."""
    push(world, 7)

    with pytest.raises(AsOfError, match=r"which lies ahead: .* ask with effective_on for the rules of a coming day\.$"):
        world.search("card", as_of=datetime.now(UTC) + timedelta(days=1))


def test_a_branch_can_be_asked_beside_what_is_live(world: World) -> None:
    """`space@branch` answers from the branch and says so; live does not move; only writers may."""
    push(world, 7)
    live = world.live
    world.git("checkout", "--quiet", "-b", "proposal/5-days")
    proposal = push(world, 5)
    world.git("checkout", "--quiet", "main")

    answer = world.search("when does the card arrive", space="default@proposal/5-days")

    assert (answer.hits[0].snippet, answer.index.commit, answer.scope.space) == (
        said(5),
        proposal,
        "default@proposal/5-days",
    )
    assert first(world) == said(7)
    assert live.current().manifest.commit != proposal


@pytest.mark.parametrize("branch", ["nope", "HEAD", "main~1", "main^0", "../main", "--all", "a\0b", ""])
def test_a_name_that_is_no_branch_is_refused(world: World, branch: str) -> None:
    """Only branches; no commit ids, no expressions, though the commit before is there."""
    push(world, 7)
    push(world, 5)

    status = world.client().get("/v1/search", params={"q": "card", "space": f"default@{branch}"}).status_code

    assert status == 422


def test_edges_in_time_pass_without_an_update(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """At midnight in the space's zone, Mexico City, the new text answers; the snapshot is the same one."""
    world.article("old.md", said(7), id="old", effective_until="2026-03-01")
    world.article("new.md", said(5), id="new", effective_from="2026-03-01")
    world.commit()
    before = world.live.current()
    found = []
    for moment in ("2026-03-01T05:59:59+00:00", "2026-03-01T06:00:00+00:00"):

        class Frozen(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]  # noqa: ARG003 - as datetime has it
                return datetime.fromisoformat(moment)  # noqa: B023 - read before the next one

        monkeypatch.setattr(guidance_module, "datetime", Frozen)
        found.append([hit.snippet for hit in world.search("when does the card arrive").hits])

    assert found == [[said(7)], [said(5)]]
    assert world.live.current() is before


def test_several_who_ask_for_one_moment_wait_for_one_build(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many threads as may wait, one build; and live is answered meanwhile."""
    old = push(world, 7)
    live = world.live
    push(world, 5)
    live.update()
    built: list[str] = []
    release = threading.Event()
    real = live.space.snapshots.of

    def slow(commit: Any, *rest: Any) -> Any:
        built.append(commit.sha)
        release.wait(20)
        return real(commit, *rest)

    monkeypatch.setattr(live.space.snapshots, "of", slow)
    answers: list[str | None] = []
    threads = [threading.Thread(target=lambda: answers.append(live.at(old).manifest.commit)) for _ in range(WAITING)]
    for thread in threads:
        thread.start()

    meanwhile = first(world)
    release.set()
    for thread in threads:
        thread.join(20)

    assert (meanwhile, answers, built) == (said(5), [old] * WAITING, [old])


def test_a_full_disk_serves_from_memory_and_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log was written, so the new text is served; the snapshot is written as soon as there is room."""
    push(world, 7)
    live = world.live
    new = push(world, 5)
    real = live.space.snapshots.keep

    def full(_name: str, _snapshot: Any) -> None:
        raise SnapshotError("the snapshot cannot be written: No space left on device.")

    monkeypatch.setattr(live.space.snapshots, "keep", full)
    tried = live.update()
    served = first(world)
    monkeypatch.setattr(live.space.snapshots, "keep", real)

    again = live.update()

    assert (tried, served, again) == (False, said(5), True)
    assert (world.space.snapshots.published_name() or "").startswith(new[:16])
    assert live.health().error is None


def test_a_log_that_cannot_be_written_keeps_the_old_text(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be proved later is not served."""
    push(world, 7)
    live = world.live
    push(world, 5)

    def full(_line: Any) -> bool:
        raise SnapshotError("cannot be written: No space left on device.")

    monkeypatch.setattr(live.space.log, "append", full)

    assert (live.update(), first(world)) == (False, said(7))


def test_a_snapshot_that_was_lost_is_built_anew_at_the_start(world: World) -> None:
    """The files of what is live are damaged, and the tip may not go live: the log knows which commit to build."""
    good = push(world, 7)
    world.space.publish()
    for file in (world.root / "data/spaces/default/snapshots").rglob("library.json"):
        file.write_text("{")
    push(world, 5, tier="many")

    live = LiveSpace(world.space, refresh_seconds=0.0)
    live.start()

    assert live.current().manifest.commit == good


def test_a_repository_that_is_gone_is_said_and_tried_again(world: World, tmp_path: Path) -> None:
    """Service goes on; when the folder is back, so are updates."""
    push(world, 7)
    live = world.live
    live.update()
    world.repo.rename(tmp_path / "away")
    lost = live.update()
    error = live.health().error
    (tmp_path / "away").rename(world.repo)
    push(world, 5)

    found = live.update()

    assert (lost, error, found, first(world)) == (
        False,
        "The repository cannot be read right now. The log of the service tells why.",
        True,
        said(5),
    )


def test_a_deleted_branch_leaves_what_was_live(world: World) -> None:
    """And is followed again when it comes back."""
    push(world, 7)
    live = world.live
    world.git("checkout", "--quiet", "--detach")
    world.git("branch", "--quiet", "-D", "main")
    world.git("symbolic-ref", "HEAD", "refs/heads/main")

    lost = live.update()

    assert (lost, first(world)) == (False, said(7))
    assert live.health().error == (
        "The repository lacks the branch, tag or commit that should be served. The log of the service tells its name."
    )
    with pytest.raises(RepositoryError, match="the branch that HEAD names is gone"):
        live.space.tip()


def test_snapshots_on_the_disk_keep_to_their_budget(world: World) -> None:
    """The oldest go; what is published stays however small the budget."""
    push(world, 1)
    live = world.live
    live.space.snapshots.megabytes = 0
    for days in (2, 3):
        push(world, days)
        live.update()

    names = [path.name for path in (world.root / "data/spaces/default/snapshots").iterdir() if path.name[0] != "."]
    assert names == [world.space.snapshots.published_name()]


@pytest.mark.parametrize("damage", ["", '{"snapshot": null}', '{"snapshot"', "a folder"])
def test_no_snapshot_is_removed_while_it_is_unknown_which_are_published(world: World, damage: str) -> None:
    """What another source publishes may be any of them: all stay, and the log names the file until it is mended."""
    push(world, 1)
    live = world.live
    live.space.snapshots.megabytes = 0
    other = world.root / "data/spaces/default/published-0123456789ab.json"
    other.mkdir() if damage == "a folder" else other.write_text(damage)
    with capture_logs() as told:
        for days in (2, 3):
            push(world, days)
            live.update()
    folder = world.root / "data/spaces/default/snapshots"
    kept = len([path for path in folder.iterdir() if path.name[0] != "."])
    other.rmdir() if damage == "a folder" else other.unlink()
    push(world, 4)
    live.update()

    unknown = [line for line in told if line["event"] == "no snapshot is removed, because it is unknown which are published"]
    assert kept == 3
    assert len(unknown) == 2
    assert all(str(other) in line["reason"] for line in unknown)
    assert [path.name for path in folder.iterdir() if path.name[0] != "."] == [world.space.snapshots.published_name()]


def test_the_updater_finds_a_commit_by_itself(world: World) -> None:
    """Woken or by the clock; many wakes are one update."""
    push(world, 7)
    updater = Updater(world.live, seconds=0)
    updater.start()
    push(world, 5)
    for _ in range(20):
        updater.wake()
    until(lambda: first(world) == said(5))
    updater.stop()

    assert len(outcomes(world)) == 2


def test_failures_are_tried_less_and_less_often(world: World) -> None:
    """Twice as long each time, never more than five minutes, and never in step with others."""
    push(world, 7)
    updater = Updater(world.live, seconds=2.0)
    pauses = []
    for failures in (0, 1, 3, 12):
        updater._failures = failures
        pauses.append(updater.pause() or 0.0)

    assert [round(pause / usual, 0) for pause, usual in zip(pauses, (2, 4, 16, LONGEST_PAUSE), strict=True)] == [1, 1, 1, 1]


def test_kb_log_prints_what_was_live_when(world: World, kb: Any) -> None:
    """Newest first, a refusal with its reason; the same as JSON."""
    good = push(world, 7)
    kb("index", "--repo", str(world.repo))
    bad = push(world, 5, tier="many")
    kb("index", "--repo", str(world.repo))

    text = kb("log", "--served", "--repo", str(world.repo)).stdout
    lines = json.loads(kb("log", "--served", "--repo", str(world.repo), "--json").stdout)["publications"]

    assert [(line["commit"], line["outcome"]) for line in lines] == [(bad, "refused"), (good, "published")]
    assert f"{bad[:12]}  refused" in text
    assert "    articles/card.md:5: tier is 'many'; expected a whole number." in text


def test_kb_log_says_what_became_of_each_commit(world: World, kb: Any) -> None:
    """The branch commit by commit, with the publish log's word on each; a refused text is no version."""
    good = push(world, 7)
    kb("index", "--repo", str(world.repo))
    bad = push(world, 5, tier=9)
    kb("index", "--repo", str(world.repo))

    text = kb("log", "--repo", str(world.repo)).stdout
    commits = json.loads(kb("log", "--repo", str(world.repo), "--json").stdout)["commits"]
    versions = json.loads(kb("log", "card", "--repo", str(world.repo), "--json").stdout)["versions"]

    assert [(it["commit"], [line["outcome"] for line in it["publications"]]) for it in commits] == [
        (bad, ["refused"]),
        (good, ["published"]),
    ]
    assert [line.split(" 20")[0] for line in text.splitlines() if line.startswith(("  refused", "  published"))] == [
        "  refused",
        "  published",
    ]
    assert "    articles/card.md:5: tier '9' is not known; expected one of 1, 2, 3." in text
    assert [version["commit"] for version in versions] == [good]


def test_a_call_that_is_no_space_s_name_wakes_every_space(world: World) -> None:
    """Who led before had read half of the line, and a push must not be lost."""
    world.article("card.md", id="card")
    world.commit()
    looked: list[str] = []

    class Noted(Updater):
        def wake(self) -> None:
            looked.append(names[id(self)])

    updaters = {name: Noted(world.live, seconds=0) for name in ("bank", "other")}
    names = {id(updater): name for name, updater in updaters.items()}
    wake(updaters, "other")
    wake(updaters, "ther")

    assert looked == ["other", "bank", "other"]
