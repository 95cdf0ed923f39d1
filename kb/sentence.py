"""The sentence that a fact stands in, so that a figure is never shown without what it is a figure of."""

import re
from dataclasses import dataclass
from typing import Final

from kb.article import Article
from kb.fact_kind import FactKind
from kb.facts import Fact, readable, stem

_END: Final = re.compile(r"(?<=[.!?;])\s+")
_WORD: Final = re.compile(r"[^\W_]+")
_REACH: Final = 90  # characters on either side of the figure; a list without full stops can be one sentence of a page
_BETWEEN: Final = " \t\n;|"  # what parts the cells and rows of a table
WHOLE: Final = frozenset({FactKind.SAY, FactKind.DONT_SAY, FactKind.STEP})  # facts that are sentences themselves


@dataclass(frozen=True, slots=True)
class Sentence:
    """The words before the figure, the figure as it is written, and the words after it."""

    before: str
    figure: str
    after: str

    def __str__(self) -> str:
        return f"{self.before}{self.figure}{self.after}"


def sentence_of(article: Article, fact: Fact) -> Sentence | None:
    """Where the article says the fact, by the words around it; None for a fact that is a sentence, or that is nowhere."""
    if fact.kind in WHOLE:
        return None
    words = r"\s+".join(map(re.escape, fact.text.split()))
    figure = re.compile(rf"(?<!\w){words}(?!\w)")
    found = [
        _cut(sentence, match.start(), match.end())
        for text in _texts(article, fact)
        for sentence in _END.split(text.replace(" -> ", " → "))  # where an answer of a guided tree leads
        for match in figure.finditer(sentence)
    ]
    return max(found, key=lambda sentence: _fit(sentence, fact), default=None)  # of equals the first


def _texts(article: Article, fact: Fact) -> list[str]:
    own = [readable(article.body[part.start : part.end]) for part in article.sections if part.heading == fact.heading]
    told = (article.title, article.description, article.escalation.when if article.escalation else None)
    return own if fact.heading else [*own, *(text for text in told if text)]


def _fit(sentence: Sentence, fact: Fact) -> float:
    words = {stem(word) for word in _WORD.findall(str(sentence))}
    return sum(weight for word, weight in fact.context.items() if word in words)


def _cut(text: str, start: int, end: int) -> Sentence:
    before, after = text[:start].lstrip(), text[end:].rstrip(_BETWEEN)
    if len(before) > _REACH:
        before = "…" + before[-_REACH:].partition(" ")[2]
    if len(after) > _REACH:
        after = after[:_REACH].rpartition(" ")[0] + "…"
    return Sentence(before, text[start:end], after)
