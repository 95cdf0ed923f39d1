"""Secrets in articles are found before they go live."""

import pytest

from kb.library import OutsideTaxonomy
from kb.problem import Severity
from kb.reading import read_library
from tests.kb.conftest import TAXONOMY, World

CURE = (
    "a value that looks real stands here; expected none, because every reader of the article sees it and git keeps it. "
    "Remove it, and change it where it is valid. An example belongs between `backticks`, with the word example."
)


def test_a_secret_keeps_the_push_from_going_live(world: World) -> None:
    """Each is said at its line, in the body and in the front matter, without repeating it."""
    world.article(
        "a.md",
        "First line.\n\nThe customer's card 4539 1488 0343 6467 was declined.\n\nHer key: sk_live_4eC39HqLyjWDarjtT1zdp7dc\n",
        answers="[my ssn is 536-22-8726]",
    )

    assert world.errors() == [
        f"articles/a.md:3: SSN: {CURE}",
        f"articles/a.md:7: card number: {CURE}",
        f"articles/a.md:9: API key: {CURE}",
    ]


def test_what_guidance_says_on_purpose_is_no_problem(world: World) -> None:
    """Telephone numbers, the company's own addresses and routing number, short codes, citations, amounts, return codes."""
    world.article(
        "a.md",
        "Call 1-800-555-0199 or 988. Write to disputes@tamarind.example. Our routing number is 021000021.\n"
        "12 CFR 1005.11(c): ten business days. Return R10; limit 10,000.00 USD; form at https://tamarind.example/a?id=4539.\n",
    )

    assert world.library().warnings == ()


@pytest.mark.parametrize(
    "body",
    [
        "In the sandbox use 4242 4242 4242 4242.",
        "Type `4539 1488 0343 6467` into the field.",
        "```\ncurl -u sk_live_4eC39HqLyjWDarjtT1zdp7dc:\n```\n",
        "A test number, such as 4539 1488 0343 6467, is declined.",
        "Por ejemplo: CURP BOXW310820HNERXN09.",
        "The PIN is 4821.",
        "Send it to bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4.",
    ],
)
def test_an_example_is_a_warning(world: World, body: str) -> None:
    """Published, in code, called an example, or not grave: the writer is told, and the push goes live."""
    world.article("a.md", body)

    (warning,) = world.library().warnings

    assert (warning.rule, warning.severity) == ("secret", Severity.WARNING)


def test_in_a_repository_that_was_not_written_for_us_every_secret_is_said_and_none_keeps_a_page_out(world: World) -> None:
    """In the body and in the front matter, also when a later commit reads only what has changed."""
    adopt = "adopt:\n  include: ['*.md']\n  defaults: {products: [all], jurisdictions: [all], tier: 1, lang: en}\n"
    outside = OutsideTaxonomy("outside.yml", TAXONOMY + adopt)
    for name in ("kb.yml", "_defaults.yml"):
        (world.root / "articles" / name).unlink(missing_ok=True)
    world.write("a.md", "---\ntitle: Card 4539 1488 0343 6467\n---\nHer key: sk_live_4eC39HqLyjWDarjtT1zdp7dc\n")
    first = world.library(outside=outside)
    world.write("b.md", "Nothing here.\n")
    world.commit()
    again = read_library(world.open().tree(world.open().resolve(None), "articles"), outside, earlier=first)

    assert [str(it) for it in first.warnings] == [
        f"articles/a.md:2: warning: card number: {CURE}",
        f"articles/a.md:4: warning: API key: {CURE}",
    ]
    assert [article.id for article in again.articles] == ["a", "b"]
    assert again.warnings == first.warnings
