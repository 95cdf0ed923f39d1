"""The sidebar's files over HTTP: kept by browsers for ever under an address that changes with them, and for every page."""

import gzip
import re

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Route, expect

from api.app import create_app
from api.reader import LOOPBACK, DemoReaders
from api.widget_files import WIDGET
from tests.widget.conftest import Open
from tests.widget.test_sidebar import SLOW
from tests.world import World


@pytest.fixture(scope="module")
def client(guide: World) -> TestClient:
    """The service."""
    app = create_app(guide.guidance, DemoReaders(LOOPBACK))
    return TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)


@pytest.mark.parametrize("page", ["/sidebar", "/sidebar/zendesk", "/demo"])
def test_a_page_names_every_file_that_it_needs_under_an_address_that_never_changes(client: TestClient, page: str) -> None:
    """So that a second visit asks for nothing but the page itself, and a first one for everything at once."""
    named = re.findall(r'="(/widget/[^"]+)"', client.get(page).text)
    files = [client.get(address) for address in named]

    assert {"kb-sidebar.js", "style.css", "page.css", "words.js"} <= {address.rpartition("/")[2] for address in named}
    assert {answer.headers["Cache-Control"] for answer in files} == {"public, max-age=31536000, immutable"}
    for address, answer in zip(named, files, strict=True):
        assert _is(answer.text, address.rpartition("/")[2])


def _is(sent: str, name: str) -> bool:
    """Whether each line is the source's, but for a comment."""
    lines = zip(sent.splitlines(), (WIDGET / name).read_text().splitlines(), strict=True)
    return all(line in (source, "") or source.startswith(f"{line} // ") for line, source in lines)


def test_the_address_in_a_hosts_page_leads_to_todays_version(client: TestClient) -> None:
    """So does that of a version that was replaced while a page was loading."""
    for address in ("/widget/kb-sidebar.js", "/widget/0123456789ab/kb-sidebar.js"):
        answer = client.get(address)

        assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "no-cache")
        assert _is(client.get(answer.headers["Location"]).text, "kb-sidebar.js")


def test_a_file_is_sent_compressed_to_who_can_read_that_alone(client: TestClient) -> None:
    """And any page may load it: a script tag on a host's page is a request of another origin."""
    address = client.get("/widget/words.js").headers["Location"]
    packed, plain = (client.get(address, headers={"Accept-Encoding": coding}) for coding in ("gzip", "identity"))

    assert (packed.headers["Content-Encoding"], "Content-Encoding" in plain.headers) == ("gzip", False)
    assert packed.content == plain.content
    assert int(packed.headers["Content-Length"]) == len(gzip.compress(plain.content))
    assert (packed.headers["Vary"], packed.headers["Access-Control-Allow-Origin"]) == ("Accept-Encoding", "*")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/widget/nothing.js", 404),
        ("GET", "/widget/", 404),
        ("GET", "/widget/sidebar.html", 404),
        ("GET", "/widget/a/b/words.js", 404),
        ("GET", "/widget/..%2fapp.py", 404),
        ("POST", "/widget/words.js", 405),
    ],
)
def test_there_is_nothing_else_below_that_address(client: TestClient, method: str, path: str, status: int) -> None:
    """Pages have addresses of their own."""
    assert client.request(method, path).status_code == status


def test_every_file_has_one_topic_and_can_be_read_in_one_go() -> None:
    """Three hundred lines and no more."""
    lengths = {path.name: len(path.read_text().splitlines()) for path in WIDGET.iterdir() if path.suffix != ".md"}

    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_nothing_is_fetched_that_the_page_has_not_named(sidebar: Open) -> None:
    """One import after the other would cost a round trip each."""
    page = sidebar()
    fetched = page.evaluate(
        "performance.getEntriesByType('resource').map(({ name }) => name).filter((it) => it.includes('/widget/'))"
    )
    named = page.evaluate("[...document.querySelectorAll('link, script')].map((it) => it.href ?? it.src)")

    assert set(fetched) == set(named)


def test_what_is_typed_before_the_sidebar_is_there_is_asked(browser: Browser, desk: str) -> None:
    """The field stands on the page from the first paint on; the cursor stays where it is."""
    page = browser.new_context().new_page()
    held: list[Route] = []
    page.route("**/kb-sidebar.js", lambda route: held.append(route))  # a builtin cannot be given
    page.goto(f"{desk}/sidebar", wait_until="commit")
    page.locator("textarea.shell").fill("late fee")
    expect(page.locator("kb-sidebar")).to_have_count(0)
    held[0].continue_()

    expect(page.locator("kb-sidebar .hit .title").first).to_have_text("Late fee", timeout=SLOW)
    expect(page.locator("kb-sidebar textarea")).to_have_value("late fee")
    expect(page.locator("kb-sidebar textarea")).to_be_focused()
    page.context.close()
