"""Events: acknowledged is kept, kept is chained, and what was tampered with is found and named."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from api.contact import ticket_key
from api.database import Database, events
from api.events.chain import BEGINNING, Head, Link, faults, linked
from api.events.event import Event, Kind, canonical, new_id, read, written
from api.events.feedback_table import feedback_by_id
from api.events.journal import Journal, left_behind
from api.events.ledger import Ledger, Wanted
from api.events.recorder import Recorder
from api.store_error import StoreError
from tests.conftest import ROOT
from tests.postgres import Postgres

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _event(number: int = 0, **changes: Any) -> Event:
    at = NOON + timedelta(minutes=number)
    event = Event(
        new_id(at),
        "default",
        at,
        Kind.ASKED,
        "ana",
        {"limit": 10},
        words={"q": f"question {number}"},
        ticket=ticket_key(f"T-{number}"),
    )
    return replace(event, **changes)


def _chain(count: int) -> tuple[list[Link], Head]:
    links: list[Link] = []
    head = Head(0, BEGINNING)
    for number in range(count):
        links.append(linked(_event(number), head))
        head = Head(links[-1].seq, links[-1].hash)
    return links, head


def _said(ledger: Ledger, space: str = "default") -> list[str]:
    return [str(fault) for fault in ledger.verify(space)]


@pytest.fixture
def ledger(database: Database) -> Ledger:
    """Ten events of one space."""
    made = Ledger(database)
    made.append([_event(number) for number in range(10)])
    return made


@pytest.fixture
def recorder(database: Database, tmp_path: Path) -> Iterator[Recorder]:
    """A recorder over an empty database."""
    running = Recorder(tmp_path / "journal", Ledger(database))
    yield running
    running.close()


TEXTS = st.text(min_size=1, max_size=20)
WORDS = st.none() | st.dictionaries(
    st.text(max_size=5), st.text(max_size=20) | st.floats(allow_nan=False, allow_infinity=False), max_size=3
)


@given(
    WORDS, st.text(min_size=1, max_size=20), st.none() | st.text(min_size=1, max_size=9), st.datetimes(timezones=st.just(UTC))
)
def test_an_event_comes_back_from_its_line(words: dict[str, Any] | None, reader: str, ticket: str | None, at: datetime) -> None:
    """Whatever people type, control characters and half a surrogate included, is one line, and read as it was."""
    event = _event(words=words, reader=reader, ticket=ticket, at=at)
    line = written([event, _event(2)])

    assert line.count(b"\n") == 1
    assert read(line)[0] == event


def test_ids_sort_by_time_and_cannot_be_guessed() -> None:
    """Of one millisecond, all differ."""
    ids = [new_id(NOON + timedelta(milliseconds=number)) for number in range(100)]

    assert sorted(ids) == ids
    assert {len(id_) for id_ in ids} == {26}
    assert len({new_id(NOON) for _ in range(1000)}) == 1000


def test_an_untouched_chain_has_no_fault() -> None:
    """Also an empty one."""
    links, head = _chain(20)

    assert list(faults("default", links, head)) == []
    assert list(faults("default", [], None)) == []


CHANGED: dict[str, Callable[[Link], Any]] = {
    "id": lambda link: link.id[:-1] + ("0" if link.id[-1] != "0" else "1"),
    "space": lambda _: "other",
    "at": lambda link: link.at.replace("2026", "2025"),
    "kind": lambda _: "shown",
    "reader": lambda _: "eve",
    "receipt": lambda _: "01J00000000000000000000000",
    "body": lambda _: '{"limit":11}',
    "commitment": lambda _: "0" * 64,
    "words": lambda _: '{"q":"something else","ticket":"T-3"}',
    "salt": lambda _: "0" * 64,
    "ticket": lambda _: "0" * 64,
    "previous": lambda _: "1" * 64,
    "hash": lambda _: "0" * 64,
}


@pytest.mark.parametrize("column", CHANGED)
@pytest.mark.parametrize("place", [0, 3, 9])
def test_a_change_of_any_column_is_found_and_named(column: str, place: int) -> None:
    """At the beginning, in the middle and at the end of the chain."""
    links, head = _chain(10)
    links[place] = replace(links[place], **{column: CHANGED[column](links[place])})

    assert place + 1 in {fault.seq for fault in faults("default", links, head)}


@given(st.data())
def test_any_removal_swap_or_repetition_is_found(data: st.DataObject) -> None:
    """Whatever is not the chain as it was written has a fault."""
    links, head = _chain(8)
    order = data.draw(st.lists(st.integers(0, 7), max_size=9))
    changed = [links[place] for place in order]

    assert bool(list(faults("default", changed, head))) == (changed != links)


def test_a_row_written_anew_with_its_own_hash_breaks_the_next_one() -> None:
    """Whoever recomputes one hash must recompute all that follow, and the noted end."""
    links, head = _chain(5)
    forged = linked(_event(1, reader="eve"), Head(links[0].seq, links[0].hash))
    links[1] = forged

    assert [str(fault) for fault in faults("default", links, head)] == [
        "space default, event 3: it does not follow event 2 as that stands now"
    ]


TAMPERING = {
    "UPDATE events SET reader = 'eve' WHERE seq = 4": [
        "space default, event 4: its content does not fit its hash: it was changed"
    ],
    'UPDATE events SET words = \'{"q":"x"}\' WHERE seq = 4': [
        "space default, event 4: its words do not fit what the chain holds of them: they were changed",
        "space default, event 4: its ticket is not the one that its words name",
    ],
    "UPDATE events SET words = NULL, salt = NULL, ticket = NULL WHERE seq = 4": [
        "space default, event 4: its words are gone, and no erasure names it"
    ],
    "DELETE FROM events WHERE seq = 4": ["space default, event 5: before it, 4 is missing"],
    "DELETE FROM events WHERE seq IN (4, 5, 6)": ["space default, event 7: before it, 4 to 6 is missing"],
    "DELETE FROM events WHERE seq = 10": [
        "space default, event 10: it was written, but the chain ends at 9: what followed is missing"
    ],
    "DELETE FROM events WHERE seq < 3": ["space default, event 3: everything before it is gone, and no checkpoint says so"],
    "DELETE FROM events": ["space default, event 10: it was written, but the chain ends at 0: what followed is missing"],
    "UPDATE chains SET seq = 9": ["space default, event 9: the chain's end is not the one that was noted"],
    "DELETE FROM chains": ["space default, event 10: the chain's end is not the one that was noted"],
}


@pytest.mark.parametrize("statement", TAMPERING)
def test_tampering_in_the_database_is_found_and_named(ledger: Ledger, statement: str) -> None:
    """By whoever has the database's password; the fault says where and what."""
    with ledger.database.writing() as connection:
        connection.execute(text(statement))

    assert _said(ledger) == TAMPERING[statement]


def test_a_name_that_no_database_can_hold_does_not_stop_the_others(database: Database) -> None:
    """A NUL and half a surrogate, as an identity provider may send them."""
    ledger = Ledger(database)
    ledger.append([_event(1, reader="a\0b\ud800", ticket=ticket_key("\udfff"))])

    assert [link.reader for link in ledger.links(Wanted("default"))] == ["a\ufffdb\ufffd"]
    assert _said(ledger) == []


def test_feedback_that_no_database_can_hold_does_not_stop_the_others(database: Database) -> None:
    """Wherever a NUL stands: in the article, in who sent it, in whom it was given to."""
    ledger = Ledger(database)
    said = _event(1, kind=Kind.FEEDBACK, reader="a\0b", body={"verdict": "wrong", "article": "card\0"})
    given = {"feedback": said.id, "state": "assigned", "assignee": "con\0tent", "commit": None}
    ledger.append([said, _event(2, kind=Kind.FEEDBACK, body=given)])
    found = feedback_by_id(database, said.id)

    assert found is not None
    assert (found.reader, found.article, found.assignee) == ("a\ufffdb", "card\ufffd", "con\ufffdtent")


UNFIT: dict[str, dict[str, Any]] = {
    "half a surrogate": {"space": "\ud800"},
    "a body that lacks what every one of its kind has": {"kind": Kind.FEEDBACK, "body": {"verdict": "wrong"}},
    "nothing where the table wants something": {"kind": Kind.FEEDBACK, "body": {"verdict": None, "article": None}},
}


@pytest.mark.parametrize("unfit", UNFIT)
def test_an_event_that_cannot_be_kept_is_set_aside_alone(database: Database, tmp_path: Path, unfit: str) -> None:
    """Also in a journal that was left behind; what stood beside it in one line is kept."""
    bad = _event(2, **UNFIT[unfit])

    assert _brought_in(database, tmp_path, bad) == (["question 1", "question 3", "question 4"], [bad, bad])
    assert _said(Ledger(database)) == []


def test_what_postgresql_alone_cannot_hold_is_set_aside_too(postgres: Postgres, tmp_path: Path) -> None:
    """A NUL, which SQLite keeps, must not stop the writer for good."""
    database, bad = Database(postgres.database()), _event(2, space="de\0fault")

    assert _brought_in(database, tmp_path, bad) == (["question 1", "question 3", "question 4"], [bad, bad])
    database.close()


def _brought_in(database: Database, folder: Path, bad: Event) -> tuple[list[str], list[Event]]:
    """The questions that are kept, and the events that are set aside, of a journal left behind and one that is new."""
    left = Journal.begin(folder, "left")
    left.append(written([_event(1), bad]))
    left.close()

    recorder = Recorder(folder, Ledger(database))
    recorder.record(_event(3), bad, _event(4))
    recorder.settle()
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
    recorder.record(_event(1))
    until(lambda: recorder.backlog().bytes == 0)
    recorder.close()

    assert "damaged.jsonl cannot be written" in (waiting or "")
    assert (tmp_path / "damaged.jsonl").read_bytes() == b"not an event\n"
    assert len(list(Ledger(database).links(Wanted("default")))) == 1


def test_each_space_has_a_chain_of_its_own(database: Database) -> None:
    """What one space reads names nothing of another, and the number of its events tells nothing of another's."""
    ledger = Ledger(database)
    ledger.append([_event(number, space=("acme", "zeta")[number % 2]) for number in range(10)])

    assert [link.seq for link in ledger.links(Wanted("acme"))] == [1, 2, 3, 4, 5]
    assert {link.space for link in ledger.links(Wanted("acme"))} == {"acme"}
    assert ledger.spaces() == ["acme", "zeta"]
    assert _said(ledger, "acme") + _said(ledger, "zeta") == []


def test_an_event_is_appended_once(ledger: Ledger) -> None:
    """A journal that is read twice, after a kill at the wrong moment, adds nothing."""
    one = _event(50)

    counts = [ledger.append([one]), ledger.append([one, _event(51), one])]

    assert counts == [1, 1]
    assert _said(ledger) == []


def test_events_are_found_by_moment_reader_and_kind(ledger: Ledger) -> None:
    """`since` is included and `until` is not."""
    ledger.append([_event(10, reader="ben"), _event(11, kind=Kind.OPENED)])

    assert [link.seq for link in ledger.links(Wanted("default", since=_event(8).at, until=_event(10).at))] == [9, 10]
    assert [link.seq for link in ledger.links(Wanted("default", reader="ben"))] == [11]
    assert [link.seq for link in ledger.links(Wanted("default", kind=Kind.OPENED))] == [12]


def test_long_chains_are_read_in_pages(database: Database) -> None:
    """Every event, once, in order."""
    ledger = Ledger(database)
    ledger.append([_event(number) for number in range(2500)])

    assert [link.seq for link in ledger.links(Wanted("default"))] == list(range(1, 2501))


def test_erasing_a_ticket_takes_its_words_and_leaves_the_chain(ledger: Ledger) -> None:
    """Its question, its ticket and the salt are gone; the others stay; the erasure itself is in the chain."""
    erased = ledger.erase("default", ticket="T-3", by="admin", at=NOON + timedelta(days=1))
    links = list(ledger.links(Wanted("default")))

    assert erased == 1
    assert [(link.words, link.salt, link.ticket) for link in links if link.erased] == [(None, None, None)]
    assert [link.kind for link in links[-1:]] == ["erased"]
    assert "T-3" not in canonical([link.body for link in links])
    assert _said(ledger) == []


def test_erasing_a_ticket_takes_what_was_said_of_its_answers(database: Database) -> None:
    """The comment on an answer, and why it was empty, name no ticket: the receipt leads to them."""
    ledger, receipt = Ledger(database), new_id(NOON)
    comment = {"comment": "the customer was angry"}
    ledger.append([_event(1, receipt=receipt), _event(2, receipt=receipt, ticket=None), _event(3, words=comment, ticket=None)])
    ledger.append([_event(4, receipt=receipt, kind=Kind.SHOWN, words=comment, ticket=None)])

    assert ledger.erase("default", ticket="T-1", by="admin", at=NOON) == 3
    assert [link.said() for link in ledger.links(Wanted("default"))] == [None, None, comment, None, None]
    assert _said(ledger) == []


def test_erasing_is_of_one_space(database: Database) -> None:
    """The same ticket number in another company's space is another ticket."""
    ledger = Ledger(database)
    ledger.append([_event(1, space="acme"), _event(1, space="zeta")])

    ledger.erase("acme", ticket="T-1", by="admin", at=NOON)

    assert [link.said() for link in ledger.links(Wanted("zeta"))] == [{"q": "question 1", "ticket": ticket_key("T-1")}]


def test_erasing_what_is_not_there_writes_nothing(ledger: Ledger) -> None:
    """And says so by its count."""
    assert ledger.erase("default", receipt="01J00000000000000000000000", by="admin", at=NOON) == 0
    assert len(list(ledger.links(Wanted("default")))) == 10


def test_what_is_too_old_goes_and_the_rest_still_verifies(ledger: Ledger) -> None:
    """Twice, because the second checkpoint stands on what the first left."""
    removed = [ledger.retain("default", since=_event(at).at, by="policy", at=NOON + timedelta(days=1)) for at in (4, 4, 7)]

    assert removed == [4, 0, 3]
    assert [link.seq for link in ledger.links(Wanted("default"))] == [8, 9, 10, 11, 12]
    assert _said(ledger) == []


def test_a_checkpoint_does_not_excuse_more_than_it_names(ledger: Ledger) -> None:
    """Removing one event more than policy did is found."""
    ledger.retain("default", since=_event(4).at, by="policy", at=NOON + timedelta(days=1))
    with ledger.database.writing() as connection:
        connection.execute(events.delete().where(events.c.seq == 5))

    assert _said(ledger) == ["space default, event 6: everything before it is gone, and no checkpoint says so"]


def test_everything_may_be_too_old(ledger: Ledger) -> None:
    """The checkpoint alone remains."""
    assert ledger.retain("default", since=NOON + timedelta(days=9), by="policy", at=NOON + timedelta(days=9)) == 10
    assert [link.kind for link in ledger.links(Wanted("default"))] == ["checkpoint"]
    assert _said(ledger) == []


def test_what_is_recorded_is_in_the_database_a_moment_later(recorder: Recorder) -> None:
    """In order, and the journal keeps no copy of the words."""
    for number in range(100):
        recorder.record(_event(number))
    recorder.settle()

    assert [link.said() for link in recorder.ledger.links(Wanted("default"))] == [
        {"q": f"question {number}", "ticket": ticket_key(f"T-{number}")} for number in range(100)
    ]
    assert recorder.backlog().bytes == 0


def test_fifty_threads_record_at_once(recorder: Recorder) -> None:
    """None is lost, none is doubled, the chain is whole."""
    with ThreadPoolExecutor(50) as threads:
        list(threads.map(lambda number: recorder.record(_event(number)), range(500)))
    recorder.settle()

    assert sorted(link.ticket or "" for link in recorder.ledger.links(Wanted("default"))) == sorted(
        link.ticket or "" for link in _chain(500)[0]
    )
    assert _said(recorder.ledger) == []


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
    left.append(written([_event(1)]))
    left.append(b'[{"id": "torn')
    left.close()

    recorder = Recorder(folder, Ledger(database))
    recorder.record(_event(2))
    recorder.settle()
    recorder.close()

    assert [link.said() for link in Ledger(database).links(Wanted("default"))] == [
        {"q": "question 1", "ticket": ticket_key("T-1")}, {"q": "question 2", "ticket": ticket_key("T-2")},
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
    left.append(written([_event(1)]))
    left.close()

    recorder = Recorder(tmp_path, Ledger(database))
    recorder.record(_event(2))
    recorder.settle()
    recorder.close()

    assert len(list(Ledger(database).links(Wanted("default")))) == 2
    assert (tmp_path / "damaged.jsonl").read_bytes() == b"not an event\n"


def test_a_database_that_ends_keeps_nobody_waiting(postgres: Postgres, tmp_path: Path) -> None:
    """Events are taken while it is away, the backlog says so, and they are committed when it is back."""
    database = Database(postgres.database())
    recorder = Recorder(tmp_path, Ledger(database))
    recorder.record(_event(1))
    recorder.settle()
    postgres.stop()
    try:
        recorder.record(_event(2))
        with pytest.raises(StoreError, match="cannot be used"):
            recorder.settle()
        waiting = recorder.backlog()
    finally:
        postgres.start()
    until(lambda: recorder.backlog().bytes == 0)
    recorder.close()

    assert waiting.error is not None
    assert [link.seq for link in Ledger(database).links(Wanted("default"))] == [1, 2]
    assert _said(Ledger(database)) == []
    database.close()


WRITER = """
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from api.database import Database
from api.events.event import Event, Kind, new_id
from api.events.feedback_table import feedback_by_id
from api.events.ledger import Ledger
from api.events.recorder import Recorder

recorder = Recorder(Path(sys.argv[2]), Ledger(Database(sys.argv[1])))
lock = Lock()

def write(_):
    while True:
        now = datetime.now(UTC)
        event = Event(new_id(now), "default", now, Kind.ASKED, "ana", {}, words={"q": "x" * 500})
        recorder.record(event)
        with lock:
            sys.stdout.write(event.id + "\\n")
            sys.stdout.flush()
        time.sleep(0.02)

with ThreadPoolExecutor(10) as threads:
    list(threads.map(write, range(10)))
"""


@pytest.mark.proof
def test_fifty_writers_are_killed_and_nothing_acknowledged_is_lost(empty_database: str, tmp_path: Path) -> None:
    """Five processes of ten threads write to one database until each is killed with -9; three times over."""
    folder = tmp_path / "journal"
    acknowledged: set[str] = set()
    Database(empty_database).close()
    for _ in range(3):
        acknowledged |= _killed_writers(empty_database, folder, tmp_path)
    database = Database(empty_database)
    recorder = Recorder(folder, Ledger(database))
    recorder.record(_event(1))
    recorder.settle(60)
    recorder.close()
    kept = {link.id for link in Ledger(database).links(Wanted("default"))}

    assert len(acknowledged) > 1000
    assert acknowledged - kept == set()
    assert _said(Ledger(database)) == []
    database.close()


def _killed_writers(url: str, folder: Path, scratch: Path) -> set[str]:
    """Let five processes write for a while, kill them, and give the ids that they had acknowledged."""
    outputs = [scratch / f"acknowledged-{number}" for number in range(5)]
    writers = []
    for output in outputs:
        with output.open("wb") as file:
            command = [sys.executable, "-c", WRITER, url, str(folder)]
            writers.append(subprocess.Popen(command, cwd=ROOT, stdout=file))
    try:
        until(lambda: all(output.stat().st_size > 27 * 100 for output in outputs), seconds=120)
    finally:
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
    return {line for output in outputs for line in output.read_text().splitlines() if len(line) == 26}


@pytest.mark.proof
def test_a_server_that_crashes_under_fifty_writers_loses_nothing(postgres: Postgres, tmp_path: Path) -> None:
    """PostgreSQL is stopped as a crash would, twice, while fifty threads record."""
    database = Database(postgres.database())
    recorder = Recorder(tmp_path, Ledger(database))
    ids: list[str] = []

    def write(number: int) -> None:
        for step in range(20):
            event = _event(number * 20 + step)
            recorder.record(event)
            ids.append(event.id)
            time.sleep(0.1)

    with ThreadPoolExecutor(50) as threads:
        running = [threads.submit(write, number) for number in range(50)]
        for _ in range(2):
            time.sleep(0.5)
            postgres.stop()
            postgres.start()
        for future in running:
            future.result()
    until(lambda: recorder.backlog().bytes == 0, seconds=60)
    recorder.close()
    kept = [link.id for link in Ledger(database).links(Wanted("default"))]

    assert sorted(kept) == sorted(ids)
    assert _said(Ledger(database)) == []
    database.close()


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until it holds; a failure if it never does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.02)
