"""The question: what was asked, and what is understood of it before anything is searched."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kb.language import base_language
from retriever.language import language_of
from retriever.place_words import infer_place
from retriever.translator import Translator

ENGLISH: Final = "en"
LONGEST: Final = 4000  # characters that are read; a model's window ends long before, and BM25 gains nothing from more


@dataclass(frozen=True, slots=True)
class Question:
    """One issue in an agent's words. `lang` is the reader's language for the answers; None means the question's own."""

    text: str
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it is searched.

    lang:    the language the question is in (`en`, `es`, `fr`).
    shown:   the language in which articles are shown where they are there in it.
    place:   the jurisdiction that its words name; None if they name none, or several.
    english: the question in English: itself, or a rough translation; None if it was not translated.
    """

    text: str
    lang: str
    shown: str
    place: str | None
    english: str | None

    @property
    def translation(self) -> str | None:
        """The translation that was searched beside the question; None where the question is English, or was not translated."""
        return None if self.lang == ENGLISH else self.english

    def in_language(self, lang: str) -> str:
        """The question as a text of this language is compared with it."""
        return self.english if self.english is not None and base_language(lang) == ENGLISH else self.text


def understand(question: Question, places: Iterable[str], translator: Translator) -> Query:
    """Read the question. `places` are the jurisdictions of the space."""
    text = _readable(question.text)
    lang = language_of(text)
    english = text if lang == ENGLISH else translator.english(text, lang)
    return Query(text, lang, question.lang or lang, infer_place(text, places), english or None)


def _readable(text: str) -> str:
    """The text on one line, with accents composed as articles have them, without NULs and halves of characters."""
    whole = text[: 10 * LONGEST].replace("\0", " ").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join(unicodedata.normalize("NFC", whole).split())[:LONGEST]
