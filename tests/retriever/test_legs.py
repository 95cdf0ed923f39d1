"""One search, several masks: what was found for a narrow mask is used for a wider one, and changes nothing of it."""

import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retriever.arrays import BoolVector
from retriever.in_scope import Mask
from retriever.legs import Candidates, Search
from retriever.question import Question, normalise, understand
from retriever.translator import NoTranslator
from tests.retriever.worlds import World, article, world_of

WORDS = "card wire fee limit late refund tarjeta cargo".split()


@cache
def world() -> World:
    """More passages than a leg hands to fusion, in two languages, some of them alike."""
    texts = {f"a{n}": " ".join(WORDS[(n * step) % 8] for step in (1, 3, 5)) for n in range(150)}
    files = {name: article(text, lang="es" if n % 3 == 0 else "en") for n, (name, text) in enumerate(texts.items())}
    return world_of(files, Path(tempfile.mkdtemp(prefix="legs-")))


def values(candidates: Candidates) -> Sequence[object]:
    """Everything in it, as plain values."""
    lists = {name: (found.rows.tolist(), found.scores.tolist()) for name, found in candidates.lists.items()}
    raw = {name: np.nan_to_num(scores).tolist() for name, scores in candidates.raw.items()}
    return [candidates.rows.tolist(), candidates.score.tolist(), candidates.exact.tolist(), raw, lists]


def masks(share: float) -> st.SearchStrategy[BoolVector]:
    """Random rows, about this share of them."""
    return st.integers(0, 2**30).map(lambda seed: np.random.default_rng(seed).random(150) < share)


@pytest.mark.parametrize("text", ["late card fee", "cargo de la tarjeta por favor", "refund of the wire"])
@settings(max_examples=40, deadline=None)
@given(narrow=masks(0.6), more=masks(0.5))
def test_a_wider_mask_after_a_narrower_one_finds_what_it_finds_alone(text: str, narrow: BoolVector, more: BoolVector) -> None:
    """Bit for bit, in both orders."""
    it = world()
    query = understand(normalise(Question(text)), it.snapshot.words, NoTranslator())
    narrower, wider = Mask(narrow, it.snapshot.table), Mask(narrow | more, it.snapshot.table)
    alone = [values(Search(query, it.snapshot, it.models).candidates(mask)) for mask in (narrower, wider)]

    widening, narrowing = Search(query, it.snapshot, it.models), Search(query, it.snapshot, it.models)

    assert [values(widening.candidates(mask)) for mask in (narrower, wider)] == alone
    assert [values(narrowing.candidates(mask)) for mask in (wider, narrower)] == alone[::-1]
