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
