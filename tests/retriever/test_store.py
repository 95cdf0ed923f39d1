"""One contract for every vector store: the exact answer inside the mask, or nearly it where there are very many rows."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from retriever import faiss_store, leg
from retriever.arrays import BoolVector, FloatMatrix, FloatVector
from retriever.faiss_store import CompressedStore, FaissStore
from retriever.ranking import Ranking
from retriever.store import ExactStore, VectorStore

STORES: list[Callable[[FloatMatrix], VectorStore]] = [ExactStore, FaissStore]
every_store = pytest.mark.parametrize("store", STORES, ids=["exact", "faiss"])


@pytest.fixture(autouse=True, scope="module")
def by_codes() -> Iterator[None]:
    """Few rows are compared one by one, and a short list is not looked through twice; here the codes must find them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(faiss_store, "_FEW", 0)
        patch.setattr(faiss_store, "LADDER", 4)
        patch.setattr(faiss_store, "_CANDIDATES", 200)
        patch.setattr(faiss_store, "_COMPLETE", 120)
        yield


@st.composite
def matrices(draw: st.DrawFn) -> FloatMatrix:
    """Unit vectors, some of them several times: what makes ties."""
    dim = draw(st.sampled_from([2, 8, 33]))
    some = draw(arrays(np.float32, (draw(st.integers(1, 12)), dim), elements=st.floats(-1, 1, width=32)))
    some[:, 0] += 2
    rows = draw(st.lists(st.integers(0, len(some) - 1), min_size=1, max_size=60))
    unit: FloatMatrix = (some / np.linalg.norm(some, axis=1, keepdims=True)).astype(np.float32)[rows]
    return unit


def pairs(ranking: Ranking) -> list[tuple[int, float]]:
    """(row, score), best first."""
    return list(zip(ranking.rows.tolist(), ranking.scores.tolist(), strict=True))


def reference(vectors: FloatMatrix, query: FloatVector, allowed: BoolVector, limit: int) -> list[tuple[int, float]]:
    """Every inner product, row by row, sorted."""
    scores = [float(np.einsum("j,j->", row, query, optimize=False)) for row in vectors]
    order = sorted((row for row in range(len(vectors)) if allowed[row]), key=lambda row: (-scores[row], row))
    return [(row, scores[row]) for row in order[:limit]]


@every_store
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_search_is_every_inner_product_sorted(store: Callable[[FloatMatrix], VectorStore], data: st.DataObject) -> None:
    """Bit for bit what sorting all allowed rows gives, ties by row, whatever the mask and the limit."""
    vectors = data.draw(matrices())
    allowed = data.draw(arrays(np.bool_, len(vectors)))
    limit = data.draw(st.integers(1, 70))
    query = vectors[data.draw(st.integers(0, len(vectors) - 1))]

    found = store(vectors).asked(query).search(allowed, limit)

    assert pairs(found) == reference(vectors, query, allowed, limit)


@every_store
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_rows_score_does_not_depend_on_the_others(store: Callable[[FloatMatrix], VectorStore], data: st.DataObject) -> None:
    """Alone or among all, before a search or after it, a row scores the same."""
    vectors = data.draw(matrices())
    rows = np.array(data.draw(st.lists(st.integers(0, len(vectors) - 1), max_size=20)), np.int64)
    asked, searched = store(vectors).asked(vectors[0]), store(vectors).asked(vectors[0])
    searched.search(np.ones(len(vectors), bool), 5)

    found = asked.scores(rows).tolist()

    assert found == [asked.scores(np.array([row], np.int64))[0] for row in rows]
    assert found == searched.scores(rows).tolist()


@every_store
def test_thousands_of_equal_rows_come_in_their_order(store: Callable[[FloatMatrix], VectorStore]) -> None:
    """A tie that is longer than any list a store keeps is still told apart by row."""
    vectors = np.tile(np.array([[0.6, 0.8]], np.float32), (3000, 1))

    found = store(vectors).asked(vectors[0]).search(np.arange(3000) >= 10, 5)

    assert found.rows.tolist() == [10, 11, 12, 13, 14]


@every_store
@pytest.mark.parametrize(("allowed", "limit"), [([False], 3), ([True], 0)])
def test_nothing_allowed_or_nothing_asked_is_an_empty_list(
    store: Callable[[FloatMatrix], VectorStore], allowed: list[bool], limit: int
) -> None:
    """No padding, no row -1."""
    vectors = np.array([[1.0, 0.0]], np.float32)

    assert pairs(store(vectors).asked(vectors[0]).search(np.array(allowed), limit)) == []


@every_store
def test_fewer_allowed_than_asked_gives_just_those(store: Callable[[FloatMatrix], VectorStore]) -> None:
    """One row in, one row out."""
    vectors = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)

    assert pairs(store(vectors).asked(vectors[0]).search(np.array([False, True]), 100)) == [(1, 0.0)]


@every_store
def test_one_query_answers_every_mask(store: Callable[[FloatMatrix], VectorStore]) -> None:
    """Wide after narrow or narrow after wide: each list is what its mask alone gives. Near rows, so that codes err."""
    draw = np.random.default_rng(7)
    vectors = (draw.standard_normal(384) + 0.5 * draw.standard_normal((2000, 384))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    masks = [draw.random(2000) < share for share in (1.0, 0.3, 0.02, 0.5)]
    held = store(vectors)

    asked = held.asked(vectors[3])

    found = [pairs(asked.search(mask, 40)) for mask in masks]
    assert found == [reference(vectors, vectors[3], mask, 40) for mask in masks]


def crowd(rows: int, seed: int) -> FloatMatrix:
    """Unit vectors around fifty centres."""
    draw = np.random.default_rng(seed)
    vectors = draw.standard_normal((50, 384))[draw.integers(0, 50, rows)] + 0.9 * draw.standard_normal((rows, 384))
    unit: FloatMatrix = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


@pytest.fixture(scope="module")
def drawn() -> FloatMatrix:
    """Enough rows that a list of candidates leaves most of them out, and thirty more to ask with."""
    return crowd(12_030, 5)


@pytest.fixture(scope="module")
def many(drawn: FloatMatrix) -> FloatMatrix:
    """The rows."""
    return drawn[:-30]


@pytest.fixture(scope="module")
def compressed(many: FloatMatrix) -> CompressedStore:
    """A store that looks at one row in sixty, as over a million it looks at one in two hundred."""
    return CompressedStore(many)


@pytest.mark.parametrize("share", [1.0, 0.6, 0.2, 0.02])
def test_small_codes_find_nearly_every_nearest_row_in_every_mask(
    compressed: CompressedStore, drawn: FloatMatrix, many: FloatMatrix, share: float
) -> None:
    """Recall of the ten nearest at least 0.99, no row from outside the mask, scores to the last bit, best first."""
    allowed = np.random.default_rng(11).random(len(many)) < share
    found = []
    for query in drawn[-30:]:
        ours = compressed.asked(query).search(allowed, 10)
        exact = ExactStore(many).asked(query)
        truth = exact.search(allowed, 10)
        assert allowed[ours.rows].all()
        assert ours.scores.tolist() == exact.scores(ours.rows).tolist()
        assert pairs(ours) == sorted(pairs(ours), key=lambda pair: (-pair[1], pair[0]))
        found.append(len(set(ours.rows.tolist()) & set(truth.rows.tolist())) / 10)

    assert np.mean(found) >= 0.99


def test_small_codes_answer_alike_whenever_they_are_made(compressed: CompressedStore, many: FloatMatrix) -> None:
    """The same rows are the same store: after another mask, or built once more."""
    query = many[7]
    everything, half = np.ones(len(many), bool), np.arange(len(many)) % 2 == 0
    asked = compressed.asked(query)

    found = [pairs(asked.search(mask, 20)) for mask in (everything, half, everything)]

    again = CompressedStore(many).asked(query)
    assert found == [pairs(again.search(mask, 20)) for mask in (everything, half, everything)]
    assert pairs(CompressedStore(many).asked(query).search(half, 20)) == found[1]


def test_small_codes_give_every_allowed_row_where_there_are_few(compressed: CompressedStore, many: FloatMatrix) -> None:
    """Fewer allowed than asked gives just those; nothing allowed gives nothing."""
    asked = compressed.asked(many[0])

    assert sorted(asked.search(np.arange(len(many)) % 40 == 0, 1000).rows) == list(range(0, len(many), 40))
    assert asked.search(np.zeros(len(many), bool), 5).rows.size == 0


def test_the_store_follows_the_number_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exact row by row, exact by codes, and compressed."""
    monkeypatch.setattr(leg, "EXACT_UP_TO", 100)
    monkeypatch.setattr(leg, "CODED_UP_TO", 200)

    assert [type(leg.store_of(crowd(rows, 1))) for rows in (100, 200, 201)] == [ExactStore, FaissStore, CompressedStore]
