"""Words: folded, stemmed by language, found by BM25 inside a mask, the same after a save."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from retriever.lexical import Lexical, tokens

TEXTS = ["The card was declined twice", "Card fee and late fee", "Nothing here", "La transacción fue rechazada", "Die Gebühren"]
LANGS = ["en", "en", "en", "es-MX", "de"]


def same(text: str) -> Callable[[str], str]:
    """A text that is compared as it stands with every language."""
    return lambda _: text


@pytest.mark.parametrize(
    ("lang", "one", "other"),
    [
        ("en", "Declined payments", "declines a payment"),
        ("es", "transacción rechazada", "transacciones rechazadas"),
        ("es", "TRANSACCION", "transacción"),
        ("fr", "cartes volées", "carte volee"),
        ("en", "customer’s", "customer"),
        ("en", "cafe\u0301", "café"),
    ],
)
def test_forms_of_a_word_are_one_word(lang: str, one: str, other: str) -> None:
    """Number, tense, case, accents and the way an accent is typed do not hide a text."""
    assert set(tokens(one, lang)) & set(tokens(other, lang)) == set(tokens(one, lang))


def test_a_language_without_a_stemmer_keeps_its_words() -> None:
    """Stemming German by English rules would join words that have nothing in common."""
    assert tokens("Die Gebühren laufen", "de") == ("die", "gebuhren", "laufen")


def test_the_best_allowed_text_comes_first_and_others_are_not_there() -> None:
    """Search happens inside the mask; a text that shares no word is no hit."""
    lexical = Lexical.build(TEXTS.__getitem__, LANGS)

    found = lexical.search("late card fees", np.array([True, True, True, False, False]), 10)

    assert found.rows.tolist() == [1, 0]


def test_a_question_without_a_shared_word_finds_nothing() -> None:
    """Zero is no score."""
    lexical = Lexical.build(TEXTS.__getitem__, LANGS)

    assert lexical.search("zzz 🙂 %%", np.ones(5, bool), 10).rows.tolist() == []


@pytest.mark.parametrize("texts", [[], ["🙂", "—"]])
def test_texts_without_words_can_be_indexed(texts: list[str]) -> None:
    """An article of emoji, or no article at all, is no reason to refuse a push."""
    lexical = Lexical.build(texts.__getitem__, ["en"] * len(texts))

    assert lexical.scores(same("card")).tolist() == [0.0] * len(texts)


def test_a_saved_index_gives_the_same_scores(tmp_path: Path) -> None:
    """Bit for bit, in every language."""
    lexical = Lexical.build(TEXTS.__getitem__, LANGS)
    lexical.save(tmp_path)

    loaded = Lexical.load(tmp_path)

    for question in ("card declined", "transaccion rechazada", "gebuhren"):
        assert loaded.scores(same(question)).tolist() == lexical.scores(same(question)).tolist()
        assert [loaded.coverage(same(question), row) for row in range(5)] == [
            lexical.coverage(same(question), row) for row in range(5)
        ]


def test_a_long_question_takes_no_more_memory_than_a_short_one() -> None:
    """A pasted ticket has hundreds of words that nearly every text holds."""
    words = [f"word{number}" for number in range(400)]
    lexical = Lexical.build(lambda _row: " ".join(words), ["en"] * 500)
    asked = tokens(" ".join(words), "en")
    tracemalloc.start()
    lexical.scores(lambda _key: " ".join(words))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert len(asked) == 400
    assert most < 500_000  # bytes; all at once they take 1.7 MB


def test_coverage_is_the_share_of_the_questions_words_by_rarity() -> None:
    """All words held is 1, none is 0; of two words the rarer one counts more."""
    lexical = Lexical.build(["card fee", "card", "other"].__getitem__, ["en"] * 3)

    rare, common = lexical.coverage(same("fee zz"), 0), lexical.coverage(same("card zz"), 0)

    assert (
        lexical.coverage(same("card fee"), 0),
        lexical.coverage(same("zz"), 0),
        lexical.coverage(same(""), 0),
    ) == (1.0, 0.0, 0.0)
    assert [rare > common, lexical.coverage(same("fee"), 1)] == [True, 0.0]
