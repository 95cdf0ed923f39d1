"""The question: what was asked, and what is understood of it before anything is searched."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kb.language import base_language
from retriever.language import language_of
from retriever.leg import SOURCE_LANGUAGE
from retriever.place_words import infer_place
from retriever.space_words import SpaceWords
from retriever.spelling import respelled
from retriever.ticket import issue_of
from retriever.translator import Translator

LONGEST: Final = 4000  # characters that are read; a model's window ends long before, and BM25 gains nothing from more


@dataclass(frozen=True, slots=True)
class Question:
    """One issue in an agent's words. `lang` is the reader's language for the answers; None means the question's own."""

    text: str
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Normalised:
    """A question before a word of it is looked up; see Query for what each part is.

    placed: the place is known, so none is looked for in the words: 0.1 ms, and the first time 80 for the names of all places.
    """

    text: str
    issue: str
    lang: str
    shown: str
    placed: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A question as it is searched.

    text:    all of it, on one line: what codes and quoted phrases are looked for in.
    issue:   what is searched by words and meaning: of a pasted ticket, the part that states the issue.
    lang:    the language the issue is in (`en`, `es`, `fr`).
    shown:   the language in which articles are shown where they are there in it.
    place:   the jurisdiction that its words name; None if they name none, or several, or if the place was known.
    product: the product that its words name; None if they name none, or several. Said, never used as a filter.
    english: the issue in English: itself, or a rough translation; None if it was not translated.
    terms:   what the space's glossary says of its words, by language: text whose words are searched too.
    mended:  words that were mistyped, and what each is read as; the issue has them mended, the text as they were typed.
    """

    text: str
    issue: str
    lang: str
    shown: str
    place: str | None
    product: str | None
    english: str | None
    terms: Mapping[str, str]
    mended: Mapping[str, str]

    @property
    def translation(self) -> str | None:
        """The translation that was searched beside the question; None where the question is English, or was not translated."""
        return None if self.lang == SOURCE_LANGUAGE else self.english

    def in_language(self, lang: str) -> str:
        """The issue as the words of a text in this language are compared with it."""
        base = base_language(lang)
        said = self.english if base == SOURCE_LANGUAGE and self.english is not None else self.issue
        return f"{said} {self.terms[base]}" if base in self.terms else said


def normalise(question: Question, words: SpaceWords | None = None, *, placed: bool = False) -> Normalised:
    """The question in one form, however it was pasted, and its language. words: the space's; placed: see Normalised."""
    text, issue = _readable(question.text), issue_of(question.text[: 10 * LONGEST])
    issue = text if issue == question.text else _readable(issue)
    lang = language_of(issue, words.knows if words else None)
    return Normalised(text, issue, lang, question.lang or lang, placed)


def understand(asked: Normalised, words: SpaceWords, translator: Translator) -> Query:
    """The question as it is searched. `words` are what the space's words mean."""
    return _query(asked, asked.issue, {}, words, translator)


def mended(asked: Normalised, corrections: Mapping[str, str], words: SpaceWords, translator: Translator) -> Query:
    """The question as it is understood with what was mistyped mended."""
    return _query(asked, respelled(asked.issue, corrections), corrections, words, translator)


def _query(asked: Normalised, issue: str, corrections: Mapping[str, str], words: SpaceWords, translator: Translator) -> Query:
    return Query(
        text=asked.text,
        issue=issue,
        lang=asked.lang,
        shown=asked.shown,
        place=None if asked.placed else infer_place(respelled(asked.text, corrections), words.places),
        product=words.product(issue),
        english=issue if asked.lang == SOURCE_LANGUAGE else translator.english(issue, asked.lang) or None,
        terms=words.in_other_languages(issue, asked.lang),
        mended=corrections,
    )


def _readable(text: str) -> str:
    """The text on one line, with accents composed as articles have them, without NULs and halves of characters."""
    whole = text[: 10 * LONGEST].replace("\0", " ").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return " ".join(unicodedata.normalize("NFC", whole).split())[:LONGEST]
