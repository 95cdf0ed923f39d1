"""The Chrome extension, loaded into Chromium as it is written, and used."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from api import widget_packages
from api.space_config import is_origin
from retriever.snapshot import Models
from tests.widget.hosts import Desk, host_desk
from tests.widget.test_sidebar import SLOW, fits

PAGE = "<!doctype html><title>Desk</title><p id=said>customer never authorised this debit</p><textarea id=reply></textarea>"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, models: Models) -> Iterator[Desk]:
    """The service, and a ticket desk that is no page of ours, whose server gives sessions."""
    with host_desk(tmp_path_factory.mktemp("chrome"), models, widget_packages.EXTENSION) as desk:
        desk.page = PAGE
        desk.handed = desk.session(widget_packages.EXTENSION)
        yield desk


@pytest.fixture(scope="module", params=["en", "es"])
def lang(request: pytest.FixtureRequest) -> str:
    """The browser's language."""
    return str(request.param)


@pytest.fixture(scope="module")
def chrome(browser: Browser, desk: Desk, lang: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """Chromium with the extension."""
    folder = tmp_path_factory.mktemp("extension")
    package = folder / "fingerpost"
    widget_packages.write(widget_packages.chrome(desk.service, "acme", desk.at("localhost") + "/session"), package)
    context = browser.browser_type.launch_persistent_context(
        str(folder / "profile"),
        executable_path=shutil.which("chromium"),
        locale=lang,
        headless=False,  # the old headless mode knows no extensions; the switch below is the new one
        args=[
            "--headless=new",
            f"--lang={lang}",
            "--no-sandbox",
            "--disable-gpu",
            f"--disable-extensions-except={package}",
            f"--load-extension={package}",
        ],
    )
    yield context
    context.close()


@pytest.fixture
def panel(chrome: BrowserContext, desk: Desk) -> Iterator[tuple[Page, Page]]:
    """The desk's page, and the panel, which a test has to open as a page to reach into it."""
    page = chrome.new_page()
    page.goto(desk.at("localhost"))
    opened = chrome.new_page()
    opened.goto(f"{widget_packages.EXTENSION}/panel.html")
    yield page, opened
    opened.close()
    page.close()


def test_a_text_that_is_chosen_in_the_page_is_asked_and_the_answer_goes_into_the_field(
    chrome: BrowserContext, panel: tuple[Page, Page], lang: str
) -> None:
    """By the page's menu; the session comes from the desk's own server."""
    page, opened = panel
    worker = chrome.service_workers[0] if chrome.service_workers else chrome.wait_for_event("serviceworker")
    chosen = "{ menuItemId: 'ask', selectionText: 'customer never authorised this debit' }"
    worker.evaluate(f"() => chrome.contextMenus.onClicked.dispatch({chosen}, {{ windowId: 1 }})")
    sidebar = opened.frame_locator("#sidebar")
    expect(sidebar.locator("textarea")).to_have_value("customer never authorised this debit", timeout=SLOW)
    expect(sidebar.locator(".hit .title").first).to_have_text("Customer did not authorise a debit", timeout=SLOW)
    sidebar.locator(".hit .title").first.click()
    expect(sidebar.locator(".kb-say button").last).to_have_text({"en": "Insert", "es": "Insertar"}[lang])
    for inside in opened.frames:
        fits(opened, inside)

    page.bring_to_front()
    page.locator("#reply").focus()
    opened.frames[1].evaluate("document.querySelector('kb-sidebar').shadowRoot.querySelectorAll('.kb-say button')[1].click()")

    expect(page.locator("#reply")).to_have_value("I am sorry about this debit.", timeout=SLOW)


def test_the_panels_own_button_takes_what_is_selected(panel: tuple[Page, Page], lang: str) -> None:
    """And says so where nothing is."""
    page, opened = panel
    opened.frame_locator("#sidebar").locator("textarea").wait_for(timeout=SLOW)
    page.bring_to_front()
    opened.evaluate("document.getElementById('take').click()")
    missing = {"en": "Select some text on the page first.", "es": "Elija primero un texto en la página."}
    expect(opened.locator("#said")).to_contain_text(missing[lang])

    page.evaluate("getSelection().selectAllChildren(document.getElementById('said'))")
    opened.evaluate("document.getElementById('take').click()")

    expect(opened.frame_locator("#sidebar").locator("textarea")).to_have_value("customer never authorised this debit")
    expect(opened.locator("#said")).to_have_text("")


def test_the_panel_says_that_one_is_signed_out_and_goes_on_after_signing_in(
    chrome: BrowserContext, desk: Desk, lang: str
) -> None:
    """Without being opened again."""
    handed, desk.handed = desk.handed, ""
    opened = chrome.new_page()
    opened.goto(f"{widget_packages.EXTENSION}/panel.html")
    signed_out = {
        "en": "You are not signed in where your sessions come from.",
        "es": "No ha iniciado sesión donde nacen sus sesiones.",
    }
    expect(opened.locator("#said")).to_contain_text(signed_out[lang], timeout=SLOW)
    fits(opened)
    desk.handed = handed

    opened.frame_locator("#sidebar").locator("kb-sidebar textarea").wait_for(timeout=SLOW)
    expect(opened.locator("#said")).to_have_text("")
    opened.close()


def test_the_extension_asks_for_no_more_than_it_needs_and_keeps_no_secret(kb: Any, tmp_path: Path) -> None:
    """It reads the page it is called on alone; its texts are there in both languages; its id is the same everywhere."""
    target = tmp_path / "chrome"
    session = "https://desk.example.com/session"
    done = kb(
        "widget", "chrome", "--server", "https://kb.example.com", "--space", "acme", "--session", session, "--out", str(target)
    )
    manifest = json.loads((target / "manifest.json").read_text())
    texts = [set(json.loads((target / "_locales" / lang / "messages.json").read_text())) for lang in ("en", "es")]

    assert done.stdout == f"wrote {target}; name {widget_packages.EXTENSION} in the space's origins\n"
    assert manifest["permissions"] == ["sidePanel", "contextMenus", "activeTab", "scripting", "storage"]
    assert manifest["host_permissions"] == ["https://desk.example.com/*"]
    assert "frame-src https://kb.example.com; connect-src https://desk.example.com" in str(manifest)
    assert texts[0] == texts[1]
    assert is_origin(widget_packages.EXTENSION)


def test_the_snippet_is_a_tag_and_a_way_to_a_session(kb: Any) -> None:
    """To paste into a page."""
    done = kb("widget", "snippet", "--server", "https://kb.example.com/", "--space", "acme")

    assert '<script type="module" src="https://kb.example.com/widget/kb-sidebar.js"></script>' in done.stdout
    assert '<kb-sidebar space="acme"></kb-sidebar>' in done.stdout
    assert 'fetch("/guidance-session"' in done.stdout
