"""Which language a question is in."""

import pytest

from retriever.language import language_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("customer cannot see the direct deposit", "en"),
        ("el cliente no ve su depósito directo", "es"),
        ("cliente no puede entrar a su cuenta", "es"),
        ("le client ne voit pas son dépôt", "fr"),
        ("R10", "en"),
        ("🙂🙂", "en"),
        ("", "en"),
        ("   123 456", "en"),
        ("el cliente pregunta por R10 y ERR-4012", "es"),
    ],
)
def test_the_language_of_a_question(text: str, expected: str) -> None:
    """English where the words do not tell: a code, a number, emoji, nothing."""
    assert language_of(text) == expected
