"""Spanish questions over English articles: translated, searched by three legs, and said so."""

from dataclasses import replace

from retriever.apertium import Apertium
from tests.world import World


def bank(world: World, apertium: Apertium | None) -> World:
    """A few English articles, one in Spanish only."""
    if apertium is not None:
        world.models = replace(world.models, translator=apertium)
    world.article("lost.md", title="Lost card", body="Block the lost card at once and order a replacement card.")
    world.article("limits.md", title="Wire limits", body="A customer may send wires of at most 5,000 USD a day.")
    world.article("refund.md", title="Refunds", body="A refund from a merchant takes seven business days to arrive.")
    world.article("nomina.md", title="Nómina", lang="es", body="La nómina se deposita cada quincena en la cuenta de gastos.")
    return world


def test_a_spanish_question_is_searched_in_both_languages(world: World, apertium: Apertium) -> None:
    """All three legs read the English article: words and the English model by the translation."""
    answer = bank(world, apertium).search("perdí mi tarjeta y quiero otra", explain=True)

    assert (answer.query.translated, answer.hits[0].id) == (True, "lost")
    assert set(answer.hits[0].explain["lists"]) == {"lexical", "english", "multilingual"}
    assert answer.hits[0].explain["lists"]["lexical"]["score"] > 0


def test_the_answer_shows_the_translation_and_marks_its_words(world: World, apertium: Apertium) -> None:
    """An agent sees why an English article was found for Spanish words."""
    answer = bank(world, apertium).search("¿Cuánto tarda el reembolso de un comercio?")
    hit = next(hit for hit in answer.hits if hit.id == "refund")
    marked = [hit.snippet[start:end] for start, end in hit.highlights]

    assert answer.query.translation is not None
    assert "takes" in marked


def test_without_a_translator_the_answer_says_so(world: World) -> None:
    """The multilingual model still finds the article."""
    answer = bank(world, None).search("perdí mi tarjeta y quiero otra")

    assert (answer.query.translated, answer.query.translation, answer.hits[0].id) == (False, None, "lost")


def test_a_spanish_question_still_finds_a_spanish_article(world: World, apertium: Apertium) -> None:
    """The question's own words count in texts of its own language."""
    answer = bank(world, apertium).search("¿cuándo cae la nómina de la quincena?", explain=True)

    assert answer.hits[0].id == "nomina"
    assert answer.hits[0].explain["lists"]["lexical"]["score"] > 0


def test_a_french_question_finds_the_english_article(world: World, apertium: Apertium) -> None:
    """Nothing translates French: the multilingual model reads it as it stands."""
    answer = bank(world, apertium).search("le client a perdu sa carte et veut la remplacer")

    assert (answer.query.lang, answer.query.translated, answer.hits[0].id) == ("fr", False, "lost")
