"""History, differences and old addresses over HTTP: what a reader is shown of the past, and what never."""

import pytest

from kb.article import Article
from kb.edition import Edition
from kb.tree import Commit
from tests.api.edits import FRONTLINE, NINETY, TEXT, edited
from tests.world import World


def test_history_tells_who_changed_what_and_which_version_is_current(world: World) -> None:
    """Newest first, with the approver, the facts, and an address that opens that text."""
    first, second = edited(world)
    client = world.client()

    answer = client.get("/v1/articles/card/history").json()

    newest, oldest = answer["versions"]
    assert (answer["current"], answer["found"], answer["next"]) == (2, 2, None)
    assert (newest["number"], newest["commit"], newest["current"], oldest["commit"]) == (2, second, True, first)
    assert (newest["authors"], newest["approvers"]) == (["Writer"], ["Eva"])
    assert (newest["severity"], newest["events"]) == ("rule", ["reworded"])
    assert newest["facts"] == [{"kind": "time-limit", "old": "60 days", "new": "90 days", "heading": []}]
    assert "60 days" in client.get(oldest["url"]).text


def test_history_comes_in_pages(world: World) -> None:
    """Each page names the next one, in the body and in a Link header; the last one names none."""
    edited(world)
    client = world.client()

    first = client.get("/v1/articles/card/history", params={"limit": 1})
    second = client.get(first.links["next"]["url"])

    assert [version["number"] for page in (first, second) for version in page.json()["versions"]] == [2, 1]
    assert second.json()["next"] is None
    assert client.get("/v1/articles/card/history", params={"cursor": "nonsense"}).status_code == 422


def test_a_difference_is_shown_word_by_word(world: World) -> None:
    """As JSON, as text and as a page, with figures whole."""
    edited(world)
    client = world.client()

    found = client.get("/v1/articles/card/diff").json()
    text = client.get("/v1/articles/card/diff", params={"format": "text"})
    page = client.get("/v1/articles/card/diff", params={"format": "html"})

    assert (found["from"]["number"], found["to"]["number"], found["to"]["current"]) == (1, 2, True)
    assert found["words"] == [
        {"op": "equal", "text": "The customer has "},
        {"op": "delete", "text": "60"},
        {"op": "insert", "text": "90"},
        {"op": "equal", "text": " days to dispute a charge. The fee is 25 USD.\n"},
    ]
    assert text.text == "The customer has [-60-]{+90+} days to dispute a charge. The fee is 25 USD.\n"
    assert "<del>" in page.text
    assert page.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("side", ["commit", "short", "number", "date", "instant"])
def test_a_version_is_named_by_commit_number_or_moment(world: World, side: str) -> None:
    """Whatever the auditor has at hand."""
    first, _ = edited(world)
    names = {"commit": first, "short": first[:8], "number": "1", "date": "2026-01-15", "instant": "2026-01-31T23:00:00Z"}

    found = world.client().get("/v1/articles/card/diff", params={"from": names[side], "to": "2"}).json()

    assert (found["from"]["number"], found["to"]["number"]) == (1, 2)


def test_versions_that_are_not_there_are_said_to_be_missing(world: World) -> None:
    """A number too high, a moment before the history, a branch."""
    edited(world)
    client = world.client()

    def status(**params: str) -> int:
        return client.get("/v1/articles/card/diff", params=params).status_code

    assert status(to="9") == 404
    assert status(**{"from": "2020-01-01"}) == 422
    assert status(**{"from": "main"}) == 422
    assert client.get("/v1/articles/none/history").status_code == 404


def test_what_is_gone_has_no_address(world: World) -> None:
    """Taken away, or raised above the reader: the later moment has no text to open."""
    world.reader = FRONTLINE
    for name in ("gone", "raised", "kept"):
        world.article(f"{name}.md", TEXT, id=name)
    first = world.commit(at="2026-01-01T00:00:00Z")
    world.git("rm", "-q", "articles/gone.md")
    world.article("raised.md", TEXT, id="raised", tier=2)
    world.article("kept.md", NINETY, id="kept")
    second = world.commit(at="2026-02-01T00:00:00Z")
    client = world.client()

    asked = {"from": first, "to": second, "jurisdiction": "US-CA"}
    changes = client.get("/v1/changes", params=asked).json()["changes"]
    opened = {change["id"]: change["url"] and client.get(f"/v1{change['url']}").status_code for change in changes}

    assert opened == {"gone": None, "raised": None, "kept": 200}
    assert ["jurisdiction=US-CA" in change["url"] for change in changes if change["url"]] == [True]


def test_the_past_of_a_branch_can_be_previewed(world: World) -> None:
    """History, difference and changes of `space@branch` are those that a merge would bring, page by page."""
    first, _ = edited(world)
    world.git("checkout", "--quiet", "-b", "proposal")
    world.article("card.md", TEXT.replace("60", "30"), id="card", title="Dispute a charge")
    world.article("new.md", "Some new text.", id="new")
    proposed = world.commit("Propose", at="2026-03-01T00:00:00Z")
    world.git("checkout", "--quiet", "main")
    client, asked = world.client(), {"space": "default@proposal"}

    history = client.get("/v1/articles/card/history", params=asked).json()
    difference = client.get("/v1/articles/card/diff", params=asked).json()
    page = client.get("/v1/changes", params={**asked, "from": first, "limit": 1})
    rest = client.get(page.links["next"]["url"]).json()

    assert (history["found"], history["versions"][0]["commit"], difference["to"]["commit"]) == (3, proposed, proposed)
    assert [change["id"] for change in (*page.json()["changes"], *rest["changes"])] == ["card", "new"]


def test_a_reader_learns_nothing_of_what_lies_above_the_tier(world: World) -> None:
    """Articles, parts, drafts: not in changes, not in history, not in a difference, not by a blank line."""
    world.reader = FRONTLINE
    world.article("card.md", TEXT, id="card")
    world.article("secret.md", "Limit is 100 USD.", id="secret", tier=2)
    world.article("draft.md", "Limit is 100 USD.", id="draft", status="draft")
    first = world.commit(at="2026-01-01T00:00:00Z")
    world.article("card.md", f"{TEXT}\n\n:::tier 2\nHidden limit 7,000 USD.\n:::\n", id="card")
    world.article("secret.md", "Limit is 900 USD.", id="secret", tier=2)
    world.article("draft.md", "Limit is 900 USD.", id="draft", status="draft")
    second = world.commit("Hidden limit is 7,000 USD", at="2026-02-01T00:00:00Z")
    world.article("card.md", f"{NINETY}\n\n:::tier 2\nHidden limit 8,000 USD.\n:::\n", id="card")
    third = world.commit(at="2026-03-01T00:00:00Z")
    client = world.client()

    hidden = client.get("/v1/changes", params={"from": first, "to": second})
    shown = client.get("/v1/changes", params={"from": first, "to": third})
    history = client.get("/v1/articles/card/history")
    difference = client.get("/v1/articles/card/diff", params={"from": first, "to": third})

    assert hidden.json()["changes"] == []
    assert [change["id"] for change in shown.json()["changes"]] == ["card"]
    assert [version["commit"] for version in history.json()["versions"]] == [third, first]
    assert "".join(run["text"] for run in difference.json()["words"] if run["op"] == "insert") == "90"
    assert not any("000 USD" in answer.text for answer in (hidden, shown, history, difference))
    assert client.get("/v1/articles/secret/history").status_code == 404
    assert client.get("/v1/articles/draft/history").status_code == 404
    assert client.get("/v1/articles/secret/diff", params={"from": first}).status_code == 404


def test_a_text_that_was_refused_is_no_version(world: World) -> None:
    """It was never guidance; what came before it still is, and what came after it names the change between the two."""
    first, second = edited(world)
    world.live.update()
    world.article("card.md", TEXT.replace("60", "5"), id="card", title="Dispute a charge", products=["no-such"])
    refused = world.commit("Refused for its product")
    world.live.update()
    world.write("card.md", "---\ntitle: [\n---\nBroken.\n")
    broken = world.commit("Broken YAML")
    world.live.update()
    world.article("card.md", TEXT.replace("60", "30"), id="card", title="Dispute a charge")
    third = world.commit("Fixed")
    world.live.update()

    found = world.client().get("/v1/articles/card/history").json()["versions"]

    assert world.live.space.log.refused() == {refused, broken}
    assert [version["commit"] for version in found] == [third, second, first]
    assert [fact["old"] for fact in found[0]["facts"]] == ["90 days"]


@pytest.mark.parametrize("name", ["e", "a%00b", "%2E", "-e", "x" * 2000])
def test_what_is_no_articles_id_has_no_history(world: World, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """And costs nothing: no article is read for it."""
    edited(world)
    client, read = world.client(), list[str]()
    article = Edition.article

    def noted(edition: Edition, path: str, changed: Commit | None = None) -> Article | None:
        read.append(path)
        return article(edition, path, changed)

    monkeypatch.setattr(Edition, "article", noted)

    assert (client.get(f"/v1/articles/{name}/history").status_code, read) == (404, [])


def test_a_specialist_sees_what_the_frontline_does_not(world: World) -> None:
    """The same addresses at tier two: the hidden limit, and the hidden article."""
    world.article("card.md", f"{TEXT}\n\n:::tier 2\nHidden limit 7,000 USD.\n:::\n", id="card")
    world.article("secret.md", "Limit is 100 USD.", id="secret", tier=2)
    first = world.commit(at="2026-01-01T00:00:00Z")
    world.article("card.md", f"{TEXT}\n\n:::tier 2\nHidden limit 8,000 USD.\n:::\n", id="card")
    world.article("secret.md", "Limit is 900 USD.", id="secret", tier=2)
    world.commit(at="2026-02-01T00:00:00Z")

    answer = world.client().get("/v1/changes", params={"from": first, "tier": 2}).json()

    assert [[(fact["old"], fact["new"]) for fact in change["facts"]] for change in answer["changes"]] == [
        [("7,000 USD", "8,000 USD")],
        [("100 USD", "900 USD")],
    ]


def test_messages_of_commits_are_not_shown(world: World) -> None:
    """They may tell of articles that the reader must not know."""
    first, _ = edited(world)
    client = world.client()

    answers = [client.get("/v1/articles/card/history"), client.get("/v1/changes", params={"from": first})]

    assert not any("says legal" in answer.text for answer in answers)


def test_only_what_was_live_can_be_compared(world: World) -> None:
    """A branch that was never merged is no part of the past, by name or by commit."""
    first, _ = edited(world)
    world.git("checkout", "-q", "-b", "unmerged")
    world.article("card.md", "Unmerged 10 days.", id="card")
    stray = world.commit()
    world.git("checkout", "-q", "main")
    client = world.client()

    assert client.get("/v1/changes", params={"from": first, "to": stray}).status_code == 422
    assert client.get("/v1/articles/card/diff", params={"to": "unmerged"}).status_code == 422


def test_an_unchanged_answer_is_not_sent_twice(world: World) -> None:
    """History and differences carry ETags."""
    edited(world)
    client = world.client()
    for address in ("/v1/articles/card/history", "/v1/articles/card/diff", "/v1/articles/card/diff?format=html"):
        tag = client.get(address).headers["etag"]

        assert client.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_the_page_of_a_difference_holds_no_script(world: World) -> None:
    """Whatever the texts hold."""
    world.article("bad.md", "Text.", id="bad")
    world.commit()
    world.article("bad.md", "<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>", id="bad", title="'<script>x'")

    page = world.client().get("/v1/articles/bad/diff", params={"format": "html"})

    assert "<script" not in page.text
    assert "<img" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("old", ["old-card", "help/cards/old.md", "help/cards/old"])
def test_an_old_address_leads_to_the_article(world: World, old: str) -> None:
    """For good, with the scope that was asked for, as JSON and as a page."""
    world.article("card.md", TEXT, id="card", redirect_from=["old-card", "/help/cards/old/"])
    client = world.client()

    for listed in ("/articles", "/v1/articles"):
        answer = client.get(f"{listed}/{old}?jurisdiction=US-CA", follow_redirects=False)

        assert (answer.status_code, answer.headers["location"]) == (308, f"{listed}/card?jurisdiction=US-CA")


def test_an_old_address_of_a_hidden_article_leads_nowhere(world: World) -> None:
    """It looks as if it had never been."""
    world.reader = FRONTLINE
    world.article("card.md", TEXT, id="card", tier=2, redirect_from=["old-card"])
    world.article("open.md", TEXT, id="open")
    client = world.client()

    assert client.get("/articles/old-card", follow_redirects=False).status_code == 404
    assert client.get("/v1/articles/some/where", follow_redirects=False).status_code == 404


def test_a_retired_article_points_to_its_successor(world: World) -> None:
    """As JSON and on its page; never to one that the reader may not open."""
    world.reader = FRONTLINE
    world.article("old.md", TEXT, id="old", status="retired")
    world.article("new.md", NINETY, id="new", supersedes=["old"])
    world.article("secret.md", NINETY, id="secret", supersedes=["old"], tier=2)
    client = world.client()

    assert client.get("/v1/articles/old").json()["superseded_by"] == ["new"]
    assert 'Superseded by <a href="/articles/new">new</a>' in client.get("/articles/old").text
