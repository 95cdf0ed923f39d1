"""Facts in an article's words: amounts, percentages, time limits, dates, times, phone numbers, addresses, codes, figures.

A fact has one value however it is written, in English, Spanish or French, so that a rewording leaves it equal and a change of
the rule does not.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from kb import dates, figures, references
from kb.article import Article, BlockKind, PartScope, Step, StepAnswer
from kb.fact_kind import FactKind
from kb.figure import Figure
from kb.plain import plain


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact and where it stands.

    value:   the same for every way of writing the fact, in any language.
    text:    as it is written.
    heading: of the part it stands in; empty for front matter.
    context: the words around it with their weights, nearest heaviest: what tells two facts of one kind apart.
    scope:   who may see it.
    """

    kind: FactKind
    value: str
    text: str
    heading: tuple[str, ...]
    scope: PartScope
    context: Mapping[str, float]


_FINDERS: Final[Mapping[FactKind, Callable[[str, str], Iterator[Figure]]]] = {
    FactKind.ADDRESS: references.addresses,
    FactKind.PHONE: references.phones,
    FactKind.CODE: references.codes,
    FactKind.DATE: dates.dates,
    FactKind.TIME: dates.times,
    FactKind.AMOUNT: figures.amounts,
    FactKind.PERCENTAGE: figures.percentages,
    FactKind.TIME_LIMIT: figures.time_limits,
    FactKind.NUMBER: figures.numbers,
}
_REACH: Final = 8  # words on either side that tell what a fact is about
_HEADING_WEIGHT: Final = 0.15  # a heading tells less than the sentence: it is shared by every fact below it
_WORD: Final = re.compile(r"[^\W_]+")
_SENTENCE_END: Final = re.compile(r"[.!?;]\s")
_LINKS: Final = (
    (re.compile(r"<!--.*?(?:-->|\Z)", re.S), " "),
    (re.compile(r"!\[[^\[\]\n]*\]\([^()\n]*\)"), " "),
    (
        re.compile(r"\[((?:[^\[\]\n]|\[[^\[\]\n]*\])*)\]\(\s*<?((?:https?:|mailto:|tel:)[^\s()<>]+)>?[^()\n]*\)", re.I),
        r"\1 \2 ",
    ),
    (re.compile(r"<a\s[^<>]*?href\s*=\s*[\"']((?:https?:|mailto:|tel:)[^\"'<>]+)[\"'][^<>]*>", re.I), r" \1 "),
    (re.compile(r"<((?:https?://|mailto:)?[^\s<>@]*[@:/][^\s<>]*)>", re.I), r" \1 "),
)


def facts_of(article: Article) -> list[Fact]:
    """Every fact of the article: of its text part by part, its verbatim sentences, its steps and its front matter."""
    found = []
    for section in article.sections:
        text = readable(article.body[section.start : section.end])
        found += facts_in(text, article.lang, heading=section.heading, scope=section.scope)
    for line in _told_in_front_matter(article):
        found += facts_in(line, article.lang, heading=(), scope=article.scope)
    return [*found, *_verbatim(article), *_steps(article.steps)]


def readable(markdown: str) -> str:
    """The words of the Markdown with the targets of its outside links beside their labels."""
    for pattern, replacement in _LINKS:
        markdown = pattern.sub(replacement, markdown)
    return plain(markdown)


def facts_in(text: str, lang: str, *, heading: tuple[str, ...], scope: PartScope) -> list[Fact]:
    """The facts in plain text, in their order."""
    found = _figures(text, lang.partition("-")[0])
    around = _Surroundings(text, [(figure.start, figure.end) for _, figure in found], heading)
    return [
        Fact(kind, figure.value, " ".join(text[figure.start : figure.end].split()), heading, scope, around.of(number))
        for number, (kind, figure) in enumerate(found)
    ]


def without_figures(text: str, lang: str) -> str:
    """Plain text with a gap where each figure stands: what is left of two texts differs if they differ in more than figures."""
    for _, figure in reversed(_figures(text, lang.partition("-")[0])):
        text = f"{text[: figure.start]} {text[figure.end :]}"
    return text


@lru_cache(maxsize=8192)  # most parts of two versions are the same
def _figures(text: str, lang: str) -> tuple[tuple[FactKind, Figure], ...]:
    found: list[tuple[FactKind, Figure]] = []
    taken = bytearray(len(text))
    for kind, finder in _FINDERS.items():
        for figure in finder(text, lang):
            if not any(taken[figure.start : figure.end]):
                taken[figure.start : figure.end] = b"\1" * (figure.end - figure.start)
                if figure.value:
                    found.append((kind, figure))
    return tuple(sorted(found, key=lambda pair: pair[1].start))


class _Surroundings:
    """The words of one text, with its facts as gaps between them."""

    def __init__(self, text: str, spans: Sequence[tuple[int, int]], heading: Sequence[str]) -> None:
        self._heading = [stem(word) for title in heading for word in _WORD.findall(title)]
        self._words: list[str | None] = []
        self._places: list[int] = []
        cursor = 0
        for start, end in spans:
            self._add(text[cursor:start])
            self._places.append(len(self._words))
            self._words.append(None)
            cursor = end
        self._add(text[cursor:])

    def _add(self, text: str) -> None:
        for number, sentence in enumerate(_SENTENCE_END.split(text)):
            if number:
                self._words += [None] * 2  # a sentence's end keeps two words' distance
            self._words += [stem(word) for word in _WORD.findall(sentence)]

    def of(self, number: int) -> dict[str, float]:
        """Words near the fact of this number, with weights that halve at two words' distance."""
        place = self._places[number]
        weights: dict[str, float] = {}
        for word in self._heading:
            weights[word] = max(weights.get(word, 0.0), _HEADING_WEIGHT)
        for at in range(max(0, place - _REACH), min(len(self._words), place + _REACH + 1)):
            near = self._words[at]
            if near is not None:
                weights[near] = max(weights.get(near, 0.0), 2 / (1 + abs(at - place)))
        return weights


def stem(word: str) -> str:
    """The word without case and plural: enough to know it again in a rewording."""
    folded = word.casefold()
    return folded[:-1] if len(folded) > 3 and folded.endswith("s") else folded


def _told_in_front_matter(article: Article) -> list[str]:
    escalation = article.escalation
    told: list[str | None] = [article.title, article.description, escalation.when if escalation else None]
    return [text for text in told if text]


def _verbatim(article: Article) -> list[Fact]:
    """What is to be said word for word, and what must not be said: each such text is a fact as a whole."""
    kinds = {BlockKind.SAY: FactKind.SAY, BlockKind.DONT_SAY: FactKind.DONT_SAY}
    return [
        Fact(kinds[block.kind], _bare(words), words, block.heading, block.scope, _bag(words, block.heading))
        for block in article.blocks
        if block.kind in kinds and (words := plain(block.text))
    ]


def _steps(steps: Sequence[Step]) -> list[Fact]:
    """Where each answer of a guided tree leads. How question and answer are worded is no fact."""
    return [
        Fact(FactKind.STEP, lead_of(answer), step_text(answer), (step.name,), step.scope, _bag(answer.text, (step.name,)))
        for step in steps
        for answer in step.answers
    ]


def step_text(answer: StepAnswer) -> str:
    """An answer of a guided tree and where it leads, as its fact says them."""
    return f"{plain(answer.text)} → {lead_of(answer)}"


def lead_of(answer: StepAnswer) -> str:
    """Where an answer leads: the name of a step, a resolution, or a queue."""
    if answer.step is not None:
        return answer.step
    return "resolved" if answer.resolved is not None else f"escalate: {answer.escalate}"


def _bare(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


def _bag(text: str, heading: Sequence[str]) -> dict[str, float]:
    weights: dict[str, float] = {stem(word): _HEADING_WEIGHT for title in heading for word in _WORD.findall(title)}
    return {**weights, **{stem(word): 1.0 for word in _WORD.findall(text)}}
