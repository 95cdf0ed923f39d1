"""The vector cache: nothing is embedded twice, nothing damaged is ever served."""

import logging
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever.arrays import FloatMatrix, FloatVector
from retriever.embedder import Embedder, Progress
from retriever.errors import VectorCacheError
from retriever.vector_cache import CHUNK, KEYS_PER_LOOKUP, VectorCache, embed_cached

REPOSITORY = Path(__file__).parents[2]
DIM = 8


class HashEmbedder:
    """An Embedder whose vectors are drawn from the text's hash, and which remembers what it was given."""

    def __init__(self, name: str = "hash@1", *, fail_after: int | None = None) -> None:
        self.name = name
        self.dim = DIM
        self.embedded: list[str] = []
        self._fail_after = fail_after

    def passages(self, texts: Sequence[str], *, progress: Progress | None = None) -> FloatMatrix:
        """See Embedder. Is interrupted once it has embedded fail_after texts."""
        if self._fail_after is not None and len(self.embedded) >= self._fail_after:
            raise KeyboardInterrupt
        self.embedded += texts
        if progress:
            progress(len(texts))
        return np.array([self.query(text) for text in texts], dtype=np.float32).reshape(len(texts), self.dim)

    def query(self, text: str) -> FloatVector:
        """See Embedder."""
        digest = sha256(f"{self.name}{text}".encode("utf-8", "surrogatepass")).digest()
        vector = np.random.default_rng(list(digest)).standard_normal(self.dim)
        return (vector / np.linalg.norm(vector)).astype(np.float32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the cache lies."""
    return tmp_path / "data" / "vectors.sqlite"


@pytest.fixture
def cache(path: Path) -> Iterator[VectorCache]:
    """An empty cache."""
    with VectorCache(path) as cache:
        yield cache


@pytest.fixture
def embedder() -> HashEmbedder:
    """A model that costs nothing."""
    return HashEmbedder()


def change(path: Path, statement: str) -> None:
    """Do behind the cache's back what a bad disk does."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


def test_only_unseen_texts_are_embedded(cache: VectorCache, embedder: HashEmbedder) -> None:
    """The second push of the same words costs nothing, and the vectors are the same to the bit."""
    first, embedded_first = embed_cached(embedder, cache, ["a", "b"])

    second, embedded_second = embed_cached(embedder, cache, ["c", "b", "a"])

    assert (embedded_first, embedded_second) == (2, 1)
    assert embedder.embedded == ["a", "b", "c"]
    assert np.array_equal(second[[2, 1]], first)
    assert np.array_equal(second[0], embedder.query("c"))


def test_a_text_that_occurs_twice_is_embedded_once(cache: VectorCache, embedder: HashEmbedder) -> None:
    """The same disclosure in ten articles is one piece of work."""
    matrix, embedded = embed_cached(embedder, cache, ["a", "b", "a", "a"])

    assert embedded == 2
    assert embedder.embedded == ["a", "b"]
    assert np.array_equal(matrix, [embedder.query(text) for text in ("a", "b", "a", "a")])


def test_another_model_never_gets_these_vectors(cache: VectorCache, embedder: HashEmbedder) -> None:
    """The key is model and text, so a change of model embeds everything again."""
    other = HashEmbedder("hash@2")
    embed_cached(embedder, cache, ["a"])

    matrix, embedded = embed_cached(other, cache, ["a"])

    assert embedded == 1
    assert np.array_equal(matrix[0], other.query("a"))


@given(texts=st.lists(st.text(st.characters(codec=None), max_size=12), max_size=12))
def test_any_text_comes_back_as_it_went_in(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    """Empty, repeated, NUL and surrogate texts all have their own vector."""
    embedder = HashEmbedder()
    with VectorCache(tmp_path_factory.getbasetemp() / "any.sqlite") as cache:
        embed_cached(embedder, cache, texts)
        matrix, embedded = embed_cached(embedder, cache, texts)

    assert embedded == 0
    assert np.array_equal(matrix, embedder.passages(texts))


def test_missing_rows_are_named_and_zero(cache: VectorCache, embedder: HashEmbedder) -> None:
    """A caller can tell what is not there."""
    cache.put(embedder.name, ["b"], embedder.passages(["b"]))

    matrix, missing = cache.get(embedder.name, ["a", "b", "c", "a"], dim=DIM)

    assert missing == [0, 2, 3]
    assert np.array_equal(matrix[1], embedder.query("b"))
    assert not matrix[missing].any()


def test_vectors_outlive_the_process(path: Path, embedder: HashEmbedder) -> None:
    """A restart finds everything."""
    with VectorCache(path) as cache:
        embed_cached(embedder, cache, ["a"])

    with VectorCache(path) as cache:
        _, embedded = embed_cached(embedder, cache, ["a"])

    assert embedded == 0


def test_progress_adds_up_to_the_number_of_texts(cache: VectorCache, embedder: HashEmbedder) -> None:
    """Cached, repeated and new texts all count, so the bar ends full."""
    steps: list[int] = []
    embed_cached(embedder, cache, ["a", "b"])

    embed_cached(embedder, cache, ["a", "b", "c", "c", "d"], progress=steps.append)

    assert sum(steps) == 5


def test_an_interrupted_run_goes_on_where_it_stopped(cache: VectorCache) -> None:
    """What was embedded before Control-C is not embedded again."""
    texts = [f"passage {number}" for number in range(3 * CHUNK)]
    with pytest.raises(KeyboardInterrupt):
        embed_cached(HashEmbedder(fail_after=2 * CHUNK), cache, texts)

    _, embedded = embed_cached(HashEmbedder(), cache, texts)

    assert embedded == CHUNK


def test_a_killed_run_goes_on_where_it_stopped(path: Path) -> None:
    """After kill -9 in the middle of writing the file is sound and what was written is there."""
    script = f"""
import numpy as np
from pathlib import Path
from retriever.vector_cache import VectorCache
cache = VectorCache(Path({str(path)!r}))
for number in range(10**6):
    cache.put("hash@1", [f"passage {{number}}"], np.full((1, {DIM}), number, dtype=np.float32))
    print(number, flush=True)
"""
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
    assert child.stdout
    last = next(int(line) for line in child.stdout if int(line) == 200)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()

    with VectorCache(path) as cache:
        matrix, missing = cache.get("hash@1", [f"passage {number}" for number in range(last + 1)], dim=DIM)

    assert missing == []
    assert np.array_equal(matrix[:, 0], np.arange(last + 1))


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE vectors SET vector = zeroblob(32)",
        "UPDATE vectors SET vector = substr(vector, 1, 28)",
        "UPDATE vectors SET vector = vector || vector",
        "UPDATE vectors SET vector = 'text'",
        "UPDATE vectors SET checksum = checksum + 1",
        "UPDATE vectors SET checksum = 'x'",
    ],
)
def test_a_damaged_vector_is_embedded_again(path: Path, damage: str) -> None:
    """A wrong length or a wrong bit is never served, and is repaired for the next run."""
    embedder = HashEmbedder()
    with VectorCache(path) as cache:
        embed_cached(embedder, cache, ["a", "b"])
    change(path, damage)

    with VectorCache(path) as cache:
        matrix, embedded = embed_cached(embedder, cache, ["a", "b"])
        _, embedded_again = embed_cached(embedder, cache, ["a", "b"])

    assert (embedded, embedded_again) == (2, 0)
    assert np.array_equal(matrix, [embedder.query("a"), embedder.query("b")])


def test_a_vector_under_another_key_is_embedded_again(path: Path) -> None:
    """The checksum covers the key, so a sound vector of another text is damage too."""
    embedder = HashEmbedder()
    with VectorCache(path) as cache:
        embed_cached(embedder, cache, ["a", "b"])
    change(
        path,
        "UPDATE vectors SET (vector, checksum) = "
        "(SELECT vector, checksum FROM vectors AS other WHERE other.key != vectors.key) WHERE rowid = 1",
    )

    with VectorCache(path) as cache:
        matrix, embedded = embed_cached(embedder, cache, ["a", "b"])

    assert embedded == 1
    assert np.array_equal(matrix, [embedder.query("a"), embedder.query("b")])


def test_a_file_that_is_no_database_is_set_aside(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The cache starts afresh and says so, and nobody's file is lost."""
    path.parent.mkdir()
    path.write_bytes(b"somebody's notes, 4 kB long. " * 150)
    embedder = HashEmbedder()

    with caplog.at_level(logging.WARNING), VectorCache(path) as cache:
        _, embedded = embed_cached(embedder, cache, ["a"])
        _, embedded_again = embed_cached(embedder, cache, ["a"])

    assert (embedded, embedded_again) == (1, 0)
    assert path.with_name("vectors.sqlite.damaged").read_bytes().startswith(b"somebody's notes")
    assert "set aside" in caplog.text


def test_a_file_damaged_inside_is_replaced_while_in_use(path: Path) -> None:
    """Overwritten pages are noticed by the next lookup; every vector served is still right."""
    embedder = HashEmbedder()
    texts = [f"passage {number}" for number in range(2000)]
    with VectorCache(path) as cache:
        embed_cached(embedder, cache, texts)
    content = bytearray(path.read_bytes())
    content[4096:-4096] = b"\xa5" * (len(content) - 8192)
    path.write_bytes(content)

    with VectorCache(path) as cache:
        matrix, embedded = embed_cached(embedder, cache, texts)
        _, embedded_again = embed_cached(embedder, cache, texts)

    assert embedded == len(texts)
    assert embedded_again == 0
    assert np.array_equal(matrix, HashEmbedder().passages(texts))


def test_a_truncated_file_is_replaced(path: Path) -> None:
    """A copy that stopped halfway costs only the work of embedding again."""
    embedder = HashEmbedder()
    texts = [f"passage {number}" for number in range(500)]
    with VectorCache(path) as cache:
        embed_cached(embedder, cache, texts)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)

    with VectorCache(path) as cache:
        matrix, _ = embed_cached(embedder, cache, texts)

    assert np.array_equal(matrix, HashEmbedder().passages(texts))


def test_threads_and_processes_share_one_file(path: Path) -> None:
    """Two connections written from four threads lose nothing and serve nothing wrong."""
    embedder = HashEmbedder()
    texts = [f"passage {number}" for number in range(400)]
    with VectorCache(path) as one, VectorCache(path) as other, ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(embed_cached, HashEmbedder(), cache, texts) for cache in (one, other, one, other)]
        results = [run.result()[0] for run in runs]
        _, embedded = embed_cached(embedder, other, texts)

    assert embedded == 0
    assert all(np.array_equal(matrix, embedder.passages(texts)) for matrix in results)


def test_a_cache_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """A wrong place is an error with a cure, not an empty cache."""
    (tmp_path / "file").write_text("")

    with pytest.raises(VectorCacheError, match=r"vectors\.sqlite: the vector cache cannot be used.*correct the rights"):
        VectorCache(tmp_path / "file" / "vectors.sqlite")


def test_another_programs_database_is_left_alone(path: Path) -> None:
    """A table of that name with other columns is not ours to repair."""
    path.parent.mkdir()
    change(path, "CREATE TABLE vectors (id INTEGER)")

    with VectorCache(path) as cache, pytest.raises(VectorCacheError, match="cannot be used: no such column: key"):
        cache.get("hash@1", ["a"], dim=DIM)


@pytest.mark.parametrize(
    "vectors",
    [np.zeros((2, DIM), np.float32), np.zeros(DIM, np.float32), np.full((1, DIM), np.nan, np.float32)],
    ids=["two rows for one text", "no rows", "not a number"],
)
def test_a_wrong_matrix_is_refused(cache: VectorCache, vectors: FloatMatrix) -> None:
    """A vector that could never be right is not kept."""
    with pytest.raises(ValueError, match="expected one finite row for each"):
        cache.put("hash@1", ["a"], vectors)

    assert cache.get("hash@1", ["a"], dim=DIM)[1] == [0]


def test_ten_thousand_vectors_are_found_by_a_few_looks_into_the_index(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A push that changed nothing must not wait for the cache."""
    said: list[str] = []
    connect = sqlite3.connect

    def overheard(*given: Any, **named: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*given, **named)
        connection.set_trace_callback(said.append)
        return connection

    texts = [f"passage {number} " + "of some length " * 30 for number in range(10_000)]
    vectors = np.random.default_rng(0).standard_normal((len(texts), 384)).astype(np.float32)
    with VectorCache(path) as cache:
        cache.put("hash@1", texts, vectors)

    monkeypatch.setattr(sqlite3, "connect", overheard)
    with VectorCache(path) as cache:
        found, missing = cache.get("hash@1", texts, dim=384)

    looks = [statement for statement in said if statement.startswith("SELECT")]
    plan = connect(path).execute(f"EXPLAIN QUERY PLAN {looks[0]}").fetchone()
    assert missing == []
    assert np.array_equal(found, vectors)
    assert len(looks) == len(texts) / KEYS_PER_LOOKUP
    assert "INDEX" in plan[-1] or "PRIMARY KEY" in plan[-1], plan


def test_the_fake_embedder_obeys_the_port(embedder: HashEmbedder) -> None:
    """What these tests prove of the fake holds for a model."""
    port: Embedder = embedder

    assert np.array_equal(port.passages(["a", "b"])[1], port.passages(["b"])[0])
