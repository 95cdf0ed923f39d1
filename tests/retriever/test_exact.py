"""Exact matches rank first: codes, ids and quoted phrases; a code that everybody holds is a word."""

from pathlib import Path

import pytest

from retriever.exact import codes_in, phrases_in
from tests.retriever.worlds import article, ids, world_of
from tests.waiting import no_stall


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("return R10 came", {"r10"}),
        ("ERR-4012, TERM_2291.", {"err-4012", "term_2291"}),
        ("401k and 2FA at 1005.11", set()),
        ("form W8BEN-E", {"w8ben-e"}),
        ("pay 10 EUR in May 2026", set()),
    ],
)
def test_what_is_a_code(text: str, expected: set[str]) -> None:
    """A code begins with letters and holds a digit; numbers and years are not codes."""
    assert codes_in(text) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ('it says "Card  Declined"', ["card declined"]),
        ("“uno dos” y «tres cuatro»", ["uno dos", "tres cuatro"]),
        ("`E 1`", ["e 1"]),
        ('5" and 6', []),
        ('"   "', []),
        ("it's the customer's card", []),
    ],
)
def test_what_is_a_quoted_phrase(question: str, expected: list[str]) -> None:
    """Quotes of every kind, in one spelling; an apostrophe is no quote."""
    assert phrases_in(question) == expected


@pytest.mark.parametrize("code", ["R10", "r10", "R10?"])
def test_a_code_ranks_first_whatever_else_is_near(tmp_path: Path, code: str) -> None:
    """The article on R10 stands above one that repeats every other word of the question."""
    files = {"near": article("customer debit return customer debit return"), "coded": article("Ask compliance. R10 applies.")}
    world = world_of(files, tmp_path)

    assert ids(world.ask(f"customer debit return {code}")) == ["coded", "near"]


def test_a_code_in_the_title_ranks_above_the_same_code_in_a_text(tmp_path: Path) -> None:
    """An article about R10 is nearer than one that mentions it."""
    world = world_of({"a": article("R10 is mentioned"), "b": article("Text.", title="Return R10")}, tmp_path)

    assert ids(world.ask("R10")) == ["b", "a"]


def test_an_article_id_ranks_its_article_first(tmp_path: Path) -> None:
    """An id pasted from a ticket opens that article, in any case and with punctuation around it."""
    world = world_of({"late-fee": article("nothing"), "other": article("late fee late fee")}, tmp_path)

    assert ids(world.ask("see Late-Fee."))[0] == "late-fee"


def test_a_quoted_phrase_ranks_its_text_first(tmp_path: Path) -> None:
    """The error on the customer's screen, word for word, with any spaces."""
    files = {
        "words": article("Payment this could process not we. " * 3),
        "phrase": article("It says: We could not\nprocess this."),
    }
    world = world_of(files, tmp_path)

    answer = world.ask('customer sees "we could not process this"')

    assert [(hit.article.id, hit.explanation.exact) for hit in answer.hits] == [("phrase", 1), ("words", 0)]


def test_a_code_that_most_articles_hold_is_a_word(tmp_path: Path) -> None:
    """More than five articles with the same code: it tells none of them apart, so it ranks none first."""
    world = world_of({f"a{n}": article(f"R10 text {n}") for n in range(6)}, tmp_path)

    assert {hit.explanation.exact for hit in world.ask("R10").hits} == {0}


def test_a_phrase_that_only_a_translation_holds_finds_the_article(tmp_path: Path) -> None:
    """An English question that quotes the Spanish text ranks the article first, although it has an English text too."""
    files = {
        "source": article("Nothing alike."),
        "source-es": article("Su tarjeta fue rechazada.", lang="es", translation_of="source"),
        "other": article("The customer reads a message about the card."),
    }
    world = world_of(files, tmp_path)

    answer = world.ask('the customer reads "su tarjeta fue rechazada" and calls', lang="en")

    assert [(hit.article.id, hit.explanation.ranked_by) for hit in answer.hits[:1]] == [("source", "source-es")]


@pytest.mark.parametrize("text", ["a-" * 50_000, "A1-" * 30_000, '"' * 90_000, "a.b_" * 20_000])
def test_hostile_text_is_read_in_linear_time(text: str) -> None:
    """A pattern that backtracks would hold the service for minutes."""
    with no_stall():
        assert codes_in(text) == codes_in(text + " ")
        assert phrases_in(text) == phrases_in(text + " ")
