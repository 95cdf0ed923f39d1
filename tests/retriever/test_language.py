"""Which language a question is in."""

import subprocess
import sys
from pathlib import Path

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


@pytest.mark.parametrize(
    ("word", "language"),
    [
        ("fraud", "en"),
        ("error", "en"),
        ("interac", "en"),
        ("app", "en"),
        ("tarjeta", "es"),
        ("comisión", "es"),
        ("virement", "fr"),
    ],
)
def test_one_word_is_of_another_language_only_if_its_letters_are_sure(word: str, language: str) -> None:
    """Agents type "fraud" and look; three languages could have made it."""
    assert language_of(word) == language


def test_one_word_that_letters_do_not_tell_is_of_the_language_in_which_the_space_calls_something_so() -> None:
    """A thing called so in two languages tells nothing."""
    called = {("robo", "es"), ("clave", "es"), ("carte", "fr"), ("fraude", "es"), ("fraude", "fr")}
    is_called = lambda word, lang: (word, lang) in called  # noqa: E731

    assert {word: language_of(word, is_called) for word, _ in called} == {
        "robo": "es", "clave": "es", "carte": "fr", "fraude": "en"
    }  # fmt: skip
    assert language_of("robo") == "en"


def test_no_question_makes_a_service_grow_that_is_warm() -> None:
    """What an unsure question needs is loaded before it comes: 85 MB stood beside a service's usual memory for one of them."""
    script = """
import os
from pathlib import Path
from retriever.language import language_of, warm

def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

language_of("the customer wants to know")
list(warm())
before = held()
language_of("SBI term deposit versus SBI bonds")
print(held() - before)
"""
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)

    assert float(done.stdout) < 30
