"""The word diff: whole words, whole figures, nothing lost, and no markup of the text in its HTML."""

from hypothesis import given
from hypothesis import strategies as st

from kb.word_diff import Edit, Op, as_html, as_text, diff, words_of

TEXTS = st.lists(st.sampled_from(["1,000 USD", "60", "days", " ", "\n", "the", "fee", "<b>", "10\u00a0000", "años", "."])).map(
    "".join
)


@given(TEXTS, TEXTS)
def test_edits_hold_both_texts_whole(old: str, new: str) -> None:
    """What stayed and went is the old text, what stayed and came the new one."""
    edits = diff(old, new)

    assert "".join(edit.text for edit in edits if edit.op is not Op.INSERT) == old
    assert "".join(edit.text for edit in edits if edit.op is not Op.DELETE) == new


@given(st.text())
def test_words_joined_are_the_text(text: str) -> None:
    """No character is left out."""
    assert "".join(words_of(text)) == text


def test_a_figure_is_never_split() -> None:
    """A thousand that becomes fifteen hundred is one word that changed."""
    assert as_text(diff("Pay $1,000.00 now.", "Pay $1,500.00 now.")) == "Pay [-$1,000.00-]{+$1,500.00+} now."
    assert as_text(diff("10\u00a0000 EUR", "20\u00a0000 EUR")) == "[-10\u00a0000-]{+20\u00a0000+} EUR"
    assert as_text(diff("7:40 a.m.", "7:45 a.m.")) == "[-7:40-]{+7:45+} a.m."


def test_blanks_alone_join_no_two_changes() -> None:
    """A reader sees one change where two words in a row changed."""
    assert diff("within 60 days", "in 90 days") == [
        Edit(Op.DELETE, "within 60"),
        Edit(Op.INSERT, "in 90"),
        Edit(Op.EQUAL, " days"),
    ]


def test_html_shows_the_text_and_runs_none_of_it() -> None:
    """Markup is text; removals and additions are said to those who only hear the page."""
    html = as_html(diff("a <script>", "a <img>"))

    assert html == (
        '<div class="diff">a &lt;'
        '<del><span class="heard">removed: </span>script<span class="heard">, end removed. </span></del>'
        '<ins><span class="heard">added: </span>img<span class="heard">, end added. </span></ins>&gt;</div>'
    )


def test_a_very_long_change_is_shown_whole() -> None:
    """Rather than compared for minutes."""
    old, new = " ".join(f"a{n}" for n in range(30_000)), " ".join(f"b{n}" for n in range(30_000))

    assert diff(old, new) == [Edit(Op.DELETE, old), Edit(Op.INSERT, new)]


def test_many_lines_are_compared_in_bounded_time() -> None:
    """A file of nothing but empty lines is no way to stop the service."""
    lines = "\n" * 400_000

    assert diff(lines, f"{lines}end") == [Edit(Op.EQUAL, lines), Edit(Op.INSERT, "end")]
    assert diff(f"a{lines}b", f"c{lines}d") == [Edit(Op.DELETE, f"a{lines}b"), Edit(Op.INSERT, f"c{lines}d")]
