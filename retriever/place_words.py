"""Where the customer is, when the question says so in words: "customer in Quebec", "cliente en Texas", "NY customer".

A place that money goes to is not where the customer is ("send money to Mexico", "her mother in Mexico"). So a whole country
counts only beside words that put the customer there, and "in" alone is enough only for a part of a country whose parts
the space tells apart ("late fee in Texas").
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Final, TypeAlias

from kb.jurisdiction import ALL, lineage, parts_of, place_name
from kb.language import without_accents

LANGUAGES: Final = ("en", "es", "fr")

_IN: Final = r"(?:in|within|en|dans|au)"
_LIVES: Final = (
    r"(?:liv(?:es|ing) in|resid(?:es|ing) in|residents? of|based in|located in|"
    r"vive en|radica en|reside en|residente (?:en|de)|habite (?:au|en|a))"
)
_WHO: Final = (
    r"(?:customers?|client[ae]?s?|callers?|users?|usuari[oa]s?|residents?|members?|cardholders?|merchants?|comercios?)"
)
_OF: Final = r"(?:from|of|de|del|du)"
# Postal codes that are not also an everyday word or a country: "in OR", "in CA" and "in ME" say nothing certain.
_POSTAL: Final = frozenset(
    ("AK AZ CT FL GA KY MD MN MT NC ND NE NH NJ NM NV NY OH RI SD TN TX UT VA VT WA WI WV WY BC NB NL NS ON QC SK").split()
)
_WORD: Final = re.compile(r"\w+")


def infer_place(text: str, places: Iterable[str]) -> str | None:
    """The one place in which the text puts the customer; None if it names none, or several that exclude each other.

    places: the jurisdictions of the space; only they, their countries and those countries' subdivisions are looked for.
    """
    gazetteer, divided = _looked_for(tuple(places))
    names = gazetteer.names
    beside_customer, beside_in = gazetteer.mentioned(_folded(text[:2000]))
    found = {names[name] for name in beside_customer}
    found |= {code for code in (names[name] for name in beside_in) if "-" in code and code.partition("-")[0] in divided}
    found |= _typed_codes(text[:2000]) & gazetteer.codes
    nearest = [code for code in found if not any(code in lineage(other)[1:] for other in found)]
    return nearest[0] if len(nearest) == 1 else None


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", without_accents(text).casefold())


_Patterns: TypeAlias = tuple[re.Pattern[str], re.Pattern[str]]


class _Gazetteer:
    """What is known of some countries. names: name → code; codes: all of them."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self.codes = frozenset(names.values())
        self._first_words = frozenset(found[0] for name in names if (found := _WORD.search(name)))

    @cached_property
    def patterns(self) -> _Patterns:
        """What finds the names. Made for the first text that may hold one: 0.1 s for the US, Canada and Mexico."""
        return _patterns(self.names)

    def mentioned(self, text: str) -> tuple[set[str], set[str]]:
        """The names beside the customer, and those after "in"; none in a text without the first word of any."""
        if self._first_words.isdisjoint(_WORD.findall(text)):
            return set(), set()
        return _mentioned(text, self.patterns)


@lru_cache(maxsize=8)
def _gazetteer(countries: frozenset[str]) -> _Gazetteer:
    return _Gazetteer(_names(sorted(countries)))


@lru_cache(maxsize=8)
def _looked_for(places: tuple[str, ...]) -> tuple[_Gazetteer, frozenset[str]]:
    """The names in the countries of these places, and those of the countries whose parts are told apart."""
    known = [place for place in places if place != ALL]
    return (
        _gazetteer(frozenset(code.partition("-")[0] for code in known)),
        frozenset(code.partition("-")[0] for code in known if "-" in code),
    )


def warm(places: Iterable[str]) -> None:
    """Make now what the first text that names a place needs."""
    _ = _gazetteer(frozenset(code.partition("-")[0] for code in places if code != ALL)).patterns


def _names(countries: Sequence[str]) -> Mapping[str, str]:
    """Every name of these countries and their first-level subdivisions, in each language, to its code."""
    codes = [*countries]
    for country in countries:
        codes += parts_of(country)
    names: dict[str, str] = {}
    for code in codes:
        for lang in LANGUAGES:
            names.setdefault(_folded(place_name(code, lang)).partition(" (")[0], code)
        country, _, part = code.partition("-")
        if country in ("US", "CA") and part in _POSTAL:
            names.setdefault(part.casefold(), code)
    return names


def _patterns(names: Iterable[str]) -> _Patterns:
    """Places beside the customer, and places after "in"."""
    place = "(" + "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) + r")\b"
    article = r"(?:the (?:state|province) of )?(?:el |la |los |les |the )?"
    beside = (
        rf"\b{_LIVES} {article}{place}",
        rf"\b{_WHO} (?:(?:is|are|calling|esta|llama|est) )?(?:{_IN}|{_OF}|desde) {article}{place}",
        rf"\b{place}(?:'s)? {_WHO}\b",
        rf"\b{_WHO} (?:is |esta |est )?\(?{place}\)?(?=[,:;)]|$)",
    )
    return re.compile("|".join(beside)), re.compile(rf"\b{_IN} {article}{place}")


def _mentioned(text: str, patterns: _Patterns) -> tuple[set[str], set[str]]:
    beside_customer, beside_in = patterns
    strong = {name for match in beside_customer.finditer(text) for name in match.groups() if name}
    return strong, {match[1] for match in beside_in.finditer(text)}


def _typed_codes(text: str) -> set[str]:
    return set(re.findall(r"\b[A-Z]{2}-[A-Z0-9]{1,3}\b", text))
