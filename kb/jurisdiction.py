"""Places as ISO 3166 codes, and which place lies in which; languages as ISO 639 codes."""

import re
from collections.abc import Mapping
from functools import lru_cache
from gettext import NullTranslations, translation
from typing import Any, Final

import pycountry
from rapidfuzz import fuzz, process

from kb.language import spelled

ALL: Final = "all"
_TAG: Final = re.compile(r"([a-z]{2,3})(?:-([A-Z][a-z]{3}))?(?:-([A-Z]{2}|[0-9]{3}))?")  # as BCP 47 advises to spell it
_USUAL: Final = frozenset({"en", "es", "fr"})  # they exist: pycountry reads its whole list to say so, 40 ms of every start
_SPECIAL: Final = "S"  # ISO's mark of codes such as `mul` and `und`
_NEAR: Final = 75  # per cent alike, of a name and what was written


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


def has_form_of_language(tag: str) -> bool:
    """Whether the text is spelled as a BCP 47 language, which may exist or not."""
    return _TAG.fullmatch(tag) is not None


@lru_cache(maxsize=8192)
def is_language(tag: str) -> bool:
    """Whether the text is a BCP 47 language whose parts exist: `es`, `nah`, `zh-Hant`, `es-419`; not `eng`, which is `en`."""
    found = _TAG.fullmatch(tag)
    if found is None:
        return False
    language, script, region = found.groups()
    known_script = script is None or pycountry.scripts.get(alpha_4=script) is not None
    return _is_code(language) and known_script and (region is None or region.isdigit() or _country(region) is not None)


def _is_code(language: str) -> bool:
    """ISO 639-1, and of 639-2 and 639-3 what has no code there; not what stands for no language or for several."""
    if len(language) == 2:
        return language in _USUAL or pycountry.languages.get(alpha_2=language) is not None
    found = pycountry.languages.get(alpha_3=language)
    if found is None:  # what is spoken in several ways, such as Nahuatl
        return pycountry.language_families.get(alpha_3=language) is not None
    return not hasattr(found, "alpha_2") and found.scope != _SPECIAL


def language_meant(text: str) -> str | None:
    """What somebody may have meant: `en` for `english`, `eng` or `inglés`, `es-MX` for `es_mx`; None if no language is near."""
    text = spelled(text.strip())
    first, dash, rest = text.partition("-")
    code = _code(first) or _code(text)
    whole = f"{code}{dash}{rest}"
    return whole if is_language(whole) else code


def _code(text: str) -> str | None:
    """Of a code in any of ISO's lists, or of a name."""
    for kind in ("alpha_2", "alpha_3", "bibliographic", "name"):
        if found := pycountry.languages.get(**{kind: text}):
            code = str(getattr(found, "alpha_2", found.alpha_3))
            return code if _is_code(code) else None
    near = process.extractOne(text.casefold(), _language_names().keys(), scorer=fuzz.ratio, score_cutoff=_NEAR)
    return _language_names()[near[0]] if near else None


@lru_cache(maxsize=1)
def _language_names() -> Mapping[str, str]:
    """The languages that have a code of two letters, by their names in French, Spanish and English."""
    named = [found for found in pycountry.languages if hasattr(found, "alpha_2")]
    return {
        _names("iso639-3", lang).gettext(found.name).casefold(): found.alpha_2 for lang in ("fr", "es", "en") for found in named
    }
