"""Translations are one hit, in the reader's language where that text is in force."""

from pathlib import Path

import pytest

from kb.translation import TranslationState
from retriever.vector_cache import VectorCache
from tests.retriever.worlds import World, article, fakes, ids, library_of, without_text, world_of

SOURCE = article("refund of the card payment")
SPANISH = article("reembolso del pago con tarjeta", lang="es", translation_of="src")
MEXICAN = article("devolución del pago", lang="es-MX", translation_of="src")


@pytest.mark.parametrize(
    ("lang", "expected"),
    [("en", "src"), ("es", "src-es"), ("es-AR", "src-es"), ("es-MX", "src-mx"), ("fr", "src"), ("zz", "src")],
)
def test_a_group_is_one_hit_in_the_readers_language(tmp_path: Path, lang: str, expected: str) -> None:
    """The very language first, then its base language, then the source."""
    world = world_of({"src": SOURCE, "src-es": SPANISH, "src-mx": MEXICAN}, tmp_path)

    assert ids(world.ask("refund of the card payment", lang=lang)) == [expected]


@pytest.mark.parametrize(
    "front",
    [{"status": "draft"}, {"effective_from": "2026-07-16"}, {"tier": 2}, {"jurisdictions": "[US-CA]"}],
    ids=["draft", "not yet", "higher tier", "elsewhere"],
)
def test_a_translation_that_is_out_of_scope_gives_way_to_its_source(tmp_path: Path, front: dict[str, object]) -> None:
    """The reader gets the source language rather than a text that does not hold."""
    spanish = article("reembolso del pago con tarjeta", lang="es", translation_of="src", **front)
    world = world_of({"src": SOURCE, "src-es": spanish}, tmp_path)

    assert ids(world.ask("reembolso de mi tarjeta por favor", lang="es")) == ["src"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"src": 2, "src-es": 1}, TranslationState.BEHIND),
        ({"src": 1, "src-es": 2}, TranslationState.CURRENT),
        ({"src": 1, "src-es": 1}, TranslationState.CURRENT),
        ({}, TranslationState.CURRENT),
    ],
)
def test_a_translation_is_behind_when_its_source_changed_later(
    tmp_path: Path, changed: dict[str, int], expected: TranslationState
) -> None:
    """Both changed in one commit is current."""
    world = world_of({"src": SOURCE, "src-es": SPANISH}, tmp_path, changed=changed)

    answer = world.ask("reembolso de mi tarjeta por favor", lang="es")

    assert [(hit.article.id, hit.translation) for hit in answer.hits] == [("src-es", expected)]


def test_a_translation_shows_the_passage_at_the_same_place_in_the_text(tmp_path: Path) -> None:
    """The English question finds the second part; the Spanish reader is shown the second part."""
    source = article("# One\n\nalpha beta\n\n# Two\n\nrefund of the card\n\n# Three\n\ngamma")
    spanish = article("# Uno\n\nalfa\n\n# Dos\n\ndevolver\n\n# Tres\n\nfin", lang="es", translation_of="src")
    world = world_of({"src": source, "src-es": spanish}, tmp_path)

    answer = world.ask("refund of the card", lang="es")

    assert [hit.passage.text for hit in answer.hits] == ["devolver"]


def test_a_translation_without_a_passage_is_not_shown(tmp_path: Path) -> None:
    """Nothing of it would be left to show once its markup is gone."""
    library = without_text(library_of({"src": SOURCE, "src-es": SPANISH}), "src-es")
    with VectorCache(tmp_path / "vectors.sqlite") as cache:
        world = World(library, fakes(), cache)

    assert ids(world.ask("refund of the card payment", lang="es")) == ["src"]


def test_equal_articles_come_in_the_order_of_their_ids(tmp_path: Path) -> None:
    """A tie has one order, whatever the order of the files."""
    world = world_of({name: article("refund", title="Same") for name in ("c", "a", "b")}, tmp_path)

    assert ids(world.ask("refund")) == ["a", "b", "c"]
