"""Measures of rankings, against figures worked out by hand."""

import math
from collections.abc import Callable, Collection, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever.metrics import auroc, hit, ndcg, recall, reciprocal_rank

SCORES = st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), min_size=1, max_size=12)


def test_ndcg_weighs_grades_by_rank() -> None:
    """Grades 2, 0, 1 found at ranks 1 to 3; the ideal order is 2, 1: (2 + 1/2) / (2 + 1/log2 3)."""
    found = ndcg(["a", "b", "c"], {"a": 2, "b": 0, "c": 1})

    assert found == pytest.approx(2.5 / (2 + 1 / math.log2(3)))


def test_ndcg_of_the_only_relevant_article_at_rank_two() -> None:
    assert ndcg(["b", "a"], {"a": 1}) == pytest.approx(0.6309, abs=1e-4)


def test_ndcg_is_one_for_the_ideal_order() -> None:
    assert ndcg(["a", "b", "c"], {"a": 3, "b": 2, "c": 1}) == pytest.approx(1.0)


def test_ndcg_counts_what_was_not_found() -> None:
    """One of two equally relevant articles at rank 1: 1 / (1 + 1/log2 3)."""
    assert ndcg(["a", "x"], {"a": 1, "b": 1}) == pytest.approx(1 / (1 + 1 / math.log2(3)))


def test_ndcg_looks_at_no_more_than_ten_hits() -> None:
    ranked = [f"x{number}" for number in range(10)] + ["a"]

    assert ndcg(ranked, {"a": 1}) == 0


def test_ndcg_ideal_is_cut_at_ten_too() -> None:
    """Twelve relevant articles cannot all stand in ten places: ten of them are a perfect answer."""
    grades = {f"d{number}": 1.0 for number in range(12)}

    assert ndcg(list(grades)[:10], grades) == pytest.approx(1.0)


def test_ndcg_takes_a_negative_grade_for_not_relevant() -> None:
    assert ndcg(["bad", "a"], {"bad": -1, "a": 1}) == pytest.approx(1 / math.log2(3))


def test_ndcg_without_anything_relevant_is_zero() -> None:
    assert ndcg(["a"], {}) == 0


def test_recall_is_the_share_of_relevant_articles_found() -> None:
    assert recall(["a", "x", "b"], {"a", "b", "c", "d"}) == 0.5


def test_recall_ignores_the_eleventh_hit() -> None:
    assert recall([*"klmnopqrst", "a"], {"a"}) == 0


@pytest.mark.parametrize(("depth", "expected"), [(1, 0.0), (2, 0.0), (3, 1.0)])
def test_hit_needs_one_relevant_article_within_the_depth(depth: int, expected: float) -> None:
    assert hit(["x", "y", "a"], {"a", "b"}, depth) == expected


@pytest.mark.parametrize(("ranked", "expected"), [(["a"], 1.0), (["x", "a"], 0.5), (["x", "y", "b", "a"], 1 / 3), (["x"], 0.0)])
def test_reciprocal_rank_is_that_of_the_first_relevant_article(ranked: list[str], expected: float) -> None:
    assert reciprocal_rank(ranked, {"a", "b"}) == expected


def test_reciprocal_rank_ignores_the_eleventh_hit() -> None:
    assert reciprocal_rank([*"klmnopqrst", "a"], {"a"}) == 0


@pytest.mark.parametrize("measure", [recall, reciprocal_rank])
def test_nothing_relevant_measures_zero(measure: Callable[[Sequence[str], Collection[str]], float]) -> None:
    assert measure(["a"], set()) == 0


def test_auroc_counts_pairs_and_half_of_the_ties() -> None:
    """0.9 beats both negatives, 0.4 beats 0.1 and ties with 0.4: (2 + 1.5) of 4 pairs."""
    assert auroc([0.9, 0.4], [0.4, 0.1]) == 0.875


@pytest.mark.parametrize(
    ("positive", "negative", "expected"), [([1, 1], [0, 0], 1.0), ([0], [1], 0.0), ([0.5], [0.5, 0.5], 0.5)]
)
def test_auroc_at_its_ends_and_of_a_constant_score(positive: list[float], negative: list[float], expected: float) -> None:
    assert auroc(positive, negative) == expected


@pytest.mark.parametrize(("positive", "negative"), [([], [0.1]), ([0.1], []), ([], [])])
def test_auroc_without_one_of_the_kinds_is_none(positive: list[float], negative: list[float]) -> None:
    assert auroc(positive, negative) is None


@given(SCORES, SCORES)
def test_auroc_equals_its_definition_pair_by_pair(positive: list[float], negative: list[float]) -> None:
    pairs = [(p > n) + (p == n) / 2 for p in positive for n in negative]

    assert auroc(positive, negative) == pytest.approx(sum(pairs) / len(pairs))
