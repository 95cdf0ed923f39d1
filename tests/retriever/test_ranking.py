"""Ranked lists: best first, ties in the order of their rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever.ranking import Ranking, merged, top

SCORES = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=30)


def pairs(ranking: Ranking) -> list[tuple[int, float]]:
    """(row, score), best first."""
    return list(zip(ranking.rows.tolist(), ranking.scores.tolist(), strict=True))


@given(SCORES, st.integers(-1, 35), st.integers(0, 2**30))
def test_the_top_is_what_sorting_everything_gives(scores: list[float], limit: int, bits: int) -> None:
    """Also among ties, also where more is asked than there is."""
    allowed = np.array([bool(bits >> row & 1) for row in range(len(scores))])

    found = top(np.array(scores, np.float32), allowed, limit)

    expected = sorted(((row, score) for row, score in enumerate(scores) if allowed[row]), key=lambda it: (-it[1], it[0]))
    assert pairs(found) == expected[: max(limit, 0)]


@given(SCORES, st.integers(1, 35), st.integers(0, 2**30))
def test_two_halves_merged_are_the_whole(scores: list[float], limit: int, bits: int) -> None:
    """Searching a wider mask is searching what is new in it and merging."""
    half = np.array([bool(bits >> row & 1) for row in range(len(scores))])
    values = np.array(scores, np.float32)

    found = merged(top(values, half, limit), top(values, ~half, limit), limit)

    assert pairs(found) == pairs(top(values, np.ones(len(scores), bool), limit))


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_of_nothing_gives_nothing(limit: int) -> None:
    """Asking for none is no error."""
    assert pairs(top(np.ones(3, np.float32), np.ones(3, bool), limit)) == []
