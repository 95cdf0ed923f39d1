"""Keeps what is served up to date: one thread for each space, woken by a hook or by the clock."""

import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic
from typing import Final, Protocol

import structlog

from api.live import LiveSpace

LOCAL_POLL_SECONDS: Final = 1.0
REMOTE_POLL_SECONDS: Final = 30.0
LONGEST_PAUSE: Final = 300.0  # seconds, between tries of what keeps failing
_JITTER: Final = 0.1  # share of a pause, so that many services do not ask one host in the same second

log = structlog.get_logger()


class Updates(Protocol):
    """Where a push is told."""

    def follows(self, ref: str) -> bool:
        """Whether a push to the ref can change what is live. Raises RepositoryError."""
        ...

    def wake(self) -> None:
        """Look now. Returns at once."""
        ...


@dataclass(frozen=True, slots=True)
class LeadersUpdates:
    """The updates of a space by the process that leads, for one that does not."""

    live: LiveSpace
    call: Callable[[str], None]

    def follows(self, ref: str) -> bool:
        """See Updates."""
        return self.live.space.follows(ref)

    def wake(self) -> None:
        """See Updates."""
        self.call(self.live.space.name)


class Follower:
    """Keeps what a following process serves up to date: looks for publications of others, so that no request waits for one."""

    def __init__(self, live: LiveSpace, *, seconds: float) -> None:
        """seconds: between two looks."""
        self._live = live
        self._seconds = seconds
        self._ended = Event()
        self._thread = Thread(target=self._run, name=f"follow {live.space.name}", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self, seconds: float | None = None) -> None:
        """End after the look that runs, or after so many seconds."""
        self._ended.set()
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._ended.wait(self._seconds):
            try:
                self._live.look()
                if not self._live.serving and self._live.space.snapshots.published_name() is not None:
                    self._live.resume()  # what was published is damaged, and who published it has it in memory
            except Exception:  # the next look must be all the same; what is served stays
                log.exception("what was published cannot be followed", space=self._live.space.name)


class Updater:
    """One update at a time; whatever asks for one meanwhile is answered by the next, which finds the newest commit."""

    def __init__(self, live: LiveSpace, *, seconds: float) -> None:
        """seconds: between looks for a new commit; after a failure twice as long each time. 0: only when woken."""
        self.live = live
        self._seconds = seconds
        self._failures = 0
        self._woken = Event()
        self._ended = Event()
        self._thread = Thread(target=self._run, name=f"update {live.space.name}", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def follows(self, ref: str) -> bool:
        """Whether a push to the ref can change what is live. Raises RepositoryError."""
        return self.live.space.follows(ref)

    def wake(self) -> None:
        """Look now. Returns at once."""
        self._woken.set()

    def stop(self, seconds: float | None = None) -> None:
        """End after the update that runs, or after so many seconds: whatever it has begun is there whole or not at all."""
        self._ended.set()
        self._woken.set()
        self._thread.join(seconds)

    def pause(self) -> float | None:
        """Seconds until the next look by the clock; None for never."""
        if not self._seconds and not self._failures:
            return None
        longest = max(LONGEST_PAUSE, self._seconds)
        pause = min(max(self._seconds, 1.0 if self._failures else 0.0) * 2.0**self._failures, longest)
        return pause * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - to spread load, not to hide anything

    def _run(self) -> None:
        while not self._ended.is_set():
            self._woken.wait(self.pause())
            self._woken.clear()
            if not self._ended.is_set():
                self._failures = 0 if self._updated() else min(self._failures + 1, 20)

    def _updated(self) -> bool:
        try:
            return self.live.update()
        except Exception:  # a bug must not end the updates for ever; what is served stays
            log.exception("an update failed", space=self.live.space.name)
            return False


def wake(updaters: Mapping[str, Updater], space: str) -> None:
    """Let a space be looked at. Of what is no space's name, because who led before had read half of it, all are meant."""
    for updater in [updaters[space]] if space in updaters else updaters.values():
        updater.wake()


def stop_all(updaters: Collection[Updater | Follower], seconds: float) -> None:
    """Stop them at once, and wait no longer than this for all of them."""
    until = monotonic() + seconds
    for updater in updaters:
        updater.stop(0.0)
    for updater in updaters:
        updater.stop(max(0.0, until - monotonic()))
