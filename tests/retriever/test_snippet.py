"""A snippet is a slice of the passage, and its highlights are the question's words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retriever.passage import passages_of, shown_text
from retriever.snippet import LENGTH, snippet
from tests.retriever.worlds import own_articles

TEXTS = st.lists(
    st.sampled_from(["card ", "fee. ", "tarjeta, ", "x" * 90 + " ", "é́ ", "🙂", "the ", "10\u00a0000 "]), max_size=120
)


def marked(text: str, question: str, lang: str = "en") -> list[str]:
    """The words that are highlighted."""
    shown, highlights = snippet(text, question, lang)
    return [shown[begin:end] for begin, end in highlights]


@settings(max_examples=300, deadline=None)
@given(TEXTS.map("".join))
def test_a_snippet_is_a_slice_with_ellipses_where_something_is_left_out(text: str) -> None:
    """What is quoted stands in the text as it is, fits the sidebar, and every highlight is a whole asked word."""
    shown, highlights = snippet(text, "which card has a fee", "en")

    core = shown.removeprefix("… ").removesuffix(" …")
    assert [core in text, len(shown) <= LENGTH, shown == text or "…" in shown] == [True, True, True]
    assert {shown[begin:end] for begin, end in highlights} <= {"card", "fee"}


@settings(max_examples=150, deadline=None)
@given(TEXTS.map("".join).filter(lambda text: "card" in text))
def test_a_word_of_the_question_is_always_in_view(text: str) -> None:
    """Wherever in a long passage the word stands, also in text without spaces, the excerpt shows it."""
    assert set(marked(text, "card")) == {"card"}


@pytest.mark.parametrize(
    ("text", "question", "lang", "expected"),
    [
        ("Transacción rechazada.", "transaccion", "es", ["Transacción"]),
        ("Transaccio\u0301n rechazada.", "transacción", "es", ["Transaccio\u0301n"]),
        ("The cards were declined", "declining card", "en", ["cards", "declined"]),
        ("What to do with the card", "what do I do with the card", "en", ["card"]),
        ("customer’s card", "customer", "en", ["customer’s"]),
        ("Rien à dire", "zzz", "fr", []),
    ],
)
def test_highlights_are_the_questions_words_in_any_form(text: str, question: str, lang: str, expected: list[str]) -> None:
    """Accents, endings and case do not matter; words that stand in any text are not marked."""
    assert marked(text, question, lang) == expected


def test_the_densest_part_is_shown() -> None:
    """Of many places the one that holds the most of the question's words."""
    text = "card " + "filler " * 80 + "card fee refund. " + "filler " * 80 + "card"

    assert marked(text, "card fee refund") == ["card", "fee", "refund"]


def test_a_long_word_is_cut_rather_than_lost() -> None:
    """An address of a thousand characters without a space is shown as far as there is room."""
    shown, _ = snippet("x" * 1000, "card", "en")

    assert shown == "x" * (LENGTH - 4) + " …"


def test_what_is_marked_in_our_own_articles_is_a_word_of_the_question_wherever_tables_and_steps_stand() -> None:
    """The marks stand where the words are in the sentences that are shown, not in the Markdown they are made of."""
    library = own_articles()
    wrong, found = [], 0
    for it in library.articles:
        question = " ".join(it.answers)
        for passage in passages_of(it):
            text = shown_text(it, passage, library.taxonomy.queues)
            shown, marks = snippet(text, question, it.lang)
            words = {shown[begin:end] for begin, end in marks}
            found += text != passage.text and len(marks)
            wrong += [(it.id, word) for word in words if marked(word, question, it.lang) != [word]]
            wrong += [(it.id, shown)] * (shown.removeprefix("… ").removesuffix(" …") not in text)

    assert wrong == []
    assert found > 500
