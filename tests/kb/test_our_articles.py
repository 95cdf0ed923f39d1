"""Tamarind's articles, which are the example that every writer copies, and the questions pinned to them."""

import json
import re
from collections import Counter, defaultdict
from itertools import combinations, groupby

import pytest

from kb.article import Article, BlockKind, Kind, Status
from kb.library import Library
from kb.reading import examine
from kb.repository import open_repository
from retriever.language import language_of
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
    """A promise that copies the title tests nothing. Retired ones too: an agent with an old case asks for them."""
    wrong = [
        article.id
        for article in _sources(library)
        if not 3 <= len(article.answers) <= 6 or article.title.casefold() in map(str.casefold, article.answers)
    ]

    assert wrong == []


def test_each_promises_a_question_in_spanish(library: Library) -> None:
    """Half of the floor asks in Spanish."""
    assert [it.id for it in _sources(library) if not any(language_of(question) == "es" for question in it.answers)] == []


def test_they_are_of_every_kind_and_for_every_tier(library: Library) -> None:
    """Guided trees, guardrails, known issues, playbooks, and guidance that only specialists or the resolution desk see."""
    sources = _sources(library)
    kinds = Counter(article.kind for article in sources)
    parts = Counter((block.kind, block.argument) for article in sources for block in article.blocks)
    above = {tier: sum(it.scope.tier == tier for it in sources) + parts[BlockKind.TIER, str(tier)] for tier in (2, 3)}

    assert set(kinds) == set(Kind)
    assert sum(bool(article.steps) for article in sources) >= 15
    assert sum(any(block.kind is BlockKind.DONT_SAY for block in article.blocks) for article in sources) >= 20
    assert kinds[Kind.KNOWN_ISSUE] >= 5
    assert above[2] >= 20
    assert above[3] >= 8


def test_each_says_to_whom_when_and_with_what_a_case_goes_on(library: Library) -> None:
    """An escalation without the moment or the evidence comes back to the agent."""
    found = {it.id: it.escalation for it in _sources(library)}

    assert [name for name, it in found.items() if it is None or not it.when or not it.collect] == []


def test_no_two_share_a_paragraph(library: Library) -> None:
    """Written one by one, not from a pattern. A sentence that law or we fixed, to be said word for word, may come twice."""
    holders: dict[tuple[str, ...], set[int]] = defaultdict(set)
    seen: list[tuple[str, frozenset[tuple[str, ...]]]] = []
    for article in library.articles:
        for text in re.split(r"\n\s*\n", article.body):
            words = re.findall(r"\w+", text.casefold())
            if not text.startswith(":") and len(words) >= 12:
                threes = frozenset(zip(words, words[1:], words[2:], strict=False))
                for three in threes:
                    holders[three].add(len(seen))
                seen.append((article.group, threes))
    shared = Counter(pair for places in holders.values() for pair in combinations(sorted(places), 2))
    near = [
        (seen[one][0], seen[other][0])
        for (one, other), count in shared.items()
        if seen[one][0] != seen[other][0] and count > 0.4 * len(seen[one][1] | seen[other][1])
    ]

    assert near == []


def test_they_differ_by_place_and_by_time(library: Library) -> None:
    """Otherwise nobody would see that the service knows places and days."""
    sources = _sources(library)
    placed = [it for it in sources if it.overrides or any(block.kind == "only" for block in it.blocks)]

    assert len(placed) >= 30
    assert {"US-FL", "US-WA", "CA-ON", "CA-BC"} <= {place for it in sources if it.overrides for place in it.scope.jurisdictions}
    assert sum(bool(article.supersedes) for article in sources) >= 5
    assert sum(article.status is Status.RETIRED for article in sources) >= 3
    assert sum(article.effective_until is not None for article in sources) >= 12


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
    assert sum(row["expected"] is None for row in PINNED) >= size / 10
