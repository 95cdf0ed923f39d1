"""What a team's readers meet: past digests, a feed, a way out of e-mails, who has read what, and how often it was shown."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import feedparser
import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi.testclient import TestClient
from lxml import etree
from playwright.sync_api import Browser

from api.access import Role
from api.app import create_app
from api.composition import open_records
from api.database import Database, events, met_readers
from api.digests.clerk import Clerk
from api.digests.desk import Desk
from api.digests.drills import Drills
from api.digests.html import as_mail
from api.digests.leaving import Leaving
from api.events.event import Kind
from api.events.ledger import Ledger, Wanted
from api.events.records import Records
from api.reader import LOOPBACK, DemoReaders, Reader
from api.settings import read_settings
from tests.events import told_faults
from tests.postgres import Postgres
from tests.world import TAXONOMY, World

TEAMS = """
teams:
  front:
    name: Frontline
    products: [cards]
    languages: [en]
    members: [ana, luis]
    digest: {schedule: daily, at: "00:00", time_zone: UTC, must_read: rule}
  desk: {name: Resolution desk, tier: 3, digest: {schedule: daily, at: "00:00", time_zone: UTC}}
"""
FEE = """\
---
{{id: fee, title: Fee of a card, products: [cards], jurisdictions: [all], lang: en}}
---
The fee is {} USD a month.
"""
DAY = timedelta(days=1)


class Later(datetime):
    """Two hours ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Later":
        """See datetime."""
        return super().now(tz) + timedelta(hours=2)


class Floor:
    """A service with two teams, and a changed rule that both were told of this morning."""

    def __init__(self, world: World, database: Database, records: Records) -> None:
        self.world, self.database, self.records = world, database, records
        self.now = datetime.now(UTC)
        world.write("kb.yml", TAXONOMY + TEAMS)
        self.limit(500)
        self.client(self.reader("ana"))  # what is asked before the change
        for _ in range(3):
            self.search("ana")
        self.search("luis")
        self.clerk.work(self.now)
        self.limit(900)
        self.clerk.work(self.now + DAY)

    def publish(self) -> None:
        """Let what was written go live."""
        self.world.commit()
        self.world.live.update()

    def limit(self, amount: int) -> None:
        """Let the rule say another figure, and go live."""
        body = f"## Daily limit\n\nA customer can pay {amount} USD with the card each day.\n\n## Opening hours\n\nAlways."
        self.world.article("limit.md", body, id="limit", title="How much can be paid with a card", products=["cards"])
        self.publish()

    @property
    def clerk(self) -> Clerk:
        """Closes windows."""
        self.records.recorder.flush()
        return Clerk(self.world.live, Desk(self.world.guidance, self.database), "https://help.example")

    def reader(self, name: str, role: Role = Role.AGENT, **granted: Any) -> Reader:
        """Somebody of the provider's."""
        return replace(LOOPBACK, id=f"oidc:{name}", name=name, role=role, tier=granted.pop("tier", 1), **granted)

    def client(self, reader: Reader) -> TestClient:
        """The service as that reader meets it."""
        app = create_app(self.world.guidance, DemoReaders(reader), self.records)
        app.state.leaving = Leaving(b"k" * 32, "http://127.0.0.1")
        app.state.site = "https://help.example"
        return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)

    def search(self, name: str) -> None:
        """Ask for the rule."""
        assert (
            self.client(self.reader(name))
            .get("/v1/search", params={"q": "how much can the customer pay by card each day"})
            .json()["hits"]
        )

    def get(self, path: str, reader: Reader) -> Any:
        """One answer."""
        return self.client(reader).get(path)

    def acknowledge(self, name: str) -> None:
        """Let somebody acknowledge the rule as it stands now."""
        commit = self.world.git("rev-parse", "HEAD")
        done = self.client(self.reader(name)).post("/v1/acknowledgements", json={"article": "limit", "commit": commit})
        assert done.status_code == 201, done.text


@pytest.fixture
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite; PostgreSQL too for the tests that ask for both."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path}/events.sqlite"
    server: Postgres = request.getfixturevalue("postgres")
    return server.database()


BOTH = pytest.mark.parametrize("empty_database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def floor(world: World, database: Database, tmp_path: Path) -> Iterator[Floor]:
    """The morning after."""
    records = open_records(read_settings(data_dir=tmp_path / "data"), database)
    yield Floor(world, database, records)
    records.recorder.close()


def test_a_member_reads_what_the_team_was_told_and_how_often_it_was_shown_to_oneself(floor: Floor) -> None:
    """That passage, not another one of the article."""
    found = floor.get("/v1/teams/front/digests", floor.reader("ana")).json()
    page = floor.get("/digests/front", floor.reader("ana"))
    (line,) = found["digests"][0]["sections"][0]["lines"]

    assert (line["facts"][0]["old"], line["facts"][0]["new"], line["shown"], line["must_read"]) == (
        "500 USD",
        "900 USD",
        3,
        True,
    )
    assert "you were shown this 3 times in 30 days" in page.text
    assert "script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_what_was_shown_in_spanish_counts_for_the_rule_that_changed_in_english(floor: Floor) -> None:
    """For the passage in the same place; and who reads the Spanish text, which is behind, has not read the change."""
    spanish = "## Límite diario\n\nEl cliente puede pagar {} USD con la tarjeta por día.\n\n## Horario\n\nSiempre."
    keys = {"id": "limit-es", "lang": "es", "translation_of": "limit", "products": ["cards"], "title": "Cuánto se puede pagar"}
    floor.world.article("limit.es.md", spanish.format(900), **keys)
    floor.world.commit(at=floor.now.isoformat())  # a second is what git can tell apart
    floor.world.live.update()
    ana = floor.reader("ana", lang="es")
    hits = [
        floor.client(ana).get("/v1/search", params={"q": "cuánto puede pagar por día con la tarjeta"}).json()["hits"][0]["id"]
    ]
    floor.limit(1200)
    floor.clerk.work(floor.now + 2 * DAY)
    (line,) = floor.get("/v1/teams/front/digests", ana).json()["digests"][0]["sections"][0]["lines"]
    (wanted,) = floor.get("/v1/acknowledgements", ana).json()["articles"]

    assert hits == ["limit-es"]
    assert (line["id"], line["shown"]) == ("limit", 4)
    assert wanted["id"] == "limit"


def test_the_teams_digest_counts_what_its_members_were_shown(floor: Floor) -> None:
    """All of them together."""
    (document,) = Desk(floor.world.guidance, floor.database).outbox.documents("default", "front")

    assert document.sections[0].lines[0].shown == 4


@pytest.mark.parametrize("path", ["/digests/{}", "/digests/{}/feed", "/v1/teams/{}/digests"])
@pytest.mark.parametrize(
    ("who", "granted", "front", "desk"),
    [
        ("ana", {}, 200, 404),  # named in kb.yml
        ("eva", {}, 404, 404),
        ("eva", {"teams": frozenset({"front"})}, 200, 404),
        ("eva", {"teams": frozenset({"desk"}), "tier": 2}, 404, 404),  # a team of a tier above one's own
        ("eva", {"role": Role.LEAD, "tier": 3}, 200, 200),
    ],
)
def test_only_a_teams_own_readers_and_leads_see_its_digests(
    floor: Floor, path: str, who: str, granted: dict[str, Any], front: int, desk: int
) -> None:
    """A team that one may not read is as one that is not there."""
    reader = floor.reader(who, **granted)
    there = [floor.get(path.format(team), reader).status_code for team in ("front", "desk", "none")]

    assert there == [front, desk, 404]


def test_the_feed_keeps_its_ids_and_its_etag_by_whatever_name_it_is_asked(floor: Floor) -> None:
    """A reader that has it is told so."""
    client = floor.client(floor.reader("ana"))
    first = client.get("/digests/front/feed")
    again = client.get("/digests/front/feed", headers={"If-None-Match": first.headers["ETag"]})
    elsewhere = client.get("/digests/front/feed", headers={"Host": "localhost"})
    feed = feedparser.parse(first.content)

    assert elsewhere.content == first.content
    assert (first.headers["content-type"], again.status_code) == ("application/atom+xml", 304)
    assert [entry.title for entry in feed.entries] == ["Rules that changed: How much can be paid with a card"]
    assert feed.entries[0].id.startswith("tag:help.example,2026:front:default/limit@")


def test_a_saved_scope_has_a_feed_whose_address_and_ids_stay(floor: Floor) -> None:
    """However the address was written, and whatever day it is; another change is another entry."""
    client = floor.client(floor.reader("eva", tier=3))
    path = "/v1/changes/feed?products=cards&jurisdiction=US&tier=1&lang=en"
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    other = client.get("/v1/changes/feed?tier=1&lang=en&products=cards&products=cards&jurisdiction=US")
    feed = feedparser.parse(first.content)
    schema = etree.RelaxNG(etree.parse(str(Path(__file__).parent / "atom.rng")))
    floor.limit(1200)
    later = feedparser.parse(client.get(path).content)

    assert (first.status_code, again.status_code, other.content) == (200, 304, first.content)
    assert schema.validate(etree.fromstring(first.content)), schema.error_log
    assert feed.feed.title == "Testbank · Cards · United States"
    assert feed.feed.links[0].href == "https://help.example/v1/changes/feed?jurisdiction=US&lang=en&products=cards&tier=1"
    assert [entry.title for entry in feed.entries] == ["Rules that changed: How much can be paid with a card"]
    assert "500 USD → 900 USD" in feed.entries[0].summary
    assert feed.entries[0].id not in client.get(path.replace("tier=1", "tier=2")).text
    assert (later.feed.id, len({feed.entries[0].id, later.entries[0].id})) == (feed.feed.id, 2)
    assert "500 USD → 1200 USD" in later.entries[0].summary


@pytest.mark.parametrize(
    ("asked", "status", "entries"),
    [
        ({}, 200, 1),
        ({"products": "transfers"}, 200, 0),
        ({"tier": 2}, 403, 0),  # above the reader's own
        ({"space": "acme"}, 404, 0),
        ({"products": "card"}, 422, 0),
        ({"jurisdiction": "US-CL"}, 422, 0),
        ({"space": "default@branch"}, 403, 0),
        ({"since": "yesterday"}, 422, 0),
    ],
)
def test_a_feed_shows_no_more_than_its_reader_may_see(floor: Floor, asked: dict[str, Any], status: int, entries: int) -> None:
    """And a value that nobody knows is said to be one, instead of an empty feed for ever."""
    got = floor.client(floor.reader("eva")).get("/v1/changes/feed", params=asked)

    assert (got.status_code, got.text.count("<entry>")) == (status, entries)


def test_a_lead_sees_who_has_read_and_a_reminder_stops_when_read(floor: Floor) -> None:
    """The next digest names who has not; once all have, it says nothing more."""
    floor.acknowledge("ana")
    lead = floor.reader("eva", Role.LEAD, tier=3)
    (article,) = floor.get("/v1/teams/front/acknowledgements", lead).json()["articles"]
    table = floor.get("/v1/teams/front/acknowledgements?format=csv", lead)
    rows = list(csv.DictReader(StringIO(table.text)))
    reminded = floor.clerk.work(floor.now + 2 * DAY)
    floor.acknowledge("luis")
    silent = floor.clerk.work(floor.now + 3 * DAY)
    document = Desk(floor.world.guidance, floor.database).outbox.documents("default", "front")[0]

    assert ([read["name"] for read in article["read"]], article["waiting"]) == (["ana"], ["luis"])
    assert [(row["member"], bool(row["acknowledged_at"])) for row in rows] == [("ana", True), ("luis", False)]
    assert table.headers["content-type"].startswith("text/csv")
    assert (reminded, silent) == (1, 0)
    assert [(section.name, section.lines[0].waits_for) for section in document.sections] == [("unread", ["luis"])]


def test_a_team_with_nothing_else_new_is_reminded_after_one_three_and_seven_days(floor: Floor) -> None:
    """And not every morning; another digest names what is unread all the same, for two weeks."""
    alone = [floor.clerk.work(floor.now + day * DAY) for day in range(2, 12)]
    floor.world.article("new.md", "Be kind.", id="new", products=["cards"])
    floor.publish()
    floor.clerk.work(floor.now + 12 * DAY)
    document = Desk(floor.world.guidance, floor.database).outbox.documents("default", "front")[0]

    assert alone == [1, 0, 1, 0, 0, 0, 1, 0, 0, 0]
    assert [section.name for section in document.sections] == ["added", "unread"]


def test_a_must_read_of_a_digest_waits_in_the_readers_own_list(floor: Floor) -> None:
    """Until that version is acknowledged; a newer version waits again."""
    ana = floor.reader("ana")
    before = floor.get("/v1/acknowledgements", ana).json()["waiting"]
    floor.acknowledge("ana")
    after = floor.get("/v1/acknowledgements", ana).json()["waiting"]
    floor.limit(1200)
    floor.clerk.work(floor.now + 2 * DAY)
    again = floor.get("/v1/acknowledgements", ana).json()["waiting"]

    assert (before, after, again) == (1, 0, 1)


def test_a_role_is_a_membership_in_every_list(floor: Floor) -> None:
    """Exposure, must-reads, drills, acknowledgements and reminders, of readers that no file and no token names."""
    floor.acknowledge("ana")
    floor.world.write("kb.yml", TAXONOMY + TEAMS.replace("members: [ana, luis]", "roles: [agent]"))
    floor.publish()
    floor.get("/v1/acknowledgements", floor.reader("rosa", lang="fr"))  # reads none of the team's languages
    lead = floor.reader("eva", Role.LEAD, tier=3)
    (article,) = floor.get("/v1/teams/front/acknowledgements", lead).json()["articles"]
    (drill,) = floor.get("/v1/teams/front/drill-results", lead).json()["drills"]
    own = floor.get("/v1/acknowledgements", floor.reader("luis")).json()
    foreign = floor.get("/v1/acknowledgements", floor.reader("rosa", lang="fr")).json()
    floor.clerk.work(floor.now + 2 * DAY)
    document = Desk(floor.world.guidance, floor.database).outbox.documents("default", "front")[0]
    taxonomy = floor.world.live.current().library.taxonomy
    shown = floor.clerk.desk.showings("default", "front", taxonomy.teams["front"], floor.world.live.current(), floor.now)

    assert ([read["name"] for read in article["read"]], article["waiting"]) == (["ana"], ["luis"])
    assert [member["name"] for member in drill["members"]] == ["ana", "luis"]
    assert (own["teams"], own["waiting"], foreign["teams"], foreign["waiting"]) == (["front"], 1, [], 0)
    assert [(section.name, section.lines[0].waits_for) for section in document.sections] == [("unread", ["luis"])]
    assert shown.of("limit", ()) == 4


def test_one_click_ends_the_emails_and_nobody_elses(floor: Floor) -> None:
    """By the address in the e-mail alone; following the link only asks."""
    client = floor.client(floor.reader("nobody"))
    url = Leaving(b"k" * 32, "http://127.0.0.1").url("default", "front", "ana@acme.example")
    asked = client.get(url)
    done = client.post(url, data={"List-Unsubscribe": "One-Click"})
    forged = client.post(url.replace("ana%40", "luis%40"))

    assert (asked.status_code, done.status_code, forged.status_code) == (200, 200, 404)
    assert '<form method="post">' in asked.text
    assert "No more e-mails of this team go to ana@acme.example." in done.text
    assert urlsplit(url).path == "/digests/front/leave"


@BOTH
def test_who_acknowledged_before_readers_were_met_has_read_it(floor: Floor) -> None:
    """An upgrade, or policy that forgets, empties the list of who was met, not that of who has read."""
    floor.acknowledge("ana")
    with floor.database.writing() as connection:
        connection.execute(met_readers.delete())
    (article,) = floor.get("/v1/teams/front/acknowledgements", floor.reader("eva", Role.LEAD, tier=3)).json()["articles"]

    assert ([read["name"] for read in article["read"]], article["waiting"]) == (["ana"], ["luis"])


def test_who_only_drills_stands_in_the_lists(floor: Floor) -> None:
    """A program of the client's may ask the drills and nothing else."""
    floor.world.write("kb.yml", TAXONOMY + TEAMS.replace("members: [ana, luis]", "roles: [agent]"))
    floor.publish()
    pia, lead = floor.client(floor.reader("pia")), floor.reader("eva", Role.LEAD, tier=3)
    (offer,) = pia.get("/v1/teams/front/drills").json()["drills"]
    body = {"article": "limit", "version": offer["version"], "answers": [0]}
    done = pia.post("/v1/teams/front/drills", json=body).status_code
    (drill,) = floor.get("/v1/teams/front/drill-results", lead).json()["drills"]

    assert (done, [member["name"] for member in drill["members"]]) == (201, ["ana", "luis", "pia"])


@BOTH
def test_the_first_try_of_a_drill_certifies_and_leads_see_weak_spots(floor: Floor) -> None:
    """Answers are shown by marking them alone; a newer version is asked anew."""
    ana, luis, lead = *(floor.client(floor.reader(name)) for name in ("ana", "luis")), floor.reader("eva", Role.LEAD, tier=3)
    (offer,) = ana.get("/v1/teams/front/drills").json()["drills"]
    (question,) = offer["questions"]
    right = question["options"].index("900 USD")
    body = {"article": "limit", "version": offer["version"]}
    wrong = ana.post("/v1/teams/front/drills", json={**body, "answers": [1 - right]}).json()
    practice = [
        ana.post("/v1/teams/front/drills", json={**body, "answers": [each]}).json() for each in (1 - right, right, right)
    ]
    marked = luis.post("/v1/teams/front/drills", json={**body, "answers": [right]}).json()
    kept = list(Ledger(floor.database).links(Wanted("default", kind=Kind.DRILLED)))
    (again,) = ana.get("/v1/teams/front/drills").json()["drills"]
    (result,) = floor.get("/v1/teams/front/drill-results", lead).json()["drills"]
    floor.limit(1200)
    stale = ana.post("/v1/teams/front/drills", json={**body, "answers": [right]})

    assert (question["before"], question["after"]) == ("A customer can pay ", " with the card each day.")
    assert sorted(question["options"]) == ["500 USD", "900 USD"]
    assert wrong == {"score": 0, "certified": False, "practice": False, "answers": [right]}
    assert [(it["score"], it["certified"], it["practice"]) for it in practice] == [
        (each, False, True) for each in (0, 100, 100)
    ]
    assert (marked["score"], marked["certified"], marked["practice"]) == (100, True, False)
    assert [(link.reader, link.facts()["score"]) for link in kept] == [("oidc:ana", 0), ("oidc:ana", 100), ("oidc:luis", 100)]
    assert (offer["practice"], again["best"], again["certified"], again["practice"]) == (False, 100, False, True)
    scores = [(it["name"], it["score"], it["certified"]) for it in result["members"]]
    assert scores == [("ana", 0, False), ("luis", 100, True)]
    assert [(it["question"]["before"], it["wrong"]) for it in result["weak_spots"]] == [("A customer can pay ", 1)]
    assert stale.status_code == 404
    assert '"answer"' not in floor.get("/v1/teams/front/digests", floor.reader("ana")).text


@BOTH
def test_a_rule_that_changed_in_two_languages_is_drilled_once_in_the_readers_own(floor: Floor) -> None:
    """Whoever has answered it in one has answered it, and leads see one drill."""
    floor.world.write("kb.yml", TAXONOMY + TEAMS.replace("languages: [en]", "languages: [en, es]"))
    keys = {"id": "limit-es", "lang": "es", "translation_of": "limit", "products": ["cards"], "title": "Cuánto se puede pagar"}
    for day, amount in ((2, 500), (3, 900)):
        spanish = f"## Límite diario\n\nEl cliente puede pagar {amount} USD con la tarjeta por día.\n\n## Horario\n\nSiempre."
        floor.world.article("limit.es.md", spanish, **keys)
        floor.publish()
        floor.clerk.work(floor.now + day * DAY)
    offered = [
        [it["article"] for it in floor.get("/v1/teams/front/drills", floor.reader("ana", lang=lang)).json()["drills"]]
        for lang in ("en", "es")
    ]
    ana = floor.client(floor.reader("ana", lang="es"))
    (offer,) = ana.get("/v1/teams/front/drills").json()["drills"]
    right = offer["questions"][0]["options"].index("900 USD")
    ana.post("/v1/teams/front/drills", json={"article": "limit-es", "version": offer["version"], "answers": [right]})
    (again,) = floor.get("/v1/teams/front/drills", floor.reader("ana", lang="en")).json()["drills"]
    (result,) = floor.get("/v1/teams/front/drill-results", floor.reader("lena", Role.LEAD, tier=2)).json()["drills"]

    assert offered == [["limit"], ["limit-es"]]
    assert (again["article"], again["practice"], again["certified"]) == ("limit-es", True, True)
    assert {it["name"]: it["score"] for it in result["members"]}["ana"] == 100


def test_a_score_that_somebody_edits_is_found_by_verifying_the_chain(floor: Floor) -> None:
    """Lists are made of the chain's events alone, so there is no other place in which one could become certified."""
    ana, lead = floor.client(floor.reader("ana")), floor.reader("eva", Role.LEAD, tier=3)
    (offer,) = ana.get("/v1/teams/front/drills").json()["drills"]
    wrong = 1 - offer["questions"][0]["options"].index("900 USD")
    ana.post("/v1/teams/front/drills", json={"article": "limit", "version": offer["version"], "answers": [wrong]})
    before = told_faults(Ledger(floor.database))
    (link,) = Ledger(floor.database).links(Wanted("default", kind=Kind.DRILLED))
    with floor.database.writing() as connection:
        forged = link.body.replace('"score":0', '"score":100')
        connection.execute(events.update().where(events.c.id == link.id).values(body=forged))
    (result,) = floor.get("/v1/teams/front/drill-results", lead).json()["drills"]

    assert before == []
    assert result["members"][0] == {"name": "ana", "score": 100, "certified": True}
    assert told_faults(Ledger(floor.database)) == [
        f"space default, event {link.seq}: its content does not fit its hash: it was changed"
    ]


def test_what_was_raised_above_the_team_is_shown_no_more(floor: Floor) -> None:
    """By its folder, so that the text is the one that was told: neither its drill, nor its line wherever that stood."""
    for amount in (20, 30):
        floor.world.write("fees/_defaults.yml", "tier: 1\n")
        floor.world.write("fees/fee.md", FEE.format(amount))
        floor.publish()
        floor.clerk.work(floor.now + amount * DAY)
    told = _shown(floor, "front", "30 USD")
    floor.world.write("fees/_defaults.yml", "tier: 2\n")
    floor.publish()

    assert told == [True] * 4
    assert _shown(floor, "front", "30 USD") == [False] * 4
    assert _shown(floor, "front", "900 USD") == [True] * 4


def test_a_figure_that_moved_above_the_team_is_shown_no_more_however_it_is_marked_up(floor: Floor) -> None:
    """Bold, in a table, linked, spelled otherwise, over two lines, or in other words where the figure stands below, too."""
    limit = "The limit is {} USD."
    moved = {  # as it was and as it was told, where it stands now, and what of it was told
        "bold": (limit, "5,101", "The limit is **5,101** USD.", "5,101 USD"),
        "table": (limit, "5,102", "| What | Limit in USD |\n| --- | --- |\n| a day | `5,102` |", "5,102 USD"),
        "link": (limit, "5,103", "The limit is [5,103](https://bank.example) USD.", "5,103 USD"),
        "spelled": (limit, "5,104", "USD 5104 is the limit.", "5,104 USD"),
        "said": (":::say\nNever {} of it.\n:::", "speak", ":::say\nNever speak\nof it.\n:::", "Never speak of it."),
        "twice": (limit, "5,105", "The _limit_ is 5,105 USD.", "The limit is 5,105 USD."),
    }
    for day, old in ((2, True), (3, False)):
        for name, (body, new, _, _) in moved.items():
            said = body.format(("think" if name == "said" else "20") if old else new)
            floor.world.article(f"{name}.md", said, id=name, products=["cards"])
        floor.publish()
        floor.clerk.work(floor.now + day * DAY)
    told = {name: _shown(floor, "front", text)[1] for name, (*_, text) in moved.items()}
    for name, (_, _, body, _) in moved.items():
        below = "A fee of 5,105 USD is usual." if name == "twice" else "Call us."
        floor.world.article(f"{name}.md", f"{below}\n\n::::tier 2\n{body}\n::::", id=name, products=["cards"])
    floor.publish()

    assert told == dict.fromkeys(moved, True)
    assert {name: _shown(floor, "front", text) for name, (*_, text) in moved.items()} == dict.fromkeys(moved, [False] * 4)
    assert _shown(floor, "front", "900 USD") == [True] * 4


def test_a_translation_that_is_behind_shows_no_figure_that_its_source_has_raised(floor: Floor) -> None:
    """The figures of that line are the source's, in its words."""
    floor.world.write("kb.yml", TAXONOMY + TEAMS.replace("languages: [en]", "languages: [es, en]"))
    keys = {"id": "fee-es", "lang": "es", "translation_of": "fee", "products": ["cards"]}
    floor.world.article("fee.es.md", "La tarifa es de 20 dólares.", **keys)
    for amount in (20, 30):
        floor.world.article("fee.md", f"The fee is {amount} USD.", id="fee", products=["cards"])
        floor.publish()
        floor.clerk.work(floor.now + amount * DAY)
    told = _shown(floor, "front", "30 USD")[1]
    floor.world.article("fee.es.md", "Llámenos.\n\n:::tier 2\nLa tarifa es de 20 dólares.\n:::", **keys)
    floor.world.article("fee.md", "Call us.\n\n:::tier 2\nThe fee is **30** USD.\n:::", id="fee", products=["cards"])
    floor.publish()

    assert (told, _shown(floor, "front", "30 USD")) == (True, [False] * 4)


def test_a_team_that_was_lowered_is_shown_nothing_that_it_was_told_above(floor: Floor) -> None:
    """An article of its new tier may have had parts of the old one."""
    told = _shown(floor, "desk", "900 USD")
    floor.world.write("kb.yml", TAXONOMY + TEAMS.replace("tier: 3", "tier: 1"))
    floor.publish()

    assert (told, _shown(floor, "desk", "900 USD")) == ([True] * 4, [False] * 4)


def test_a_rule_that_is_no_longer_in_force_certifies_nobody(floor: Floor) -> None:
    """What was told of it stays to be read."""
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    for amount in (20, 30):
        floor.world.article("fee.md", f"The fee is {amount} USD a month.", id="fee", products=["cards"], effective_until=ends)
        floor.publish()
        floor.clerk.work(floor.now + amount * DAY)
    drills = Drills(floor.clerk.desk, floor.records)
    ana = floor.reader("ana")
    before = {offer.line.id for offer in drills.offers("default", "front", ana)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.digests.drills.datetime", Later)
        after = {offer.line.id for offer in drills.offers("default", "front", ana)}

    assert (before, after) == ({"limit", "fee"}, {"limit"})


def _shown(floor: Floor, team: str, text: str) -> list[bool]:
    """Whether the text stands in the team's drills, JSON, page and feed."""
    ways = ("/v1/teams/{}/drills", "/v1/teams/{}/digests", "/digests/{}", "/digests/{}/feed")
    reader = floor.reader("eva", teams=frozenset({team}), tier=3)
    return [text in floor.get(way.format(team), reader).text for way in ways]


def test_the_page_and_the_email_have_no_accessibility_fault(floor: Floor, browser: Browser) -> None:
    """By axe-core, in a real browser."""
    (document,) = Desk(floor.world.guidance, floor.database).outbox.documents("default", "front")
    opened = browser.new_page()
    found = []
    for html in (floor.get("/digests/front", floor.reader("ana")).text, as_mail(document, "https://help.example/leave")):
        opened.set_content(html)
        found.append([fault["id"] for fault in Axe().run(opened).response["violations"]])
    opened.close()

    assert found == [[], []]
