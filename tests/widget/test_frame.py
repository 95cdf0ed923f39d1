"""The sidebar in a frame of a host's page, in a real browser: heard and told are the pages of its space alone."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from retriever.snapshot import Models
from tests.widget.hosts import Desk, host_desk
from tests.widget.test_sidebar import SLOW

HOST = """<!doctype html><title>Host</title><iframe src="{sidebar}" style="width: 500px; height: 700px"></iframe>
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


def opened(browser: Browser, address: str) -> Page:
    """The host's page, when its frame has been loaded or refused."""
    page = browser.new_context().new_page()
    page.goto(address)
    page.wait_for_load_state("load")
    return page


def heard(page: Page, kind: str) -> Any:
    """The first message of that kind that the host got."""
    page.wait_for_function("kind => heard.some(({ type }) => type === kind)", arg=kind, timeout=SLOW)
    return page.evaluate("kind => heard.find(({ type }) => type === kind)", kind)


@pytest.mark.parametrize("name", ["localhost", "acme.localhost"], ids=["named exactly", "named by a pattern"])
def test_a_host_hands_over_a_session_and_a_ticket_and_gets_what_the_agent_takes(
    browser: Browser, desk: Desk, name: str
) -> None:
    """Nothing is shown before there is a session; the question is of the space in the page's own address."""
    page = opened(browser, desk.at(name))
    heard(page, "kb:ready")
    frame = page.frame_locator("iframe")
    expect(frame.locator("kb-sidebar")).to_have_count(0)

    page.evaluate("hand", {"type": "kb:session", "token": desk.session(desk.at(name))})
    page.evaluate("hand", {"type": "kb:ticket", "text": "customer never authorised this debit"})
    frame.locator(".hit .title").first.click(timeout=SLOW)
    frame.locator(".kb-say button", has_text="Insert").click(timeout=SLOW)

    assert heard(page, "kb:insert")["text"] == "I am sorry about this debit."
    page.context.close()


TAG = """<!doctype html><title>Desk</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src {service} 'nonce-1'; style-src {service}; \
connect-src {service} 'self'">
<script type="module" src="{service}/widget/kb-sidebar.js"></script><kb-sidebar space="acme" lang="es"></kb-sidebar>
<script type="module" nonce="1">
document.querySelector('kb-sidebar').session = async () => (await fetch('/session')).text()
document.querySelector('kb-sidebar').ask('customer never authorised this debit')
</script>"""


def test_a_script_tag_on_a_hosts_page_is_all_that_it_takes(browser: Browser, desk: Desk) -> None:
    """As `kb widget snippet` writes it: another origin, a strict policy of the host's own, a session from the host's server."""
    framed, desk.page = desk.page, TAG.format(service=desk.service)
    desk.handed = desk.session(desk.at("localhost"))
    page = opened(browser, desk.at("localhost"))
    said: list[str] = []
    page.on("console", lambda it: said.append(it.text))
    try:
        expect(page.locator(".hit .title").first).to_have_text("Customer did not authorise a debit", timeout=SLOW)
        expect(page.locator("select[name=place]")).to_be_visible()
        expect(page.locator(".hint")).to_have_css("font-size", "12px")  # its looks are there
        handed = [path for path in desk.asked if path == "/session"]
    finally:
        desk.page = framed
        page.context.close()

    assert [text for text in said if "503" not in text] == []  # this service has no event store
    assert len(handed) == 1


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
