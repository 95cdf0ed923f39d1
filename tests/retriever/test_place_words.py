"""Where the customer is, when the question says so; where money goes is not where the customer is."""

import pytest

from retriever.place_words import infer_place

PLACES = ["US", "US-CA", "US-NY", "CA", "CA-QC", "MX"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("customer in Quebec lost the card", "CA-QC"),
        ("cliente en Texas pregunta por el cargo", "US-TX"),
        ("NY customer wants to stake", "US-NY"),
        ("late fee in Texas", "US-TX"),
        ("client habite au Québec", "CA-QC"),
        ("vive en Nueva York", "US-NY"),
        ("resident of California, in the US", "US-CA"),
        ("customer (US-CA) asks", "US-CA"),
        ("cust in the state of California", "US-CA"),
        ("customer is in Canada", "CA"),
        ("send money to Mexico", None),
        ("her mother in Mexico", None),
        ("customer in Texas moved from customer in Quebec", None),
        ("customer is in or out", None),
        ("customer in Germany", None),
        ("", None),
    ],
)
def test_the_one_place_in_which_the_words_put_the_customer(text: str, expected: str | None) -> None:
    """In three languages, by name, postal code or ISO code; none if the words name none, or several."""
    assert infer_place(text, PLACES) == expected


def test_only_countries_of_the_space_are_looked_for() -> None:
    """A space for Mexico knows nothing of Quebec."""
    assert infer_place("customer in Quebec", ["MX"]) is None


def test_a_space_without_places_infers_none() -> None:
    """A taxonomy that lists only `all` has no place to infer."""
    assert infer_place("customer in Texas", ["all"]) is None
