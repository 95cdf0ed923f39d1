"""Where events wait for the database: a file of one process, to which each line is handed over by one write.

What `append` has taken survives a killed process: the system holds it, whatever becomes of us. The database commits it, with
fsync, a moment later; only a power cut within that moment loses it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

import structlog

from api.store_error import StoreError

MOST_BYTES: Final = 1 << 30  # waiting for a database that does not answer: about 300,000 answers
_SUFFIX: Final = ".journal"
_CLOSED: Final = -1  # no file has this number: the old one's may soon be another file's
_LONGEST_LINE: Final = 1 << 20  # bytes; an answer takes 7,000

log = structlog.get_logger()


class Journal:
    """One journal file, held by one process. Appending is safe from several threads."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self._handle = handle
        self._lock = Lock()
        self._size = os.fstat(handle).st_size

    @classmethod
    def begin(cls, folder: Path, name: str) -> "Journal":
        """A new journal. Raises StoreError."""
        path = folder / f"{name}{_SUFFIX}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)
            while os.fstat(handle).st_nlink == 0:  # whoever looked for what was left behind has removed it before we held it
                os.close(handle)
                handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
                fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError as error:
            raise StoreError(f"{path}: cannot be made: {error.strerror}. Correct KB_DATA_DIR, or free some space.") from None
        return cls(path, handle)

    @property
    def size(self) -> int:
        """Bytes that are in it."""
        return self._size

    def append(self, line: bytes) -> None:
        """Hand one line over whole, or not at all. Raises StoreError if the disk is full or the database is long away."""
        with self._lock:
            if self._size + len(line) > MOST_BYTES:
                raise StoreError(f"{self.path.name} holds {self._size:,} bytes that the database has not taken.")
            try:
                taken = os.write(self._handle, line)
            except OSError as error:
                raise StoreError(f"{self.path.name} cannot be written: {error.strerror}.") from None
            if taken != len(line):
                os.ftruncate(self._handle, self._size)
                raise StoreError(f"{self.path.name} cannot be written: the disk is full.")
            self._size += taken

    def read(self, offset: int, most: int) -> bytes:
        """Whole lines from an offset: about `most` bytes, at least one line if there is one."""
        found = os.pread(self._handle, most, offset)
        while found and b"\n" not in found and (more := os.pread(self._handle, most, offset + len(found))):
            found += more
        return found[: found.rfind(b"\n") + 1]

    def empty(self, through: int) -> bool:
        """Forget everything if nothing follows `through`, so that no copy of the words stays; whether it did."""
        with self._lock:
            if self._size != through:
                return False
            os.ftruncate(self._handle, 0)
            self._size = 0
            return True

    def close(self) -> None:
        """Let go of it; an empty one is removed. What comes later is not taken, and says so."""
        with self._lock:
            if self._size == 0:
                self.path.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = _CLOSED

    def remove(self) -> None:
        """Remove it: everything in it is in the database."""
        self.path.unlink(missing_ok=True)
        os.close(self._handle)


def left_behind(folder: Path) -> Iterator[Journal]:
    """The journals of processes that have ended, each held from now on. The system lets go of a dead holder's lock."""
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        handle = _opened(path)
        if handle is None:
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            continue
        if os.fstat(handle).st_nlink:  # another process may have removed it while we took the lock
            yield Journal(path, handle)
        else:
            os.close(handle)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What another process has acknowledged. line: the last of it."""

    path: Path
    size: int
    line: bytes

    def is_there(self) -> bool:
        """Whether it is still in the journal, which is emptied when everything in it is in the database."""
        with suppress(OSError):
            return self.path.stat().st_size >= self.size
        return False

    def is_left_behind(self) -> bool:
        """Whether its process has ended, so that nobody brings it in."""
        handle = _opened(self.path)
        if handle is None:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(handle)
        return True


def waiting(folder: Path, besides: Path) -> Iterator[Waiting]:
    """What waits in the journals of other processes."""
    for path in folder.glob(f"*{_SUFFIX}"):
        if path == besides:
            continue
        with suppress(OSError), path.open("rb") as file:  # gone: everything in it is in the database
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _LONGEST_LINE))
            *_, line, _begun = b"", b"", *file.read(size).split(b"\n")
            if line:
                yield Waiting(path, size, line)


def _opened(path: Path) -> int | None:
    """None where it is gone, or cannot be opened: one that is not ours must not keep the others waiting."""
    try:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        log.error(
            "a journal that was left behind cannot be read; correct its rights and restart", file=str(path), reason=str(error)
        )
        return None
