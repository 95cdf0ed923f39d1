"""Bilingual terms."""

from kb.glossary import Term
from tests.kb.conftest import TAXONOMY, World

GLOSSARY = """\
terms:
  - id: chargeback
    en: chargeback
    es: contracargo
    aliases: {en: [card dispute], es: [contracargos]}
    note: {en: "Say it slowly."}
    places: {MX: "Say aclaración."}
"""


def problems(world: World, glossary: str) -> list[str]:
    """What is wrong in this glossary."""
    world.write("kb.yml", TAXONOMY + "glossary: glossary.yml\n")
    world.write("glossary.yml", glossary)
    world.article("a.md")
    return world.problems()


def test_a_term_has_its_words_in_each_language(world: World) -> None:
    """The term comes first, then what people say instead."""
    assert problems(world, GLOSSARY) == []
    (term,) = world.library().glossary.terms

    assert term.words("en") == ("chargeback", "card dispute")
    assert term.words("es") == ("contracargo", "contracargos")
    assert term.words("fr") == ()
    assert term.words("de") == ()
    assert term.places == {"MX": "Say aclaración."}


def test_a_term_in_one_language_translates_nothing(world: World) -> None:
    """At least two languages are needed."""
    assert problems(world, "terms:\n  - {id: hold, en: hold}\n") == [
        "articles/glossary.yml:2: the term 'hold' has one language; expected at least two of en, es, fr. Add its translation."
    ]


def test_a_term_that_stands_twice_and_an_unknown_place_are_errors(world: World) -> None:
    """Both are said, with their lines."""
    text = GLOSSARY + "  - {id: chargeback, en: a, es: b}\n  - id: c\n    en: c\n    es: d\n    places: {MEX: x}\n"

    assert problems(world, text) == [
        "articles/glossary.yml:8: the term 'chargeback' stands twice. Keep one.",
        "articles/glossary.yml:12: place 'MEX' is no ISO 3166-1 alpha-2 or 3166-2 code. Correct it, as in MX or CA-QC.",
    ]


def test_an_unknown_key_of_a_term_is_an_error(world: World) -> None:
    """German is no language of glossaries yet."""
    assert problems(world, "terms:\n  - id: a\n    en: a\n    es: b\n    de: c\n") == [
        "articles/glossary.yml:5: terms.0.de is 'c'; expected no such key. Remove it, or correct its name."
    ]


def test_a_glossary_that_is_not_there_is_an_error(world: World) -> None:
    """The taxonomy names it."""
    world.write("kb.yml", TAXONOMY + "glossary: terms.yml\n")
    world.article("a.md")

    assert world.problems() == [
        "articles/kb.yml:1: glossary names 'terms.yml', which is not there. Add the file, or remove the key."
    ]


def test_a_space_without_a_glossary_has_no_terms(world: World) -> None:
    """The key may be left out."""
    world.article("a.md")

    assert world.library().glossary.terms == ()


def test_words_of_a_term_without_aliases() -> None:
    """A bare term is its own word."""
    assert Term("a", en="hold", es="retención").words("es") == ("retención",)
