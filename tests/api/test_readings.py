"""What a reader has read, must read and acknowledges: per version, one's own alone, and kept in the chain."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from pydantic import ValidationError

from api import database as databases
from api.access import Role
from api.database import Database
from api.events.event import Kind
from api.events.ledger import Ledger, Wanted
from api.events.readers_table import met_in
from api.events.readings_table import acknowledged
from api.events.recorder import Recorder
from api.events.records import Records
from api.reader import Reader
from api.record_schema import ActsRequest
from api.store_error import StoreError
from tests.doors import TICKETS
from tests.world import TAXONOMY, World

ANA = Reader("token:ana", "ana", Role.AGENT, frozenset({"default"}), tier=1, asks=1)
BEN = replace(ANA, id="token:ben", name="ben")
TEAMS = """\
teams:
  quebec: {name: Quebec, products: [cards], jurisdictions: [CA-QC]}
  texas: {name: Money, products: [transfers], jurisdictions: [US]}
  montreal: {name: Montreal, products: [cards], jurisdictions: [CA-QC], languages: [fr]}
"""
LIMIT: dict[str, Any] = {"id": "limit", "jurisdictions": ["CA"], "must_read": True}


class Later(datetime):
    """Two hours ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Later":
        """See datetime."""
        return super().now(tz) + timedelta(hours=2)


@pytest.fixture
def records(database: Database, tmp_path: Path) -> Iterator[Records]:
    """An event store on each kind of database."""
    recorder = Recorder(tmp_path / "journal", Ledger(database))
    yield Records(recorder, str, TICKETS)
    recorder.close()


@pytest.fixture
def limits(world: World) -> World:
    """A rule that everybody must read, and a text that nobody has to."""
    world.write("kb.yml", TAXONOMY + TEAMS)
    world.article("limit.md", body="The limit is 500 USD.", **LIMIT)
    world.article("other.md", id="other")
    world.commit()
    return world


def _as(world: World, records: Records, reader: Reader = ANA) -> Any:
    world.reader = reader
    return world.client(records)


def _raise_the_limit(world: World) -> str:
    world.article("limit.md", body="The limit is 700 USD.", **LIMIT)
    commit = world.commit()
    world.space.publish()
    return commit


def _version(client: Any, article: str = "limit") -> str:
    return str(client.get(f"/v1/articles/{article}").json()["commit"])


def _acknowledge(client: Any, article: str = "limit", commit: str | None = None) -> Any:
    return client.post("/v1/acknowledgements", json={"article": article, "commit": commit or _version(client, article)})


def _waiting(client: Any, **query: Any) -> list[str]:
    articles = client.get("/v1/acknowledgements", params=query).json()["articles"]
    return [it["id"] for it in articles if it["acknowledged_at"] is None]


def test_a_must_read_waits_until_its_version_is_acknowledged_and_again_when_it_changes(limits: World, records: Records) -> None:
    """By whoever acknowledged it, and nobody else."""
    ana = _as(limits, records)
    first = _waiting(ana)
    done = _acknowledge(ana)
    then = _waiting(ana), _waiting(_as(limits, records, BEN))
    _raise_the_limit(limits)
    again = _waiting(_as(limits, records))

    assert (first, done.status_code) == (["limit"], 201)
    assert then == ([], ["limit"])
    assert again == ["limit"]


def test_only_the_version_that_is_live_can_be_acknowledged(limits: World, records: Records) -> None:
    """Who had the old text on the screen reads the new one first."""
    old = _version(_as(limits, records))
    new = _raise_the_limit(limits)
    refused = _acknowledge(_as(limits, records), commit=old)

    assert refused.status_code == 409
    assert refused.json()["detail"] == f"Another version of 'limit' is live: {new}. Read it, and acknowledge that one."
    assert _waiting(_as(limits, records)) == ["limit"]


def test_acknowledging_twice_keeps_the_first_moment_and_stands_in_the_chain(limits: World, records: Records) -> None:
    """The chain holds both; the table that leads read, the first."""
    ana = _as(limits, records)
    moments = [_acknowledge(ana).json()["acknowledged_at"] for _ in range(2)]
    ledger = records.recorder.ledger
    links = list(ledger.links(Wanted("default", kind=Kind.ACKNOWLEDGED)))
    version = _version(ana)
    kept = acknowledged(ledger.database, "default", [("limit", version), ("other", version)])

    assert moments[0] == moments[1]
    assert [link.facts() for link in links] == [{"article": "limit", "commit": version}] * 2
    assert [(it.reader, it.article, it.version) for it in kept] == [("token:ana", "limit", version)]
    assert list(ledger.verify("default")) == []


def test_an_article_that_is_hidden_looks_like_none(limits: World, records: Records) -> None:
    """Above the reader's tier, in another space, or not there at all."""
    limits.article("deep.md", id="deep", tier=2, must_read=True)
    commit = limits.commit()
    ana = _as(limits, records)
    answers = [_acknowledge(ana, article, commit) for article in ("deep", "none")]
    foreign = ana.get("/v1/acknowledgements", params={"space": "zenith"})

    assert [answer.status_code for answer in answers] == [404, 404]
    assert foreign.status_code == 404
    assert "deep" not in _waiting(ana)


def test_a_team_must_read_what_concerns_its_products_and_places(limits: World, records: Records) -> None:
    """Quebec lies in Canada; Texas does not. A text that is not translated yet has to be read all the same."""
    teams = ("quebec", "texas", "montreal")
    waiting = {name: _waiting(_as(limits, records, replace(ANA, teams=frozenset({name})))) for name in teams}

    assert waiting == {"quebec": ["limit"], "texas": [], "montreal": ["limit"]}


def test_a_translation_is_named_in_the_readers_language_and_one_of_both_is_enough(limits: World, records: Records) -> None:
    """They are one article."""
    spanish = {"title": "Límite", "lang": "es", "translation_of": "limit", "jurisdictions": ["CA"]}
    limits.article("limit.es.md", body="El límite es 500 USD.", id="limit-es", **spanish)
    limits.commit()
    ana = _as(limits, records)
    named = _waiting(ana, lang="es-MX")
    _acknowledge(ana, "limit")

    assert named == ["limit-es"]
    assert _waiting(ana, lang="es-MX") == []


@pytest.mark.parametrize(
    ("text", "keys", "waits"),
    [
        ("Agents may raise the limmit to 500 USD.", {"keywords": ["raise"]}, []),  # looks alone
        ("Agents may raise the limit to 700 USD.", {}, ["limit"]),
        ("Agents must not raise the limit to 500 USD.", {}, ["limit"]),
        ("Agents may raise the limit to 500 USD.", {"identity_check": "elevated"}, ["limit"]),
    ],
)
def test_a_translation_counts_as_read_until_its_source_says_something_else(
    world: World, records: Records, text: str, keys: dict[str, Any], waits: list[str]
) -> None:
    """A corrected letter makes nobody read the Spanish text again; another figure or another rule in words does, in English."""
    spanish = {"id": "limit-es", "lang": "es", "translation_of": "limit", "jurisdictions": ["CA"]}
    world.write("kb.yml", TAXONOMY + TEAMS)
    world.article("limit.es.md", body="Se puede subir el límite a 500 USD.", **spanish)
    world.article("limit.md", body="Agents may raise the limit to 500 USD.", **LIMIT)
    world.publish(at="2026-01-01T00:00:00Z")
    client = _as(world, records)
    first = _waiting(client, lang="es")
    _acknowledge(client, "limit-es")
    world.article("limit.md", body=text, **LIMIT, **keys)
    world.publish(at="2026-01-02T00:00:00Z")

    assert (first, _waiting(_as(world, records), lang="es")) == (["limit-es"], waits)


def test_what_was_read_is_known_by_version_and_to_its_reader_alone(limits: World, records: Records) -> None:
    """Opened over the API or as a page; the newest first."""
    ana = _as(limits, records)
    old = _version(ana)
    new = _raise_the_limit(limits)
    ana = _as(limits, records)
    before = ana.get("/v1/readings", params={"article": ["limit", "other"]}).json()["readings"]
    ana.get("/articles/limit")
    after = ana.get("/v1/readings", params={"article": "limit"}).json()["readings"]
    other = _as(limits, records, BEN).get("/v1/readings", params={"article": "limit"}).json()["readings"]

    assert [(it["article"], it["commit"], it["acknowledged_at"]) for it in before] == [("limit", old, None)]
    assert [it["commit"] for it in after] == [new, old]
    assert other == []


def test_what_was_acknowledged_before_there_was_a_table_is_not_lost(empty_database: str) -> None:
    """The migration reads the events that are there; those that name the snapshot alone tell no version."""
    version = "d" * 40
    kept = [
        ("opened", {"article": "limit", "blob": "b", "commit": "c" * 40}),
        ("opened", {"article": "limit", "commit": version}),
        ("acknowledged", {"article": "limit", "commit": version}),
    ]
    database = Database(empty_database)
    with database.writing() as connection:
        databases._metadata.drop_all(connection)
        connection.execute(sqlalchemy.text("DROP TABLE alembic_version"))
        databases._upgrade(connection, to="0002")
        for seq, (kind, body) in enumerate(kept, start=1):
            row = {
                "space": "default", "seq": seq, "id": f"{seq:026}", "at": f"2026-01-0{seq}T00:00:00.000000Z", "kind": kind,
                "reader": "ana", "body": json.dumps(body), "previous": "0" * 64, "hash": "0" * 64,
            }  # fmt: skip
            connection.execute(databases.events.insert().values(**row))
    database.close()
    again = Database(empty_database)
    rows = [dict(row) for row in again.rows(databases.readings.select())]
    again.close()

    assert rows == [
        {
            "space": "default", "reader": "ana", "article": "limit", "version": version,
            "read_at": "2026-01-02T00:00:00.000000Z", "acknowledged_at": "2026-01-03T00:00:00.000000Z",
        }
    ]  # fmt: skip


def _met(records: Records) -> list[tuple[str, Any]]:
    records.recorder.flush()
    links = records.recorder.ledger.links(Wanted("default", kind=Kind.MET))
    return [(link.reader, link.facts()["tier"]) for link in links]


def test_a_reader_of_two_sessions_is_met_once_a_day_with_the_rights_of_each(records: Records) -> None:
    """Not at every request, turn by turn."""
    for _ in range(3):
        for tier in (1, 2):
            records.readings("default", replace(ANA, tier=tier))

    assert _met(records) == [("token:ana", 1), ("token:ana", 2)]


def test_who_moved_and_came_back_stands_with_the_rights_it_has(
    records: Records, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not until the next day with those between; an hour later, and then no more than once."""

    for tier in (1, 2, 1):
        records.readings("default", replace(ANA, tier=tier))
    before = _met(records)
    monkeypatch.setattr("api.events.records.datetime", Later)
    records.readings("default", ANA)
    records.readings("default", ANA)

    assert (before, _met(records)) == ([("token:ana", 1), ("token:ana", 2)], [*before, ("token:ana", 1)])
    assert [it.reader.tier for it in met_in(database, "default")] == [1]


def test_a_reader_who_could_not_be_written_down_is_met_the_next_time(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not only the next day."""

    def full(*_events: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(records.recorder, "record", full)
        records.readings("default", ANA)
    before = _met(records)
    records.readings("default", ANA)

    assert (before, _met(records)) == ([], [("token:ana", 1)])


def test_who_was_met_with_a_role_of_a_newer_version_is_nobody(database: Database) -> None:
    """The lists are made of the others."""
    row = {"space": "default", "name": "x", "tier": 1, "teams": "[]", "lang": None, "at": "2026-03-01T12:00:00.000000Z"}
    with database.writing() as connection:
        connection.execute(
            databases.met_readers.insert(), [{**row, "reader": role, "role": role} for role in ("agent", "steward")]
        )

    assert [it.reader.id for it in met_in(database, "default")] == ["agent"]


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in (Kind.OPENED, Kind.INSERTED)])
def test_nobody_writes_an_event_of_the_services_own(kind: Kind) -> None:
    """A score, a meeting, an acknowledgement: each has one door, which looks first."""
    with pytest.raises(ValidationError, match="Input should be 'opened' or 'inserted'"):
        ActsRequest.model_validate({"events": [{"kind": kind.value, "article": "limit"}]})
