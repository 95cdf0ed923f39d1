"""What the multilingual model is foretold to say of an English question."""

import numpy as np
import pytest

from retriever.alignment import FEWEST, MOST, Alignment
from retriever.arrays import FloatMatrix


def unit(rows: int, dim: int, seed: int = 7) -> FloatMatrix:
    """Rows of length one, around a place that is not the origin."""
    drawn = np.random.default_rng(seed).normal(size=(rows, dim)) + 0.5
    vectors: FloatMatrix = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    return vectors


def turned(vectors: FloatMatrix) -> FloatMatrix:
    """The same rows in another space: turned round and moved."""
    turn, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(vectors.shape[1],) * 2))
    moved: FloatMatrix = (vectors @ turn + 0.25).astype(np.float32)
    return moved


@pytest.mark.parametrize("rows", [FEWEST, 40, 400])  # fewer than dimensions, and more
def test_a_question_finds_in_the_other_space_what_it_finds_in_its_own(rows: int) -> None:
    """Where one space is the other turned round, nothing is lost: the order is that of the centred vectors."""
    english = unit(rows, 64)
    query = unit(1, 64, seed=9)[0]
    alignment = Alignment.learned(english, turned(english))

    assert alignment is not None
    theirs = turned(english) - turned(english).mean(axis=0)
    ours = (english - english.mean(axis=0)) @ (query - english.mean(axis=0))
    assert np.argsort(-(theirs @ alignment.foretold(query))).tolist() == np.argsort(-ours).tolist()


def test_models_of_other_lengths_are_aligned_too() -> None:
    """The vectors of the one may be longer than those of the other."""
    english = unit(200, 32)
    alignment = Alignment.learned(english, turned(english)[:, :24])

    assert alignment is not None
    assert alignment.foretold(english[0]).shape == (24,)
    assert np.linalg.norm(alignment.foretold(english[0])) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("rows", [50, 300])
def test_a_rounding_elsewhere_changes_nothing_that_counts(rows: int) -> None:
    """Another machine adds up in another order: directions in which the passages say nothing must not be made of that."""
    english, other = unit(rows, 128), turned(unit(rows, 128))
    rounded = np.nextafter(other, np.random.default_rng(1).choice([-9, 9], size=other.shape).astype(np.float32))
    one, two = Alignment.learned(english, other), Alignment.learned(english, rounded)
    query = unit(1, 128, seed=9)[0]

    assert one is not None
    assert two is not None
    centred = other - other.mean(axis=0)
    assert np.abs(centred @ one.foretold(query) - centred @ two.foretold(query)).max() < 1e-4


def test_too_few_passages_or_none_that_differ_teach_nothing() -> None:
    """Then the English model and the words rank alone."""
    few, alike = unit(FEWEST - 1, 8), np.tile(unit(1, 8), (FEWEST, 1))

    assert Alignment.learned(few, few) is None
    assert Alignment.learned(alike, alike) is None


def test_of_very_many_passages_some_are_looked_at() -> None:
    """From the whole of the library, always the same ones."""
    english = unit(2 * MOST, 4)
    one, two = Alignment.learned(english, turned(english)), Alignment.learned(english[::2], turned(english)[::2])

    assert one is not None
    assert two is not None
    assert np.array_equal(one.rows, two.rows)


def test_a_question_at_the_middle_of_all_passages_is_like_none() -> None:
    """Its foretold vector is zero, not an error."""
    english = unit(FEWEST, 8)
    alignment = Alignment.learned(english, english)

    assert alignment is not None
    assert alignment.foretold(alignment.mean).tolist() == [0] * 8


def test_what_is_saved_is_what_was_learned() -> None:
    """One matrix on the disk."""
    english = unit(100, 16)
    learned = Alignment.learned(english, turned(english))

    assert learned is not None
    again = Alignment.of_rows(learned.rows)
    assert np.array_equal(again.foretold(english[3]), learned.foretold(english[3]))
