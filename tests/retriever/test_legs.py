"""One search: what it finds in one mask changes nothing of another, and what each leg says counts as it should."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retriever.arrays import BoolVector
from retriever.fusion import between
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


def test_words_count_twice_as_much_for_a_text_in_the_language_that_was_typed() -> None:
    """A translated question: 0.4 for Spanish texts, which say what was typed, and 0.2 for English ones, by a translation."""
    it = world()
    asked = Question("cargo de la tarjeta por favor")
    query = replace(understand(normalise(asked), it.snapshot.words, NoTranslator()), english="late card fee")
    mask = Mask(np.ones(it.snapshot.table.size, bool), it.snapshot.table)

    found = Search(query, it.snapshot, it.models).candidates(mask)

    scaled = {name: between(found.raw[name], its.scores[-1], its.scores[0]) for name, its in found.lists.items()}
    words = found.raw["lexical"] / found.raw["lexical"].max()
    spanish = it.snapshot.table.languages["es"][found.rows]
    both = (scaled["english"] + scaled["multilingual"]) / 2
    expected = np.where(spanish, 0.4 * words + 0.6 * scaled["multilingual"], 0.2 * words + 0.8 * both)
    assert min((spanish & (words > 0)).sum(), (~spanish & (words > 0)).sum()) > 10
    np.testing.assert_allclose(found.score, expected, rtol=1e-5)
