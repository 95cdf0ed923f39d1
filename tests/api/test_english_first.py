"""English first: a first index answers English questions while the multilingual leg is still to come, and says so."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from api import second_leg, snapshots
from api.events.records import Records
from api.events.verification import Verdict, rebuilt_from, verify
from api.indexing import index
from api.live import LiveSpace
from api.second_leg import SecondLeg
from api.updater import Updater
from api.watch import Step, Watch
from retriever.leg import FIRST
from retriever.snapshot import Snapshot
from retriever.snapshot_build import build
from retriever.translator import NoTranslator
from tests.waiting import until
from tests.world import TAXONOMY, World

ENGLISH = ["english"]
BOTH = ["english", "multilingual"]


class Rough(NoTranslator):
    """Says what Apertium says of the one question that is asked here."""

    name = "rough"

    def english(self, text: str, lang: str) -> str | None:
        """See Translator."""
        return "I lost my card and want another" if lang == "es" and "perdí" in text else None


@pytest.fixture(autouse=True)
def _long_leg(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few passages there are, the multilingual model would take too long for them."""
    monkeypatch.setattr(snapshots, "AT_ONCE", 0)


@pytest.fixture
def bank(world: World) -> World:
    """Three articles in English, one in Spanish alone."""
    world.models = replace(world.models, translator=Rough())
    world.article("lost.md", title="Lost card", body="Block the lost card at once and order a replacement card.")
    world.article("limits.md", title="Wire limits", body="A customer may send wires of at most 5,000 USD a day.")
    world.article("refund.md", title="Refunds", body="A refund from a merchant takes seven business days to arrive.")
    world.article("nomina.md", title="Nómina", lang="es", body="La nómina se deposita cada quincena en la cuenta de gastos.")
    world.commit()
    return world


def finish(live: LiveSpace) -> None:
    """Let the second leg run to its end, and what follows."""
    for _ in live.embedding():
        pass
    assert live.update()


def legs(world: World, q: str = "lost card") -> list[str]:
    """The models that an answer comes from."""
    return sorted(world.search(q).index.models)


def files_of(world: World) -> dict[str, bytes]:
    """Every byte of the whole snapshot on the disk, but for its manifest."""
    folder = next(it.parent for it in (world.root / "data").rglob("multilingual.npy"))
    return {
        str(it.relative_to(folder)): it.read_bytes() for it in folder.rglob("*") if it.is_file() and it.name != "manifest.json"
    }


def test_english_is_answered_first_and_the_answer_says_by_what(bank: World) -> None:
    """Then the whole index takes its place: one publication in the log, for one commit."""
    before = legs(bank)
    first = bank.search("lost card").hits[0].id
    finish(bank.live)

    assert (before, first) == (ENGLISH, "lost")
    assert (legs(bank), bank.search("lost card").hits[0].id) == (BOTH, "lost")
    assert len(bank.live.space.log.all()) == 1


def test_readiness_and_metrics_tell_how_far_the_second_leg_is(bank: World) -> None:
    """Which legs answer, and how many passages of how many the other has."""
    client = bank.client()

    def told() -> Any:
        return client.get("/readyz").json()["spaces"]["default"]["legs"]

    begun = told()
    steps = bank.live.embedding()
    next(steps)
    going = told()
    finish(bank.live)

    english = {"ready": True, "embedded": 3, "passages": 3}
    assert begun == {"english": english, "multilingual": {"ready": False, "embedded": 0, "passages": 4}}
    assert going == {"english": english, "multilingual": {"ready": False, "embedded": 3, "passages": 4}}
    assert told() == {"english": english, "multilingual": {"ready": True, "embedded": 4, "passages": 4}}


def test_a_restart_tells_what_is_true_now(bank: World) -> None:
    """What an earlier process has embedded counts, and what its publication cost is not told as if it was paid again."""
    with capture_logs() as first:
        next(bank.live.embedding())
    again = LiveSpace(bank.space, refresh_seconds=0.0)
    with capture_logs() as second:
        again.start()
    told = [again.health().legs["multilingual"].embedded]
    told += [again.health().legs["multilingual"].embedded for _ in again.embedding()]

    assert told == [3, 3, 4]
    assert [("milliseconds" in line, "embedded" in line) for line in first if line["event"] == "serving"] == [(True, True)]
    assert [("milliseconds" in line, "embedded" in line) for line in second if line["event"] == "serving"] == [(False, False)]


def test_what_is_finished_later_is_what_one_go_gives(bank: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same fingerprint, and every file to the byte."""
    bank.search("lost card")
    finish(bank.live)
    later, fingerprint = files_of(bank), bank.live.current().manifest.fingerprint

    monkeypatch.setattr(snapshots, "AT_ONCE", 100)
    in_one_go = World(tmp_path / "other", bank.models)
    in_one_go.root.mkdir()
    (in_one_go.root / "repo").symlink_to(bank.repo)
    _, snapshot = in_one_go.space.publish()

    assert snapshot.is_whole
    assert (files_of(in_one_go), snapshot.manifest.fingerprint) == (later, fingerprint)


def test_a_small_first_index_is_whole_at_once(bank: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for it, so there is no first stage, and its cost is told for both models."""
    monkeypatch.setattr(snapshots, "AT_ONCE", 4)

    assert legs(bank) == BOTH
    assert dict(bank.live.space.log.all()[0].embedded) == {"english": 3, "multilingual": 4}
    assert not list((bank.root / "data").rglob("snapshots/*/english.npy"))[1:]


def test_articles_that_are_hardly_in_english_are_not_served_by_words_alone(world: World) -> None:
    """The first stage is of use where most articles can be read in English."""
    world.article("a.md", lang="es", body="La tarjeta se bloquea.")
    world.article("b.md", lang="es", body="La nómina se deposita.")
    world.article("c.md", body="Block the card.")

    assert legs(world) == BOTH


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("perdí mi tarjeta y quiero otra", "lost"),
        ("¿cuándo cae la nómina de la quincena?", "nomina"),
        ("le client demande un refund merchant", "refund"),
        ("nómina", "nomina"),
    ],
)
def test_before_the_second_leg_other_languages_are_found_by_translation_and_words(bank: World, q: str, found: str) -> None:
    """Spanish over English by its translation, Spanish alone and French by their words."""
    answer = bank.search(q, explain=True)

    assert (sorted(answer.index.models), answer.hits[0].id) == (ENGLISH, found)
    assert "multilingual" not in answer.hits[0].explain["lists"]


def test_before_the_second_leg_an_english_question_still_lists_a_spanish_article(bank: World) -> None:
    """By a word they share, behind what the English model read."""
    assert "nomina" in [hit.id for hit in bank.search("what is the nómina").hits]


@pytest.mark.parametrize(
    "q", ["le client ne peut pas se connecter", "¿?", "🙂", "zzzz qqqq", "' OR 1=1 --", '"lost card" R10', "x" * 9000]
)
@pytest.mark.parametrize("scope", [{}, {"jurisdiction": "US"}, {"products": ["cards"], "tier": 1, "jurisdiction": "US-CA"}])
def test_before_the_second_leg_nothing_is_an_error(bank: World, q: str, scope: dict[str, Any]) -> None:
    """Whatever is asked is answered or refused."""
    answer = bank.client().post("/v1/search", json={"q": q, **scope})

    assert (answer.status_code, list(answer.json()["index"]["models"])) == (200, ENGLISH)


def test_a_start_over_a_first_stage_serves_it_at_once_and_goes_on(bank: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is built; what was embedded before is not embedded again."""
    bank.search("lost card")
    next(bank.live.embedding())
    builds: list[Any] = []

    def building(*args: Any, **how: Any) -> Snapshot:
        builds.append(how["legs"])
        return build(*args, **how)

    monkeypatch.setattr("api.snapshots.build", building)

    live = LiveSpace(bank.space, refresh_seconds=0.0)
    live.start()
    started, built = list(live.current().legs), list(builds)
    embedded = [step.embedded for step in live.embedding()]
    live.update()

    assert (started, built) == (ENGLISH, [])
    assert (embedded, list(live.current().legs)) == ([0, 1], BOTH)


def test_a_push_beside_the_second_leg_is_served_before_its_end(bank: World) -> None:
    """From the first stage to the first stage: only what changed is embedded. The leg goes on with the new commit."""
    live = bank.live
    steps = live.embedding()
    next(steps)
    bank.article("lost.md", title="Lost card", body="Freeze the lost card, then tell fraud.")
    pushed = bank.commit()

    assert live.update()

    served = bank.search("lost card")
    assert (served.index.commit, sorted(served.index.models)) == (pushed, ENGLISH)
    assert dict(live.space.log.all()[-1].embedded) == {"english": 1}
    assert list(steps) == []  # the old commit's leg is wanted no more
    finish(live)
    assert (bank.search("lost card").index.commit, legs(bank)) == (pushed, BOTH)


def test_a_large_push_onto_a_whole_index_is_served_whole(bank: World) -> None:
    """The old text answers in both languages until the new one can."""
    finish(bank.live)
    for number in range(5):
        bank.article(f"more-{number}.md", body=f"More guidance about case {number}.")
    bank.commit()

    assert bank.live.update()

    assert legs(bank) == BOTH
    assert dict(bank.live.space.log.all()[-1].embedded) == {"english": 5, "multilingual": 5}


def test_what_was_published_and_cannot_be_loaded_is_served_in_english_first(bank: World) -> None:
    """Damaged files, and the vectors lost with them."""
    finish(bank.live)
    for file in (bank.root / "data").rglob("*.npy"):
        file.write_bytes(b"damaged")
    for file in (bank.root / "data").rglob("vectors.sqlite*"):
        file.unlink()

    live = LiveSpace(bank.space, refresh_seconds=0.0)
    live.start()

    assert list(live.current().legs) == ENGLISH


def test_other_moments_have_the_legs_that_live_has(bank: World) -> None:
    """Nobody who asks for the past waits for the second leg; once it is there, the past has it too."""
    old = bank.git("rev-parse", "HEAD")
    live = bank.live
    bank.article("lost.md", title="Lost card", body="Freeze the lost card, then tell fraud.")
    bank.commit()
    live.update()

    before = bank.search("lost card", as_of=old)
    finish(live)
    after = bank.search("lost card", as_of=old)

    assert [(it.index.commit, sorted(it.index.models)) for it in (before, after)] == [(old, ENGLISH), (old, BOTH)]
    assert before.hits[0].id == after.hits[0].id == "lost"


def test_a_receipt_is_rebuilt_with_the_models_it_names(bank: World, records: Records) -> None:
    """An answer of the first stage is proved when the index is whole, and one of the whole one too."""
    client = bank.client(records)

    def receipt(q: str) -> Any:
        shown = client.post("/v1/search", json={"q": q, "jurisdiction": "US"}).json()
        return client.get(f"/v1/receipts/{shown['receipt']}").json()

    questions = ("lost card", "perdí mi tarjeta y quiero otra", "¿cuándo cae la nómina?")
    early = [receipt(q) for q in questions]
    finish(bank.live)
    late = [receipt(q) for q in questions]
    verdicts = [verify(it, records.recorder.ledger, rebuilt_from(bank.space, bank.models)) for it in (*early, *late)]

    assert [sorted(it["shown"]["models"]) for it in (*early, *late)] == [ENGLISH] * 3 + [BOTH] * 3
    assert verdicts == [Verdict((), ())] * 6


def test_indexing_publishes_twice_and_tells_when(bank: World) -> None:
    """A service beside it serves the first stage while the leg is embedded; what was embedded is counted once."""
    seen: list[tuple[list[str], list[str]]] = []
    passages: dict[str, int] = {}

    def told(first: Any, seconds: float) -> None:
        assert seconds > 0
        beside = LiveSpace(bank.space, refresh_seconds=0.0)
        beside.start()
        seen.append((list(first.legs), list(beside.current().legs)))

    def count(leg: str, more: int, _total: int) -> None:
        passages[leg] = passages.get(leg, 0) + more

    indexed = index(bank.space, Watch(passages=count), told)

    assert (seen, list(indexed.snapshot.legs)) == ([(ENGLISH, ENGLISH)], BOTH)
    assert (indexed.embedded, passages) == ({"english": 3, "multilingual": 4}, {"english": 3, "multilingual": 4})
    assert 0 < indexed.english_seconds < indexed.seconds
    assert index(bank.space, legs=FIRST).snapshot.is_whole  # it is there


def test_a_newer_commit_beside_an_index_is_what_stays_published(bank: World) -> None:
    """Another process has published it meanwhile: the older whole index does not take its place."""

    def told(_first: Any, _seconds: float) -> None:
        bank.article("lost.md", title="Lost card", body="Freeze the lost card, then tell fraud.")
        bank.commit()
        bank.space.publish()

    indexed = index(bank.space, told=told)

    assert indexed.snapshot.manifest.commit == bank.git("rev-parse", "HEAD")
    assert bank.space.snapshots.published_name() == bank.space.snapshots.name_of(indexed.snapshot)


def test_search_at_the_terminal_takes_what_is_there(bank: World, kb: Any) -> None:
    """While the first stage is all there is, it answers and says so; the whole index is taken as soon as it is there."""
    bank.space.publish()
    data = {"KB_DATA_DIR": str(bank.root / "data")}
    first = json.loads(kb("search", "lost card", "--json", cwd=bank.repo, **data).stdout)
    told = kb("search", "lost card", cwd=bank.repo, **data).stdout
    index(bank.space)
    whole = json.loads(kb("search", "lost card", "--json", cwd=bank.repo, **data).stdout)

    assert [sorted(it["index"]["models"]) for it in (first, whole)] == [ENGLISH, BOTH]
    assert (
        "The multilingual model has not read every article yet. A running service goes on with it; `kb index` does it now."
        in " ".join(told.split())
    )


def test_a_preview_of_the_working_tree_waits_for_no_second_leg(bank: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer's question does not; what has to be judged as it will be served is whole, and so is what is small."""
    made = bank.space.snapshots
    preview, judged = made.working_tree(soonest=True), made.working_tree()
    monkeypatch.setattr(snapshots, "AT_ONCE", 100)
    small = made.working_tree(soonest=True)

    assert [list(it.legs) for it in (preview, judged, small)] == [ENGLISH, BOTH, BOTH]


def test_one_thread_finishes_every_space(bank: World, tmp_path: Path) -> None:
    """Two spaces of one service are served in English first, and both become whole by themselves."""
    other = World(tmp_path / "other", bank.models, name="other")
    other.repo.mkdir(parents=True)
    other.git("clone", "--quiet", str(bank.repo), str(other.repo))
    updaters = {it.name: Updater(it.live, seconds=0) for it in (bank, other)}
    begun = [legs(bank), sorted(other.live.current().manifest.models)]
    second = SecondLeg(updaters)
    for updater in updaters.values():
        updater.start()
    second.start()

    until(lambda: all(it.live.current().is_whole for it in (bank, other)))

    second.stop()
    for updater in updaters.values():
        updater.stop()
    assert begun == [ENGLISH, ENGLISH]


def another(root: Path, like: World) -> World:
    """A second space of the same models, with one article."""
    made = World(root, like.models, name="other")
    made.repo.mkdir(parents=True)
    made.git("init", "--quiet", "--initial-branch=main")
    made.write("kb.yml", TAXONOMY)
    made.article("lost.md", title="Lost card", body="Block the lost card at once.")
    made.commit()
    return made


def test_a_long_second_leg_holds_up_no_other_space(bank: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are embedded by turns: a small space is done before a large one that began first."""
    for number in range(8):
        bank.article(f"fee-{number}.md", title=f"Fee {number}", body=f"Fee number {number} is {number} USD a month.")
    bank.commit()
    turns: list[str] = []

    def noted(name: str, embedding: Callable[[], Iterator[Step]]) -> Iterator[Step]:
        for step in embedding():
            turns.append(name)
            yield step

    lives = [it.live for it in (bank, another(tmp_path / "other", bank))]
    for live in lives:
        monkeypatch.setattr(live, "embedding", partial(noted, live.space.name, live.embedding))
    second = SecondLeg({live.space.name: Updater(live, seconds=0) for live in lives})
    second.start()

    until(lambda: not any(live.is_unfinished() for live in lives))

    second.stop()
    assert turns == ["default", "other", "default", "default", "default"]


def test_a_leg_that_fails_is_tried_again_and_holds_up_no_other_space(
    bank: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that was full for a moment costs one space a moment, and the others nothing."""
    monkeypatch.setattr(second_leg, "AGAIN_SECONDS", 0.05)
    other = another(tmp_path / "other", bank)
    lives, fails = [bank.live, other.live], iter([True, True, False])
    real = bank.live.embedding

    def failing() -> Iterator[Step]:
        if next(fails, False):
            raise RuntimeError("the disk is full")
        yield from real()

    monkeypatch.setattr(bank.live, "embedding", failing)
    second = SecondLeg({live.space.name: Updater(live, seconds=0) for live in lives})
    second.start()

    until(lambda: not any(live.is_unfinished() for live in lives))

    second.stop()
    assert next(fails, None) is None
