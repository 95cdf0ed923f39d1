"""kb.yml: the closed lists of one space."""

import pytest

from kb.taxonomy_file import read_taxonomy
from tests.kb.conftest import TAXONOMY


def problems(text: str) -> list[str]:
    """What is wrong in this `kb.yml`."""
    return [str(problem) for problem in read_taxonomy("kb.yml", text)[1]]


def test_a_taxonomy_is_read() -> None:
    """Products, tiers, queues and the zone in which days begin."""
    settings, wrong = read_taxonomy("kb.yml", TAXONOMY)

    assert wrong == []
    assert settings is not None
    taxonomy = settings.taxonomy
    assert taxonomy.products["transfers"].name == {"en": "Transfers", "es": "Transferencias"}
    assert (taxonomy.least_tier, taxonomy.highest_tier) == (1, 2)
    assert taxonomy.zone.key == "America/Mexico_City"
    assert settings.adopt is None


def test_a_question_above_the_tier_goes_to_the_products_queue() -> None:
    """One product's own queue comes first, then the tier's; the highest tier has nobody above."""
    settings, _ = read_taxonomy("kb.yml", TAXONOMY)
    assert settings is not None
    taxonomy = settings.taxonomy

    assert taxonomy.queue_above(1, frozenset({"transfers"})) == "payments-l2"
    assert taxonomy.queue_above(1, frozenset({"transfers", "cards"})) == "payments-l2"
    assert taxonomy.queue_above(1, frozenset({"cards"})) == "support-l2"
    assert taxonomy.queue_above(1, frozenset()) == "support-l2"
    assert taxonomy.queue_above(2, frozenset({"cards"})) is None
    assert taxonomy.queue_above(7, frozenset({"nope"})) is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "US-CA",
            "US-XX",
            "kb.yml:7: jurisdiction 'US-XX' is no ISO 3166-1 alpha-2 or 3166-2 code. Correct it, as in US or US-CA.",
        ),
        (
            "to: payments-l2",
            "to: payment-l2",
            "kb.yml:6: 'payment-l2' is no queue of this file. Did you mean 'payments-l2'? Add or correct it.",
        ),
        ("  cards:", "  all:", "kb.yml:5: 'all' means every product and cannot be one. Rename it."),
        ("name: Tamarind", "nam: Tamarind", "kb.yml:1: name is missing. Add it."),
        ("[en, es, fr]", "[]", "kb.yml:3: languages is []; expected at least one value."),
        (
            "America/Mexico_City",
            "Mars/Base",
            "kb.yml:2: time_zone is 'Mars/Base'; expected an IANA time zone such as America/Mexico_City.",
        ),
    ],
)
def test_a_wrong_taxonomy_says_where(old: str, new: str, message: str) -> None:
    """By line, with what was expected and the cure."""
    assert message in problems(TAXONOMY.replace(old, new, 1))


def test_a_language_that_does_not_exist_is_said_and_keeps_nothing_from_being_read() -> None:
    """A commit with it was live once, and what was live then is asked for ever."""
    settings, said = read_taxonomy("kb.yml", TAXONOMY.replace("[en, es, fr]", "[en, es, fr, klingon, xx]"))
    expected = "is no language of ISO 639; expected a BCP 47 language such as en, es-MX or fr-CA"

    assert settings is not None
    assert [str(problem) for problem in said] == [
        f"kb.yml:3: warning: 'klingon' {expected}. Did you mean 'tlh'?",
        f"kb.yml:3: warning: 'xx' {expected}.",
    ]


def test_a_team_names_what_there_is() -> None:
    """A digest for a product that does not exist would stay empty for ever."""
    team = (
        "teams:\n  front:\n    name: Front\n    products: [card]\n    jurisdictions: [MX]\n    tier: 9\n    languages: [de]\n"
    )

    assert problems(TAXONOMY + team) == [
        "kb.yml:19: team 'front' has products 'card'; expected one of cards, transfers, all. Did you mean 'cards'?",
        "kb.yml:20: team 'front' has jurisdictions 'MX'; expected one of US, US-CA, US-NY, CA, CA-QC, all.",
        "kb.yml:21: team 'front' has tier '9'; expected one of 1, 2.",
        "kb.yml:22: team 'front' has languages 'de'; expected one of en, es, fr.",
    ]


def test_quiet_hours_that_end_when_they_begin_are_an_error() -> None:
    """They could be meant as none, or as a whole day."""
    team = "teams:\n  front:\n    name: Front\n    digest: {quiet: ['21:00', '21:00']}\n"

    assert problems(TAXONOMY + team) == [
        "kb.yml:19: team 'front': quiet hours end when they begin, so there are none. Correct one, or leave `quiet` out."
    ]


def test_an_unknown_key_of_a_product_is_an_error() -> None:
    """A mistyped queue would send nobody anywhere."""
    assert problems(TAXONOMY.replace("escalate_to: payments-l2", "escalate: payments-l2")) == [
        "kb.yml:6: products.transfers.escalate is 'payments-l2'; expected no such key. Remove it, or correct its name."
    ]


def test_an_adoption_is_checked_too() -> None:
    """Its own mistakes are said with their lines."""
    assert problems(TAXONOMY + "adopt:\n  include: '*.md'\n  lang: {}\n  languages: {pt/: portuguese}\n") == [
        "kb.yml:17: include is '*.md'; expected a list. Write it in brackets, as in `[first, second]`.",
        "kb.yml:19: languages.pt/ is 'portuguese'; expected a BCP 47 language such as en, es-MX or fr-CA. Did you mean 'pt'?",
        "kb.yml:18: lang is {}; expected no such key. Remove it, or correct its name.",
    ]
