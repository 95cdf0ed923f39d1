"""What a team's readers meet: past digests, a feed, a way out of e-mails, and how often a rule was shown."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import feedparser
import pytest
from axe_playwright_python.sync_playwright import Axe
from lxml import etree
from playwright.sync_api import Browser

from api.access import Role
from api.digests.desk import Desk
from api.digests.html import as_mail
from api.digests.leaving import Leaving
from tests.api.digests.floor import DAY, Floor


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
    schema = etree.RelaxNG(etree.parse(str(Path(__file__).parents[1] / "atom.rng")))
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
