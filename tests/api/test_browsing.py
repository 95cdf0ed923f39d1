"""What a sidebar needs beside answers: suggestions, the lists to choose from, the glossary."""

from dataclasses import replace
from typing import Any

import pytest

from api.access import Role
from api.reader import LOOPBACK
from tests.world import TAXONOMY, World


def _titles(world: World, typed: str, **scope: str) -> list[str]:
    response = world.client().get("/v1/suggest", params={"q": typed, **scope})
    assert response.status_code == 200
    return [it["title"] for it in response.json()["suggestions"]]


def test_what_is_typed_so_far_finds_the_titles_that_go_on_from_it(world: World) -> None:
    """Every word begins a word of the title, in any order and without accents; the last one may be cut off."""
    world.article("limit.md", title="Raise the card limit")
    world.article("late.md", title="The card is late")
    world.article("deposit.md", title="Depósito que no llega", lang="es")

    assert _titles(world, "card li") == ["Raise the card limit"]
    assert _titles(world, "LIM car") == ["Raise the card limit"]
    assert _titles(world, "deposito") == ["Depósito que no llega"]
    assert _titles(world, "car") == ["The card is late", "Raise the card limit"]
    assert _titles(world, "ard") == []
    assert _titles(world, "?!") == []


def test_the_typed_beginnings_are_marked_in_the_title(world: World) -> None:
    """The agent sees why."""
    world.article("limit.md", title="Raise the card limit")

    found = world.client().get("/v1/suggest", params={"q": "car lim"}).json()["suggestions"]

    assert [found[0]["title"][start:end] for start, end in found[0]["matched"]] == ["car", "lim"]


def test_a_keyword_finds_its_article_after_those_with_the_word_in_the_title(world: World) -> None:
    """Customers' words count too."""
    world.article("r10.md", title="ACH return", keywords=["chargeback"])
    world.article("cb.md", title="A chargeback was opened by the bank")

    assert _titles(world, "charge") == ["A chargeback was opened by the bank", "ACH return"]


@pytest.mark.parametrize(
    "keys",
    [
        {"tier": 2},
        {"status": "draft"},
        {"effective_from": "2199-01-01"},
        {"effective_until": "2001-01-01"},
        {"jurisdictions": ["CA"]},
    ],
)
def test_a_title_outside_the_scope_is_never_suggested(world: World, keys: dict[str, Any]) -> None:
    """Not above the tier, not before its time, not for another place."""
    world.article("secret.md", title="Secret limits", **keys)
    world.article("open.md", title="Open limits")

    assert _titles(world, "limits", jurisdiction="US") == ["Open limits"]


def test_an_article_and_its_translation_are_one_suggestion_in_the_readers_language(world: World) -> None:
    """Whichever of the two matched."""
    world.article("card.md", title="Card limit", id="limit")
    world.article("card.es.md", title="Límite de la tarjeta", id="limit-es", lang="es", translation_of="limit")

    assert _titles(world, "limi", lang="es") == ["Límite de la tarjeta"]
    assert _titles(world, "limi", lang="en") == ["Card limit"]
    assert _titles(world, "tarjeta") == ["Límite de la tarjeta"]


def test_the_lists_to_choose_from_are_those_of_the_reader(world: World) -> None:
    """Tiers above one's own are not even named."""
    world.article("card.md")
    world.reader = replace(LOOPBACK, role=Role.AGENT, tier=2)

    body = world.client().get("/v1/taxonomy").json()

    assert [tier["tier"] for tier in body["tiers"]] == [1, 2]
    assert body["products"][0] == {"id": "accounts", "name": {"en": "Accounts"}}
    assert {"code": "US-CA", "name": {"en": "California", "es": "California", "fr": "Californie"}} in body["jurisdictions"]
    assert body["languages"] == ["en", "es", "fr"]
    assert body["queues"]["cards-l2"] == {"name": "Cards", "contact": None, "hours": None}


def test_the_glossary_gives_each_term_in_every_language_with_its_notes(world: World) -> None:
    """And says with its ETag when nothing has changed."""
    world.write("kb.yml", TAXONOMY + "glossary: glossary.yml\n")
    world.write(
        "glossary.yml",
        "terms:\n  - {id: fee, en: fee, es: comisión, aliases: {es: [cuota]}, note: {en: Not honorarios.}, places: {MX: x}}\n",
    )
    world.article("card.md")
    client = world.client()

    first = client.get("/v1/glossary")
    again = client.get("/v1/glossary", headers={"If-None-Match": first.headers["ETag"]})

    assert first.json()["terms"] == [
        {
            "id": "fee",
            "words": {"en": ["fee"], "es": ["comisión", "cuota"]},
            "note": {"en": "Not honorarios."},
            "places": {"MX": "x"},
        }
    ]
    assert again.status_code == 304
