"""The commit that should be live, for whoever asks how a space stands: git is asked now and then, not for every question."""

from collections.abc import Callable
from threading import Lock
from time import monotonic

from kb.errors import KbError
from kb.tree import Commit


class RecentTip:
    """What git said last, for a while; also what went wrong. Safe from several threads, of which one asks."""

    def __init__(self, ask: Callable[[], Commit], seconds: float) -> None:
        self._ask = ask
        self._seconds = seconds
        self._lock = Lock()
        self._said: Commit | KbError | None = None
        self._asked = float("-inf")

    def get(self) -> Commit:
        """The commit. Raises RepositoryError as it was raised."""
        with self._lock:
            if self._said is None or monotonic() - self._asked >= self._seconds:
                self._said = self._now()
                self._asked = monotonic()
            said = self._said
        if isinstance(said, KbError):
            raise said.with_traceback(None)  # which would grow with every raise
        return said

    def _now(self) -> Commit | KbError:
        try:
            return self._ask()
        except KbError as error:
            return error
