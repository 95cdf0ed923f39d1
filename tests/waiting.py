"""Waiting in tests: for what comes, and not for ever for what stalls."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STALLED_SECONDS = 60  # what the guarded tests do takes a tenth of a second; if it grew as a square, many minutes


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until it holds; a failure if it never does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to hold"
        time.sleep(0.02)


@contextmanager
def no_stall() -> Iterator[None]:
    """Break off what has not ended after a minute. Python's patterns look for signals while they match."""

    def break_off(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"not done after {STALLED_SECONDS} s")

    before = signal.signal(signal.SIGALRM, break_off)
    signal.alarm(STALLED_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
