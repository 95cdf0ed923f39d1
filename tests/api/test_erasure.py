"""Erasing and forgetting: the words go wherever they are kept, and the chain stays whole."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from api.database import Database, events
from api.events.erasure import erase, retain
from api.events.event import Kind, canonical, new_id, read, written
from api.events.ledger import Ledger, Wanted
from api.events.recorder import Recorder
from api.events.ticket_keys import TicketKeys, note_secret, other_secrets
from tests.doors import TICKETS
from tests.events import NOON, made_event, told_faults


@pytest.fixture
def ledger(database: Database) -> Ledger:
    """Ten events of one space."""
    made = Ledger(database)
    made.append([made_event(number) for number in range(10)])
    return made


@pytest.fixture
def recorder(database: Database, tmp_path: Path) -> Iterator[Recorder]:
    """A recorder over an empty database."""
    running = Recorder(tmp_path / "journal", Ledger(database))
    yield running
    running.close()


def test_erasing_a_ticket_takes_its_words_and_leaves_the_chain(ledger: Ledger) -> None:
    """Its question, its ticket and the salt are gone; the others stay; the erasure itself is in the chain."""
    erased = ledger.erase("default", tickets=TICKETS.every("T-3"), by="admin", at=NOON + timedelta(days=1))
    links = list(ledger.links(Wanted("default")))

    assert erased == 1
    assert [(link.words, link.salt, link.ticket) for link in links if link.erased] == [(None, None, None)]
    assert [link.kind for link in links[-1:]] == ["erased"]
    assert "T-3" not in canonical([link.body for link in links])
    assert told_faults(ledger) == []


def test_erasing_a_ticket_takes_what_was_said_of_its_answers(database: Database) -> None:
    """The comment on an answer, and why it was empty, name no ticket: the receipt leads to them."""
    ledger, receipt = Ledger(database), new_id(NOON)
    comment = {"comment": "the customer was angry"}
    ledger.append(
        [made_event(1, receipt=receipt), made_event(2, receipt=receipt, ticket=None), made_event(3, words=comment, ticket=None)]
    )
    ledger.append([made_event(4, receipt=receipt, kind=Kind.SHOWN, words=comment, ticket=None)])

    assert ledger.erase("default", tickets=TICKETS.every("T-1"), by="admin", at=NOON) == 3
    assert [link.said() for link in ledger.links(Wanted("default"))] == [None, None, comment, None, None]
    assert told_faults(ledger) == []


def test_erasing_is_of_one_space(database: Database) -> None:
    """The same ticket number in another company's space is another ticket."""
    ledger = Ledger(database)
    ledger.append([made_event(1, space="acme"), made_event(1, space="zeta")])

    ledger.erase("acme", tickets=TICKETS.every("T-1"), by="admin", at=NOON)

    assert [link.said() for link in ledger.links(Wanted("zeta"))] == [{"q": "question 1", "ticket": TICKETS.of("T-1")}]


def test_erasing_what_is_not_there_writes_nothing(ledger: Ledger) -> None:
    """And says so by its count."""
    assert ledger.erase("default", receipts=["01J00000000000000000000000"], by="admin", at=NOON) == 0
    assert len(list(ledger.links(Wanted("default")))) == 10


def test_what_is_too_old_goes_and_the_rest_still_verifies(ledger: Ledger) -> None:
    """Twice, because the second checkpoint stands on what the first left."""
    removed = [ledger.retain("default", since=made_event(at).at, by="policy", at=NOON + timedelta(days=1)) for at in (4, 4, 7)]

    assert removed == [4, 0, 3]
    assert [link.seq for link in ledger.links(Wanted("default"))] == [8, 9, 10, 11, 12]
    assert told_faults(ledger) == []


def test_a_checkpoint_does_not_excuse_more_than_it_names(ledger: Ledger) -> None:
    """Removing one event more than policy did is found."""
    ledger.retain("default", since=made_event(4).at, by="policy", at=NOON + timedelta(days=1))
    with ledger.database.writing() as connection:
        connection.execute(events.delete().where(events.c.seq == 5))

    assert told_faults(ledger) == ["space default, event 6: everything before it is gone, and no checkpoint says so"]


def test_everything_may_be_too_old(ledger: Ledger) -> None:
    """The checkpoint alone remains."""
    assert ledger.retain("default", since=NOON + timedelta(days=9), by="policy", at=NOON + timedelta(days=9)) == 10
    assert [link.kind for link in ledger.links(Wanted("default"))] == ["checkpoint"]
    assert told_faults(ledger) == []


def test_a_ticket_that_was_kept_before_keys_had_a_secret_is_erased_too(database: Database) -> None:
    """Its key is a plain SHA-256, which the words' commitment covers and nobody can change."""
    ledger = Ledger(database)
    old = made_event(1, ticket=hashlib.sha256(b"T-1").hexdigest())
    ledger.append([old, made_event(2, ticket=TICKETS.of("T-1"))])

    assert ledger.erase("default", tickets=TICKETS.every("T-1"), by="admin", at=NOON) == 2
    assert told_faults(ledger) == []


def test_a_key_tells_nothing_to_who_has_not_the_secret() -> None:
    """Short ids can be tried one by one; under another secret each has another key."""
    assert TICKETS.of("5512345678") not in TicketKeys(b"another secret").every("5512345678")
    assert TICKETS.of("5512345678") == TICKETS.of("5512345678")


def test_what_the_database_could_not_hold_is_erased_with_the_rest(recorder: Recorder) -> None:
    """By the ticket, and by the receipt of an answer that was given for it; other customers' lines stay as they are."""
    receipt = "01J00000000000000000000000"
    mine = made_event(1, receipt=receipt)
    other, foreign = made_event(2), made_event(1, space="zeta")
    recorder.record(replace(mine, words={"q": "in the chain"}))
    recorder.flush()
    feedback = made_event(3, receipt=receipt, ticket=None, words={"comment": "the customer said so"})
    unreadable = b"torn " + TICKETS.of("T-1").encode()
    for line in (written([mine, other]), written([feedback]), written([foreign]), unreadable, b"torn by another"):
        recorder.damaged.add(line.rstrip())

    count = erase(recorder, "default", tickets=TICKETS.every("T-1"), by="admin", at=NOON)
    lines = recorder.damaged.lines()

    assert count == 4
    assert read(lines[0]) == [replace(mine, words=None, ticket=None), other]
    assert (read(lines[1]), read(lines[2])) == ([replace(feedback, words=None)], [foreign])
    assert (lines[3:], recorder.damaged.unreadable()) == ([b"torn by another"], 1)


def test_what_the_database_could_not_hold_is_forgotten_when_it_is_old(recorder: Recorder) -> None:
    """Of its own space alone; a file with nothing in it goes."""
    recorder.damaged.add(written([made_event(1), made_event(9)]).rstrip())
    removed = [
        retain(recorder, space, since=made_event(5).at, by="policy", at=NOON) for space in ("zeta", "default", "default")
    ]
    left = [event.id for line in recorder.damaged.lines() for event in read(line)]
    retain(recorder, "default", since=made_event(50).at, by="policy", at=NOON)

    assert (removed, len(left)) == ([0, 1, 0], 1)
    assert not recorder.damaged.path.exists()


def test_a_secret_that_others_use_is_remembered(database: Database) -> None:
    """Services that share a database without sharing the secret would miss each other's tickets when they erase."""
    other = TicketKeys(b"another secret")
    for keys in (TICKETS, TICKETS, other):
        note_secret(database, keys, NOON)

    assert (other_secrets(database, TICKETS), other_secrets(database, other)) == ([other.secret_id], [TICKETS.secret_id])
