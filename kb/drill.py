"""A drill of two minutes from a changed rule: questions from its facts, wrong answers from its older text. No language model.

The same change gives the same drill, to everybody, in the same order.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kb.article import Article, Step, StepAnswer
from kb.changes import ArticleChange
from kb.fact_kind import FactKind
from kb.fact_match import FactChange, same
from kb.facts import Fact, facts_of, lead_of, step_text
from kb.jurisdiction import place_name
from kb.plain import plain
from kb.sentence import sentence_of

MOST_QUESTIONS: Final = 5
_MOST_OPTIONS: Final = 4
_FEW: Final = 2  # wrong answers, below which a figure of another unit is better than none
_LONGEST_END: Final = 120  # characters of where an answer leads
_FIGURES: Final = frozenset(
    {FactKind.AMOUNT, FactKind.PERCENTAGE, FactKind.TIME_LIMIT, FactKind.DATE, FactKind.TIME, FactKind.PHONE, FactKind.NUMBER}
)


class Asks(StrEnum):
    """What a question asks: the figure that holds now, where an answer leads now, or the place where it holds."""

    FIGURE = "figure"
    STEP = "step"
    PLACE = "place"


@dataclass(frozen=True, slots=True)
class Question:
    """One question. before, after: the words around the gap, if any. answer: where the right option stands."""

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
    facts = [*facts_of(old), *facts_of(new)]
    found = [question for fact in change.facts for question in (*_of_figure(fact, new, facts), *_of_step(fact, old, new))]
    found += _of_place(old, new)
    return Drill(new.id, new.blob, tuple(found[:MOST_QUESTIONS])) if found else None


def _of_figure(change: FactChange, article: Article, facts: Iterable[Fact]) -> Iterator[Question]:
    now = change.new
    if now is None or now.kind not in _FIGURES:
        return
    wrong, sentence = _distractors(now, change.old, facts), sentence_of(article, now)
    if wrong and sentence:
        yield _question(Asks.FIGURE, sentence.before, sentence.after, now.heading, now.text, wrong)


def _distractors(now: Fact, was: Fact | None, facts: Iterable[Fact]) -> list[str]:
    """What the rule was first; then what could stand in its place, the nearest first: other figures of its kind and unit.

    Never what says the same as the right answer or another wrong one, and no word where the answer is written in digits.
    """
    alike = [fact for fact in facts if fact.kind is now.kind and _has_digits(fact) == _has_digits(now)]
    nearest = sorted(alike, key=lambda fact: (_unit(fact) != _unit(now), _distance(fact, now)))
    found = [now]
    for fact in (*([was] if was else []), *nearest):
        few = len(found) <= _FEW or (_unit(fact) == _unit(now) and len(found) < _MOST_OPTIONS)
        if few and not any(same(fact, other) for other in found):
            found.append(fact)
    return [fact.text for fact in found[1:]]


def _has_digits(fact: Fact) -> bool:
    return any(map(str.isdigit, fact.text))


def _unit(fact: Fact) -> str:
    return fact.value.partition(" ")[2]


def _distance(one: Fact, other: Fact) -> float:
    """How many times the one is the other, either way; the same for all that are no sizes, which keep the text's order."""
    sizes = [_size(fact.value.partition(" ")[0]) for fact in (one, other)]
    return abs(math.log(sizes[0] / sizes[1])) if all(sizes) else 0.0


def _size(number: str) -> float:
    hours, _, minutes = number.partition(":")
    try:
        return float(hours) * 60 + float(minutes) if minutes else float(number)
    except ValueError:  # a date, a telephone number
        return 0.0


def _of_step(change: FactChange, old: Article, new: Article) -> Iterator[Question]:
    """Where an answer of a guided tree leads now, in the tree's own words: a step's name is the writer's."""
    if change.new is None or change.new.kind is not FactKind.STEP:
        return
    for step, answer in _answers(new, change.new):
        right, was = _end(new, answer), [_end(old, it) for _, it in _answers(old, change.old)] if change.old else []
        own = [_end(new, it) for it in step.answers]
        others = [_end(article, it) for article in (old, new) for each in article.steps for it in each.answers]
        wrong = [end for end in dict.fromkeys([*was, *own, *others]) if end != right][: _MOST_OPTIONS - 1]
        if wrong:
            yield _question(Asks.STEP, f"{plain(step.question)} {plain(answer.text)} → ", "", (), right, wrong)
            return


def _answers(article: Article, fact: Fact) -> Iterator[tuple[Step, StepAnswer]]:
    """The answers that the fact tells of."""
    for step in article.steps:
        if (step.name,) == fact.heading:
            yield from ((step, it) for it in step.answers if fact.text == step_text(it))


def _end(article: Article, answer: StepAnswer) -> str:
    """What the agent does next: the next question, what resolves it, or to whom it goes."""
    asked = [plain(step.question) for step in article.steps if step.name == answer.step]
    said = [*asked, *([plain(answer.resolved)] if answer.resolved else []), lead_of(answer)][0]
    return said if len(said) <= _LONGEST_END else f"{said[:_LONGEST_END].rpartition(' ')[0]}…"


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
