"""Embeds what multilingual legs lack, beside the questions: one thread and one core for all spaces.

It has no lower priority than the questions' threads. It would hold the interpreter while it waits for a core: on a machine
with other work to do, questions then took seconds (docs/decisions/0014-english-first.md).
"""

from collections.abc import Mapping
from threading import Event, Thread
from typing import Final

import structlog

from api.updater import Updater

AGAIN_SECONDS: Final = 30.0  # after a failure

log = structlog.get_logger()


class SecondLeg:
    """Works wherever a snapshot of the first stage is served, one space after another; the updater serves what comes of it."""

    def __init__(self, updaters: Mapping[str, Updater]) -> None:
        self._updaters = updaters
        self._woken = Event()
        self._ended = Event()
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
        pause = None
        while not self._ended.is_set():
            self._woken.wait(pause)
            self._woken.clear()
            failed = [name for name, updater in self._updaters.items() if not self._embedded(name, updater)]
            pause = AGAIN_SECONDS if failed else None

    def _embedded(self, name: str, updater: Updater) -> bool:
        """Embed what one space lacks; False if that failed and is worth another try."""
        if not updater.live.is_unfinished():
            return True
        try:
            while updater.live.is_unfinished():
                for _ in updater.live.embedding():
                    if self._ended.is_set():
                        return True
        except Exception:  # a bug must not end the others' legs; what is served stays
            log.exception("the multilingual leg is not embedded", space=name)
            return False
        updater.wake()
        return True
