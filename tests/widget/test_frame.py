"""The sidebar in a frame of a host's page, in a real browser: heard and told are the pages of its space alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from retriever.snapshot import Models
from tests.widget.hosts import Desk, host_desk
from tests.widget.test_sidebar import SLOW, fits

HOST = """<!doctype html><title>Host</title><style>body {{ margin: 0 }}</style>
<iframe src="{sidebar}" style="width: 100%; height: 700px; border: 0"></iframe>
<script>
window.heard = []
window.addEventListener('message', ({{ data, origin }}) => heard.push({{ ...data, origin }}))
window.hand = (message) => document.querySelector('iframe').contentWindow.postMessage(message, '{service}')
</script>"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, models: Models) -> Iterator[Desk]:
    """A host's page with the sidebar in a frame."""
    with host_desk(tmp_path_factory.mktemp("frame"), models) as desk:
        desk.page = HOST.format(sidebar=f"{desk.service}/sidebar?space=acme", service=desk.service)
        yield desk


def opened(browser: Browser, address: str, locale: str = "en-US") -> Page:
    """The host's page, when its frame has been loaded or refused."""
    page = browser.new_context(locale=locale).new_page()
    page.goto(address)
    page.wait_for_load_state("load")
    return page


def heard(page: Page, kind: str) -> Any:
    """The first message of that kind that the host got."""
    page.wait_for_function("kind => heard.some(({ type }) => type === kind)", arg=kind, timeout=SLOW)
    return page.evaluate("kind => heard.find(({ type }) => type === kind)", kind)


@pytest.mark.parametrize(
    ("name", "locale", "insert"),
    [("localhost", "en-US", "Insert"), ("acme.localhost", "es-MX", "Insertar")],
    ids=["named exactly", "named by a pattern"],
)
def test_a_host_hands_over_a_session_and_a_ticket_and_gets_what_the_agent_takes(
    browser: Browser, desk: Desk, name: str, locale: str, insert: str
) -> None:
    """Nothing is shown before there is a session; the question is of the space in the page's own address."""
    page = opened(browser, desk.at(name), locale)
    heard(page, "kb:ready")
    frame = page.frame_locator("iframe")
    expect(frame.locator("kb-sidebar")).to_have_count(0)

    page.evaluate("hand", {"type": "kb:session", "token": desk.session(desk.at(name))})
    page.evaluate("hand", {"type": "kb:ticket", "text": "customer never authorised this debit"})
    frame.locator(".hit .title").first.click(timeout=SLOW)
    frame.locator(".kb-say button", has_text=insert).click(timeout=SLOW)
    fits(page, page.frames[1])

    assert heard(page, "kb:insert")["text"] == "I am sorry about this debit."
    page.context.close()


TAG = """<!doctype html><title>Desk</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src {service} 'nonce-1'; style-src {service}; \
connect-src {service} 'self'">
<script type="module" src="{service}/widget/kb-sidebar.js"></script><kb-sidebar space="acme"></kb-sidebar>
<script type="module" nonce="1">
{session}
document.querySelector('kb-sidebar').ask('customer never authorised this debit')
</script>"""
GIVES = "document.querySelector('kb-sidebar').session = async () => (await fetch('/session')).text()"


@contextmanager
def tagged(browser: Browser, desk: Desk, session: str = GIVES, locale: str = "en-US") -> Iterator[Page]:
    """A host's page with the script tag."""
    framed, desk.page = desk.page, TAG.format(service=desk.service, session=session)
    page = opened(browser, desk.at("localhost"), locale)
    try:
        yield page
    finally:
        desk.page = framed
        page.context.close()


@pytest.mark.parametrize("locale", ["en-US", "es-MX"])
def test_a_script_tag_on_a_hosts_page_is_all_that_it_takes(browser: Browser, desk: Desk, locale: str) -> None:
    """As `kb widget snippet` writes it: another origin, a strict policy of the host's own, a session from the host's server."""
    desk.handed = desk.session(desk.at("localhost"))
    desk.asked.clear()
    said: list[str] = []
    with tagged(browser, desk, locale=locale) as page:
        page.on("console", lambda it: said.append(it.text))
        expect(page.locator(".hit .title").first).to_have_text("Customer did not authorise a debit", timeout=SLOW)
        expect(page.locator("select[name=place]")).to_be_visible()
        expect(page.locator(".hint")).to_have_css("font-size", "12px")  # its looks are there
        fits(page)
        handed = [path for path in desk.asked if path == "/session"]

    assert [text for text in said if "503" not in text] == []  # this service has no event store
    assert len(handed) == 1


SIGNED_OUT = {
    "en-US": "You are not signed in. Sign in to your desk again, or ask your team lead.",
    "es-MX": "No ha iniciado sesión. Entre de nuevo a su mesa de trabajo o avise a su líder de equipo.",
    "fr-CA": "Vous n'êtes pas connecté. Reconnectez-vous à votre poste, ou prévenez votre responsable d'équipe.",
}


@pytest.mark.parametrize("locale", SIGNED_OUT)
def test_a_session_that_ends_during_work_is_said_and_work_goes_on_with_the_next_one(
    browser: Browser, desk: Desk, locale: str
) -> None:
    """The host's server sends a page to sign in on until the agent has done so; nobody types the question twice."""
    assert desk.door is not None
    desk.handed = desk.session(desk.at("localhost"))
    with tagged(browser, desk, locale=locale) as page:
        expect(page.locator(".hit .title").first).to_have_text("Customer did not authorise a debit", timeout=SLOW)
        desk.door.ahead = timedelta(minutes=16)
        desk.handed = "<!doctype html><title>Sign in</title>"
        page.locator("textarea").fill("late fee")
        expect(page.locator(".trouble")).to_contain_text(SIGNED_OUT[locale], timeout=SLOW)
        expect(page.locator(".trouble")).not_to_contain_text("kb token")
        expect(page.locator(".main")).to_have_attribute("aria-busy", "true")
        fits(page)
        desk.handed = desk.session(desk.at("localhost"))
        page.evaluate("dispatchEvent(new Event('focus'))")  # back from where one signs in

        expect(page.locator(".hit .title").first).to_have_text("Late fee", timeout=SLOW)
        expect(page.locator("textarea")).to_have_value("late fee")
        expect(page.locator(".trouble")).to_have_count(0)
    desk.door.ahead = timedelta(0)


def test_whoever_never_signed_in_is_told_what_to_do_in_the_words_of_agents(browser: Browser, desk: Desk) -> None:
    """Not in those of operators, which the service answers with."""
    with tagged(browser, desk, session="") as page:
        for locale, said in SIGNED_OUT.items():
            page.evaluate("(lang) => { document.querySelector('kb-sidebar').lang = lang }", locale)
            expect(page.locator(".trouble p")).to_contain_text(said, timeout=SLOW)
            expect(page.locator(".trouble")).not_to_contain_text("kb token")


def test_a_frame_whose_host_hands_no_session_over_says_so_and_takes_it_when_it_comes(browser: Browser, desk: Desk) -> None:
    """The host is asked again and again, as its agent may sign in at any time."""
    assert desk.door is not None
    page = browser.new_context().new_page()
    page.clock.install()
    page.goto(desk.at("localhost"))
    heard(page, "kb:ready")
    page.evaluate("hand", {"type": "kb:session", "token": desk.session(desk.at("localhost"))})
    page.evaluate("hand", {"type": "kb:ticket", "text": "late fee"})
    frame = page.frame_locator("iframe")
    page.clock.run_for(1_000)
    expect(frame.locator(".hit .title").first).to_have_text("Late fee", timeout=SLOW)
    desk.door.ahead = timedelta(minutes=16)
    page.clock.fast_forward("16:00")
    frame.locator("textarea").fill("customer never authorised this debit")
    page.clock.run_for(1_000)
    heard(page, "kb:session-wanted")
    page.clock.run_for(9_000)
    expect(frame.locator(".trouble")).to_contain_text(SIGNED_OUT["en-US"], timeout=SLOW)

    page.evaluate("hand", {"type": "kb:session", "token": desk.session(desk.at("localhost"))})
    page.clock.run_for(2_000)

    expect(frame.locator(".hit .title").first).to_have_text("Customer did not authorise a debit", timeout=SLOW)
    desk.door.ahead = timedelta(0)
    page.context.close()


def test_a_page_that_the_space_does_not_name_is_neither_shown_anything_nor_heard(browser: Browser, desk: Desk) -> None:
    """The browser refuses the frame, whatever the page says into it."""
    page = opened(browser, desk.at("127.0.0.1"))
    page.evaluate("hand", {"type": "kb:session", "token": desk.session(desk.at("localhost"))})

    assert not page.frames[1].evaluate("Boolean(document.querySelector('meta[name=kb-hosts]'))")
    assert page.evaluate("heard") == []
    page.context.close()


def test_a_message_of_another_page_is_not_heard(browser: Browser, desk: Desk) -> None:
    """Its origin has to fit exactly, or end as the pattern does; the page's own script checks it beside the browser."""
    page = opened(browser, desk.at("localhost"))
    heard(page, "kb:ready")
    inside = page.frames[1]
    data = "{type: 'kb:session', token: 'x'}"
    spoken = f"(origin) => dispatchEvent(new MessageEvent('message', {{origin, source: parent, data: {data}}}))"
    for origin in (desk.at("127.0.0.1"), desk.at("localhost.evil"), "http://evillocalhost:" + desk.port, "null"):
        inside.evaluate(spoken, origin)
    strangers = inside.locator("kb-sidebar").count()
    inside.evaluate(spoken, desk.at("a.localhost"))

    assert (strangers, inside.locator("kb-sidebar").count()) == (0, 1)
    page.context.close()
