"""What is understood of a question before anything is searched."""

import pytest

from kb.glossary import Glossary, Term
from kb.taxonomy import Product as Of
from kb.taxonomy import Taxonomy, Tier
from retriever.language import language_of
from retriever.phrases import Phrases
from retriever.question import Question, normalise, understand
from retriever.space_words import SpaceWords
from retriever.translator import NoTranslator

WORDS = SpaceWords(
    Taxonomy(
        name="Bank",
        time_zone="UTC",
        languages=("en",),
        products={
            "cards": Of({"en": "Cards", "es": "Tarjetas"}, {"en": ("debit card", "PIN"), "es": ("plástico",)}),
            "credit": Of({"en": "Credit"}, {"en": ("credit card",)}),
            "transfers": Of({"en": "Bank transfers"}, {"en": ("Interac", "wire"), "fr": ("virement",)}),
        },
        jurisdictions=("US", "US-NY", "CA", "CA-QC"),
        tiers={1: Tier("Frontline")},
    ),
    Glossary(
        (
            Term("statement", en="statement", es="estado de cuenta", fr="relevé"),
            Term("chargeback", en="chargeback", es="contracargo", aliases={"es": ("aclaración",)}),
        )
    ),
)


def read(text: str) -> tuple[str | None, str | None]:
    """The inferred product and place."""
    query = understand(normalise(Question(text)), WORDS, NoTranslator())
    return query.product, query.place


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("her Interac never arrived", ("transfers", None)),
        ("cliente en Quebec perdió su plástico", ("cards", "CA-QC")),
        ("NY customer disputes a wire", ("transfers", "US-NY")),
        ("credit card late fee", ("credit", None)),
        ("un virement perdu", ("transfers", None)),
        ("wire to pay the debit card", ("cards", None)),
        ("PIN for a wire", (None, None)),
        ("where is my money", (None, None)),
    ],
)
def test_product_and_place_are_read_from_the_words(text: str, expected: tuple[str | None, str | None]) -> None:
    """The longest name wins; two of the same length are no inference."""
    assert read(text) == expected


def test_a_place_that_is_known_is_not_looked_for_in_the_words() -> None:
    """The agent chose it; what the words name besides changes nothing."""
    query = understand(normalise(Question("NY customer disputes a wire"), placed=True), WORDS, NoTranslator())

    assert (query.product, query.place) == ("transfers", None)


def test_the_glossarys_words_are_searched_in_the_other_language() -> None:
    """A rough translation would say "state of account"; the writers said what it is called."""
    query = understand(normalise(Question("no encuentra sus estados de cuenta ni la aclaración")), WORDS, NoTranslator())

    assert query.in_language("en").endswith("statement chargeback")
    assert query.in_language("es") == query.issue


def test_codes_are_looked_for_in_all_of_a_ticket_and_words_in_its_issue() -> None:
    """A ticket's reference may stand in a line that says nothing else."""
    query = understand(
        normalise(Question("Ticket #9: R10\nHi team,\nThe debit was not authorised.\nThanks")), WORDS, NoTranslator()
    )

    assert ("R10" in query.text, query.issue) == (True, "The debit was not authorised.")


def test_the_longest_phrase_is_found_and_its_words_only_once() -> None:
    """Stems and accents do not matter."""
    phrases = Phrases([("tarjeta", "card"), ("tarjeta de crédito", "credit card")], "es")

    assert phrases.find("Tarjetas de credito y otra tarjeta") == [(3, {"credit card"}), (1, {"card"})]


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("el cliente tiene un chargeback", "es"),
        ("customer quiere un refund del merchant", "es"),
        ("no puedo hacer login en mi account", "es"),
        ("cuanto tarda un wire", "es"),
        ("bloquear mi tarjeta", "es"),
        ("customer in Mexico wants a remittance", "en"),
        ("what is a CLABE", "en"),
        ("lost card abroad", "en"),
        ("le client a perdu sa carte", "fr"),
    ],
)
def test_mixed_and_short_questions_are_read_by_their_small_words(text: str, lang: str) -> None:
    """An agent's Spanish is full of English nouns."""
    assert language_of(text) == lang
