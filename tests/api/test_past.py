"""History, differences and changes over HTTP: what a reader is shown of the past, and what never."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace

import pytest

from api.access import Role
from api.past_presentation import write_cursor
from api.reader import LOOPBACK
from kb.article import Article
from kb.edition import Edition
from kb.tree import Commit
from tests.world import World

TEXT = "The customer has 60 days to dispute a charge. The fee is 25 USD."
NINETY = TEXT.replace("60", "90")
FRONTLINE = replace(LOOPBACK, name="frontline", tier=1)


def edited(world: World) -> tuple[str, str]:
    """An article with two versions; their commits."""
    world.article("card.md", TEXT, id="card", title="Dispute a charge")
    first = world.commit(at="2026-01-01T00:00:00Z")
    world.article("card.md", NINETY, id="card", title="Dispute a charge")
    second = world.commit("Ninety days now, says legal\n\nReviewed-by: Eva <e@example.com>", at="2026-02-01T00:00:00Z")
    return first, second


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


def test_changes_name_the_rule_that_changed(world: World) -> None:
    """In a window, what matters most first, with counts."""
    first, second = edited(world)
    world.article("other.md", "Some words here.", id="other")
    third = world.commit(at="2026-03-01T00:00:00Z")
    client = world.client()

    answer = client.get("/v1/changes", params={"from": first, "to": third}).json()
    rules = client.get("/v1/changes", params={"from": first, "to": second, "severity": "rule"}).json()

    assert [(change["id"], change["severity"]) for change in answer["changes"]] == [("card", "rule"), ("other", "rule")]
    assert answer["counts"] == {"rule": 2, "clarified": 0, "editorial": 0}
    assert (answer["from"]["commit"], answer["to"]["commit"]) == (first, third)
    assert rules["changes"][0]["facts"][0]["new"] == "90 days"
    assert rules["changes"][0]["commits"][0]["approvers"] == ["Eva"]


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


def test_changes_come_in_pages_that_a_push_does_not_move(world: World) -> None:
    """The first page settles the window."""
    world.article("kept.md", "Text.", id="kept")
    first = world.commit(at="2026-01-01T00:00:00Z")
    for name in "abc":
        world.article(f"{name}.md", f"Text of {name}.", id=name)
    world.commit(at="2026-02-01T00:00:00Z")
    client = world.client()
    page = client.get("/v1/changes", params={"from": first, "limit": 2})
    world.article("aa.md", "Text of aa.", id="aa")
    world.publish()

    rest = client.get(page.links["next"]["url"]).json()

    assert [change["id"] for change in page.json()["changes"]] == ["a", "b"]
    assert [change["id"] for change in rest["changes"]] == ["c"]
    assert rest["to"] == page.json()["to"]


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2201-01-01"])
def test_a_moment_at_the_end_of_the_calendar_is_refused(world: World, edge: str) -> None:
    """In another time zone there is no such moment: it is an error of the request, wherever it stands."""
    edited(world)
    client = world.client()

    asked = [
        client.get("/v1/search", params={"q": "dispute", "effective_on": edge}),
        client.get("/v1/articles/card", params={"effective_on": edge}),
        client.get("/v1/changes", params={"from": edge}),
    ]

    assert [answer.status_code for answer in asked] == [422, 422, 422]


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-12:00", "2026-02-01T00:00:00", "2026-02-01"])
def test_a_cursor_made_by_hand_is_refused(world: World, at: str) -> None:
    """Only an instant with an offset, of years that every zone has."""
    _, second = edited(world)
    cursor = write_cursor({"from": [second, at], "to": [second, at]})

    assert world.client().get("/v1/changes", params={"cursor": cursor}).status_code == 422


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


def test_changes_are_those_of_the_asked_place_and_product(world: World) -> None:
    """A change for California is none for Quebec; it is one for who asks of no place."""
    world.article("kept.md", id="kept")
    first = world.commit(at="2026-01-01T00:00:00Z")
    world.article("ca.md", id="ca", jurisdictions=["US-CA"], products=["cards"])
    world.commit(at="2026-02-01T00:00:00Z")
    client = world.client()

    def ids(**params: str) -> list[str]:
        return [change["id"] for change in client.get("/v1/changes", params={"from": first, **params}).json()["changes"]]

    assert ids() == ["ca"]
    assert ids(jurisdiction="US-CA", products="cards") == ["ca"]
    assert ids(jurisdiction="CA-QC") == []
    assert ids(products="transfers") == []


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


def test_changes_name_no_commit_that_touched_only_hidden_parts(world: World) -> None:
    """Neither its id and author nor what it declares, nor when it was made, though another commit changed what is shown."""
    hidden = ":::tier 2\nThe limit is {}.\n:::\n"
    world.article("card.md", f"{TEXT}\n\n{hidden.format('5 USD')}", id="card")
    first = world.commit(at="2026-01-01T00:00:00Z")
    world.article("card.md", f"{NINETY}\n\n{hidden.format('5 USD')}", id="card")
    shown = world.commit("Ninety\n\nChange: minor", at="2026-02-01T00:00:00Z")
    world.article("card.md", f"{NINETY}\n\n{hidden.format('9 USD')}", id="card")
    secret = world.commit("Limit\n\nCo-authored-by: Fraud Team <f@example.com>\nChange: rule", at="2026-03-01T00:00:00Z")

    world.reader = FRONTLINE
    frontline = world.client().get("/v1/changes", params={"from": first})
    world.reader = LOOPBACK
    specialist = world.client().get("/v1/changes", params={"from": first, "tier": 2})

    (change,) = frontline.json()["changes"]
    assert (change["declared"], change["severity"], change["at"]) == (True, "editorial", "2026-02-01T00:00:00Z")
    assert [commit["commit"] for commit in change["commits"]] == [shown]
    assert ("Fraud Team" in frontline.text, "Fraud Team" in specialist.text) == (False, True)
    assert [commit["commit"] for commit in specialist.json()["changes"][0]["commits"]] == [shown, secret]


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


Kb = Callable[..., "subprocess.CompletedProcess[str]"]


def test_diff_and_log_need_no_index(world: World, kb: Kb) -> None:
    """For who has the repository: facts, people and messages, and nothing is built."""
    first, second = edited(world)

    changes = kb("diff", first, second, cwd=world.repo)
    versions = kb("log", "card", cwd=world.repo)
    commits = kb("log", cwd=world.repo)

    assert "RULE  Dispute a charge [card, en]\n  reworded\n  60 days → 90 days\n" in changes.stdout
    assert f"{second[:12]} by Writer, approved by Eva" in changes.stdout
    assert "Ninety days now, says legal" in versions.stdout
    assert "CURRENT" in versions.stdout.splitlines()[0]
    assert commits.stdout.count(" by Writer") == 2
    assert not list(world.root.rglob("snapshots"))


def test_diff_that_finds_nothing_says_where_something_is(world: World, kb: Kb) -> None:
    """A fresh clone has changed nothing yet: the newest commit that changed an article is named, and it does show."""
    world.article("card.md", TEXT, id="card")
    first = world.commit()
    alone = kb("diff", "HEAD", cwd=world.repo)
    world.article("card.md", NINETY, id="card")
    second = world.commit()
    (world.repo / "articles" / "README.md").write_text("For people.")
    world.commit()
    later = kb("diff", "HEAD", cwd=world.repo)
    told = kb("diff", f"{second[:12]}~1", cwd=world.repo)

    assert "0 articles" in alone.stdout
    assert "All articles are of one commit" in alone.stderr
    assert f"The newest commit that changed one is {second[:12]} of " in later.stderr
    assert f"ask from {second[:12]}~1 on to see it." in later.stderr
    assert (first[:12] in told.stdout, "60 days → 90 days" in told.stdout, told.stderr) == (True, True, "")


def test_diff_prints_markdown_and_json(world: World, kb: Kb) -> None:
    """For a message and for a program; what an article says is no markup there."""
    world.article("card.md", TEXT, id="card", title="Dispute *a* charge")
    first = world.commit()
    world.article("card.md", NINETY, id="card", title="Dispute *a* charge")
    world.commit()

    markdown = kb("diff", first, "main", "--format", "markdown", cwd=world.repo)
    found = json.loads(kb("diff", first, "main", "--format", "json", cwd=world.repo).stdout)

    assert "## Rule: Dispute \\*a\\* charge" in markdown.stdout
    assert [fact["new"] for fact in found["changes"][0]["facts"]] == ["90 days"]


def test_what_is_the_same_of_many_articles_is_told_once(world: World, kb: Kb) -> None:
    """A deletion of many is one piece of news with their names below it; an edit in the same push stands by itself."""
    world.article("card.md", TEXT, id="card", title="Dispute a charge")
    for number in range(6):
        world.article(f"old/{number}.md", id=f"old-{number}", title=f"Old {number}")
    first = world.commit(at="2026-01-01T00:00:00Z")
    for number in range(6):
        (world.repo / f"articles/old/{number}.md").unlink()
    world.article("card.md", TEXT.replace("60", "90"), id="card", title="Dispute a charge")
    second = world.commit(at="2026-01-02T00:00:00Z")

    text, markdown = (kb("diff", first, second, "--format", name, cwd=world.repo).stdout for name in ("text", "markdown"))

    names = "".join(f"    Old {number} [old-{number}, en]\n" for number in range(6))
    assert f"\nRULE  6 articles, alike\n  removed\n  2026-01-02 00:00Z {second[:12]} by Writer\n{names}" in text
    assert "RULE  Dispute a charge [card, en]\n" in text
    assert markdown.count("## ") == 2
    assert "\n- Old 5 `old-5` · en\n" in markdown


@pytest.mark.parametrize("command", [("diff", "nonsense"), ("diff", "2026-02-30"), ("log", "nothing")])
def test_what_is_not_there_is_said(world: World, kb: Kb, command: tuple[str, ...]) -> None:
    """One message, wrong use."""
    edited(world)

    run = kb(*command, cwd=world.repo)

    assert run.returncode == 2
    assert "Traceback" not in run.stderr
    assert ("Moments are also now, yesterday" in run.stderr) is (command[1] == "nonsense")


@pytest.mark.parametrize(
    ("role", "reason"),
    [
        (Role.WRITER, "articles/card.md:5: tier is 'many'; expected a whole number."),
        (Role.AGENT, "The newest commit was refused: 1 x bad-value. `kb check` and `kb log --served` tell file and line."),
    ],
)
def test_changes_say_which_pushes_were_refused(world: World, role: Role, reason: str) -> None:
    """With the reason in full for who may mend it; without any name for everybody else."""
    world.article("card.md", id="card")
    world.commit(at="2026-01-01T00:00:00Z")
    live = world.live
    world.article("card.md", id="card", tier="many")
    refused = world.commit()
    live.update()
    world.reader = replace(LOOPBACK, role=role)

    found = world.client().get("/v1/changes", params={"from": "6 hours ago"}).json()["refused"]

    assert [(it["commit"], it["outcome"], it["reason"]) for it in found] == [(refused, "refused", reason)]
