"""Places as ISO 3166 codes, and which place lies in which; languages as ISO 639 codes."""

from functools import lru_cache
from gettext import NullTranslations, translation
from typing import Any, Final

import pycountry

from kb.language import base_language

ALL: Final = "all"


@lru_cache(maxsize=8192)
def is_place(code: str) -> bool:
    """Whether the text is an ISO 3166-1 alpha-2 or 3166-2 code, in upper case."""
    if not code.isupper():  # pycountry would accept "us" too; one spelling keeps sets comparable
        return False
    return _subdivision(code) is not None if "-" in code else _country(code) is not None


def _country(code: str) -> Any:
    return pycountry.countries.get(alpha_2=code)


def _subdivision(code: str) -> Any:
    return pycountry.subdivisions.get(code=code)  # type: ignore[no-untyped-call]  # pycountry types only countries


@lru_cache(maxsize=8192)
def lineage(code: str) -> tuple[str, ...]:
    """The place, then every place it lies in, nearest first, ending in `all`.

    `lineage("US-CA")` is `("US-CA", "US", "all")`. A code that ISO does not know has no lineage: it is empty,
    and therefore matches nothing.
    """
    if code == ALL:
        return (ALL,)
    if not is_place(code):
        return ()
    if "-" not in code:
        return (code, ALL)
    parent = _subdivision(code).parent_code
    return (code, *lineage(parent or code.partition("-")[0]))


def nearest(places: frozenset[str], asked: str) -> str | None:
    """The nearest of `places` that the asked place is or lies in; None if there is none."""
    return next((place for place in lineage(asked) if place in places), None)


def narrow(outer: frozenset[str], inner: frozenset[str]) -> frozenset[str]:
    """The places that lie in both sets. Exact, because places form a tree; empty if the sets do not meet."""
    return frozenset(
        [place for place in inner if outer.intersection(lineage(place))]
        + [place for place in outer if inner.intersection(lineage(place))]
    )


def is_country_level(places: frozenset[str]) -> bool:
    """Whether the set names `all` or a whole country: what may be shown when no place was asked."""
    return any(place == ALL or "-" not in place for place in places)


@lru_cache(maxsize=8192)
def parts_of(country: str) -> tuple[str, ...]:
    """Every ISO 3166-2 code of a country; empty if ISO lists none."""
    found = pycountry.subdivisions.get(country_code=country) or ()  # type: ignore[no-untyped-call]
    return tuple(sorted(part.code for part in found))


@lru_cache(maxsize=8192)
def _names(domain: str, lang: str) -> NullTranslations:
    return translation(domain, pycountry.LOCALES_DIR, languages=[lang], fallback=True)


@lru_cache(maxsize=8192)
def place_name(code: str, lang: str = "en") -> str:
    """The place's name in the language, by ISO's own translations; the code itself if ISO does not know it."""
    if code == ALL:
        return ALL
    if not is_place(code):
        return code
    if "-" in code:
        return _names("iso3166-2", lang).gettext(_subdivision(code).name)
    country = _country(code)
    name = getattr(country, "common_name", country.name)
    return _names("iso3166-1", lang).gettext(name)


@lru_cache(maxsize=8192)
def is_language(code: str) -> bool:
    """Whether the text is a language of two letters, with or without a place: `es`, `es-MX`."""
    return pycountry.languages.get(alpha_2=base_language(code)) is not None
