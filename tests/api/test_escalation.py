"""A reader of the lowest tier tries everything: no parameter, header, moment, cursor or ETag shows what is above it."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.database import Database
from api.edges import Edges
from retriever.snapshot import Models
from tests.doors import Door, bearer, recording
from tests.two_spaces import Call, walk
from tests.world import TAXONOMY, World

SECRET = "vexillum"  # noqa: S105 - the word that stands in the text above the reader's tier and nowhere else


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, models: Models) -> Iterator[Door]:
    """Texts of tier 1, texts of tier 3, and a part of tier 3 inside of a text of tier 1, over two commits."""
    root = tmp_path_factory.mktemp("escalation")
    world = World(root, models)
    world.repo.mkdir()
    world.git("init", "--quiet", "--initial-branch=main")
    world.write("kb.yml", TAXONOMY)
    world.article("open.md", "Freeze the lost card.", id="open")
    above = {"tier": 3, "title": f"Wire {SECRET}", "keywords": [SECRET]}
    world.article("deep.md", f"Raise the wire limit with {SECRET}.", id="deep", **above)
    world.commit(at="2026-01-01T00:00:00Z")
    world.article("open.md", f"Freeze the lost card.\n\n:::tier 3\nThe {SECRET} override.\n:::\n", id="open")
    world.commit(at="2026-02-01T00:00:00Z")
    database = Database(f"sqlite:///{root / 'tokens.sqlite'}")
    made = Door(world.guidance, database, edges=Edges({}, {}, 1_000_000))
    made.commits = world.git("log", "--format=%H").split()
    with recording(made, root / "journal"):
        yield made
    database.close()


def _values(door: Door) -> dict[str, list[str]]:
    """Every tier, moment, id and word that could lead there."""
    return {
        "space": ["default"],
        "q": ["raise the wire limit", '"deep"', "override", "tier 3"],
        "id": ["deep", "open", "../deep", "open?tier=3"],
        "as_of": [*door.commits, "2026-01-15", "2030-01-01"],
        "from": [door.commits[1], "1", "2020-01-01"],
        "to": [door.commits[0], "2", "2030-01-01"],
        "format": ["text", "html"],
        "effective_on": ["2020-01-01", "2030-01-01"],
        "tier": ["0", "3", "99", "true"],
        "explain": ["true"],
        "jurisdiction": ["US-CA", "all"],
        "products": ["all", "cards"],
        "cursor": ["x", "3", "eyJ0aWVyIjozfQ"],
    }


def test_no_parameter_shows_a_higher_tier(door: Door) -> None:
    """Every endpoint, with each of the values."""
    client = door.client
    client.headers.update(bearer(door.token()))
    shown = [str(call) for call in walk(client, _values(door)) if SECRET in call.send(client).text]
    client.headers.pop("Authorization")

    assert shown == []


def test_a_reader_of_that_tier_sees_it(door: Door) -> None:
    """So that the walk could fail."""
    secret = door.token(tier=3)

    assert SECRET in door.ask(secret, q="raise the wire limit").text
    assert SECRET in door.client.get("/v1/articles/open", headers=bearer(secret)).text


NAMES = ["X-Tier", "X-Forwarded-User", "X-Role", "X-Original-URL", "X-HTTP-Method", "Cookie", "Forwarded", "Host"]


@given(headers=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["3", "admin", "tier=3", "/v1/articles/deep?tier=3"])))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_header_raises_anybody(door: Door, headers: dict[str, str]) -> None:
    """Only the token says who asks."""
    headers = {**headers, **bearer(door.token())}

    assert SECRET not in door.client.get("/v1/search?q=raise+the+wire+limit", headers=headers).text
    assert door.client.get("/v1/articles/deep", headers=headers).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"q": "wire", "tier": 3},
        {"q": "wire", "role": "admin"},
        {"q": "wire", "reader": {"tier": 3}},
        {"q": "wire", "context": {"tier": 3}},
        {"q": "wire", "context": {"customer_segment": "tier 3"}},
        {"q": "wire", "tier": [3]},
        {"q": "wire", "tier": {"$gte": 0}},
        {"q": "wire", "tier": 3.0},
        {"q": "wire", "scope": {"tier": 3}},
        {"q": ["wire"]},
        [{"q": "wire", "tier": 3}],
    ],
)
def test_no_body_raises_anybody(door: Door, body: object) -> None:
    """Unknown keys are errors, and known ones never exceed the token."""
    response = door.client.post("/v1/search", json=body, headers=bearer(door.token()))

    assert SECRET not in response.text
    assert response.status_code in (200, 403, 422)


def test_an_etag_of_another_reader_confirms_nothing(door: Door) -> None:
    """A hidden article answers 404 whatever tag is sent, and a visible one has another tag for each tier."""
    high, low = bearer(door.token(tier=3)), bearer(door.token())
    tag = door.client.get("/v1/articles/deep", headers=high).headers["ETag"]
    full = door.client.get("/v1/articles/open", headers=high).headers["ETag"]

    assert door.client.get("/v1/articles/deep", headers={**low, "If-None-Match": tag}).status_code == 404
    assert door.client.get("/v1/articles/open", headers={**low, "If-None-Match": full}).status_code == 200
    assert door.client.get("/v1/articles/open", headers={**high, "If-None-Match": full}).status_code == 304


def test_a_cursor_of_a_higher_reader_shows_no_more(door: Door) -> None:
    """A cursor says where a page ended, not who may read the next one."""
    high, low = bearer(door.token(tier=3)), bearer(door.token())
    shown = {}
    for path in (
        "/v1/articles/open/history?limit=1",
        f"/v1/changes?from={door.commits[1]}&limit=1",
        "/v1/articles/deep/history?limit=1",
    ):
        following = door.client.get(path, headers=high).json()["next"]
        if following:
            shown[path] = door.client.get(f"{path}&cursor={following}", headers=low)

    assert len(shown) > 0
    assert [path for path, answer in shown.items() if SECRET in answer.text] == []


def test_a_receipt_of_a_higher_reader_opens_for_nobody_else(door: Door) -> None:
    """Its id is no key: the answer is that of an id that was never given."""
    receipt = door.ask(door.token(tier=3), q="raise the wire limit").json()["receipt"]
    low = bearer(door.token())
    answers = [door.client.get(f"/v1/receipts/{name}", headers=low) for name in (receipt, "0" * 26)]

    assert [it.status_code for it in answers] == [404, 404]
    assert [it.json()["detail"].replace(receipt, "0" * 26) for it in answers] == [answers[1].json()["detail"]] * 2


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_mixture_of_parameters_shows_a_higher_tier(door: Door, calls: list[Call], low: str, data: st.DataObject) -> None:
    """Any operation of the contract with several of its parameters at once, and a header that claims more."""
    call = data.draw(st.sampled_from(calls))
    alike = [it for it in calls if (it.method, it.path) == (call.method, call.path)]
    others = data.draw(st.lists(st.sampled_from(alike), max_size=5))
    claims = data.draw(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["3", "admin", "tier=3"])))
    params = {name: value for it in (call, *others) for name, value in it.params.items()}
    body = {name: value for it in (call, *others) for name, value in (it.body or {}).items()} or None

    response = door.client.request(call.method, call.path, params=params, json=body, headers={**claims, **bearer(low)})

    assert SECRET not in response.text
    assert response.status_code != 500


@pytest.fixture(scope="module")
def calls(door: Door) -> list[Call]:
    """Every request of the walk."""
    return list(walk(door.client, _values(door)))


@pytest.fixture(scope="module")
def low(door: Door) -> str:
    """A token of the lowest tier."""
    return door.token()
