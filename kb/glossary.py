"""Bilingual terms with notes: the words that agents and customers use for the same thing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from pydantic import ConfigDict, TypeAdapter

from kb.jurisdiction import is_place
from kb.problem import Problem
from kb.schema import Layer, Layered, validate
from kb.yaml import parse_mapping


@dataclass(frozen=True, slots=True)
class Term:
    """One meaning and its words. `note` is per language, `places` per jurisdiction."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    id: str
    en: str | None = None
    es: str | None = None
    fr: str | None = None
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    note: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)

    def words(self, lang: str) -> tuple[str, ...]:
        """The term and its aliases in one language; empty if it has none."""
        word = {"en": self.en, "es": self.es, "fr": self.fr}.get(lang)
        return ((word,) if word else ()) + tuple(self.aliases.get(lang, ()))


@dataclass(frozen=True, slots=True)
class Glossary:
    """Every term of a space."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    terms: tuple[Term, ...] = ()


_SCHEMA: Final = TypeAdapter(Glossary)


def read_glossary(path: str, text: str) -> tuple[Glossary, list[Problem]]:
    """The terms of a file, and what is wrong in it. Raises YamlError if the text is not YAML."""
    document = parse_mapping(text)
    layered = Layered((Layer(path, document),))
    glossary, problems = validate(layered, _SCHEMA)
    if glossary is None:
        return Glossary(), problems
    seen: set[str] = set()
    for number, term in enumerate(glossary.terms):
        key = ("terms", number)
        if term.id in seen:
            problems.append(layered.problem(key, "duplicate-term", f"the term {term.id!r} stands twice. Keep one."))
        seen.add(term.id)
        if sum(bool(word) for word in (term.en, term.es, term.fr)) < 2:
            message = f"the term {term.id!r} has one language; expected at least two of en, es, fr. Add its translation."
            problems.append(layered.problem(key, "one-language", message))
        for place in term.places:
            if not is_place(place):
                message = f"place {place!r} is no ISO 3166-1 alpha-2 or 3166-2 code. Correct it, as in MX or CA-QC."
                problems.append(layered.problem((*key, "places", place), "unknown-place", message))
    return glossary, problems
