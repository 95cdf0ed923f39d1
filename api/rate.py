"""How often one reader may ask, and how often one address may fail to say who it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from time import time
from typing import Final, Protocol

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from api.reader import Reader

FAILURES: Final = 60  # a minute from one address: a page with an ended session asks a few times, a guesser never stops


class TooManyError(Exception):
    """Too many requests. seconds: until the next one is answered, at least 1."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"Too many requests. Ask again in {seconds} second{'' if seconds == 1 else 's'}.")


class Window(Protocol):
    """Counts over the last minute."""

    def hit(self, most: int, who: str) -> float | None:
        """Count one unless there were `most` already; then the moment at which the oldest of them no longer counts."""
        ...


class OwnWindow:
    """In the memory of one process."""

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, most: int, who: str) -> float | None:
        """See Window."""
        limit = RateLimitItemPerMinute(most)
        return None if self._limiter.hit(limit, who) else self._limiter.get_window_stats(limit, who).reset_time


@dataclass(frozen=True, slots=True)
class Rates:
    """Counts requests. All limits are for a minute.

    own: a space's, usual: of every other one; the strictest of a reader's spaces counts. failures: of one address.
    """

    usual: int
    own: Mapping[str, int] = field(default_factory=dict)
    failures: int = FAILURES
    window: Window = field(default_factory=OwnWindow)

    def asked(self, reader: Reader) -> None:
        """Count a request of the reader. Raises TooManyError."""
        most = min((self.own.get(space, self.usual) for space in reader.spaces), default=self.usual)
        self._hit(most, f"reader {reader.id}")

    def failed(self, address: str) -> None:
        """Count a request from the address that nobody could be recognised in. Raises TooManyError."""
        self._hit(self.failures, f"failed {address}")

    def _hit(self, most: int, who: str) -> None:
        again = self.window.hit(most, who)
        if again is not None:
            raise TooManyError(max(1, ceil(again - time())))
