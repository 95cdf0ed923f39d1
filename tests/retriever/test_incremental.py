"""An index built from the one before it is the index that is built from nothing, and cost only what changed."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from unittest.mock import ANY

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.article import Article
from kb.library import Library
from retriever import lexical, snapshot_build
from retriever.arrays import FloatMatrix
from retriever.passage import Passage, passages_of
from retriever.scope import PassageTable
from retriever.snapshot import Models, Snapshot
from retriever.snapshot_build import build
from retriever.snapshot_files import load, save
from retriever.vector_cache import VectorCache
from retriever.word_counts import counted
from retriever.word_index import K1, B, WordIndex
from tests.retriever.worlds import DIM, HashEmbedder, article, fakes, library_of

TEXTS = st.lists(st.lists(st.sampled_from("fee card wire R10 año lost the of".split()), max_size=9), min_size=1, max_size=8)


def by_bm25s(texts: Sequence[Sequence[str]]) -> bm25s.BM25:
    """What the library itself makes of the texts."""
    vocabulary = {word: number for number, word in enumerate(sorted(set().union(*texts)))}
    index = bm25s.BM25(method="lucene", k1=K1, b=B)
    index.index(([[vocabulary[word] for word in words] for words in texts], vocabulary), show_progress=False)
    return index


@given(texts=TEXTS, later=TEXTS, keep=st.randoms())
def test_counting_on_gives_what_bm25s_builds(texts: list[list[str]], later: list[list[str]], keep: random.Random) -> None:
    """Texts leave, come and change places: every number of the matrix, and every score, is bm25s's own, with its type."""
    texts, later = [*texts, ["always"]], [*later, ["always"]]
    mixed = [*range(len(texts)), *later]
    keep.shuffle(mixed)
    mixed = [*mixed[: 1 + len(mixed) // 2], ["always"]]

    counts = counted(mixed, counted(texts))

    index, expected = WordIndex.of(counts), by_bm25s([texts[it] if isinstance(it, int) else it for it in mixed])
    asked = [*later[0], *["always"] * 20, "fee"]  # more words than are added in one call
    known = [word for word in asked if word in expected.vocab_dict]
    assert {**index.numbers, "": len(index.numbers)} == expected.vocab_dict
    for ours, its in (
        (index.starts, expected.scores["indptr"]),
        (index.texts, expected.scores["indices"]),
        (index.weights, expected.scores["data"]),
        (index.scores(asked, len(mixed)), expected.get_scores(known)),
    ):
        assert np.array_equal(ours, its)
        assert ours.dtype == its.dtype


FILES = {
    "a": article("# One\n\nThe late fee is 25 USD, code R10.\n\n# Two\n\nPay by phone."),
    "a-es": article("El cargo por pago tardío.", lang="es", translation_of="a"),
    "b": article("# Wire\n\nRaise the limit.\n\n:::tier 2\nUp to 900.\n:::"),
    "c": article("Freeze the card.", keywords="[lost]"),
    "d": article("Geler la carte.", lang="fr"),
}
EDITS = {
    "nothing": FILES,
    "one text": {**FILES, "b": FILES["b"].replace("Raise", "Lower")},
    "a title": {**FILES, "b": FILES["b"].replace("A title", "Other")},
    "keywords": {**FILES, "c": FILES["c"].replace("[lost]", "[stolen, ERR-17]")},
    "metadata": {**FILES, "b": FILES["b"].replace("tier: 1", "tier: 2").replace("[US]", "[CA]")},
    "language": {**FILES, "d": FILES["d"].replace("lang: fr", "lang: en")},
    "a first article": {"0": article("A first one."), **FILES},
    "a last article": {**FILES, "z": article("Con acento: depósito.", lang="es")},
    "deletion": {name: text for name, text in FILES.items() if name not in ("a", "a-es")},
    "no English": {"a-es": FILES["a-es"].replace("translation_of: a\n", ""), "d": FILES["d"]},
    "a rename": {("renamed" if name == "b" else name): text for name, text in FILES.items()},
}


def read_after(earlier: Library, files: Mapping[str, str]) -> Library:
    """The library of these files as a reading after an earlier one gives it: an article that is the same is the same object."""
    library, then = library_of(files), {article.id: article for article in earlier.articles}
    return replace(library, articles=tuple(then[it.id] if then.get(it.id) == it else it for it in library.articles))


def assert_same(one: object, other: object) -> None:
    """Two columns, or sets of named columns, with every row and type the same."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        assert one.keys() == other.keys()
        for name in one:
            assert_same(one[name], other[name])
    else:
        assert np.asarray(one).dtype == np.asarray(other).dtype
        assert np.array_equal(np.asarray(one), np.asarray(other))


def files_of(built: Snapshot, folder: Path) -> dict[str, bytes]:
    """Every byte that a snapshot is saved as; when it was built, and what was embedded, stand in the manifest alone."""
    target = save(built, folder / "snapshots" / "one")
    return {
        str(path.relative_to(target)): path.read_bytes()
        for path in target.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }


@pytest.mark.parametrize("edit", EDITS)
def test_an_incremental_snapshot_is_a_full_one(edit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every byte on the disk, every row of every table, and the exact matches."""
    monkeypatch.setattr("retriever.alignment.FEWEST", 3)
    models = fakes()
    with VectorCache(tmp_path / "one.sqlite") as cache:
        before = build(library_of(FILES), models, cache)
        incremental = build(read_after(before.library, EDITS[edit]), models, cache, before=before)
    with VectorCache(tmp_path / "other.sqlite") as cache:
        full = build(library_of(EDITS[edit]), fakes(), cache)

    assert files_of(incremental, tmp_path / "incremental") == files_of(full, tmp_path / "full")
    assert (incremental.alignment is None) == (edit == "no English")
    assert incremental.manifest == replace(full.manifest, built_at=ANY, embedded=ANY)
    assert (incremental.members, incremental.rows_of) == (full.members, full.rows_of)
    for name in PassageTable.__dataclass_fields__:
        assert_same(getattr(incremental.table, name), getattr(full.table, name))
    for question in ("R10 fee", "ERR-17", '"freeze the card"', "a-es"):
        assert incremental.exact.strength(question).tolist() == full.exact.strength(question).tolist()
        found = [built.lexical.scores(lambda _lang: question).tolist() for built in (incremental, full)]  # noqa: B023
        assert found[0] == found[1]


def test_only_what_reads_differently_is_cut_counted_and_embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One edited article: its passages, its words, its vectors, and nobody else's."""
    models = fakes()
    with VectorCache(tmp_path / "vectors.sqlite") as cache:
        before = build(library_of(FILES), models, cache)
        cut: list[str] = []
        words: list[str] = []
        looked_up: list[int] = []
        real_words, real_get = lexical.stemmed, cache.get

        def cutting(owner: Article) -> list[Passage]:
            cut.append(owner.id)
            return passages_of(owner)

        def counting(text: str, lang: str) -> list[str]:
            words.append(text)
            return real_words(text, lang)

        def looking(model: str, texts: Sequence[str], *, dim: int) -> tuple[FloatMatrix, list[int]]:
            looked_up.append(len(texts))
            return real_get(model, texts, dim=dim)

        monkeypatch.setattr(snapshot_build, "passages_of", cutting)
        monkeypatch.setattr(lexical, "stemmed", counting)
        monkeypatch.setattr(cache, "get", looking)

        after = build(library_of(EDITS["one text"]), models, cache, before=before)

    assert cut == ["b"]
    assert words == ["A title\nWire\nLower the limit.", "A title\nWire\nUp to 900."]
    assert looked_up == [2, 2]
    assert dict(after.manifest.embedded) == {"english": 1, "multilingual": 1}


@pytest.mark.parametrize("edit", EDITS)
def test_a_snapshot_from_the_disk_serves_as_the_one_before(edit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a restart only what changed is counted, as before it; the result is the same to the byte."""
    models = fakes()
    words: list[str] = []
    with VectorCache(tmp_path / "vectors.sqlite") as cache:
        before = build(library_of(FILES), models, cache)
        loaded = load(save(before, tmp_path / "snapshots" / "one"), models)
        full = build(library_of(EDITS[edit]), models, cache)
        real = lexical.stemmed

        def counting(text: str, lang: str) -> list[str]:
            words.append(text)
            return real(text, lang)

        monkeypatch.setattr(lexical, "stemmed", counting)
        after = build(library_of(EDITS[edit]), models, cache, before=loaded)
        counted_after_a_restart, words[:] = list(words), []
        build(library_of(EDITS[edit]), models, cache, before=before)

    assert files_of(after, tmp_path / "after") == files_of(full, tmp_path / "full")
    assert counted_after_a_restart == words


def test_vectors_of_another_model_are_not_taken_over(tmp_path: Path) -> None:
    """The snapshot before may be of models that were replaced."""
    models = fakes()
    others = Models(HashEmbedder("new@1"), models.multilingual)
    with VectorCache(tmp_path / "vectors.sqlite") as cache:
        before = build(library_of(FILES), models, cache)
        after = build(library_of(FILES), others, cache, before=before)
        full = build(library_of(FILES), others, cache)

    assert np.array_equal(after.vectors["english"], full.vectors["english"])
    assert after.vectors["english"].shape[1] == DIM
