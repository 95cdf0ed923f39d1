"""The Zendesk app in a real browser, driven by a host that speaks the messages of the Zendesk App Framework, version 2."""

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from retriever.snapshot import Models
from tests.widget.hosts import Desk, host_desk
from tests.widget.test_sidebar import SLOW, fits

HOST = (Path(__file__).parent / "zendesk_host.html").read_text()

Zendesk = Callable[..., Page]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, models: Models) -> Iterator[Desk]:
    """The service, and a Zendesk whose page is on localhost."""
    with host_desk(tmp_path_factory.mktemp("zendesk"), models) as desk:
        yield desk


@pytest.fixture
def zendesk(browser: Browser, desk: Desk) -> Iterator[Zendesk]:
    """Opens a ticket; Zendesk's proxy fills the token in, which is nowhere in the page. The page holds what it sent."""
    contexts = []

    def open_(*, locale: str = "en-US", at: str = "localhost", says: str | None = None) -> Page:
        origin = desk.at(at)
        token = desk.token(desk.at("localhost"))
        desk.page = HOST.replace("SERVICE", desk.service).replace("ORIGIN", says or origin).replace("LOCALE", locale)
        context = browser.new_context()
        contexts.append(context)
        page = context.new_page()

        def proxy(options: dict[str, Any]) -> Any:
            assert options["secure"] is True
            headers = {name: value.replace("{{setting.token}}", token) for name, value in options["headers"].items()}
            headers["Content-Type"] = options["contentType"]
            return httpx.request(options["type"], options["url"], headers=headers, content=options["data"]).json()

        page.expose_function("proxy", proxy)
        page.goto(origin)
        return page

    yield open_
    for context in contexts:
        context.close()


def _app(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


@pytest.mark.parametrize("locale", ["en-US", "es-MX"])
def test_the_ticket_is_asked_with_its_place_and_product_and_the_text_goes_into_the_reply(zendesk: Zendesk, locale: str) -> None:
    """Subject and the requester's latest reply; the tag names the place, the form field the product, the user the language."""
    page = zendesk(locale=locale)
    app = _app(page)
    expect(app.locator(".hit .title").first).to_have_text("Customer did not authorise a debit", timeout=SLOW)
    expect(app.locator("textarea")).to_have_value("A debit\nI never authorised this debit's amount")
    expect(app.locator("select[name=place]")).to_have_value("US-CA")
    expect(app.locator("select[name=product]")).to_have_value("transfers")

    app.locator(".hit .title").first.click()
    app.locator(".kb-say button", has_text="Insert" if locale == "en-US" else "Insertar").click()

    page.wait_for_function("replied.length")
    fits(page, page.frames[1])
    app.locator(".back").click()
    fits(page, page.frames[1])
    assert page.evaluate("replied") == [["comment.appendText", "I am sorry about this debit."]]


def test_a_new_reply_is_asked_unless_the_agent_asks_something_else(zendesk: Zendesk) -> None:
    """The host tells when the ticket changes."""
    page = zendesk()
    app = _app(page)
    app.locator(".hit").first.wait_for(timeout=SLOW)
    change = """(text) => {
        TICKET['ticket.comments'].push({ author: { role: 'end-user' }, value: text })
        say({ key: 'zaf.ticket.comments.changed', message: {} })
    }"""
    page.evaluate(change, "<div>And why is there a late fee?</div>")
    expect(app.locator("textarea")).to_have_value("A debit\nAnd why is there a late fee?")

    app.locator("textarea").fill("late fee in Texas")
    page.evaluate(change, "Hello?")
    page.wait_for_timeout(300)

    expect(app.locator("textarea")).to_have_value("late fee in Texas")


def test_no_token_is_ever_in_the_page_and_the_session_in_its_headers_alone(zendesk: Zendesk) -> None:
    """Not in an address or in the document; storage is denied to a frame of another site, and nothing misses it."""
    page = zendesk()
    app = _app(page)
    app.locator(".hit").first.wait_for(timeout=SLOW)
    inside = page.frames[1]
    shown = inside.evaluate(
        "document.documentElement.outerHTML + document.querySelector('kb-sidebar').shadowRoot.innerHTML + location.href"
    )
    storage = inside.evaluate("() => { try { return localStorage.length } catch (error) { return error.name } }")
    addresses = inside.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")

    assert storage == "SecurityError"
    assert "fp_" not in shown
    assert "fps_" not in shown
    assert [address for address in addresses if "fp_" in address or "fps_" in address] == []
    assert "fp_" not in json.dumps(page.evaluate("heard"))


@pytest.mark.parametrize(
    ("at", "says"), [("127.0.0.1", None), ("localhost", "https://evil.example.com")], ids=["another host", "another name"]
)
def test_a_page_that_the_space_does_not_name_is_told_nothing(zendesk: Zendesk, at: str, says: str | None) -> None:
    """Whatever the address claims: the browser checks who frames, and the page whom it speaks to."""
    page = zendesk(at=at, says=says)
    page.wait_for_timeout(500)

    assert page.evaluate("heard") == []
    assert page.frames[1].locator("kb-sidebar").count() == 0


def test_messages_of_another_origin_are_not_heard(zendesk: Zendesk, desk: Desk) -> None:
    """Also when they look exactly like Zendesk's."""
    page = zendesk()
    _app(page).locator(".hit").first.wait_for(timeout=SLOW)
    before = len(page.evaluate("heard"))
    spoken = """(origin) => dispatchEvent(new MessageEvent('message', {
        origin, source: parent, data: JSON.stringify({ key: 'zaf.ticket.comments.changed', message: {} }),
    }))"""
    page.frames[1].evaluate(spoken, desk.at("127.0.0.1"))
    page.wait_for_timeout(200)

    assert len(page.evaluate("heard")) == before


def test_the_command_writes_an_app_that_names_the_service_and_holds_no_secret(kb: Any, tmp_path: Path) -> None:
    """Ready to upload: manifest, texts in both languages, pictures."""
    target = tmp_path / "app.zip"
    done = kb("widget", "zendesk", "--server", "https://guidance.example.com", "--space", "acme", "--out", str(target))
    packed = zipfile.ZipFile(target)
    manifest = json.loads(packed.read("manifest.json"))

    assert done.returncode == 0
    assert packed.namelist() == [
        "manifest.json", "translations/en.json", "translations/es.json", "assets/logo.png", "assets/logo-small.png",
    ]  # fmt: skip
    assert manifest["location"]["support"]["ticket_sidebar"]["url"] == (
        "https://guidance.example.com/sidebar/zendesk?space=acme"
    )
    assert (manifest["frameworkVersion"], manifest["domainWhitelist"]) == ("2.0", ["guidance.example.com"])
    assert [it["name"] for it in manifest["parameters"] if it.get("secure")] == ["token"]
    for lang in ("en", "es"):
        assert set(json.loads(packed.read(f"translations/{lang}.json"))["app"]["parameters"]) == {
            it["name"] for it in manifest["parameters"]
        }


@pytest.mark.parametrize(
    "server", ["http://guidance.example.com", "guidance.example.com", "https://x.example.com/path", "https://*.example.com"]
)
def test_an_address_that_no_browser_could_trust_is_refused(kb: Any, tmp_path: Path, server: str) -> None:
    """Nothing is written."""
    done = kb("widget", "zendesk", "--server", server, "--out", str(tmp_path / "app.zip"))

    assert (done.returncode, (tmp_path / "app.zip").exists()) == (2, False)
    assert "expected an origin such as https://guidance.example.com" in done.stderr
