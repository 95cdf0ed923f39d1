"""`kb audit`: verify, export, erase, forget."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from api.database import Database, met_readers
from api.events.event import Event, Kind, new_id
from api.events.export import as_jsonl, from_jsonl
from api.events.ledger import Ledger, Wanted
from api.events.ticket_keys import TicketKeys, note_secret
from tests.doors import SECRET, TICKETS

NOW = datetime.now(UTC)


def _event(number: int, space: str = "acme", **changes: Any) -> Event:
    at = NOW - timedelta(days=10 - number)
    words = {"q": f"pregunta número {number}"}
    return replace(
        Event(new_id(at), space, at, Kind.ASKED, "ana", {"limit": 1}, None, words, TICKETS.of(f"T-{number}")), **changes
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """Five events each of two spaces."""
    made = Ledger(Database(f"sqlite:///{tmp_path}/events.sqlite"))
    made.append([_event(number, space) for number in range(5) for space in ("acme", "zeta")])
    yield made
    made.database.close()


@pytest.fixture
def audit(ledger: Ledger, kb: Callable[..., Any]) -> Callable[..., Any]:
    """The command over that database."""
    url = ledger.database.url.render_as_string(hide_password=False)
    return lambda *args, **environment: kb("audit", *args, KB_DATABASE=url, **{"KB_TICKET_SECRET": SECRET, **environment})


def test_verify_prints_the_ends_and_names_what_was_changed(audit: Callable[..., Any], ledger: Ledger) -> None:
    """Whole: exit 0. Changed: the event is named, exit 1. Rewritten as a whole: found by a line that was noted."""
    whole = audit("verify")
    noted = whole.stdout.splitlines()[0]
    with ledger.database.writing() as connection:
        connection.execute(text("UPDATE events SET reader = 'eve' WHERE space = 'zeta' AND seq = 2"))
    changed = audit("verify")
    forged = noted[:-1] + ("0" if noted[-1] != "0" else "1")

    assert (whole.returncode, [line.rpartition(":")[0] for line in whole.stdout.splitlines()]) == (0, ["acme:5", "zeta:5"])
    assert (changed.returncode, changed.stdout.splitlines()[0]) == (
        1, "space zeta, event 2: its content does not fit its hash: it was changed",
    )  # fmt: skip
    assert audit("verify", "--space", "acme", "--known", noted).returncode == 0
    assert "it is not the event that was noted" in audit("verify", "--space", "acme", "--known", forged).stdout


def test_verify_does_not_call_a_space_whole_that_is_not_there(audit: Callable[..., Any]) -> None:
    """A name that was mistyped must not look like a chain without a fault."""
    mistyped = audit("verify", "--space", "acne")

    assert mistyped.returncode == 2
    assert mistyped.stderr == "There is no event of a space 'acne'. Name one of acme, zeta with --space, or none.\n"


def test_an_export_is_of_one_space_and_verifies_elsewhere(audit: Callable[..., Any], tmp_path: Path) -> None:
    """The other space's words are not in it; a changed line is found."""
    exported = audit("export", "--space", "acme").stdout
    (tmp_path / "whole.jsonl").write_text(exported)
    (tmp_path / "changed.jsonl").write_text(exported.replace("mero 3", "mero 9"))
    results = {name: audit("verify", str(tmp_path / f"{name}.jsonl")) for name in ("whole", "changed")}

    assert {json.loads(line)["space"] for line in exported.splitlines()} == {"acme"}
    assert (results["whole"].returncode, results["whole"].stdout[:7]) == (0, "acme:5:")
    assert results["changed"].stdout.startswith("space acme, event 4: its words do not fit")


def test_erase_and_retain_from_the_command_line(audit: Callable[..., Any], ledger: Ledger) -> None:
    """Both leave a chain that verifies."""
    erased = audit("erase", "--space", "acme", "--ticket", "T-3")
    retained = audit("retain", KB_RETENTION_DAYS="8")
    without = audit("retain")

    assert (erased.returncode, erased.stdout) == (0, "erased the words of 1 event\n")
    assert retained.stdout.splitlines() == ["acme: removed 3 events", "zeta: removed 3 events"]
    assert (without.returncode, "No policy says" in without.stderr) == (2, True)
    assert audit("verify").returncode == 0
    assert [link.said() for link in ledger.links(Wanted("acme")) if link.seq == 4] == [None]


def test_an_export_comes_back_as_it_was(ledger: Ledger) -> None:
    """Every column of every event, erased ones too."""
    ledger.erase("acme", tickets=TICKETS.every("T-1"), by="admin", at=NOW)
    links = list(ledger.links(Wanted("acme")))

    assert list(from_jsonl(as_jsonl(links))) == links


def test_csv_is_read_by_a_spreadsheet_and_runs_nothing_in_it(audit: Callable[..., Any], ledger: Ledger) -> None:
    """A reader who is called like a formula is text."""
    ledger.append([_event(9, reader="=HYPERLINK(1)")])
    rows = list(csv.DictReader(io.StringIO(audit("export", "--space", "acme", "--format", "csv").stdout)))

    assert [row["seq"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert rows[-1]["reader"] == "'=HYPERLINK(1)"
    assert json.loads(rows[0]["words"])["q"] == "pregunta número 0"


def test_an_export_is_of_the_days_that_are_asked(audit: Callable[..., Any]) -> None:
    """From the first moment, before the last."""
    days = [f"{NOW - timedelta(days=days):%Y-%m-%d}" for days in (9, 6)]
    lines = audit("export", "--space", "acme", "--since", days[0], "--until", days[1]).stdout.splitlines()

    assert [json.loads(line)["seq"] for line in lines] == [2, 3, 4]


def test_erase_wants_a_receipt_or_a_ticket(audit: Callable[..., Any]) -> None:
    """Not neither, not both."""
    assert [audit("erase", *args).returncode for args in ((), ("--ticket", "1", "--receipt", "2"))] == [2, 2]


def test_erase_points_to_other_secrets_and_to_what_nobody_can_read(
    audit: Callable[..., Any], ledger: Ledger, tmp_path: Path
) -> None:
    """A service with another secret would have kept the same ticket under another key: that is no success."""
    note_secret(ledger.database, TicketKeys(b"another secret"), NOW)
    audit("verify")
    folder = next((tmp_path / "data" / "journal").iterdir())
    (folder / "damaged.jsonl").write_text("torn\n")
    erased = audit("erase", "--space", "acme", "--ticket", "T-3")

    assert (erased.returncode, erased.stdout) == (1, "erased the words of 1 event\n")
    assert "under 1 more secret" in erased.stderr
    assert "damaged.jsonl: 1 line cannot be read" in erased.stderr
    assert audit("erase", "--space", "acme", "--receipt", "01J00000000000000000000000").returncode == 0


def _met(number: int, reader: str, **changes: Any) -> Event:
    rights = {"name": reader, "role": "agent", "tier": 1, "teams": ["front"], "lang": None, **changes}
    return _event(number, kind=Kind.MET, reader=reader, body=rights, words=None, ticket=None)


def test_verify_compares_the_list_of_readers_with_the_chain(audit: Callable[..., Any], ledger: Ledger) -> None:
    """It decides who stands in the lists of who has read: who was put in, taken out, or changed there is named."""
    ledger.append([_met(7, "ana"), _met(8, "ana", tier=2), _met(8, "ben"), _met(9, "eva")])
    whole = audit("verify", "--space", "acme")
    with ledger.database.writing() as connection:
        connection.execute(text("UPDATE met_readers SET teams = '[]' WHERE reader = 'ana'"))
        connection.execute(text("DELETE FROM met_readers WHERE reader = 'ben'"))
        connection.execute(text("UPDATE met_readers SET reader = 'zoe' WHERE reader = 'eva'"))
    changed = audit("verify", "--space", "acme")

    assert (whole.returncode, len(whole.stdout.splitlines())) == (0, 1)
    assert changed.returncode == 1
    assert changed.stdout.splitlines()[:-1] == [
        "space acme: 'ana' stands among those who were met otherwise than event 7 says",
        "space acme: 'zoe' stands among those who were met, and no event says so",
        "space acme: 'ben' was met by event 8, and is missing among those who were met",
        "space acme: 'eva' was met by event 9, and is missing among those who were met",
    ]


def test_retain_forgets_whom_nobody_met_since(audit: Callable[..., Any], ledger: Ledger) -> None:
    """And what is left is verified as before."""
    ledger.append([_met(5, "ana"), _met(9, "ben")])
    audit("retain", "--space", "acme", "--days", "3")

    assert [row["reader"] for row in ledger.database.rows(met_readers.select())] == ["ben"]
    assert audit("verify", "--space", "acme").returncode == 0
