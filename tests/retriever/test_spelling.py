"""What was mistyped is read as a word of the articles that may be seen."""

from collections.abc import Sequence

import numpy as np
import pytest

from kb.glossary import Glossary, Term
from kb.taxonomy import Taxonomy, Tier
from retriever.lexical import Lexical
from retriever.space_words import SpaceWords
from retriever.spelling import Spelling, Visible, respelled
from tests.world import World

TEXTS = [
    ("en", "A pending payment is cancelled by the merchant. Ask about the chargeback."),
    ("en", "Merge two accounts: the customer signs the merger form."),
    ("es", "La transacción pendiente se puede cancelar. Está activa."),
    ("en", "Merging accounts at the reverted depósito desk. Active."),
    ("en", "A deposito was rejected. Merge."),
]
TERMS = (Term("interchange", en="interchange", es="intercambio"),)
WORDS = SpaceWords(
    Taxonomy(name="Bank", time_zone="UTC", languages=("en",), products={}, jurisdictions=("US",), tiers={1: Tier("Frontline")}),
    Glossary(TERMS),
)
LEXICAL = Lexical.build(lambda row: TEXTS[row][1], [lang for lang, _ in TEXTS])


def mended(
    text: str, lang: str = "en", allowed: Sequence[int] = (0, 1, 2, 3, 4), spelling: Spelling | None = None
) -> dict[str, str]:
    """What of the text is read otherwise, where only some rows may be seen."""
    rows = np.isin(np.arange(len(TEXTS)), allowed)
    visible = Visible(LEXICAL, rows, lambda row: TEXTS[row][1])
    return dict((spelling or Spelling(lambda: TEXTS)).corrections(text, lang, WORDS, visible))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("her paymnet is pending", {"paymnet": "payment"}),
        ("the Merchnat canceled the chargebcak", {"Merchnat": "merchant", "chargebcak": "chargeback"}),
        ("payments and merchants", {}),
        ("a passport and a statute", {}),
        ("interchange", {}),
        ("paym", {}),
        ("code PAYMNET-1, paymnet@example.com, /paymnet/x, paymnet.csv", {}),
        ("zzzzzzz", {}),
        ("the card doesn't work, they couldn’t pay", {}),
        ("the charge quedó pendiente", {}),
    ],
    ids=[
        "a swap",
        "two words",
        "other endings",
        "words of the dictionary",
        "a term",
        "short",
        "names",
        "nothing near",
        "contractions",
        "a word of the other language",
    ],
)
def test_only_a_word_that_nobody_knows_is_mended(text: str, expected: dict[str, str]) -> None:
    """What an article, the glossary or a dictionary holds stays, and so do codes, addresses and files."""
    assert mended(text) == expected


def test_a_missing_accent_is_no_slip_and_a_slip_is_mended_beside_it() -> None:
    """Nobody types accents mid-call."""
    assert mended("la transaccion", "es") == {}
    assert mended("la trasaccion", "es") == {"trasaccion": "transacción"}


def test_a_word_that_only_hidden_rows_hold_is_never_read_into_a_question() -> None:
    """Otherwise a slip would tell what stands in an article above the reader's tier: no form and no accent of a word either."""
    assert mended("the mergre form", allowed=[0, 2]) == {}
    assert mended("the mergre form", allowed=[1]) == {"mergre": "merge"}
    assert (mended("mergng", allowed=[1]), mended("mergng", allowed=[1, 3])) == ({}, {"mergng": "merging"})
    assert (mended("depositto", allowed=[4]), mended("depositto", allowed=[3])) == (
        {"depositto": "deposito"},
        {"depositto": "depósito"},
    )


def test_a_later_snapshots_words_are_known_without_reading_all_again() -> None:
    """The words of what is new are added to those that were read."""
    first = Spelling(lambda: TEXTS[:1])
    mended("paymnet", spelling=first)

    later = Spelling(lambda: pytest.fail("everything was read again"), first, lambda: TEXTS[1:])

    assert mended("paymnet, mergre", spelling=later) == {"paymnet": "payment", "mergre": "merge"}


def test_what_is_mended_does_not_depend_on_what_articles_said_before() -> None:
    """A receipt is verified from a snapshot with another history."""
    before = Spelling(lambda: [("en", "The paymnt desk and the mergng form.")])
    mended("paymnet", spelling=before)

    grown = Spelling(lambda: TEXTS, before, lambda: TEXTS)

    questions = ["her paymnet", "paymnt", "mergng", "depositto"]
    assert [mended(text, spelling=grown) for text in questions] == [mended(text) for text in questions]


@pytest.mark.parametrize("text", ["la tarjeta quedó inactive", "quiere deactivate el autopay", "was rejected"])
def test_a_right_word_of_another_language_is_no_slip(text: str) -> None:
    """Agents mix: read as its opposite, "inactive" would find what must not be done."""
    assert mended(text, "es") == {}


def test_a_question_is_respelled_word_by_word() -> None:
    """A part of another word stays."""
    assert respelled("paymnet of paymnets, PAYMNET-1", {"paymnet": "payment"}) == "payment of paymnets, PAYMNET-1"


def test_an_answer_finds_what_was_meant_and_says_how_it_read(world: World) -> None:
    """The code in the question is still looked for as it was typed."""
    world.article("chargeback.md", "A chargeback is a dispute with the merchant's bank.", id="chargeback")
    world.article("wire.md", "A wire is sent by four.", id="wire")

    answer = world.search("chargebcak of her cruise")

    assert (answer.hits[0].id, answer.query.mended, answer.query.text) == (
        "chargeback",
        {"chargebcak": "chargeback"},
        "chargebcak of her cruise",
    )


def test_a_mistyped_place_is_the_customers_place_all_the_same(world: World) -> None:
    """What was read and where it was looked for must not differ."""
    world.article("late.md", "A late fee is 10 USD, in California 7 USD.", id="late", jurisdictions=["US"])

    answer = world.search("customer in Califronia has a late fee")

    assert (answer.query.inferred.jurisdiction, answer.query.mended) == ("US-CA", {"Califronia": "california"})
