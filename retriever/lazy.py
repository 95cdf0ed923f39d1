"""What is loaded when it is first asked for."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lazy(Generic[T]):
    """A value loaded at first use, by one thread only, and forgotten on request."""

    def __init__(self, load: Callable[[], T]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._values: list[T] = []  # none or one
        self._timer: threading.Timer | None = None

    def get(self) -> T:
        """The value, loaded now if it is not there. Raises what loading raises."""
        with self._lock:
            self._stop_timer()
            if not self._values:
                self._values.append(self._load())
            return self._values[0]

    @property
    def loaded(self) -> bool:
        """Whether it is there."""
        return bool(self._values)

    def forget_after(self, seconds: float) -> None:
        """Forget the value unless it is asked for within so many seconds; who still uses it keeps it until done."""
        with self._lock:
            self._stop_timer()
            self._timer = threading.Timer(seconds, self._forget)
            self._timer.daemon = True
            self._timer.start()

    def _forget(self) -> None:
        with self._lock:
            self._values.clear()

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
