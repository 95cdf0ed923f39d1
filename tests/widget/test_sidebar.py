"""The sidebar as an agent uses it, in a real browser over a real service."""

import json
import re

import pytest
from playwright.sync_api import Frame, Page, Route, expect

from api.widget_files import WidgetFiles
from tests.widget.conftest import Open

SLOW = 10_000  # milliseconds that a shared machine may need
WIDTHS = (320, 400, 1280)
_WIDE = """async (width) => {
    while (innerWidth !== width) await new Promise(requestAnimationFrame)
    return document.documentElement.scrollWidth
}"""


def ask(page: Page, text: str) -> None:
    """Type a question and wait for its answer."""
    with page.expect_response("**/v1/search"):
        page.locator("textarea").fill(text)
    expect(page.locator(".main")).to_have_attribute("aria-busy", "false", timeout=SLOW)  # the hits may be those before
    page.locator(".hit, .notice").first.wait_for(timeout=SLOW)


def fits(page: Page, inside: Frame | None = None) -> None:
    """Whatever is shown is cut off at no width. inside: the frame that fills the page."""
    shown = inside or page.main_frame
    wide = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        wide += [width] if shown.evaluate(_WIDE, width) > width else []

    assert wide == []


def open_first(page: Page) -> None:
    """Open the first hit."""
    page.locator(".hit .title").first.click()
    page.locator("article.article").wait_for(timeout=SLOW)


def test_results_come_while_one_types_with_place_and_dates_and_what_must_not_be_overlooked(sidebar: Open) -> None:
    """No button to press; the reason why a text applies stands on every hit."""
    page = sidebar()

    ask(page, "late fee, customer in Texas")

    first = page.locator(".hit").first
    expect(first.locator(".title")).to_have_text("Late fee")
    expect(first.locator(".why")).to_have_text("US text; US-TX lies in US")
    expect(first.locator(".warn")).to_have_text("review was due on 2020-01-01")
    expect(page.locator(".snippet mark").first).to_be_visible()


def test_a_place_read_from_the_question_is_marked_and_kept_with_one_key(sidebar: Open) -> None:
    """Inferred is not chosen: the chip is dashed until the agent says so."""
    page = sidebar()
    ask(page, "late fee for a customer in Quebec")
    expect(page.locator(".chip.inferred select")).to_have_value("CA-QC")
    expect(page.locator(".hit .title").first).to_have_text("Late fee in Quebec")

    with page.expect_request("**/v1/search") as sent:
        page.keyboard.press("Alt+j")

    assert json.loads(sent.value.post_data or "")["jurisdiction"] == "CA-QC"
    expect(page.locator(".chip.inferred")).to_have_count(0)


def test_an_article_opens_at_the_part_that_answered_with_check_and_escalation_first(sidebar: Open) -> None:
    """Whom to verify and where to go stand before the text."""
    page = sidebar()
    ask(page, "customer never authorised this debit")

    open_first(page)

    expect(page.locator(".first .check")).to_have_text("Identity check: elevated")
    expect(page.locator(".first")).to_contain_text("Payments")
    expect(page.locator(".first label")).to_have_text([" trace number", " date posted"])
    expect(page.locator(".body .found").first).to_be_visible()
    expect(page.locator(".kb-say .label")).to_have_text("Say this word for word")
    expect(page.locator(".kb-dont-say .label")).to_have_text("Do not say")
    expect(page.locator(".kb-internal .label")).to_have_text("Internal: never for the customer")


def test_what_must_be_said_is_inserted_word_for_word_with_its_source(sidebar: Open) -> None:
    """The host gets the text and a citation of article and version."""
    page = sidebar()
    ask(page, "customer never authorised this debit")
    open_first(page)
    page.evaluate("document.addEventListener('kb-insert', (event) => { window.inserted = event.detail })")

    page.locator(".kb-say button", has_text="Insert").click()

    taken = page.evaluate("window.inserted")
    assert taken["text"] == "I am sorry about this debit. We will look into it within 10 business days."
    assert taken["cited"].startswith(taken["text"] + "\n(Customer did not authorise a debit: debit, version ")
    assert taken["source"]["id"] == "debit"


def test_where_nothing_must_be_said_the_passage_is_inserted_without_the_marks_of_what_was_left_out(sidebar: Open) -> None:
    """A customer would wonder at them."""

    def cut(route: Route) -> None:
        answer = route.fetch().json()
        answer["hits"] = [hit | {"say": [], "internal": False, "snippet": "… Call … then wait. …"} for hit in answer["hits"]]
        route.fulfill(json=answer)

    page = sidebar()
    page.route("**/v1/search", cut)
    page.evaluate("document.addEventListener('kb-insert', (event) => { window.inserted = event.detail })")
    ask(page, "customer never authorised this debit")
    page.locator(".hit .title").first.focus()

    page.keyboard.press("i")

    assert page.evaluate("window.inserted.text") == "Call … then wait."


def test_a_selection_that_holds_internal_text_is_never_inserted(sidebar: Open) -> None:
    """Not even by one key after selecting everything."""
    page = sidebar()
    ask(page, "customer never authorised this debit")
    open_first(page)
    page.evaluate("document.addEventListener('kb-insert', (event) => { window.inserted = event.detail })")
    page.evaluate(
        """() => {
            const root = document.querySelector('kb-sidebar').shadowRoot
            root.getSelection().selectAllChildren(root.querySelector('.body'))
        }"""
    )

    page.keyboard.press("i")

    expect(page.locator(".status")).to_contain_text("internal text")
    assert page.evaluate("window.inserted") is None


def test_guided_steps_go_forward_back_and_leave_a_trail_that_can_be_copied(sidebar: Open) -> None:
    """One question at a time; copying does not lose the place."""
    page = sidebar(permissions=["clipboard-read", "clipboard-write"])
    ask(page, "trace a card payment that failed")
    open_first(page)
    walk = page.locator(".walk")
    expect(walk.locator(".question p")).to_have_text("Is the card in the customer's hands?")

    walk.get_by_role("button", name="Yes").click()
    expect(walk.locator(".question p")).to_have_text("Was the payment posted?")
    walk.get_by_role("button", name="One step back").click()
    expect(walk.locator(".question p")).to_have_text("Is the card in the customer's hands?")
    walk.get_by_role("button", name="Yes").click()
    walk.get_by_role("button", name="No").click()
    walk.get_by_role("button", name="Start again").click()
    expect(walk.locator(".trail")).to_have_count(0)
    walk.get_by_role("button", name="No").click()
    expect(walk.locator(".ending")).to_have_text("Escalate: Cards")
    walk.get_by_role("button", name="Copy what was done").click()

    expect(page.locator(".status")).to_have_text("Copied.")
    expect(walk.locator(".ending")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == (
        "Trace a card payment that failed (tree)\n1. Is the card in the customer's hands? No\nEscalate: Cards"
    )


def test_a_card_number_is_struck_out_before_it_is_sent(sidebar: Open) -> None:
    """It leaves neither the box nor the machine, and the agent reads why."""
    page = sidebar()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or request.url))

    ask(page, "charge on card 4111 1111 1111 1111 not authorised")

    expect(page.locator("textarea")).to_have_value("charge on card [card number] not authorised")
    expect(page.locator(".redacted")).to_contain_text("Struck out before sending: card number")
    assert not [text for text in sent if "4111" in text]


def test_nothing_that_fits_is_said_with_a_way_on(sidebar: Open) -> None:
    """A refusal is not a dead end."""
    page = sidebar()

    ask(page, "how do I bake sourdough bread")

    expect(page.locator(".doubt strong")).to_have_text("Nothing fits this question well")
    expect(page.get_by_role("button", name="Report that guidance is missing")).to_be_visible()


def test_guidance_above_the_tier_shows_where_to_escalate_and_none_of_its_words(sidebar: Open) -> None:
    """The queue, not the text."""
    page = sidebar()

    ask(page, "raise the wire limit")

    expect(page.locator(".above")).to_contain_text("Escalate")
    expect(page.locator("kb-sidebar")).not_to_contain_text("Raise the wire limit in the console")


def test_a_past_day_is_shown_under_a_banner_until_the_agent_goes_back(sidebar: Open) -> None:
    """Nobody answers today's customer from it by mistake."""
    page = sidebar()
    ask(page, "late fee")

    page.locator("input[name=as-of]").fill("2001-01-01")

    expect(page.locator(".past, .trouble").first).to_be_visible()
    expect(page.locator(".past")).to_contain_text("2001-01-01")
    page.get_by_role("button", name="Back to today").click()
    expect(page.locator(".past")).to_have_count(0)


def test_without_a_connection_the_question_is_kept_and_asked_again(sidebar: Open) -> None:
    """The agent does not type it twice."""
    page = sidebar()
    down = True

    def answer(route: Route) -> None:
        if down:
            route.abort()
        else:
            route.continue_()

    page.route("**/v1/search", answer)
    page.locator("textarea").fill("late fee")
    expect(page.locator(".trouble")).to_contain_text("No connection")
    expect(page.locator("textarea")).to_have_value("late fee")
    down = False

    expect(page.locator(".hit .title").first).to_have_text("Late fee", timeout=SLOW)
    expect(page.locator(".trouble")).to_have_count(0)


def test_enter_before_the_answer_is_there_goes_to_that_answer_and_to_none_before(sidebar: Open) -> None:
    """Who types fast and presses twice must not open what answered another question."""
    page = sidebar()
    ask(page, "customer never authorised this debit")
    held: list[Route] = []
    page.route("**/v1/search", lambda route: held.append(route))  # a builtin cannot be given
    page.locator("textarea").fill("late fee")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("textarea")).to_be_focused()
    expect(page.locator(".main")).to_have_attribute("aria-busy", "true")
    page.wait_for_timeout(200)
    held[0].continue_()

    expect(page.locator(".hit .title").first).to_be_focused(timeout=SLOW)
    expect(page.locator(".hit .title").first).to_have_text("Late fee")
    expect(page.locator("article.article")).to_have_count(0)


def test_a_stale_answer_never_replaces_a_newer_one(sidebar: Open) -> None:
    """The first question's answer comes late and is dropped."""
    page = sidebar()
    held: list[Route] = []

    def hold_first(route: Route) -> None:
        if not held:
            held.append(route)
        else:
            route.continue_()

    page.route("**/v1/search", hold_first)
    page.locator("textarea").fill("customer never authorised this debit")
    page.wait_for_timeout(400)
    page.locator("textarea").fill("late fee")
    expect(page.locator(".hit .title").first).to_have_text("Late fee")
    page.unroute("**/v1/search")
    page.wait_for_timeout(300)

    expect(page.locator(".hit .title").first).to_have_text("Late fee")


def test_every_word_is_spanish_for_a_spanish_browser(sidebar: Open) -> None:
    """Chosen from the browser; the articles keep their own language."""
    page = sidebar(locale="es-MX")

    ask(page, "late fee")

    expect(page.locator("textarea")).to_have_attribute("placeholder", "¿Qué necesita el cliente?")
    expect(page.locator(".hit .warn").first).to_have_text("la revisión vencía el 2020-01-01")
    open_first(page)
    expect(page.locator(".back")).to_have_text("← Volver a las respuestas")


def test_a_glossary_term_shows_its_counterpart_on_focus(sidebar: Open) -> None:
    """For the agent who explains it in the customer's language."""
    page = sidebar()
    ask(page, "customer never authorised this debit")
    open_first(page)

    page.locator(".term", has_text="chargeback").first.focus()

    expect(page.locator(".tip").first).to_contain_text("ES contracargo")
    expect(page.locator(".tip").first).to_be_visible()


@pytest.mark.parametrize("locale", ["en-US", "es-MX", "fr-CA"])
def test_nothing_is_cut_off_at_any_width(sidebar: Open, locale: str) -> None:
    """A sidebar may be as narrow as 320 pixels."""
    page = sidebar(locale=locale)
    ask(page, "late fee for a customer in Quebec")
    fits(page)
    ask(page, "customer never authorised this debit")
    open_first(page)
    fits(page)
    page.keyboard.press("?")
    page.locator(".keys").wait_for()
    fits(page)


def test_it_works_with_storage_and_cookies_denied(sidebar: Open) -> None:
    """Nothing of the sidebar is kept in the browser."""
    page = sidebar()
    ask(page, "late fee")

    kept = page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]")

    assert kept == ["", 0, 0]


def test_the_whole_sidebar_weighs_no_more_than_40_kb() -> None:
    """File by file as it is sent: every module, style and page for every host, the words of three languages, the types."""
    assert WidgetFiles().weight <= 40_000


def test_every_word_is_there_in_three_languages_with_the_same_gaps(sidebar: Open) -> None:
    """A language that lacks one would show nothing."""
    page = sidebar()
    spoken = """async () => {
        const { wordsFor } = await import(document.querySelector('script').src.replace('page.js', 'words.js'))
        const gaps = (it) => typeof it === 'function' ? (String(it('<', '>')).match(/[<>]/g) ?? []).join('')
            : typeof it === 'string' ? it.length > 0 : Object.entries(it).map(([name, inner]) => [name, gaps(inner)])
        return ['en', 'es', 'fr'].map((lang) => JSON.stringify(gaps({ ...wordsFor(lang), code: '' })))
    }"""
    english, spanish, french = page.evaluate(spoken)

    assert len(json.loads(english)) > 100
    assert spanish == english
    assert french == english


def test_counts_have_their_own_words_and_french_is_whole(sidebar: Open) -> None:
    """One article is not two."""
    page = sidebar(locale="fr-CA")
    ask(page, "late fee, customer in Texas")

    expect(page.locator(".status")).to_have_text(re.compile(r"^(1 article|\d+ articles)$"))
    expect(page.locator(".hit .warn").first).to_have_text("la révision était due le 2020-01-01")
    expect(page.locator(".hit .why").first).to_have_text("texte pour US; US-TX est dans US")
