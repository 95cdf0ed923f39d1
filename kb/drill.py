"""A drill of two minutes from a changed rule: questions from its facts, wrong answers from its older text. No language model.

The same change gives the same drill, to everybody, in the same order.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kb.article import Article
from kb.changes import ArticleChange
from kb.fact_kind import FactKind
from kb.fact_match import FactChange
from kb.facts import Fact, facts_of
from kb.jurisdiction import place_name
from kb.sentence import sentence_of

MOST_QUESTIONS: Final = 5
_MOST_OPTIONS: Final = 4
_FIGURES: Final = frozenset(
    {FactKind.AMOUNT, FactKind.PERCENTAGE, FactKind.TIME_LIMIT, FactKind.DATE, FactKind.TIME, FactKind.PHONE, FactKind.NUMBER}
)


class Asks(StrEnum):
    """What a question asks: the figure that holds now, the step that is new, or the place where it holds."""

    FIGURE = "figure"
    STEP = "step"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Question:
    """One question. before, after: the sentence around the gap, of a figure. answer: where the right option stands."""

    asks: Asks
    before: str
    after: str
    heading: tuple[str, ...]
    options: tuple[str, ...]
    answer: int


@dataclass(frozen=True, slots=True)
class Drill:
    """The questions about one change."""

    article: str
    blob: str
    questions: tuple[Question, ...]


def drill_of(change: ArticleChange) -> Drill | None:
    """The drill of a change; None if nothing in it can be asked."""
    old, new = change.old, change.new
    if old is None or new is None:
        return None
    before, after = facts_of(old), facts_of(new)
    found = [question for fact in change.facts for question in _of_fact(fact, new, before, after)]
    found += _of_place(old, new)
    return Drill(new.id, new.blob, tuple(found[:MOST_QUESTIONS])) if found else None


def _of_fact(change: FactChange, article: Article, before: Sequence[Fact], after: Sequence[Fact]) -> Iterable[Question]:
    now = change.new
    if now is None or now.kind not in _FIGURES | {FactKind.STEP}:
        return
    wrong = _distractors(now, change.old, before, after)
    if not wrong:
        return
    if now.kind is FactKind.STEP:
        yield _question(Asks.STEP, "", "", now.heading, now.text, wrong)
    elif sentence := sentence_of(article, now):
        yield _question(Asks.FIGURE, sentence.before, sentence.after, now.heading, now.text, wrong)


def _distractors(now: Fact, was: Fact | None, before: Sequence[Fact], after: Sequence[Fact]) -> list[str]:
    """What the rule was first, then other facts of the kind from the old text, then from the new one; never what is right."""
    texts = {now.value: now.text}
    for fact in (*([was] if was else []), *before, *after):
        if fact.kind is now.kind and len(texts) < _MOST_OPTIONS:
            texts.setdefault(fact.value, fact.text)
    return list(texts.values())[1:]


def _of_place(old: Article, new: Article) -> Iterable[Question]:
    was, now = (article.scope.jurisdictions for article in (old, new))
    if was != now:
        options = [_named(places, new.lang) for places in (now, was, was | now, was & now) if places]
        wrong = [option for option in dict.fromkeys(options) if option != options[0]]
        if wrong:  # Georgia in the US and Georgia in the Caucasus cannot be told apart
            yield _question(Asks.PLACE, "", "", (), options[0], wrong)


def _named(places: Iterable[str], lang: str) -> str:
    return ", ".join(sorted({place_name(place, lang) for place in places}))


def _question(asks: Asks, before: str, after: str, heading: tuple[str, ...], right: str, wrong: Sequence[str]) -> Question:
    """The options in an order that the words decide, so that the right one stands anywhere, and always in the same place."""
    options = sorted({right, *wrong}, key=lambda text: hashlib.sha256(f"{before}{after}{text}".encode()).digest())
    return Question(asks, before, after, heading, tuple(options), options.index(right))
