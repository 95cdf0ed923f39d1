"""The service is killed, slow, broken or replaced while an agent works: the sidebar says so, keeps the question and goes on."""

import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, Route, expect

from retriever.snapshot import Models
from tests.browser import served
from tests.widget.conftest import Open
from tests.widget.test_sidebar import SLOW, ask, fits
from tests.world import TAXONOMY, World


@pytest.mark.parametrize(
    ("locale", "slow"),
    [
        ("en-US", "Taking longer than usual. Your question is kept."),
        ("es-MX", "Tarda más de lo normal. Su pregunta se conserva."),
    ],
)
def test_a_slow_service_is_said_and_its_answer_comes_when_it_comes(sidebar: Open, locale: str, slow: str) -> None:
    """Five seconds are long in a call; the agent may open what stands there meanwhile."""
    page = sidebar(locale=locale)
    ask(page, "customer never authorised this debit")
    held: list[Route] = []
    page.route("**/v1/search", lambda route: held.append(route))  # a builtin cannot be given
    page.locator("textarea").fill("late fee")

    expect(page.locator(".status")).to_have_text(slow)
    expect(page.locator(".main")).to_have_attribute("aria-busy", "true")
    fits(page)
    page.wait_for_timeout(3_500)
    held[0].continue_()
    expect(page.locator(".hit .title").first).to_have_text("Late fee", timeout=SLOW)
    expect(page.locator(".main")).to_have_attribute("aria-busy", "false")


@pytest.mark.parametrize(
    ("status", "locale", "said"),
    [
        (500, "en-US", "The guidance service has a problem. Your question is kept; trying again."),
        (503, "es-MX", "El servicio de guía tiene un problema. Su pregunta se conserva; se intenta de nuevo."),
        (429, "en-US", "Too many questions at once. Your question is kept; trying again."),
        (429, "es-MX", "Demasiadas preguntas a la vez. Su pregunta se conserva; se intenta de nuevo."),
    ],
)
def test_a_broken_service_is_said_and_asked_again(sidebar: Open, status: int, locale: str, said: str) -> None:
    """Whatever it answers; the question stays in the box and goes out again by itself."""
    page = sidebar(locale=locale)
    broken = True

    def answer(route: Route) -> None:
        if broken:
            route.fulfill(status=status, body="<html>broken</html>", content_type="text/html")
        else:
            route.continue_()

    page.route("**/v1/search", answer)
    page.locator("textarea").fill("late fee")
    expect(page.locator(".trouble p")).to_have_text(said)
    fits(page)
    broken = False

    expect(page.locator(".hit .title").first).to_have_text("Late fee", timeout=SLOW)
    expect(page.locator(".trouble")).to_have_count(0)


def test_a_day_without_guidance_shows_none_under_its_banner(sidebar: Open) -> None:
    """Today's hits never stand under the banner of another day."""
    page = sidebar()
    ask(page, "late fee")

    page.locator("input[name=as-of]").fill("2001-01-01")

    expect(page.locator(".trouble")).to_have_text("There is no guidance of that day.", timeout=SLOW)
    expect(page.locator(".past")).to_be_visible()
    expect(page.locator(".hit")).to_have_count(0)


@pytest.mark.parametrize(
    ("locale", "updated"),
    [("en-US", "The guidance was updated a moment ago."), ("es-MX", "La guía se actualizó hace un momento.")],
)
def test_questions_are_answered_while_a_push_is_indexed_and_then_from_it(
    browser: Browser, tmp_path: Path, models: Models, locale: str, updated: str
) -> None:
    """A real push of sixteen articles to the space's repository, while the agent goes on asking; then it is said."""
    world = World(tmp_path, models)
    world.repo.mkdir()
    world.git("init", "--quiet", "--initial-branch=main")
    world.write("kb.yml", TAXONOMY)
    world.article("fee.md", "The late fee is 25 USD.", id="fee", title="Late fee")
    with served(world.client().app) as address, browser.new_context(locale=locale) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.add_init_script(
            "window.said = []; addEventListener('kb-answer', () => setTimeout(() => window.said.push("
            "document.querySelector('kb-sidebar').shadowRoot.querySelector('.status').textContent)))"
        )
        page.goto(address + "/sidebar")
        ask(page, "late fee")
        world.article("fee.md", "The late fee is 30 USD.", id="fee", title="Late fee")
        for number in range(15):
            world.article(f"{number}.md", f"Card text {number}. " * 20, id=f"card-{number}", title=f"Card {number}")
        world.commit()
        push = threading.Thread(target=world.live.update)
        push.start()
        asked: list[str | None] = []
        while push.is_alive():
            ask(page, f"late fee {len(asked)}")
            asked.append(page.locator(".hit .title").first.text_content())
            expect(page.locator(".trouble")).to_have_count(0)
        push.join()
        page.wait_for_timeout(200)
        ask(page, "what is the late fee")
        expect(page.locator(".hit .snippet").first).to_contain_text("30 USD", timeout=SLOW)
        fits(page)
        texts = page.evaluate("window.said")

    assert len(asked) >= 2
    assert set(asked) == {"Late fee"}
    assert updated in texts


@pytest.mark.parametrize(
    ("locale", "gone"),
    [("en-US", "No connection to the guidance service."), ("es-MX", "No hay conexión con el servicio de guía.")],
)
def test_a_service_that_is_killed_and_comes_back_is_found_again(browser: Browser, guide: World, locale: str, gone: str) -> None:
    """What was loaded stays usable, and is told apart from an answer to the question in the box."""
    context = browser.new_context(locale=locale)
    page = context.new_page()
    app: Any = guide.client().app
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with served(app, port) as address:
        page.goto(address + "/sidebar")
        ask(page, "late fee")
    page.locator("textarea").fill("customer never authorised this debit")
    expect(page.locator(".trouble")).to_contain_text(gone, timeout=SLOW)
    expect(page.locator(".hit .title").first).to_have_text("Late fee")
    expect(page.locator(".main")).to_have_attribute("aria-busy", "true")
    expect(page.locator(".status")).to_have_text("")
    fits(page)
    with served(app, port):
        expect(page.locator(".hit .title").first).to_have_text("Customer did not authorise a debit", timeout=20_000)

    expect(page.locator("textarea")).to_have_value("customer never authorised this debit")
    context.close()


def _memory(page: Page, session: CDPSession) -> dict[str, float]:
    """What is held when everything that was sent has been answered."""
    for _ in range(3):  # what the first round lets go of holds more
        page.wait_for_timeout(200)
        session.send("HeapProfiler.collectGarbage")
    metrics = {it["name"]: it["value"] for it in session.send("Performance.getMetrics")["metrics"]}
    return {name: metrics[name] for name in ("JSHeapUsedSize", "Nodes", "JSEventListeners")}


@pytest.mark.proof
def test_a_shift_of_five_thousand_questions_leaves_memory_flat(sidebar: Open) -> None:
    """Eight hours of a busy agent: asked, opened, left. What the 500th question holds, the 5,000th holds."""
    page = sidebar()
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    work = """async ([first, last]) => {
        const sidebar = document.querySelector('kb-sidebar')
        const words = ['late fee', 'customer never authorised this debit', 'trace a card payment that failed', 'lost in Quebec']
        const heard = (kind) => new Promise((resolve) => sidebar.addEventListener(kind, resolve, { once: true }))
        for (let number = first; number < last; number++) {
            const answered = heard('kb-answer')
            sidebar.ask(`${words[number % words.length]} ${number}`)
            await answered
            if (number % 10) continue
            const opened = heard('kb-opened')
            sidebar.shadowRoot.querySelector('.hit .title').click()
            await opened
        }
    }"""
    page.evaluate(work, [0, 500])
    before = _memory(page, session)
    for first in range(500, 5_000, 500):
        page.evaluate(work, [first, first + 500])
    after = _memory(page, session)

    assert after["Nodes"] <= before["Nodes"] * 1.2
    assert after["JSEventListeners"] <= before["JSEventListeners"] * 1.2
    assert after["JSHeapUsedSize"] <= before["JSHeapUsedSize"] * 1.2
