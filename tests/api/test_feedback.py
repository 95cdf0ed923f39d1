"""Feedback: sent with the receipt, worked on by writers and leads, seen by whoever sent it."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.access import Role
from api.database import Database
from api.events.event import canonical
from api.events.ledger import Ledger, Wanted
from api.events.recorder import Recorder
from api.events.records import Records
from api.reader import Reader
from tests.doors import TICKETS
from tests.world import World

ANA = Reader("token-ana", "ana", Role.AGENT, frozenset({"default"}), tier=1)
BEN = replace(ANA, id="token-ben", name="ben")
LEA = replace(ANA, id="token-lea", name="lea", role=Role.LEAD)
FAR = replace(LEA, id="token-far", spaces=frozenset({"other"}))
MISSING = "01J00000000000000000000000"


@pytest.fixture
def records(database: Database, tmp_path: Path) -> Iterator[Records]:
    """An event store on each kind of database."""
    recorder = Recorder(tmp_path / "journal", Ledger(database))
    yield Records(recorder, lambda text: text.replace("4111111111111111", "[card]"), TICKETS)
    recorder.close()


@pytest.fixture
def cards(world: World) -> World:
    """One article."""
    world.article("card-lost.md", body="Freeze the lost card.")
    return world


def _as(world: World, records: Records, reader: Reader) -> Any:
    world.reader = reader
    return world.client(records)


def _send(world: World, records: Records, reader: Reader = ANA, **more: Any) -> Any:
    return _as(world, records, reader).post("/v1/feedback", json={"verdict": "wrong", "article": "card-lost", **more})


def test_feedback_goes_from_open_to_closed_and_its_sender_sees_it(cards: World, records: Records) -> None:
    """With the receipt, the redacted comment, who works on it, and the commit that closed it."""
    receipt = _as(cards, records, ANA).post("/v1/search", json={"q": "lost card"}).json()["receipt"]
    sent = _send(cards, records, receipt=receipt, comment="asked for 4111111111111111").json()
    lead = _as(cards, records, LEA)
    states = [
        lead.patch(f"/v1/feedback/{sent['id']}", json=change).json()["state"]
        for change in ({"state": "assigned", "assignee": "content"}, {"state": "closed", "commit": "abc1234"})
    ]
    mine = _as(cards, records, ANA).get("/v1/feedback").json()["feedback"]

    assert (sent["state"], sent["comment"], sent["receipt"]) == ("open", "asked for [card]", receipt)
    assert states == ["assigned", "closed"]
    assert [(entry["id"], entry["state"], entry["commit"]) for entry in mine] == [(sent["id"], "closed", "abc1234")]
    assert [
        link.facts()["state"] for link in records.recorder.ledger.links(Wanted("default")) if "state" in link.facts()
    ] == states
    assert list(records.recorder.ledger.verify("default")) == []


def test_an_agent_sees_its_own_and_a_lead_everybodys(cards: World, records: Records) -> None:
    """Others' feedback is refused to an agent, and looks missing one by one."""
    sent = _send(cards, records).json()["id"]
    _send(cards, records, BEN)
    ben, lead = _as(cards, records, BEN), _as(cards, records, LEA)
    cards.reader = BEN
    seen_by_ben = ben.get(f"/v1/feedback/{sent}"), ben.get("/v1/feedback", params={"mine": False})
    own = ben.get("/v1/feedback").json()["feedback"]
    everybodys = lead.get("/v1/feedback", params={"mine": False}).json()["feedback"]

    assert [answer.status_code for answer in seen_by_ben] == [404, 403]
    assert [entry["reader"] for entry in own] == ["token-ben"]
    assert [entry["reader"] for entry in everybodys] == ["token-ben", "token-ana"]


def test_another_spaces_lead_sees_and_changes_nothing(cards: World, records: Records) -> None:
    """As if there were no such feedback and no such space."""
    sent = _send(cards, records).json()["id"]
    far = _as(cards, records, FAR)
    answers = [
        far.get(f"/v1/feedback/{sent}"),
        far.patch(f"/v1/feedback/{sent}", json={"state": "closed"}),
        far.get("/v1/feedback", params={"mine": False}),
        far.post("/v1/feedback", json={"verdict": "wrong"}),
        far.post("/v1/events", json={"events": [{"kind": "opened", "article": "card-lost"}]}),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert _as(cards, records, ANA).get(f"/v1/feedback/{sent}").json()["state"] == "open"


def test_feedback_on_somebody_elses_receipt_is_refused(cards: World, records: Records) -> None:
    """As on one that does not exist."""
    receipt = _as(cards, records, ANA).post("/v1/search", json={"q": "lost card"}).json()["receipt"]

    assert _send(cards, records, BEN, receipt=receipt).status_code == 404
    assert _send(cards, records, BEN, receipt=MISSING).status_code == 404


def test_an_agent_may_not_close_feedback_nor_an_auditor_send_any(cards: World, records: Records) -> None:
    """Roles decide."""
    sent = _send(cards, records).json()["id"]

    assert _as(cards, records, ANA).patch(f"/v1/feedback/{sent}", json={"state": "closed"}).status_code == 403
    assert _send(cards, records, replace(BEN, role=Role.AUDITOR)).status_code == 403


def test_feedback_is_listed_in_pages_and_by_state(cards: World, records: Records) -> None:
    """Newest first; the cursor leads on to the end, and every piece is on one page."""
    sent = [_send(cards, records).json()["id"] for _ in range(5)]
    lead = _as(cards, records, LEA)
    lead.patch(f"/v1/feedback/{sent[0]}", json={"state": "closed"})
    pages, after = [], None
    while True:
        query = {"mine": False, "limit": 2} | ({"after": after} if after else {})
        page = lead.get("/v1/feedback", params=query).json()
        pages.append([entry["id"] for entry in page["feedback"]])
        after = page["next"]
        if after is None:
            break
    closed = lead.get("/v1/feedback", params={"mine": False, "state": "closed"}).json()["feedback"]

    assert sorted(id_ for page in pages for id_ in page) == sorted(sent)
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [entry["id"] for entry in closed] == [sent[0]]


BAD: list[dict[str, Any]] = [
    {"verdict": "rude"}, {}, {"verdict": "wrong", "comment": "x" * 2001}, {"verdict": "wrong", "receipt": "short"},
    {"verdict": "wrong", "more": 1}, {"verdict": "wrong", "article": "card\0lost"},
    {"verdict": "wrong", "article": "card\x1blost"},
]  # fmt: skip


@pytest.mark.parametrize("body", BAD)
def test_feedback_that_does_not_fit_is_refused(cards: World, records: Records, body: dict[str, Any]) -> None:
    """Bounded and closed."""
    assert _as(cards, records, ANA).post("/v1/feedback", json=body).status_code == 422


@pytest.mark.parametrize("sign", ["\0", "\x1b", "\n", "\x85"])
def test_nobody_is_assigned_by_a_control_character(cards: World, records: Records, sign: str) -> None:
    """PostgreSQL cannot hold a NUL, and a list in a terminal must not be driven."""
    sent = _send(cards, records).json()["id"]
    change = {"state": "assigned", "assignee": f"con{sign}tent"}

    assert _as(cards, records, LEA).patch(f"/v1/feedback/{sent}", json=change).status_code == 422


@pytest.mark.parametrize("sign", ["%00", "%1b", "a%00b", "%ed%a0%80"])
@pytest.mark.parametrize("path", ["/v1/receipts/{}", "/v1/feedback/{}", "/v1/feedback?space={}", "/v1/feedback?after={}"])
def test_an_address_with_what_no_database_holds_is_of_nothing(cards: World, records: Records, path: str, sign: str) -> None:
    """PostgreSQL cannot even be asked for a NUL: it is not found or refused, never an error of the service."""
    assert _as(cards, records, ANA).get(path.format(sign)).status_code in (404, 422)


def test_what_an_agent_did_is_written_down_in_order(cards: World, records: Records) -> None:
    """Several at once, by the reader that sent them, to be erased by their ticket."""
    acts = [{"kind": kind, "article": "card-lost", "ticket_id": "T-1"} for kind in ("opened", "inserted")]
    answer = _as(cards, records, ANA).post("/v1/events", json={"events": acts})
    records.recorder.flush()
    links = list(records.recorder.ledger.links(Wanted("default")))

    assert (answer.status_code, answer.json()["ids"]) == (202, [link.id for link in links])
    assert [(link.kind, link.reader) for link in links] == [(act["kind"], "token-ana") for act in acts]
    assert [link.said() for link in links] == [{"ticket": TICKETS.of("T-1")}] * 2


def test_a_ticket_that_looks_like_a_telephone_is_found_on_both_wires_and_kept_on_neither(
    cards: World, records: Records, tmp_path: Path
) -> None:
    """It is not redacted, which would make all such tickets one; only its key is kept, and erasing it takes both."""
    phone = "+5215512345678"
    client = _as(cards, records, ANA)
    client.post("/v1/search", json={"q": "lost card", "context": {"ticket_id": phone, "channel": "my secret channel"}})
    client.post("/v1/search", json={"q": "other customer", "context": {"ticket_id": "+5215512345679"}})
    client.post("/v1/events", json={"events": [{"kind": "opened", "article": "card-lost", "ticket_id": phone}]})
    records.recorder.flush()
    ledger = records.recorder.ledger
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and "repo" not in path.parts]
    shown = canonical([asdict(link) for link in ledger.links(Wanted("default"))])
    erased = ledger.erase("default", tickets=TICKETS.every(phone), by="admin", at=datetime.now(UTC))
    left = canonical([asdict(link) for link in ledger.links(Wanted("default"))])

    assert not any(phone.encode() in content for content in [*kept, shown.encode()])
    assert (erased, list(ledger.verify("default"))) == (2, [])
    assert ("my secret channel" in left, "other customer" in left) == (False, True)


@pytest.mark.parametrize("events", [[], [{"kind": "opened", "article": "a"}] * 51, [{"kind": "published", "article": "a"}]])
def test_events_are_bounded_and_none_can_be_invented(cards: World, records: Records, events: list[dict[str, Any]]) -> None:
    """Fifty at most, and only what an agent can do."""
    assert _as(cards, records, ANA).post("/v1/events", json={"events": events}).status_code == 422
