"""The drill in the sidebar, in a real browser: what changed, asked and marked."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from api.composition import open_records
from api.database import Database
from api.settings import read_settings
from tests.api.digests.floor import Floor
from tests.browser import served
from tests.widget.test_sidebar import SLOW, fits
from tests.world import World


@pytest.fixture
def floor(world: World, tmp_path: Path) -> Iterator[Floor]:
    """A team that was told of a changed limit: from 500 to 900 USD."""
    database = Database(f"sqlite:///{tmp_path}/events.sqlite")
    records = open_records(read_settings(data_dir=tmp_path / "data"), database)
    yield Floor(world, database, records)
    records.recorder.close()
    database.close()


@pytest.fixture
def sidebar(floor: Floor, browser: Browser) -> Iterator[Callable[[str, str], Page]]:
    """Opens the sidebar of somebody, in a language."""
    complaints: list[str] = []
    with ExitStack() as closing:

        def open_(name: str, locale: str) -> Page:
            address = closing.enter_context(served(floor.client(floor.reader(name)).app))  # type: ignore[arg-type]  # the test client holds it
            context = closing.enter_context(browser.new_context(locale=locale, viewport={"width": 400, "height": 800}))
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(f"{address}/sidebar")
            return page

        yield open_
    assert complaints == []


def test_a_member_drills_by_keys_alone_and_practises_and_then_nothing_waits(sidebar: Callable[[str, str], Page]) -> None:
    """Wrong first: the sentence with the right figure; then right, which is practice."""
    page = sidebar("ana", "en-US")
    waiting = page.locator(".waiting button")
    expect(waiting).to_have_text(["1 article to read and acknowledge", "Drill: what changed"], timeout=SLOW)
    waiting.last.focus()
    page.keyboard.press("t")
    question = page.locator(".drill .question > p")
    expect(question).to_have_text("A customer can pay  ?  with the card each day.")
    expect(question).to_be_focused()

    _choose(page, "500 USD")
    expect(page.locator(".ending")).to_have_text("0 % · Not certified: the first try counts.")
    expect(page.locator(".drill li")).to_have_text("Wrong: A customer can pay 500 USD 900 USD with the card each day.")
    fits(page)
    assert Axe().run(page).violations_count == 0
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    _choose(page, "900 USD")

    expect(page.locator(".ending")).to_have_text("100 % · Practice: the first try counts.")
    expect(page.locator(".drill li")).to_have_text("Right: A customer can pay 900 USD with the card each day.")
    page.keyboard.press("Escape")
    expect(waiting).to_have_text(["1 article to read and acknowledge"])
    page.get_by_role("button", name="1 article").focus()
    page.keyboard.press("t")
    expect(page.locator(".status")).to_have_text("Nothing waits to be read.")


def test_the_drill_speaks_spanish_and_is_for_members_alone(sidebar: Callable[[str, str], Page]) -> None:
    """Who is of no team is asked nothing."""
    page = sidebar("luis", "es-MX")
    page.get_by_role("button", name="Práctica: qué cambió").click()
    _choose(page, "900 USD")
    expect(page.locator(".ending")).to_have_text("100 % · Queda certificado para esta versión.")
    fits(page)

    other = sidebar("eva", "es-MX")
    other.wait_for_load_state("networkidle")  # or the answer of the first load could be caught, and be gone with it
    with other.expect_response("**/v1/acknowledgements**") as answered:
        other.reload()
    assert answered.value.json()["teams"] == []
    expect(other.locator(".waiting")).to_have_count(0)


def _choose(page: Page, option: str) -> None:
    """Go to an option from the question, and take it."""
    expect(page.locator(".drill .question > p")).to_be_focused()
    for _ in range(page.locator(".choices button").count()):
        page.keyboard.press("Tab")
        if page.evaluate("document.querySelector('kb-sidebar').shadowRoot.activeElement.textContent") == option:
            break
    page.keyboard.press("Enter")
