"""Which language a question is in, by lingua: the one file that knows it."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Final

from lingua import IsoCode639_1, LanguageDetector, LanguageDetectorBuilder

from kb.language import without_accents

SPOKEN: Final = ("en", "es", "fr")
_SURE: Final = 0.98  # of the quick reading; below it the thorough one decides: 0.04 % of 4,349 questions read otherwise for it
# Words that hold a sentence together, each in one of the languages only. Agents mix: "el cliente tiene un chargeback" has one
# English noun and four Spanish words, and it is the small words that tell who is speaking. One counts where the quick reading
# is unsure.
_SMALL: Final = {
    "en": frozenset(
        "the an no of to is are was were my his her their your our for with at in on not does did do can how what when why "
        "where which who has have and or but it its this that these those from be been will would should could".split()
    ),
    "es": frozenset(
        "el los las del una unos unas mi mis su sus para por con al lo como cuando donde cuanto cuanta cuantos cual cuales "
        "porque pero muy ya hay sin sobre esta este estan estos tengo tiene tienen puedo puede pueden quiero quiere quieren "
        "hacer hace cliente clienta clientes usuario necesito necesita desea pide y o que de se le un en la es son no".split()
    ),
    "fr": frozenset(
        "les des du une mon ma mes ses pour avec dans est pas sur je il elle ne nous vous au aux comment pourquoi quand mais "
        "et ou sans leur cette ces qui sont peut veut client cliente que de se le un en la".split()
    ),
}
# Of the thorough reading of one word, which has little to go by: "fraud" is French to it by 0.38, "error" Spanish by 0.44,
# "interac" by 0.53, while "tarjeta" is Spanish by 0.98 and "dinero" by 0.87.
_HEARD: Final = 0.6
_WORD: Final = re.compile(r"[^\W\d_]+")
_CODE: Final = re.compile(r"\S*\d\S*")  # R10 is no word of any language
_LONGEST: Final = 2000  # characters; more of them change no verdict and cost a millisecond each thousand


@cache
def _detector(*, quick: bool) -> LanguageDetector:
    """The thorough detector needs 0.6 s and 50 MB for its models; the quick one reads three letters at a time: 0.04 s."""
    builder = _builder(SPOKEN)
    return (builder.with_low_accuracy_mode() if quick else builder).build()


def _builder(langs: Sequence[str]) -> LanguageDetectorBuilder:
    return LanguageDetectorBuilder.from_iso_codes_639_1(*[getattr(IsoCode639_1, lang.upper()) for lang in langs])


def language_of(text: str, is_called: Callable[[str, str], bool] | None = None) -> str:
    """`en`, `es` or `fr`; `en` where the words do not tell (a code, a number, a name).

    is_called: whether something is called by a word in a language; asked of a single word that its letters do not tell.
    Right for 97.7 % of logingov-help's Spanish titles and headings, 99.2 % of the English ones, and at least 98.6 % of
    the whole questions in the other sets; 0.2 ms each.
    """
    words = _CODE.sub(" ", text[:_LONGEST]).encode("utf-8", "replace").decode()  # lingua refuses lone surrogates
    if not words.strip():
        return "en"
    likely = _detector(quick=True).compute_language_confidence_values(words)[0]
    if likely.value >= _SURE:
        return likely.language.iso_code_639_1.name.lower()
    if small := _by_small_words(words):
        return small
    found = _detector(quick=False).compute_language_confidence_values(words)[0]
    if found.value >= _HEARD or len(words.split()) > 1:
        return found.language.iso_code_639_1.name.lower() if found.value else "en"
    named = [lang for lang in SPOKEN if is_called is not None and is_called(words.strip(), lang)]
    return named[0] if len(named) == 1 else "en"


def _by_small_words(text: str) -> str | None:
    """The one language with the most small words; None if there are none, or as many of two."""
    typed = [without_accents(word) for word in _WORD.findall(text.casefold())]
    counts = {lang: sum(word in small for word in typed) for lang, small in _SMALL.items()}
    most = max(counts.values())
    leading = [lang for lang, count in counts.items() if count == most]
    return leading[0] if most and len(leading) == 1 else None


def warm() -> Iterator[None]:
    """Load, as one goes on, what a question of a few words needs: lingua reads its letters by ones to fives, and loads them.

    Four steps of 0.1 to 0.5 s of the processor, because nothing else of the interpreter runs during one.
    """
    for pair in (("es", "fr"), ("en", "fr")):
        some = _builder(pair).build()
        for letters in ("some", "enough"):
            some.detect_language_of(letters)
            yield
    _detector(quick=False)
