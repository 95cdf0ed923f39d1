"""The chain of events: each comes back as it was, and whatever is changed, removed or added is named."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from api.database import Database
from api.events.chain import Head, Link, faults, linked
from api.events.event import Kind, new_id, read, written
from api.events.ledger import Ledger, Wanted
from tests.events import NOON, made_chain, made_event, told_faults


@pytest.fixture
def ledger(database: Database) -> Ledger:
    """Ten events of one space."""
    made = Ledger(database)
    made.append([made_event(number) for number in range(10)])
    return made


TEXTS = st.text(min_size=1, max_size=20)
WORDS = st.none() | st.dictionaries(
    st.text(max_size=5), st.text(max_size=20) | st.floats(allow_nan=False, allow_infinity=False), max_size=3
)


@given(
    WORDS, st.text(min_size=1, max_size=20), st.none() | st.text(min_size=1, max_size=9), st.datetimes(timezones=st.just(UTC))
)
def test_an_event_comes_back_from_its_line(words: dict[str, Any] | None, reader: str, ticket: str | None, at: datetime) -> None:
    """Whatever people type, control characters and half a surrogate included, is one line, and read as it was."""
    event = made_event(words=words, reader=reader, ticket=ticket, at=at)
    line = written([event, made_event(2)])

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
    links, head = made_chain(20)

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
    links, head = made_chain(10)
    links[place] = replace(links[place], **{column: CHANGED[column](links[place])})

    assert place + 1 in {fault.seq for fault in faults("default", links, head)}


@given(st.data())
def test_any_removal_swap_or_repetition_is_found(data: st.DataObject) -> None:
    """Whatever is not the chain as it was written has a fault."""
    links, head = made_chain(8)
    order = data.draw(st.lists(st.integers(0, 7), max_size=9))
    changed = [links[place] for place in order]

    assert bool(list(faults("default", changed, head))) == (changed != links)


def test_a_row_written_anew_with_its_own_hash_breaks_the_next_one() -> None:
    """Whoever recomputes one hash must recompute all that follow, and the noted end."""
    links, head = made_chain(5)
    forged = linked(made_event(1, reader="eve"), Head(links[0].seq, links[0].hash))
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

    assert told_faults(ledger) == TAMPERING[statement]


def test_each_space_has_a_chain_of_its_own(database: Database) -> None:
    """What one space reads names nothing of another, and the number of its events tells nothing of another's."""
    ledger = Ledger(database)
    ledger.append([made_event(number, space=("acme", "zeta")[number % 2]) for number in range(10)])

    assert [link.seq for link in ledger.links(Wanted("acme"))] == [1, 2, 3, 4, 5]
    assert {link.space for link in ledger.links(Wanted("acme"))} == {"acme"}
    assert ledger.spaces() == ["acme", "zeta"]
    assert told_faults(ledger, "acme") + told_faults(ledger, "zeta") == []


def test_an_event_is_appended_once(ledger: Ledger) -> None:
    """A journal that is read twice, after a kill at the wrong moment, adds nothing."""
    one = made_event(50)

    counts = [ledger.append([one]), ledger.append([one, made_event(51), one])]

    assert counts == [1, 1]
    assert told_faults(ledger) == []


def test_events_are_found_by_moment_reader_and_kind(ledger: Ledger) -> None:
    """`since` is included and `until` is not."""
    ledger.append([made_event(10, reader="ben"), made_event(11, kind=Kind.OPENED)])

    assert [link.seq for link in ledger.links(Wanted("default", since=made_event(8).at, until=made_event(10).at))] == [9, 10]
    assert [link.seq for link in ledger.links(Wanted("default", reader="ben"))] == [11]
    assert [link.seq for link in ledger.links(Wanted("default", kind=Kind.OPENED))] == [12]


def test_long_chains_are_read_in_pages(database: Database) -> None:
    """Every event, once, in order."""
    ledger = Ledger(database)
    ledger.append([made_event(number) for number in range(2500)])

    assert [link.seq for link in ledger.links(Wanted("default"))] == list(range(1, 2501))
