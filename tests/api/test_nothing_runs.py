"""Whatever an article, a glossary or a question holds, nothing of it runs in a real browser, on any page that is served."""

import json
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, expect

from retriever.snapshot import Models
from tests.api.hostile import PAYLOADS
from tests.browser import served
from tests.world import TAXONOMY, World

DIFFERENCES = [f"/v1/articles/{name}/diff?format=html" for name in ("in-body", "in-say", "in-title")]
PAGES = ["/articles/in-body", "/articles/in-say", "/articles/in-title", *DIFFERENCES, "/sidebar", "/demo", "/docs"]


def _quoted(text: str) -> str:
    """A text as a YAML value in quotes."""
    return json.dumps(text).replace("\\u2028", "\\L")


@pytest.fixture(scope="module")
def hostile_world(tmp_path_factory: pytest.TempPathFactory, models: Models) -> World:
    """Every payload in bodies, headings, titles, descriptions, keywords, escalations, sources, and in the glossary."""
    world = World(tmp_path_factory.mktemp("hostile"), models)
    world.repo.mkdir()
    world.git("init", "--quiet", "--initial-branch=main")
    everything = " ".join(" ".join(payload.split()) for payload in PAYLOADS).replace("\x01", "")
    terms = "".join(
        f"  - {{id: t{n}, en: {_quoted(_line(text))}, es: {_quoted(_line(text))}}}\n" for n, text in enumerate(PAYLOADS)
    )
    world.write("glossary.yml", f"terms:\n{terms}")
    says = "\n\n".join(f"## {n} {_line(text)}\n\n:::say\nSay {_line(text)}\n:::" for n, text in enumerate(PAYLOADS))
    bodies = "\n\n".join(f"## Lost card {n}\n\n{text}" for n, text in enumerate(PAYLOADS))
    world.write("kb.yml", TAXONOMY)
    for name in ("in-body", "in-say", "in-title"):  # the version before, for the pages of differences
        world.article(f"{name}.md", "Some text on lost cards.", id=name, title="Before")
    world.commit()
    world.write("kb.yml", TAXONOMY + "glossary: glossary.yml\n")
    keys = ["products: [all]", "jurisdictions: [all]", "tier: 1", "lang: en"]
    for name, body in (("in-body", bodies), ("in-say", says)):
        world.write(f"{name}.md", "\n".join(["---", f"id: {name}", "title: Lost card", *keys, "---", body]))
    strings = [
        f"title: {_quoted(everything)}",
        f"description: {_quoted(everything)}",
        f"keywords: [{_quoted(everything)}]",
        f"sources: [{_quoted(everything)}]",
        f"escalation: {{to: support-l2, when: {_quoted(everything)}, collect: [{_quoted(everything)}]}}",
    ]
    world.write("in-title.md", "\n".join(["---", "id: in-title", *strings, *keys, "---", "Some guidance on lost cards."]))
    world.publish()
    return world


def _line(text: str) -> str:
    return " ".join(text.split()).replace("\x01", "")


@pytest.fixture(scope="module")
def address(hostile_world: World) -> Iterator[str]:
    """The service over the hostile articles."""
    with served(hostile_world.client().app) as where:  # type: ignore[arg-type]  # the test client holds what it was given
        yield where


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that knows no other host than this machine."""
    context = browser.new_context()
    context.route("**/*", lambda route: route.continue_() if "127.0.0.1" in route.request.url else route.abort())
    opened = context.new_page()
    opened.add_init_script("window.alert = window.confirm = window.prompt = () => { window.ran = 1; }")
    yield opened
    context.close()


_POKE = """() => {
    const shadow = (element) => (element.shadowRoot ? inside(element.shadowRoot) : []);
    const inside = (root) => [...root.querySelectorAll('*')].flatMap((element) => [element, ...shadow(element)]);
    for (const element of inside(document)) {
        for (const kind of ['mouseover', 'focus', 'toggle', 'error', 'animationstart']) {
            element.dispatchEvent(new Event(kind));
        }
        if (/^\\s*(javascript|data|vbscript):/i.test(element.getAttribute('href') ?? '')) element.click();
    }
}"""


def _poke(page: Page) -> None:
    """Do what a reader might: move over and focus everything, click every link that leads into a script."""
    page.evaluate(_POKE)
    page.wait_for_timeout(150)


def _ran(page: Page) -> bool:
    return bool(page.evaluate("window.ran === 1"))


@pytest.mark.parametrize("path", PAGES)
def test_nothing_of_the_articles_runs(page: Page, address: str, path: str) -> None:
    """No payload of the corpus does anything, and nothing on the page could."""
    page.goto(address + path)
    page.wait_for_load_state("networkidle")

    _poke(page)

    assert not _ran(page)


@pytest.mark.parametrize("path", ["/articles/in-body", "/articles/in-title", *DIFFERENCES])
def test_the_markup_of_an_article_is_clean_even_without_the_policy(page: Page, hostile_world: World, path: str) -> None:
    """The first wall holds without the second: with scripts allowed, the sanitised page still runs nothing."""
    html = hostile_world.client().get(path).text

    page.set_content(html)
    _poke(page)

    assert not _ran(page)
    assert page.locator("script, iframe, object, embed, form, base, svg, math").count() == 0


def test_the_probe_itself_runs_where_nothing_stops_it(page: Page) -> None:
    """Or the tests above could not fail: unsanitised and without a policy, the corpus does run."""
    page.set_content(f"<main>{PAYLOADS[14]}</main>")
    page.wait_for_timeout(150)

    assert _ran(page)


def test_the_contract_page_still_works(page: Page, address: str) -> None:
    """Its policy stops inline scripts, not the page."""
    page.goto(f"{address}/docs")

    expect(page.locator(".opblock-summary-path").first).to_be_visible(timeout=10_000)


def test_a_hostile_question_is_shown_as_text(page: Page, address: str) -> None:
    """In the sidebar: what is typed, and the hits, snippets and terms that answer it."""
    page.goto(f"{address}/sidebar")
    for text in PAYLOADS[:: len(PAYLOADS) // 6]:
        with page.expect_response("**/v1/search"):
            page.locator("textarea").fill(f"lost card {text}")
        page.wait_for_timeout(100)
        _poke(page)

    assert not _ran(page)


def test_nothing_runs_in_the_sidebar_even_without_the_policy(browser: Browser, address: str) -> None:
    """Opened articles, their terms and differences, and a host's ticket with hostile text, place and product: all are text."""
    context = browser.new_context(bypass_csp=True, permissions=["clipboard-write"])
    page = context.new_page()
    page.add_init_script("window.alert = window.confirm = window.prompt = () => { window.ran = 1; }")
    page.goto(f"{address}/sidebar")
    hits = page.locator(".hit .title")
    page.locator("kb-sidebar textarea").fill("some guidance on lost cards")
    hits.nth(2).wait_for(timeout=10_000)
    for number in range(3):
        hits.nth(number).click()
        page.locator("article.article").wait_for()
        _poke(page)
        page.locator("article h1").focus()
        page.keyboard.press("h")
        page.locator(".history .difference, .history .versions").first.wait_for()
        _poke(page)
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
    for text in PAYLOADS[:: len(PAYLOADS) // 6]:
        scope = {"jurisdiction": text, "product": text, "lang": text}
        page.evaluate("([text, scope]) => document.querySelector('kb-sidebar').ask(text, scope)", [text, scope])
        page.wait_for_timeout(150)
        _poke(page)

    assert not _ran(page)
    assert page.locator("kb-sidebar script, kb-sidebar iframe, kb-sidebar img, kb-sidebar svg").count() == 0
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_forbids_inline_script(hostile_world: World, path: str) -> None:
    """The second wall: scripts only from this service, no plug-ins, no other base address, no form to elsewhere."""
    response = hostile_world.client().get(path)
    policy = dict(part.strip().partition(" ")[::2] for part in response.headers["content-security-policy"].split(";"))

    assert response.headers["content-type"].startswith("text/html")
    assert policy["default-src"] == "'none'"
    assert policy.get("script-src", "'none'") in ("'none'", "'self'")
    assert (policy["base-uri"], policy["form-action"]) == ("'none'", "'none'")
    assert "frame-ancestors" in policy
    assert "<script>" not in response.text


@pytest.mark.parametrize("payload", PAYLOADS[::6])
def test_an_answer_to_a_hostile_question_is_json_that_no_browser_takes_for_a_page(hostile_world: World, payload: str) -> None:
    """Neither answers nor errors are HTML, whatever they repeat."""
    client: TestClient = hostile_world.client()

    answers = [
        client.post("/v1/search", json={"q": f"lost card {payload}"}),
        client.get(f"/v1/search?q=x&{quote(payload, safe='')}=1"),
        client.get(f"/articles/{quote(payload, safe='')}"),
    ]

    for answer in answers:
        assert answer.headers["content-type"] in ("application/json", "application/problem+json")
        assert answer.headers["x-content-type-options"] == "nosniff"
