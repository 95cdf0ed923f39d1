"""Ranked lists: best first, ties in the order of their rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever import ranking
from retriever.ranking import Ladder, Ranking, top

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


@given(SCORES, st.lists(st.tuples(st.integers(-1, 35), st.integers(0, 2**30)), max_size=4), st.integers(1, 8))
def test_a_ladder_gives_every_mask_its_top(scores: list[float], asked: list[tuple[int, int]], rungs: int) -> None:
    """Whatever was asked before, and whether or not the rows that it has in order are enough."""
    values = np.array(scores, np.float32)
    masks = [(limit, np.array([bool(bits >> row & 1) for row in range(len(scores))])) for limit, bits in asked]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "LADDER", rungs)
        ladder = Ladder(values)

        found = [pairs(ladder.search(mask, limit)) for limit, mask in masks]

    assert found == [pairs(top(values, mask, limit)) for limit, mask in masks]


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_of_nothing_gives_nothing(limit: int) -> None:
    """Asking for none is no error."""
    assert pairs(top(np.ones(3, np.float32), np.ones(3, bool), limit)) == []
