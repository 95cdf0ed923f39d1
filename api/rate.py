"""How often one reader may ask, and how often one address may fail to say who it is. In the memory of one process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from time import time
from typing import Final

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


@dataclass(frozen=True, slots=True)
class Rates:
    """Counts requests. All limits are for a minute.

    own: a space's, usual: of every other one; the strictest of a reader's spaces counts. failures: of one address.
    """

    usual: int
    own: Mapping[str, int] = field(default_factory=dict)
    failures: int = FAILURES
    _limiter: MovingWindowRateLimiter = field(default_factory=lambda: MovingWindowRateLimiter(MemoryStorage()))

    def asked(self, reader: Reader) -> None:
        """Count a request of the reader. Raises TooManyError."""
        most = min((self.own.get(space, self.usual) for space in reader.spaces), default=self.usual)
        self._hit(most, "reader", reader.id)

    def failed(self, address: str) -> None:
        """Count a request from the address that nobody could be recognised in. Raises TooManyError."""
        self._hit(self.failures, "failed", address)

    def _hit(self, most: int, *key: str) -> None:
        limit = RateLimitItemPerMinute(most)
        if not self._limiter.hit(limit, *key):
            raise TooManyError(max(1, ceil(self._limiter.get_window_stats(limit, *key).reset_time - time())))
