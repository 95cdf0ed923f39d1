"""What every answer carries, and what no request may exceed."""

import asyncio
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from api.app import create_app
from api.composition import spaces_of
from api.database import Database
from api.edges import Edges, Patience, edges_of
from api.listening import listen
from api.rate import FAILURES
from api.reader import LOOPBACK, DemoReaders
from api.settings import SettingsError, read_settings
from api.token import new_token
from retriever.snapshot import Models
from tests.doors import ORIGIN, Door, bearer
from tests.world import TAXONOMY, World

EDGES = Edges({"default": (ORIGIN, "https://*.wild.example.com"), "zenith": ("https://zenith.example.com",)}, {}, 1000)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, models: Models) -> Iterator[Door]:
    """A service with one article."""
    root = tmp_path_factory.mktemp("edges")
    world = World(root, models)
    world.repo.mkdir()
    world.git("init", "--quiet", "--initial-branch=main")
    world.write("kb.yml", TAXONOMY)
    world.article("card.md", "Freeze the lost card.", id="card")
    database = Database(f"sqlite:///{root / 'tokens.sqlite'}")
    yield Door(world.guidance, database, edges=EDGES)
    database.close()


def demo(door: Door, edges: Edges = EDGES) -> TestClient:
    """The same service as a demo."""
    app = create_app(door.guidance, DemoReaders(LOOPBACK), edges=edges)
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False, follow_redirects=False)


PATHS = ["/v1/search?q=card", "/v1/articles/card", "/articles/card", "/healthz", "/readyz", "/nothing", "/docs"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_is_dressed(door: Door, path: str) -> None:
    """Errors and pages alike: no sniffing, no referrer, no frame but where it is allowed, nothing kept by a proxy."""
    for client, headers in ((demo(door), {}), (door.client, bearer(door.token())), (door.client, {})):
        response = client.get(path, headers=headers, follow_redirects=False)

        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors" in response.headers["Content-Security-Policy"]
        assert response.headers["Cache-Control"] in ("no-store", "private, no-cache", "no-cache")
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_an_error_of_ours_is_dressed_too(door: Door) -> None:
    """And tells nothing of what went wrong."""
    client = demo(door)
    client.app.add_api_route("/v1/forgotten", lambda: "everything")  # type: ignore[attr-defined]
    with capture_logs():
        response = client.get("/v1/forgotten")

    assert (response.status_code, response.headers["X-Content-Type-Options"]) == (500, "nosniff")
    assert "forgotten stands" not in response.text


def test_a_page_may_be_framed_by_the_pages_of_its_space_alone(door: Door) -> None:
    """And an error by none, so that nobody learns which pages a space has."""
    own = door.client.get("/articles/card", headers=bearer(door.token())).headers["Content-Security-Policy"]
    foreign = door.client.get("/articles/card?space=zenith", headers=bearer(door.token())).headers["Content-Security-Policy"]
    nobody = door.client.get("/articles/card").headers["Content-Security-Policy"]

    assert own.endswith(f"frame-ancestors 'self' {ORIGIN} https://*.wild.example.com")
    assert (foreign, nobody) == ("default-src 'none'; frame-ancestors 'none'",) * 2


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (ORIGIN, True),
        ("https://a.wild.example.com", True),
        ("https://a.b.wild.example.com", True),
        ("https://wild.example.com", False),
        ("https://evilwild.example.com", False),
        ("http://a.wild.example.com", False),
        ("https://*.wild.example.com", False),
        ("https://zenith.example.com", False),
        ("https://evil.example.com", False),
        ("null", False),
    ],
)
def test_an_answer_may_be_read_by_the_pages_of_its_reader_alone(door: Door, origin: str, allowed: bool) -> None:
    """Those of the reader's spaces; other spaces' pages are strangers."""
    headers = door.ask(door.token(), headers={"Origin": origin}).headers

    assert (headers.get("Access-Control-Allow-Origin") == origin) is allowed
    assert "Access-Control-Allow-Credentials" not in headers
    assert "Origin" in headers["Vary"]


def test_the_sidebar_may_be_framed_by_the_pages_of_its_space_alone(door: Door) -> None:
    """It names them, because the browser has to know; a space that is not there looks like one that has none."""
    for client in (door.client, demo(door)):
        own, foreign, none = (client.get(f"/sidebar?space={space}") for space in ("default", "zenith", "nobody"))

        assert own.headers["Content-Security-Policy"].endswith(f"frame-ancestors 'self' {ORIGIN} https://*.wild.example.com")
        assert f'<meta name="kb-hosts" content="{ORIGIN} https://*.wild.example.com">' in own.text
        assert foreign.headers["Content-Security-Policy"].endswith("frame-ancestors 'self' https://zenith.example.com")
        assert none.headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")
        assert '<meta name="kb-hosts" content="">' in none.text
        assert client.get("/demo").headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")


def _preflight(client: TestClient, origin: str) -> Any:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    return client.options("/v1/search", headers=asked)


def test_with_tokens_a_preflight_says_the_same_to_every_page(door: Door) -> None:
    """A list of those that may would name the clients; without a token a page gets nothing anyway."""
    answers = [_preflight(door.client, origin) for origin in (ORIGIN, "https://zenith.example.com", "https://evil.example.com")]

    assert {answer.status_code for answer in answers} == {204}
    assert len({str(sorted(answer.headers.items())).replace(answer.request.headers["origin"], "?") for answer in answers}) == 1


def test_in_the_demo_a_page_needs_to_be_named(door: Door) -> None:
    """There the address is the only credential, so a page that anybody opened must not use it."""
    client = demo(door)
    named, other = _preflight(client, ORIGIN), _preflight(client, "https://evil.example.com")
    read = client.get("/v1/search", params={"q": "card"}, headers={"Origin": "https://evil.example.com"})

    assert named.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Access-Control-Allow-Origin" not in other.headers
    assert "Access-Control-Allow-Origin" not in read.headers


def test_a_page_can_tell_that_its_session_has_ended(door: Door) -> None:
    """401 may be read from anywhere, so that a widget asks for a new one instead of showing a broken network."""
    assert door.ask("fps_x.y", headers={"Origin": ORIGIN}).headers["Access-Control-Allow-Origin"] == ORIGIN


def test_a_reader_who_asks_too_often_is_told_when_to_come_back(door: Door) -> None:
    """Each reader alone; a space's own limit comes before the usual one."""
    own = Door(door.guidance, door.database, edges=Edges({}, {"default": 3}, 1000))
    first, second = own.token(), own.token()
    statuses = [own.ask(first).status_code for _ in range(5)]
    refused, other = own.ask(first), own.ask(second)

    assert statuses == [200, 200, 200, 429, 429]
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert other.status_code == 200


def test_who_guesses_tokens_is_slowed_down_and_nobody_else(door: Door) -> None:
    """By address; a reader behind the same one goes on."""
    own = Door(door.guidance, door.database, edges=EDGES)
    statuses = [own.client.get("/v1/search?q=x", headers=bearer(new_token())).status_code for _ in range(FAILURES + 2)]

    assert (statuses[:FAILURES], statuses[FAILURES:]) == ([401] * FAILURES, [429, 429])
    assert own.ask(own.token()).status_code == 200


def test_the_demo_has_no_limit(door: Door) -> None:
    """It is one person's own machine."""
    client = demo(door, Edges({}, {"default": 1}, 1))

    assert [client.get("/v1/search", params={"q": "card"}).status_code for _ in range(3)] == [200, 200, 200]


def test_a_body_that_never_arrives_ends_the_request() -> None:
    """A slow sender holds nothing for ever."""
    sent: list[Any] = []

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        while (await receive()).get("more_body"):
            pass

    async def receive() -> Any:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    # in a thread of its own: a browser that is open in this one has a loop running, and a second cannot be begun
    with ThreadPoolExecutor(1) as thread, pytest.raises(Exception, match="did not arrive in time"):
        thread.submit(asyncio.run, Patience(app, seconds=0.1)({"type": "http"}, receive, send)).result()


def test_a_body_that_is_too_large_is_refused_unread(door: Door) -> None:
    """Whether it says so or hides its length."""
    large = door.client.post("/v1/search", content=b"x" * 200_001, headers=bearer(door.token()))
    hidden = door.client.post("/v1/search", content=iter([b"x"]), headers=bearer(door.token()))

    assert (large.status_code, hidden.status_code) == (413, 413)


def test_origins_are_read_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the default space; what is no origin is refused by name."""
    settings = read_settings(origins=f"{ORIGIN}, https://*.wild.example.com", requests_per_minute=7)
    edges = edges_of(spaces_of(settings), settings)

    assert (edges.origins, edges.usual_rate) == ({"default": (ORIGIN, "https://*.wild.example.com")}, 7)
    with pytest.raises(SettingsError, match="KB_ORIGINS names 'https://x'"):
        spaces_of(read_settings(origins="https://x"))


def test_the_end_of_an_answer_does_not_wait_for_its_beginning_to_be_acknowledged() -> None:
    """Connections that the service takes send each piece at once: otherwise every answer is 40 ms late."""

    async def sent_at_once() -> int:
        taken: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def accepted(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            taken.set_result(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with listen("127.0.0.1", 0) as listening:
            async with await asyncio.start_server(accepted, sock=listening):
                _, writer = await asyncio.open_connection(*listening.getsockname())
                at_once = await taken
                writer.close()
        return at_once

    with ThreadPoolExecutor(1) as thread:  # the browser's own loop may run in this one
        assert thread.submit(asyncio.run, sent_at_once()).result() == 1
