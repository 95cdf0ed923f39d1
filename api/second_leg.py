"""Embeds what multilingual legs lack, beside the questions: one thread and one core for all spaces.

It has no lower priority than the questions' threads. It would hold the interpreter while it waits for a core: on a machine
with other work to do, questions then took seconds (docs/decisions/0014-english-first.md).
"""

from collections.abc import Iterator, Mapping
from threading import Event, Thread
from time import monotonic
from typing import Final

import structlog

from api.updater import Updater
from api.watch import Step

AGAIN_SECONDS: Final = 30.0  # after a failure

log = structlog.get_logger()


class SecondLeg:
    """Works wherever a snapshot of the first stage is served, by turns; the updater serves what comes of it."""

    def __init__(self, updaters: Mapping[str, Updater]) -> None:
        self._updaters = updaters
        self._woken = Event()
        self._ended = Event()
        self._steps: dict[str, Iterator[Step]] = {}  # of each space that lacks something
        self._again: dict[str, float] = {}  # when to try again what failed
        self._thread = Thread(target=self._run, name="second leg", daemon=True)
        for updater in updaters.values():
            updater.live.listeners.append(lambda _news: self._woken.set())

    def start(self) -> None:
        """Begin with what is served now."""
        self._woken.set()
        self._thread.start()

    def stop(self, seconds: float | None = None) -> None:
        """End after the passages that are being embedded, or after so many seconds; never begin if it has not."""
        self._ended.set()
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._ended.is_set():
            self._woken.wait(self._pause())
            self._woken.clear()
            while not self._ended.is_set() and self._go_round():
                pass

    def _go_round(self) -> bool:
        """A step of each space that lacks something, so that a long leg holds up no other; whether anything was to do."""
        had_work = [self._go_on(name, updater) for name, updater in self._updaters.items()]
        return any(had_work)

    def _go_on(self, name: str, updater: Updater) -> bool:
        """Embed a few passages of one space; False if there is nothing to do, or not yet because that has just failed."""
        live = updater.live
        if self._ended.is_set() or monotonic() < self._again.get(name, 0.0):
            return False
        self._again.pop(name, None)
        if not live.is_unfinished():
            self._steps.pop(name, None)
            return False
        try:
            if next(self._steps.setdefault(name, live.embedding()), None) is None:
                del self._steps[name]  # another snapshot is served: from its beginning
        except Exception:  # a bug must not end the others' legs; what is served stays
            log.exception("the multilingual leg is not embedded", space=name)
            del self._steps[name]
            self._again[name] = monotonic() + AGAIN_SECONDS
            return False
        if not live.is_unfinished():
            del self._steps[name]
            updater.wake()
        return True

    def _pause(self) -> float | None:
        """Seconds until what failed is tried again; None if nothing did."""
        return max(0.0, min(self._again.values()) - monotonic()) if self._again else None
