"""Who may wait for slow work: a few of each space, and never so many that no thread is left for live questions."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

WAITING: Final = 3  # requests of one space that may wait; each holds one of the 40 threads that answer
WAITING_IN_ALL: Final = 12
AGAIN_SECONDS: Final = 5  # until whoever was sent away asks again


class BusyError(Exception):
    """Too many wait already. seconds: after which to ask again."""

    def __init__(self, what: str, cure: str = "", seconds: int = AGAIN_SECONDS) -> None:
        self.seconds = seconds
        super().__init__(f"{what} Ask again in {seconds} seconds{cure}.")


class Queue:
    """Counts who waits. Safe from several threads."""

    def __init__(self, what: str, cure: str = "") -> None:
        """what: they wait for, as a sentence. cure: what helps beside asking again."""
        self._said = (what, cure)
        self._lock = Lock()
        self._waiting = Counter[str]()

    def waiting(self, space: str) -> int:
        """How many requests of a space wait, or do the work."""
        return self._waiting[space]

    @contextmanager
    def place(self, space: str) -> Iterator[None]:
        """A place in the queue. Raises BusyError if there is none."""
        with self._lock:
            if self._waiting[space] >= WAITING or self._waiting.total() >= WAITING_IN_ALL:
                raise BusyError(*self._said)
            self._waiting[space] += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting[space] -= 1
