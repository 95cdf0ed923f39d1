"""One score from two lists."""

import numpy as np
import pytest

from retriever.fusion import between, convex


def vector(*values: float) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    """float32 scores."""
    return np.array(values, np.float32)


def test_a_blend_weighs_both_lists() -> None:
    """Each list counts by its share."""
    assert convex(vector(1, 0, 0.5), vector(0, 1, 0.5), weight=0.25).tolist() == [0.25, 0.75, 0.5]


def test_a_blend_can_weigh_the_lists_for_each_candidate() -> None:
    """Where a shared word tells more of one candidate than of the other."""
    assert convex(vector(1, 1), vector(0, 0), weight=vector(0.25, 0.5)).tolist() == [0.25, 0.5]


def test_scores_become_shares_of_the_way_from_low_to_high() -> None:
    """The least of the list is 0, the most is 1, and what lies outside is clipped."""
    assert between(vector(1, 2, 3, 9, -9), 1, 3).tolist() == [0, 0.5, 1, 1, 0]


def test_a_constant_list_says_nothing() -> None:
    """Equal scores tell nothing about order, so they scale to zeros, also for a single candidate."""
    assert (between(vector(3, 3), 3, 3).tolist(), between(vector(7), 7, 7).tolist()) == ([0, 0], [0])


def test_lists_of_different_length_are_refused() -> None:
    """Two lists over different candidates cannot be blended."""
    with pytest.raises(ValueError, match=r"\(1,\) lexical scores and \(2,\) dense ones; expected one of each"):
        convex(vector(1), vector(1, 2), weight=0.5)


@pytest.mark.parametrize("weight", [-0.1, 1.1])
def test_a_weight_that_is_no_share_is_refused(weight: float) -> None:
    """A weight outside 0 to 1 would turn a list around."""
    with pytest.raises(ValueError, match=f"weight is {weight}; expected a share between 0 and 1"):
        convex(vector(1), vector(1), weight=weight)
    with pytest.raises(ValueError, match=rf"weight is \[.*{weight}.*\]; expected a share"):
        convex(vector(1, 1), vector(1, 1), weight=vector(0.5, weight))
