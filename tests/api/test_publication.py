"""What follows a publication: it is written down once, and its commits close feedback."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from api.access import Role
from api.composition import open_guidance
from api.events.feedback_table import State, Verdict
from api.events.ledger import Wanted
from api.events.publication import follow, note_publication
from api.events.records import Change, Opinion, Records
from api.reader import Reader
from api.settings import read_settings
from retriever.snapshot import Models
from tests.waiting import until
from tests.world import World

ANA = Reader("token-ana", "ana", Role.AGENT, frozenset({"default"}), tier=1)


def _published(records: Records) -> list[object]:
    records.recorder.flush()
    kinds = [link for link in records.recorder.ledger.links(Wanted("default")) if link.kind == "published"]
    return [link.facts()["commit"] for link in kinds]


def test_a_commit_closes_the_feedback_that_it_names(world: World, records: Records) -> None:
    """In any of the commits that a merge brought, by the commit's own id; what another space was told stays open."""
    world.article("card.md")
    world.publish()
    note_publication(records, world.space, world.live.current())
    mine, other = (records.say(Opinion(Verdict.WRONG, "default", None, "card", None), ANA) for _ in range(2))
    elsewhere = replace(ANA, spaces=frozenset({"other"}))
    theirs = records.say(Opinion(Verdict.WRONG, "other", None, "card", None), elsewhere)
    world.git("switch", "--quiet", "--create", "mend")
    world.article("card.md", body="Better guidance.")
    fix = world.commit(f"Mend the card\n\nCloses-feedback: {mine.id}\nCloses-feedback: {theirs.id}")
    world.git("switch", "--quiet", "main")
    world.git("merge", "--quiet", "--no-ff", "--message", "Merge", "mend")
    world.space.publish()
    note_publication(records, world.space, world.live.current())
    closed = records.feedback(mine.id, ANA)

    assert (closed.state, closed.commit) == (State.CLOSED, fix)
    assert records.feedback(other.id, ANA).state is State.OPEN
    assert records.feedback(theirs.id, elsewhere).state is State.OPEN


def test_a_publication_is_written_down_once(world: World, records: Records) -> None:
    """A restart that serves the same commit adds nothing."""
    world.article("card.md")
    world.publish()
    for _ in range(2):
        note_publication(records, world.space, world.live.current())

    assert _published(records) == [world.git("rev-parse", "HEAD")]


def test_a_running_service_writes_each_publication_down(world: World, records: Records) -> None:
    """What it serves at the start, and what goes live later."""
    world.article("card.md")
    world.publish()
    follow(world.live, records)
    until(lambda: len(_published(records)) == 1)
    first = world.git("rev-parse", "HEAD")
    world.article("card.md", body="Better guidance.")
    world.publish()
    world.live.current()
    until(lambda: len(_published(records)) == 2)

    assert _published(records) == [first, world.git("rev-parse", "HEAD")]


def test_feedback_that_is_closed_stays_as_it_was_closed(world: World, records: Records) -> None:
    """A second commit that names it, after a rewritten history, changes nothing."""
    world.article("card.md")
    world.publish()
    opinion = records.say(Opinion(Verdict.WRONG, "default", None, "card", None), ANA)
    for commit in ("a" * 40, "b" * 40):
        records.close_feedback("default", opinion.id, commit, datetime.now(UTC))

    assert records.feedback(opinion.id, ANA).commit == "a" * 40


def test_a_space_that_cannot_be_read_keeps_no_other_from_being_followed(
    world: World, records: Records, models: Models, tmp_path: Path
) -> None:
    """One unreachable repository must not end the start of the service."""
    world.article("card.md")
    world.commit()
    (tmp_path / "spaces.yml").write_text(f"spaces:\n  away: {{repo: away}}\n  default: {{repo: {world.repo}}}\n")
    settings = read_settings(config=tmp_path / "spaces.yml", data_dir=tmp_path / "data")
    with capture_logs():
        guidance = open_guidance(settings, models)
        for live in guidance.spaces.values():
            follow(live, records)
    until(lambda: len(_published(records)) == 1)


@pytest.mark.parametrize("forgotten", [False, True])
def test_what_was_opened_again_is_closed_by_a_newer_commit_alone(world: World, records: Records, *, forgotten: bool) -> None:
    """Neither by the same commit under another id, nor where retention left no publication to go on from."""
    world.article("card.md")
    world.publish()
    note_publication(records, world.space, world.live.current())
    opinion = records.say(Opinion(Verdict.WRONG, "default", None, "card", None), ANA)
    world.article("card.md", body="Better guidance.")
    world.commit(f"Mend\n\nCloses-feedback: {opinion.id}", at=(datetime.now(UTC) - timedelta(minutes=1)).isoformat())
    states = [_after_publication(world, records, opinion.id)]
    for state in (State.OPEN, State.ASSIGNED):
        records.change_feedback(opinion.id, Change(state), replace(ANA, role=Role.LEAD))
    if forgotten:
        records.recorder.ledger.retain("default", since=datetime.now(UTC), by="policy", at=datetime.now(UTC))
    world.git("commit", "--quiet", "--amend", "--no-edit")
    states.append(_after_publication(world, records, opinion.id))
    world.article("card.md", body="The best guidance.")
    world.commit(f"Mend it better\n\nCloses-feedback: {opinion.id}")
    states.append(_after_publication(world, records, opinion.id))

    assert states == [State.CLOSED, State.ASSIGNED, State.CLOSED]


def _after_publication(world: World, records: Records, feedback_id: str) -> State:
    world.space.publish()
    note_publication(records, world.space, world.live.current())
    return records.feedback(feedback_id, ANA).state
