"""Vectors by (model, text), kept across snapshots, so that only text never seen before is embedded.

SQLite in WAL mode: several processes may read and write, and a killed one loses at most its last chunk. Every vector
carries a checksum over its key and its bytes; a damaged vector, or a damaged file, counts as not cached.
"""

import hashlib
import logging
import sqlite3
import threading
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

import numpy as np

from kb.file_lock import locked
from retriever.arrays import FloatMatrix
from retriever.embedder import Embedder, Progress
from retriever.errors import VectorCacheError

T = TypeVar("T")

CHUNK: Final = 128  # texts embedded between two writes: what an interrupted run may lose, about two seconds of work
LOOKED_AT: Final = 5_000  # texts at once, where only their number is wanted: 8 MB of vectors
KEYS_PER_LOOKUP: Final = 500  # 10,000 vectors in 0.06 s; more per statement is not faster
_WAIT_SECONDS: Final = 30.0  # for another process that is writing
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL, checksum INTEGER NOT NULL)
"""  # with rowids: WITHOUT ROWID measured three times slower to write, for rows of 1.5 kB
_SELECT: Final = "SELECT key, vector, checksum FROM vectors WHERE key IN (?)"
_log = logging.getLogger(__name__)


class VectorCache:
    """A file of vectors. Safe from any thread and from several processes; close it, or use it in a `with`."""

    def __init__(self, path: Path) -> None:
        """Open or create the file. Raises VectorCacheError if it can be neither; a damaged one is replaced."""
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._try(sqlite3.Connection.commit)

    def get(self, model: str, texts: Sequence[str], *, dim: int) -> tuple[FloatMatrix, list[int]]:
        """The cached vectors of the texts, and which texts have none.

        model: an Embedder's name. dim: the length of its vectors; one of another length counts as damaged.
        Returns (n, dim) float32 with zeros in the missing rows, and the missing rows in ascending order.
        """
        keys = [_key(model, text) for text in texts]
        found = self._try(lambda connection: _lookup(connection, keys, dim))
        matrix = np.zeros((len(keys), dim), dtype=np.float32)
        missing = []
        for row, key in enumerate(keys):
            if key in found:
                matrix[row] = np.frombuffer(found[key], dtype="<f4")
            else:
                missing.append(row)
        return matrix, missing

    def put(self, model: str, texts: Sequence[str], vectors: FloatMatrix) -> None:
        """Keep one vector for each text, in one transaction; a vector already there is replaced.

        vectors: (len(texts), dim) float32. Raises ValueError for another shape or a vector that is not finite.
        """
        if vectors.ndim != 2 or len(vectors) != len(texts) or not np.isfinite(vectors).all():
            raise ValueError(f"vectors of shape {vectors.shape} for {len(texts)} texts; expected one finite row for each")
        rows = [_row(_key(model, text), vector.astype("<f4").tobytes()) for text, vector in zip(texts, vectors, strict=True)]
        self._try(lambda connection: connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows))

    def close(self) -> None:
        """Close the file; it opens again at the next use."""
        with self._lock:
            self._disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _try(self, act: Callable[[sqlite3.Connection], T]) -> T:
        """Act in one transaction; when the file turns out damaged, replace it and act once more."""
        with self._lock:
            try:
                return self._act(act)
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise self._unusable(error) from error
                self._replace(error)
            try:
                return self._act(act)
            except sqlite3.DatabaseError as error:
                raise self._unusable(error) from error

    def _act(self, act: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connection or self._connect()
        with connection:
            return act(connection)

    def _connect(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable(error) from error
        connection = sqlite3.connect(self._path, timeout=_WAIT_SECONDS, check_same_thread=False)
        connection.text_factory = bytes  # a damaged blob may claim to be text, and need not be UTF-8
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")  # WAL: a power cut may lose the last chunk, never the file
            connection.execute(_SCHEMA)
        except sqlite3.DatabaseError:
            connection.close()
            raise
        finally:
            self._inode = self._path.stat().st_ino if self._path.exists() else 0
        self._connection = connection
        return connection

    def _disconnect(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    def _replace(self, error: sqlite3.DatabaseError) -> None:
        """Set the damaged file aside, unless another process already has. Not deleted: it may be somebody's file."""
        self._disconnect()
        try:
            self._set_aside(error)
        except OSError as reason:
            raise self._unusable(reason) from reason

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        with locked(self._path.with_name(f"{self._path.name}.lock")):
            if not self._path.exists() or self._path.stat().st_ino != self._inode:
                return
            _log.warning("%s: %s; set aside as %s.damaged, vectors are made again", self._path, error, self._path.name)
            self._path.replace(self._path.with_name(f"{self._path.name}.damaged"))
            for suffix in ("-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)

    def _unusable(self, error: Exception) -> VectorCacheError:
        return VectorCacheError(
            f"{self._path}: the vector cache cannot be used: {error}; expected a writable SQLite file on a disk with "
            "free space. Make room or correct the rights; deleting the file is safe, its vectors are made again."
        )


def unseen(embedder: Embedder, cache: VectorCache, texts: Sequence[str], *, most: int | None = None) -> int:
    """How many of the texts have never been embedded. most: the count ends where it is more than that."""
    count = 0
    for start in range(0, len(texts), LOOKED_AT):
        count += len(cache.get(embedder.name, texts[start : start + LOOKED_AT], dim=embedder.dim)[1])
        if most is not None and count > most:
            break
    return count


def embed_cached(
    embedder: Embedder, cache: VectorCache, texts: Sequence[str], *, progress: Progress | None = None
) -> tuple[FloatMatrix, int]:
    """The passages' vectors, embedding only texts never seen before, each of them once.

    Returns (n, dim) float32 in the order of the texts, and how many texts had to be embedded. What was embedded is kept
    every CHUNK texts, so an interrupted run goes on where it stopped. progress: see Progress; adds up to n.
    """
    distinct = list(dict.fromkeys(texts))
    matrix, missing = cache.get(embedder.name, distinct, dim=embedder.dim)
    if progress:
        progress(len(texts) - len(missing))
    for start in range(0, len(missing), CHUNK):
        rows = missing[start : start + CHUNK]
        unseen = [distinct[row] for row in rows]
        matrix[rows] = embedder.passages(unseen, progress=progress)
        cache.put(embedder.name, unseen, matrix[rows])
    place = {text: row for row, text in enumerate(distinct)}
    return matrix[[place[text] for text in texts]], len(missing)


def _key(model: str, text: str) -> bytes:
    """sha256 over the model's name and the text; lone surrogates count as what they are."""
    return hashlib.sha256(f"{model}\0{text}".encode("utf-8", "surrogatepass")).digest()


def _row(key: bytes, vector: bytes) -> tuple[bytes, bytes, int]:
    return key, vector, _checksum(key, vector)


def _checksum(key: bytes, vector: bytes) -> int:
    """Over both, so that a vector found under another's key is damage too."""
    return zlib.crc32(vector, zlib.crc32(key))


def _lookup(connection: sqlite3.Connection, keys: list[bytes], dim: int) -> dict[bytes, bytes]:
    """The sound vectors among the keys; damaged ones are deleted."""
    sound: dict[bytes, bytes] = {}
    damaged: list[tuple[bytes]] = []
    for start in range(0, len(keys), KEYS_PER_LOOKUP):
        some = keys[start : start + KEYS_PER_LOOKUP]
        marks = ", ".join("?" * len(some))
        for key, vector, checksum in connection.execute(_SELECT.replace("?", marks), some):
            if _is_sound(key, vector, checksum, dim):
                sound[key] = vector
            else:
                damaged.append((key,))
    if damaged:
        _log.warning("%d damaged vectors dropped from the cache; they are made again", len(damaged))
        connection.executemany("DELETE FROM vectors WHERE key = ?", damaged)
    return sound


def _is_sound(key: object, vector: object, checksum: object, dim: int) -> bool:
    return (
        isinstance(key, bytes) and isinstance(vector, bytes) and len(vector) == 4 * dim and checksum == _checksum(key, vector)
    )


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether the file itself is broken, as opposed to busy, full or read-only. Extended codes count as their base."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED
