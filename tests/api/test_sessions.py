"""Widget sessions: fifteen minutes, one agent, one page, and never more than the token behind them."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep

import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from api.app import create_app
from api.own_key import own_key
from api.reader import LOOPBACK, Credentials, DemoReaders
from api.settings import SettingsError
from api.token_readers import BELIEVED
from api.token_table import revoke_token
from retriever.snapshot import Models
from tests.doors import ORIGIN, Door, bearer, three_tiers

FROM_HOST = {"Origin": ORIGIN}
EVIL = "https://evil.example.com"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, models: Models) -> Iterator[Door]:
    """A service with an article for each of three tiers."""
    with three_tiers(tmp_path_factory.mktemp("sessions"), models) as door:
        yield door


def test_a_host_exchanges_its_token_for_a_session_of_one_agent(door: Door) -> None:
    """The page never holds the token, and answers name the agent."""
    opened = door.session(door.token(origins=(ORIGIN,), tier=2), tier=2)
    answer = door.ask(opened.json()["session"], headers=FROM_HOST)

    assert opened.status_code == 201
    assert opened.json()["session"].startswith("fps_")
    assert answer.json()["scope"]["reader"] == "ana@host"
    assert {hit["id"] for hit in answer.json()["hits"]} == {"card-1", "card-2"}


def test_a_session_lasts_fifteen_minutes_and_no_longer_than_its_token(door: Door) -> None:
    """Whichever ends first."""
    own = Door(door.guidance, door.database)
    long, short = own.token(origins=(ORIGIN,)), own.token(origins=(ORIGIN,), expires_at=own.now() + timedelta(minutes=5))
    sessions = [own.session(secret).json()["session"] for secret in (long, short)]
    states = []
    for minutes in (0, 4.9, 5.1, 14.9, 15.1):
        own.ahead = timedelta(minutes=minutes)
        states.append([own.ask(session, headers=FROM_HOST).status_code for session in sessions])

    assert states == [[200, 200], [200, 200], [200, 401], [200, 401], [401, 401]]


def test_a_session_ends_with_its_token(door: Door) -> None:
    """Revoking the parent is enough, within a second."""
    secret = door.token(origins=(ORIGIN,))
    session = door.session(secret).json()["session"]
    before = door.ask(session, headers=FROM_HOST).status_code
    revoke_token(door.database, door.id_of(secret), datetime.now(UTC))
    sleep(BELIEVED)

    assert (before, door.ask(session, headers=FROM_HOST).status_code) == (200, 401)


def test_a_session_cannot_be_exchanged_again(door: Door) -> None:
    """It would outlive its fifteen minutes, one after another."""
    session = door.session(door.token(origins=(ORIGIN,))).json()["session"]

    again = door.client.post(
        "/v1/sessions", json={"agent": "x", "origin": ORIGIN, "tier": 1}, headers={**bearer(session), **FROM_HOST}
    )

    assert again.status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": ORIGIN}, 200),
        ({"Origin": "https://evil.example.com"}, 401),
        ({"Origin": "null"}, 401),
        ({"Origin": f"{ORIGIN}.evil.example"}, 401),
        ({"Origin": ORIGIN.upper()}, 401),
        ({}, 401),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://kb.example.com"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example.com"}, 401),
        ({"Sec-Fetch-Site": "cross-site"}, 401),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://other.example.com"}, 401),
    ],
)
def test_a_session_works_on_its_page_alone(door: Door, headers: dict[str, str], status: int) -> None:
    """Its host's page, or a page of this service inside of it; a page that copied the session gets nothing."""
    session = door.session(door.token(origins=(ORIGIN,))).json()["session"]

    assert door.ask(session, headers=headers).status_code == status


@pytest.mark.parametrize(
    "wanted",
    [
        {"tier": 3},
        {"origin": "https://other.example.com"},
        {"spaces": ["default", "zenith"]},
        {"spaces": []},
    ],
)
def test_a_session_never_exceeds_its_token(door: Door, wanted: dict[str, object]) -> None:
    """Neither in tier, nor in page, nor in spaces."""
    assert door.session(door.token(origins=(ORIGIN,), tier=2), **wanted).status_code == 403


def test_no_session_is_opened_for_a_control_character(door: Door) -> None:
    """What no database can hold names nobody."""
    assert door.session(door.token(origins=(ORIGIN,)), agent="an\0a").status_code == 422


@pytest.mark.parametrize("role", ["writer", "lead", "auditor", "admin", "agent"])
def test_a_session_is_an_agents_whoever_opened_it(door: Door, role: str) -> None:
    """No receipt of others, no reason of a refused commit, whatever the token behind it may do."""
    opened = door.session(door.token(origins=(ORIGIN,), role=role))
    if role in ("writer", "lead", "auditor"):
        assert opened.status_code == 403
        return
    reader = door.readers.sessions.recognise(opened.json()["session"], _credentials())

    assert reader.role == "agent"
    assert reader.origins == frozenset()


def _credentials() -> Credentials:
    return Credentials(None, ORIGIN)


def test_a_token_without_origins_opens_no_session(door: Door) -> None:
    """An agent's own token cannot speak for other agents."""
    assert door.session(door.token()).status_code == 403


def test_a_session_narrows_when_its_token_does(door: Door) -> None:
    """What the token may see now counts, not what it might when the session was opened."""
    secret = door.token(origins=(ORIGIN,), tier=3)
    session = door.session(secret, tier=3).json()["session"]
    before = door.ask(session, headers=FROM_HOST).json()["scope"]["tier"]
    with door.database.writing() as connection:
        connection.exec_driver_sql("UPDATE tokens SET tier = 1 WHERE id = ?", (door.id_of(secret),))
    sleep(BELIEVED)

    assert (before, door.ask(session, headers=FROM_HOST).json()["scope"]["tier"]) == (3, 1)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_session_that_was_changed_is_none(door: Door, data: st.DataObject) -> None:
    """Every claim is under the signature: another agent, page, tier, space or end, or any changed character."""
    session = door.session(door.token(origins=(ORIGIN,))).json()["session"]
    body, _, signature = session.removeprefix("fps_").partition(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    name, value = data.draw(
        st.sampled_from([("a", "admin"), ("o", EVIL), ("r", 3), ("s", ["zenith"]), ("e", 2**40), ("t", "x")])
    )
    forged = base64.urlsafe_b64encode(json.dumps({**claims, name: value}).encode()).rstrip(b"=").decode()
    at = data.draw(st.integers(4, len(session) - 1))
    flipped = session[:at] + ("A" if session[at] != "A" else "B") + session[at + 1 :]
    cut = [f"fps_{forged}.", f"fps_{body}", f"fps_{body}.", "fps_", "fps_."]
    tried = data.draw(st.sampled_from([f"fps_{forged}.{signature}", *cut, flipped]))

    assert door.ask(tried, headers={"Origin": "https://evil.example.com"}).status_code == 401
    assert door.ask(tried, headers=FROM_HOST).status_code == 401


def test_a_session_of_another_install_is_none(door: Door) -> None:
    """Each signs with a key of its own."""
    other = Door(door.guidance, door.database, key=b"x" * 32)
    session = other.session(other.token(origins=(ORIGIN,))).json()["session"]

    assert (other.ask(session, headers=FROM_HOST).status_code, door.ask(session, headers=FROM_HOST).status_code) == (200, 401)


def test_the_key_of_sessions_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """Workers that start together share it; one that was cut short is refused."""
    path = tmp_path / "data" / "session.key"
    first, second = own_key(path), own_key(path)
    mode = path.stat().st_mode & 0o777
    path.write_bytes(b"short")

    assert (first == second, len(first), mode) == (True, 32, 0o600)
    with pytest.raises(SettingsError, match="has 5 bytes; expected 32"):
        own_key(path)


def test_the_demo_opens_no_sessions(door: Door) -> None:
    """There is no token that one could lean on."""
    app = create_app(door.guidance, DemoReaders(LOOPBACK))
    client = TestClient(app, base_url="http://127.0.0.1")

    assert client.post("/v1/sessions", json={"agent": "a", "origin": ORIGIN, "tier": 1}).status_code == 403
