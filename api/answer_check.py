"""What `kb check --answers` reports: each promise that an article breaks, and how many are kept in each language."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from kb.problem import Problem
from kb.tree import Tree
from retriever.promises import KEPT_WITHIN, LOOKED_AT, Outcome

Rates: TypeAlias = dict[str, "Rate"]


@dataclass(frozen=True, slots=True)
class Rate:
    """How many questions of one language were asked, and the shares of them that came first, that were kept, and answered."""

    questions: int
    first: float
    kept: float
    answerable: float


def rates(outcomes: Sequence[Outcome]) -> Rates:
    """The rate of each language, in alphabetical order."""
    languages = sorted({outcome.promise.lang for outcome in outcomes})
    return {lang: _rate([outcome for outcome in outcomes if outcome.promise.lang == lang]) for lang in languages}


def _rate(outcomes: Sequence[Outcome]) -> Rate:
    count = len(outcomes)
    return Rate(
        count,
        first=sum(outcome.rank == 1 for outcome in outcomes) / count,
        kept=sum(outcome.kept for outcome in outcomes) / count,
        answerable=sum(outcome.answerable for outcome in outcomes) / count,
    )


def problems(outcomes: Sequence[Outcome], tree: Tree) -> list[Problem]:
    """One problem for each broken promise, at the line of its question."""
    files = {file.path: file for file in tree.files}
    broken = [outcome for outcome in outcomes if not outcome.kept]
    texts = {path: tree.read(files[path]).decode() for path in {outcome.promise.article.path for outcome in broken}}
    return sorted(_problem(outcome, texts[outcome.promise.article.path]) for outcome in broken)


def _problem(outcome: Outcome, text: str) -> Problem:
    promise = outcome.promise
    rank = f"at rank {outcome.rank}" if outcome.rank else f"not among the first {LOOKED_AT}"
    where = f"in {promise.scope.jurisdiction or 'no place'} at tier {promise.scope.tier}"
    message = (
        f"answers: {promise.text!r} ({promise.lang}) finds {promise.article.id} {rank} {where}; "
        f"expected within the first {KEPT_WITHIN}. Instead: {', '.join(outcome.instead) or 'nothing'}. Say in the title, a "
        "heading, the text or the keywords what the question asks for, or move the question to the article that answers it."
    )
    return Problem(promise.article.path, _line_of(promise.text, text), "answers", message)


def _line_of(question: str, text: str) -> int:
    """Where the question stands in the file, whatever quotes and line breaks YAML gave it; else its key's line, else 1."""
    words = r"(?:\\.|\W)+".join(re.escape(word) for word in re.findall(r"\w+", question))
    found = re.search(words, text) or re.search(r"^answers:", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1
