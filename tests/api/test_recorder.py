"""The writer behind the service: acknowledged is kept, and nothing keeps the others waiting."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from api.database import Database
from api.events.event import Event, Kind, read, written
from api.events.feedback_table import feedback_by_id
from api.events.journal import Journal, left_behind
from api.events.ledger import Ledger, Wanted
from api.events.recorder import Recorder
from api.store_error import StoreError
from tests.doors import TICKETS
from tests.events import made_chain, made_event, told_faults
from tests.postgres import Postgres
from tests.waiting import until


@pytest.fixture
def recorder(database: Database, tmp_path: Path) -> Iterator[Recorder]:
    """A recorder over an empty database."""
    running = Recorder(tmp_path / "journal", Ledger(database))
    yield running
    running.close()


def test_a_name_that_no_database_can_hold_does_not_stop_the_others(database: Database) -> None:
    """A NUL and half a surrogate, as an identity provider may send them."""
    ledger = Ledger(database)
    ledger.append([made_event(1, reader="a\0b\ud800", ticket=TICKETS.of("\udfff"))])

    assert [link.reader for link in ledger.links(Wanted("default"))] == ["a\ufffdb\ufffd"]
    assert told_faults(ledger) == []


def test_feedback_that_no_database_can_hold_does_not_stop_the_others(database: Database) -> None:
    """Wherever a NUL stands: in the article, in who sent it, in whom it was given to."""
    ledger = Ledger(database)
    said = made_event(1, kind=Kind.FEEDBACK, reader="a\0b", body={"verdict": "wrong", "article": "card\0"})
    given = {"feedback": said.id, "state": "assigned", "assignee": "con\0tent", "commit": None}
    ledger.append([said, made_event(2, kind=Kind.FEEDBACK, body=given)])
    found = feedback_by_id(database, said.id)

    assert found is not None
    assert (found.reader, found.article, found.assignee) == ("a\ufffdb", "card\ufffd", "con\ufffdtent")


def test_whoever_waits_for_an_event_does_not_wait_for_its_group(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting gives up after five seconds."""
    monkeypatch.setattr("api.events.recorder._GATHER", 3600.0)
    for number in (1, 2):
        recorder.record(made_event(number))
        recorder.flush()

    assert len(list(recorder.ledger.links(Wanted("default")))) == 2


def test_whoever_waits_sees_what_another_process_has_acknowledged(recorder: Recorder, tmp_path: Path) -> None:
    """Two recorders over one database, as two workers have: a receipt of the one is asked of the other."""
    other = Recorder(tmp_path / "journal", recorder.ledger)
    kept = []
    for number, (taken, asked) in enumerate([(other, recorder), (recorder, other)] * 3):
        taken.record(made_event(number))
        asked.flush()
        kept.append(len(list(recorder.ledger.links(Wanted("default")))))
    other.close()

    assert kept == [1, 2, 3, 4, 5, 6]


def test_what_a_process_leaves_behind_while_we_run_is_brought_in_once_somebody_waits(
    recorder: Recorder, tmp_path: Path
) -> None:
    """A worker was killed, and nothing has replaced it yet."""
    recorder.record(made_event(1))
    recorder.flush()
    left = Journal.begin(tmp_path / "journal", "left")
    left.append(written([made_event(2)]))
    left.close()
    recorder.flush()

    assert [(link.said() or {})["q"] for link in recorder.ledger.links(Wanted("default"))] == ["question 1", "question 2"]
    assert list((tmp_path / "journal").glob("left*")) == []


UNFIT: dict[str, dict[str, Any]] = {
    "half a surrogate": {"space": "\ud800"},
    "a body that lacks what every one of its kind has": {"kind": Kind.FEEDBACK, "body": {"verdict": "wrong"}},
    "nothing where the table wants something": {"kind": Kind.FEEDBACK, "body": {"verdict": None, "article": None}},
}


@pytest.mark.parametrize("unfit", UNFIT)
def test_an_event_that_cannot_be_kept_is_set_aside_alone(database: Database, tmp_path: Path, unfit: str) -> None:
    """Also in a journal that was left behind; what stood beside it in one line is kept."""
    bad = made_event(2, **UNFIT[unfit])

    assert _brought_in(database, tmp_path, bad) == (["question 1", "question 3", "question 4"], [bad, bad])
    assert told_faults(Ledger(database)) == []


def test_what_postgresql_alone_cannot_hold_is_set_aside_too(postgres: Postgres, tmp_path: Path) -> None:
    """A NUL, which SQLite keeps, must not stop the writer for good."""
    database, bad = Database(postgres.database()), made_event(2, space="de\0fault")

    assert _brought_in(database, tmp_path, bad) == (["question 1", "question 3", "question 4"], [bad, bad])
    database.close()


def _brought_in(database: Database, folder: Path, bad: Event) -> tuple[list[str], list[Event]]:
    """The questions that are kept, and the events that are set aside, of a journal left behind and one that is new."""
    left = Journal.begin(folder, "left")
    left.append(written([made_event(1), bad]))
    left.close()

    recorder = Recorder(folder, Ledger(database))
    recorder.record(made_event(3), bad, made_event(4))
    recorder.flush()
    recorder.close()
    kept = [link.said() or {} for link in Ledger(database).links(Wanted("default"))]
    aside = [event for line in (folder / "damaged.jsonl").read_bytes().splitlines() for event in read(line)]
    return [said["q"] for said in kept], aside


def test_what_cannot_be_set_aside_waits_and_the_writer_lives(database: Database, tmp_path: Path) -> None:
    """A full disk, or a file that is somebody else's: it says why, and goes on when that is mended."""
    (tmp_path / "damaged.jsonl").mkdir()
    (tmp_path / "foreign.journal").mkdir()
    left = Journal.begin(tmp_path, "left")
    left.append(b"not an event\n")
    left.close()
    recorder = Recorder(tmp_path, Ledger(database))
    until(lambda: recorder.backlog().error is not None)
    waiting = recorder.backlog().error
    (tmp_path / "damaged.jsonl").rmdir()
    recorder.record(made_event(1))
    until(lambda: recorder.backlog().bytes == 0)
    recorder.close()

    assert "damaged.jsonl cannot be written" in (waiting or "")
    assert (tmp_path / "damaged.jsonl").read_bytes() == b"not an event\n"
    assert len(list(Ledger(database).links(Wanted("default")))) == 1


def test_what_is_recorded_is_in_the_database_a_moment_later(recorder: Recorder) -> None:
    """In order, and the journal keeps no copy of the words."""
    for number in range(100):
        recorder.record(made_event(number))
    recorder.flush()

    assert [link.said() for link in recorder.ledger.links(Wanted("default"))] == [
        {"q": f"question {number}", "ticket": TICKETS.of(f"T-{number}")} for number in range(100)
    ]
    assert recorder.backlog().bytes == 0


def test_fifty_threads_record_at_once(recorder: Recorder) -> None:
    """None is lost, none is doubled, the chain is whole."""
    with ThreadPoolExecutor(50) as threads:
        list(threads.map(lambda number: recorder.record(made_event(number)), range(500)))
    recorder.flush()

    assert sorted(link.ticket or "" for link in recorder.ledger.links(Wanted("default"))) == sorted(
        link.ticket or "" for link in made_chain(500)[0]
    )
    assert told_faults(recorder.ledger) == []


def test_a_full_disk_is_said_and_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next line that fits is whole."""
    journal = Journal.begin(tmp_path, "one")
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda handle, line: len(line) - 5 if os.pwrite(handle, line[:-5], 0) else 0)
        with pytest.raises(StoreError, match="the disk is full"):
            journal.append(b"first line\n")
    journal.append(b"second line\n")

    assert journal.read(0, 100) == b"second line\n"
    journal.close()


def test_a_journal_that_its_process_left_is_brought_in(database: Database, tmp_path: Path) -> None:
    """Also where its last line is torn: that one was never acknowledged."""
    folder = tmp_path / "journal"
    left = Journal.begin(folder, "left")
    left.append(written([made_event(1)]))
    left.append(b'[{"id": "torn')
    left.close()

    recorder = Recorder(folder, Ledger(database))
    recorder.record(made_event(2))
    recorder.flush()
    recorder.close()

    assert [link.said() for link in Ledger(database).links(Wanted("default"))] == [
        {"q": "question 1", "ticket": TICKETS.of("T-1")}, {"q": "question 2", "ticket": TICKETS.of("T-2")},
    ]  # fmt: skip
    assert list(folder.iterdir()) == []


def test_a_journal_that_is_held_is_left_to_its_holder(tmp_path: Path) -> None:
    """Two services over one data folder do not take each other's events."""
    held = Journal.begin(tmp_path, "held")

    assert list(left_behind(tmp_path)) == []
    held.close()


def test_a_damaged_line_is_set_aside_and_keeps_nobody_waiting(database: Database, tmp_path: Path) -> None:
    """A person can look at it; the others are in the chain."""
    left = Journal.begin(tmp_path, "left")
    left.append(b"not an event\n")
    left.append(written([made_event(1)]))
    left.close()

    recorder = Recorder(tmp_path, Ledger(database))
    recorder.record(made_event(2))
    recorder.flush()
    recorder.close()

    assert len(list(Ledger(database).links(Wanted("default")))) == 2
    assert (tmp_path / "damaged.jsonl").read_bytes() == b"not an event\n"
    assert recorder.backlog().damaged == 1


def test_an_empty_line_of_another_process_keeps_nobody_waiting(recorder: Recorder, tmp_path: Path) -> None:
    """Its own process sets it aside."""
    other = Journal.begin(tmp_path / "journal", "other")
    other.append(b"[]\n")
    recorder.record(made_event(1))
    recorder.flush()
    other.remove()

    assert len(list(recorder.ledger.links(Wanted("default")))) == 1


def test_a_database_that_ends_keeps_nobody_waiting(postgres: Postgres, tmp_path: Path) -> None:
    """Events are taken while it is away, the backlog says so, and they are committed when it is back."""
    database = Database(postgres.database())
    recorder = Recorder(tmp_path, Ledger(database))
    recorder.record(made_event(1))
    recorder.flush()
    postgres.stop()
    try:
        recorder.record(made_event(2))
        with pytest.raises(StoreError, match="cannot be used"):
            recorder.flush()
        waiting = recorder.backlog()
    finally:
        postgres.start()
    until(lambda: recorder.backlog().bytes == 0)
    recorder.close()

    assert waiting.error is not None
    assert [link.seq for link in Ledger(database).links(Wanted("default"))] == [1, 2]
    assert told_faults(Ledger(database)) == []
    database.close()
