"""Changes between two moments over HTTP: in pages, in scope, and with no word of what the reader may not see."""

from dataclasses import replace

import pytest

from api.access import Role
from api.past_presentation import write_cursor
from api.reader import LOOPBACK
from tests.api.edits import FRONTLINE, NINETY, TEXT, edited
from tests.world import World


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
