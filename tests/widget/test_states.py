"""Every state of the sidebar: what axe-core finds, in light and dark, both languages and three widths; and its picture."""

from collections.abc import Callable
from typing import Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.conftest import ROOT
from tests.widget.conftest import Open
from tests.widget.test_sidebar import SLOW, WIDTHS, ask, fits, open_first
from tests.world import World

PICTURES: Final = ROOT / "build" / "pictures"  # to be looked at; `make pictures` puts the best ones into docs/


@pytest.fixture(scope="module", autouse=True)
def _something_to_read(guide: World, desk: str) -> None:
    """One article that every agent has to acknowledge."""
    guide.article("hold.md", "Hold each wire for one day.", id="hold", title="Hold a wire for one day", must_read=True)
    guide.publish()
    guide.live.current()


def _nothing(page: Page) -> None:
    page.locator(".chip").first.wait_for()


def _hits(page: Page) -> None:
    ask(page, "late fee, customer in Quebec")


def _article(page: Page) -> None:
    ask(page, "customer never authorised this debit")
    open_first(page)
    page.locator("article h1").focus()


def _term(page: Page) -> None:
    _article(page)
    page.locator(".term").first.focus()


def _walk(page: Page) -> None:
    ask(page, "trace a card payment that failed")
    open_first(page)
    page.locator(".choices button").first.click()


def _history(page: Page) -> None:
    ask(page, "late fee")
    open_first(page)
    page.keyboard.press("h")
    page.locator(".history").wait_for(timeout=SLOW)


def _keys(page: Page) -> None:
    page.locator("textarea").focus()
    page.locator("textarea").press("Escape")
    page.evaluate("document.querySelector('kb-sidebar').shadowRoot.querySelector('.clear').focus()")
    page.keyboard.press("?")
    page.locator(".keys").wait_for()


def _refused(page: Page) -> None:
    ask(page, "how do I bake sourdough bread")


def _above(page: Page) -> None:
    ask(page, "raise the wire limit")


def _past(page: Page) -> None:
    ask(page, "late fee")
    page.locator("input[name=as-of]").fill("2001-01-01")
    page.locator(".past").wait_for()
    page.locator(".trouble").wait_for(timeout=SLOW)


def _redacted(page: Page) -> None:
    ask(page, "charge on card 4111 1111 1111 1111 not authorised")


def _offline(page: Page) -> None:
    page.route("**/v1/search", lambda route: route.abort())
    page.locator("textarea").fill("late fee")
    page.locator(".trouble").wait_for(timeout=SLOW)


def _must_read(page: Page) -> None:
    page.locator(".waiting button").click(timeout=SLOW)
    page.locator(".must-reads").wait_for()


def _to_acknowledge(page: Page) -> None:
    _must_read(page)
    page.locator(".must-reads .title").first.click()
    page.locator(".waits").wait_for(timeout=SLOW)


def _typing(page: Page) -> None:
    page.locator("textarea").fill("la")
    page.locator(".suggestions").wait_for(timeout=SLOW)


STATES: Final[dict[str, Callable[[Page], None]]] = {
    "nothing": _nothing,
    "typing": _typing,
    "hits": _hits,
    "article": _article,
    "term": _term,
    "walk": _walk,
    "history": _history,
    "keys": _keys,
    "refused": _refused,
    "above": _above,
    "past": _past,
    "redacted": _redacted,
    "offline": _offline,
    "must-read": _must_read,
    "to-acknowledge": _to_acknowledge,
}


def violations(page: Page) -> list[str]:
    """What axe-core finds, each with the element."""
    found = Axe().run(page).response["violations"]
    return [f"{it['id']}: {node['target']} {node.get('failureSummary', '')}" for it in found for node in it["nodes"]]


@pytest.mark.parametrize("state", ["hits", "article", "refused"])
def test_what_agents_see_most_is_accessible(sidebar: Open, state: str) -> None:
    """The three states of every call; the others, and every look, are in the slow proofs."""
    page = sidebar(width=320, bypass_csp=True)  # axe-core writes styles of its own
    STATES[state](page)

    assert violations(page) == []


@pytest.mark.proof
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("locale", "scheme"), [("en-US", "light"), ("es-MX", "dark")])
def test_every_state_is_accessible_and_nothing_is_cut_off(sidebar: Open, state: str, locale: str, scheme: str) -> None:
    """At 320 pixels, which is also 1280 at four times the size, at 400 and at 1280."""
    page = sidebar(locale=locale, color_scheme=scheme, width=400, bypass_csp=True)
    STATES[state](page)
    PICTURES.mkdir(parents=True, exist_ok=True)
    faults = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(50)
        page.screenshot(path=PICTURES / f"{state}-{locale[:2]}-{scheme}-{width}.png")
        if page.evaluate("document.documentElement.scrollWidth") > width:
            faults.append(f"wider than {width}")
        faults += violations(page)

    assert faults == []


@pytest.mark.proof
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_demonstration_is_accessible(sidebar: Open, scheme: str) -> None:
    """The desk around the sidebar as well."""
    page = sidebar("/demo", color_scheme=scheme, width=1280, bypass_csp=True)
    page.locator(".hit, .notice").first.wait_for(timeout=SLOW)
    page.screenshot(path=PICTURES / f"demo-{scheme}.png")

    assert violations(page) == []


@pytest.mark.parametrize(("locale", "reply"), [("en-US", "Reply to the customer"), ("es-MX", "Respuesta al cliente")])
def test_the_demonstration_asks_a_ticket_and_takes_the_answer_into_its_reply(sidebar: Open, locale: str, reply: str) -> None:
    """Beside six tickets, at each width, in the browser's language."""
    page = sidebar("/demo", locale=locale, width=1280)
    expect(page.locator("#tickets button")).to_have_count(6)
    expect(page.locator(".hit .title").first).to_have_text("Customer did not authorise a debit", timeout=SLOW)
    expect(page.locator("html")).to_have_attribute("lang", locale[:2])
    fits(page)

    page.locator(".hit .title").first.click()
    page.locator(".kb-say button").last.click(timeout=SLOW)

    expect(page.get_by_label(reply)).to_have_value(
        "I am sorry about this debit. We will look into it within 10 business days.\n"
    )
    expect(page.locator("select[name=product]")).to_have_value("transfers")
    page.locator("kb-sidebar textarea").fill("late fee")  # another question: of the same customer, of any product
    expect(page.locator("select[name=product]")).to_have_value("")
    expect(page.locator("select[name=place]")).to_have_value("US-CA")
    expect(page.locator(".hit .title").first).to_have_text("Late fee", timeout=SLOW)


def test_high_contrast_and_reduced_motion_are_heeded(sidebar: Open) -> None:
    """Lines and quiet words take the full ink; nothing moves."""
    page = sidebar(contrast="more", reduced_motion="reduce", bypass_csp=True)
    ask(page, "late fee")
    style = "(name) => getComputedStyle(document.querySelector('kb-sidebar')).getPropertyValue(name)"

    assert page.evaluate(style, "--quiet") == page.evaluate(style, "--ink")
    expect(page.locator(".hit").first).to_have_css("transition-duration", "0s")
    assert violations(page) == []
