"""What an agent has read, has to read and acknowledges, in a real browser."""

import json

import pytest
from playwright.sync_api import expect

from tests.widget.conftest import Open
from tests.widget.test_sidebar import SLOW, ask, open_first
from tests.world import World


def _fee(guide: World, dollars: int, **keys: object) -> None:
    guide.article("fee.md", f"The late fee is {dollars} USD.", id="fee", title="Late fee", jurisdictions=["US"], **keys)
    guide.commit()
    guide.space.publish()
    guide.live.current()


@pytest.mark.parametrize(
    ("locale", "said"), [("en-US", "Changed since you read it on"), ("es-MX", "Cambió desde que lo leyó el")]
)
def test_a_text_that_changed_since_it_was_read_says_so_and_what_changed(
    sidebar: Open, guide: World, locale: str, said: str
) -> None:
    """On the hit and in the article; one key shows the figure that moved. Read once, it is known."""
    old, new = (25, 30) if locale == "en-US" else (40, 45)
    _fee(guide, old)
    page = sidebar(locale=locale)
    ask(page, "late fee")
    open_first(page)
    _fee(guide, new)
    page.keyboard.press("Escape")
    ask(page, "the late fee")

    expect(
        page.locator(".hit", has=page.locator("[data-id=fee], .title", has_text="Late fee")).first.locator(".changed")
    ).to_contain_text(said)
    open_first(page)
    expect(page.locator("article .notice.changed")).to_contain_text(said)
    page.keyboard.press("d")

    expect(page.locator(".moved del")).to_have_text(f"{old} USD", timeout=SLOW)
    expect(page.locator(".moved ins")).to_have_text(f"{new} USD")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator(".hit .changed")).to_have_count(0)


def test_what_must_be_read_waits_in_the_sidebar_until_it_is_acknowledged_by_keys_alone(sidebar: Open, guide: World) -> None:
    """`m` lists it, Enter opens it, `a` says that it was read."""
    _fee(guide, 50, must_read=True)
    page = sidebar()
    expect(page.locator(".waiting")).to_have_text("1 article to read and acknowledge")

    page.locator(".waiting button").focus()
    page.keyboard.press("m")
    expect(page.locator(".must-reads .title")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".waits")).to_contain_text("This has to be read.")
    page.keyboard.press("a")

    expect(page.locator(".status")).to_have_text("Noted that you have read this version.")
    expect(page.locator(".waiting, .waits")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator(".must-reads .why")).to_contain_text("acknowledged on")


def test_who_acknowledges_an_old_version_gets_the_new_one_to_read(sidebar: Open, guide: World) -> None:
    """Nobody confirms a figure that is no longer the rule."""
    _fee(guide, 60, must_read=True)
    page = sidebar()
    page.locator(".waiting button").click()
    page.locator(".must-reads .title").click()
    page.locator(".waits").wait_for()
    _fee(guide, 65, must_read=True)

    page.keyboard.press("a")

    expect(page.locator(".status")).to_have_text("A newer version is live. Here it is.")
    expect(page.locator(".body")).to_contain_text("65 USD")
    page.keyboard.press("a")
    expect(page.locator(".waits")).to_have_count(0)


def test_a_new_snapshot_during_work_is_said_and_nothing_is_lost(sidebar: Open, guide: World) -> None:
    """The next answer is from it; the question stays."""
    page = sidebar()
    ask(page, "late fee")
    _fee(guide, 70)

    ask(page, "late fee today")

    expect(page.locator(".status")).to_have_text("The guidance was updated a moment ago.")
    expect(page.locator(".snippet").first).to_contain_text("70 USD")


def test_a_mistyped_word_is_shown_as_it_was_read(sidebar: Open) -> None:
    """The agent sees what was searched, and can type it anew."""
    page = sidebar()

    ask(page, "trace the paymnet")

    expect(page.locator(".mended")).to_have_text("Read as: paymnet → payment")


def test_an_inferred_product_is_marked_kept_with_one_key_and_corrected_with_another(sidebar: Open) -> None:
    """Dashed until the agent says so; Alt+P goes to the list, from the question too."""
    page = sidebar()
    ask(page, "cards: trace a payment that failed")
    chip = page.locator(".chip.inferred")
    expect(chip.locator("select")).to_have_value("cards")
    expect(chip).to_contain_text("inferred")
    expect(page.locator(".inference")).to_contain_text("Cards: read from the question.")

    page.keyboard.press("Alt+p")
    expect(chip.locator("select")).to_be_focused()
    with page.expect_request("**/v1/search") as sent:
        page.keyboard.press("Alt+j")

    assert json.loads(sent.value.post_data or "")["products"] == ["cards"]
    expect(page.locator(".chip.inferred")).to_have_count(0)


@pytest.mark.parametrize(("key", "verdict"), [("w", "wrong"), ("o", "outdated"), ("g", "missing")])
def test_one_key_reports_with_the_question_attached(sidebar: Open, key: str, verdict: str) -> None:
    """By the receipt, which holds the question."""
    page = sidebar()
    ask(page, "late fee")
    open_first(page)

    with page.expect_request("**/v1/feedback") as sent:
        page.keyboard.press(key)

    said = json.loads(sent.value.post_data or "")
    assert (said["verdict"], said["article"], len(said["receipt"])) == (verdict, "fee", 26)
    expect(page.locator(".status")).to_have_text("Reported. Thank you.")


def test_one_key_reports_a_gap_where_nothing_fits(sidebar: Open) -> None:
    """Enter goes from the question to what can be done."""
    page = sidebar()
    ask(page, "how do I bake sourdough bread")
    page.locator("textarea").press("Enter")
    expect(page.locator(".hit .title, .gap").first).to_be_focused()

    with page.expect_response("**/v1/feedback") as answered:
        page.keyboard.press("g")

    assert answered.value.json()["verdict"] == "missing"


def test_one_key_copies_whom_to_escalate_to_with_what_is_collected(sidebar: Open) -> None:
    """What was ticked is ticked in the copy."""
    page = sidebar(permissions=["clipboard-read", "clipboard-write"])
    ask(page, "customer never authorised this debit")
    open_first(page)
    page.locator(".first label").first.click()
    page.locator("article h1").focus()

    page.keyboard.press("e")

    expect(page.locator(".status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == (
        "Escalation: Payments\nWhen: a large amount\n- [x] trace number\n- [ ] date posted"
    )


def test_what_was_asked_before_is_one_press_away(sidebar: Open) -> None:
    """Newest first, in the redacted words; only while the page is open."""
    page = sidebar()
    ask(page, "late fee")
    ask(page, "customer never authorised this debit")
    page.get_by_role("button", name="Clear the question").click()

    expect(page.locator(".suggestions button")).to_have_text(["customer never authorised this debit", "late fee"])
    page.locator(".suggestions button", has_text="late fee").click()
    expect(page.locator("textarea")).to_have_value("late fee")
    expect(page.locator(".hit .title").first).to_have_text("Late fee")
