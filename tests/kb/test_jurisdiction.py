"""Places and which lies in which."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.jurisdiction import is_country_level, is_language, is_place, language_meant, lineage, narrow, nearest, place_name

PLACES = st.frozensets(st.sampled_from(["all", "US", "US-CA", "US-NY", "CA", "CA-QC", "MX", "GB-ENG"]), max_size=4)
ASKED = st.sampled_from(["US", "US-CA", "US-TX", "CA", "CA-QC", "MX", "FR", "GB-ENG"])


def test_a_state_lies_in_its_country_and_in_all() -> None:
    """The lineage of a place goes from the place to everywhere."""
    assert lineage("US-CA") == ("US-CA", "US", "all")
    assert lineage("US") == ("US", "all")
    assert lineage("all") == ("all",)


@pytest.mark.parametrize("code", ["XX", "us", "US-ZZ", "USA", "", "US-", "US CA", "US-ca"])
def test_a_code_that_iso_does_not_know_matches_nothing(code: str) -> None:
    """An unknown or lower-case code has no lineage, so not even `all` text is found by it."""
    assert not is_place(code)
    assert lineage(code) == ()
    assert nearest(frozenset({"all", "US"}), code) is None


def test_norway_is_a_place() -> None:
    """`NO` is a country, whatever YAML 1.1 makes of it."""
    assert is_place("NO")


def test_a_department_below_a_region_lies_in_both() -> None:
    """ISO nests subdivisions, and so do we."""
    assert lineage("GB-BIR") == ("GB-BIR", "GB-ENG", "GB", "all")


def test_the_nearest_place_wins() -> None:
    """California's text is nearer to California than the country's."""
    assert nearest(frozenset({"US", "US-CA", "all"}), "US-CA") == "US-CA"
    assert nearest(frozenset({"US", "US-CA", "all"}), "US-NY") == "US"
    assert nearest(frozenset({"US-CA"}), "US") is None


@given(PLACES, PLACES, ASKED)
def test_narrowing_shows_a_part_exactly_to_those_who_see_both(outer: frozenset[str], inner: frozenset[str], asked: str) -> None:
    """Who is in the narrowed set is in both sets, and the other way round."""
    both = nearest(outer, asked) is not None and nearest(inner, asked) is not None

    assert (nearest(narrow(outer, inner), asked) is not None) == both


def test_only_whole_countries_are_country_level() -> None:
    """A set that names only states may not be shown without a place."""
    assert is_country_level(frozenset({"US", "US-CA"}))
    assert is_country_level(frozenset({"all"}))
    assert not is_country_level(frozenset({"US-CA", "CA-QC"}))
    assert not is_country_level(frozenset())


def test_places_have_names_in_the_readers_language() -> None:
    """Names come from ISO's translations; an unknown code stays a code."""
    assert place_name("US") == "United States"
    assert place_name("US", "es") == "Estados Unidos"
    assert place_name("CA-QC", "fr") == "Québec"
    assert place_name("XX") == "XX"


def test_languages_are_those_of_iso_as_bcp_47_spells_them() -> None:
    """With a script or a region that exists; what has a code of two letters has no other, and `und` is no language."""
    known = ["en", "zh", "nah", "tlh", "es-MX", "es-419", "zh-Hant", "zh-Hant-TW"]
    unknown = ["", "x", "js", "md", "xx", "eng", "ger", "und", "qaa", "EN", "es-mx", "es_MX", "es-XX", "zh-Abcd", "es-MX-x"]

    assert [code for code in known + unknown if is_language(code)] == known


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("EN", "en"),
        ("eng", "en"),
        ("ger", "de"),
        ("english", "en"),
        ("Spansh", "es"),
        ("español", "es"),
        ("anglais", "en"),
        ("klingon", "tlh"),
        ("es_mx", "es-MX"),
        ("ZH-HANT", "zh-Hant"),
        ("es-XX", "es"),
        ("xx", None),
        ("und", None),
        ("", None),
    ],
)
def test_a_language_that_was_meant_is_named(written: str, meant: str | None) -> None:
    """By another of its codes, by its name in English, Spanish or French, or in other letters."""
    assert language_meant(written) == meant


def test_a_start_does_not_wait_for_the_list_of_all_languages() -> None:
    """pycountry reads it whole at the first question; what nearly every kb.yml names is known without."""
    code = "from kb.jurisdiction import is_language, pycountry; print(is_language('es-MX'), pycountry.languages._is_loaded)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "True False\n"
