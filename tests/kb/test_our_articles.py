"""Tamarind's articles, which are the example that every writer copies, and the questions pinned to them."""

import json
from collections import Counter
from itertools import groupby

import pytest

from kb.article import CAN_BE_IN_FORCE, Article, Status
from kb.library import Library, examine
from kb.repository import open_repository
from tests.conftest import ROOT

PINNED = [json.loads(line) for line in (ROOT / "tests" / "golden" / "questions.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """What the working tree says, without a problem."""
    repository = open_repository(str(ROOT), tmp_path_factory.mktemp("clones"))
    library, problems = examine(repository.working_tree("articles"))

    assert library is not None
    assert [str(problem) for problem in problems] == []
    return library


def _sources(library: Library) -> list[Article]:
    return [article for article in library.articles if article.translation_of is None]


def test_they_are_enough_to_work_from(library: Library) -> None:
    """Articles, translations and terms, as the issue asks."""
    languages = Counter(article.lang for article in library.articles)

    assert languages["en"] >= 150
    assert languages["es"] >= 45
    assert languages["fr"] >= 8
    assert len(library.glossary.terms) >= 250


def test_each_promises_three_to_six_questions_and_none_is_its_title(library: Library) -> None:
    """A promise that copies the title tests nothing."""
    wrong = [
        article.id
        for article in _sources(library)
        if article.status in CAN_BE_IN_FORCE
        and (not 3 <= len(article.answers) <= 6 or article.title.casefold() in map(str.casefold, article.answers))
    ]

    assert wrong == []


def test_they_differ_by_place_and_by_time(library: Library) -> None:
    """Otherwise nobody would see that the service knows places and days."""
    sources = _sources(library)
    placed = [it for it in sources if it.overrides or any(block.kind == "only" for block in it.blocks)]

    assert len(placed) >= 30
    assert sum(bool(article.steps) for article in sources) >= 15
    assert sum(bool(article.supersedes) for article in sources) >= 5
    assert sum(article.status is Status.RETIRED for article in sources) >= 3
    assert sum(article.effective_until is not None for article in sources) >= 10


def test_the_pinned_questions_name_articles_that_are_there(library: Library) -> None:
    """By id; a question whose article was renamed would be missed for ever."""
    known = {article.id for article in _sources(library)}

    assert [row["question"] for row in PINNED if row["expected"] is not None and row["expected"] not in known] == []


def test_the_pinned_questions_are_many_and_of_every_sort() -> None:
    """A third Spanish, a fifth in a place that has rules of its own, a tenth that nothing answers; none twice."""
    size = len(PINNED)
    twice = [text for text, rows in groupby(sorted(row["question"] for row in PINNED)) if len(list(rows)) > 1]

    assert size >= 200
    assert twice == []
    assert sum(row["lang"] == "es" for row in PINNED) >= size / 3
    assert sum(row["jurisdiction"] not in {None, "US"} for row in PINNED) >= size / 5
    assert sum(row["expected"] is None for row in PINNED) >= size / 10 - 1
