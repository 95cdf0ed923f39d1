"""The writer behind the service: an event is acknowledged by the journal at once, and committed to the database in groups."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition, Thread
from threading import Event as Signal
from time import monotonic, sleep
from typing import Final

import structlog

from api.events.damaged import Damaged
from api.events.event import Event, new_id, read, written
from api.events.journal import Journal, Waiting, left_behind, waiting
from api.events.ledger import Ledger
from api.store_error import RefusedError, StoreError

_GATHER: Final = 0.1  # seconds that a group may grow, unless somebody waits for it: one fsync serves them all
_AGAIN: Final = 0.01  # seconds between two looks at what another process has still to commit
_CHUNK: Final = 1 << 18  # bytes of the journal in one transaction, about 80 answers
_PATIENCE: Final = (0.5, 30.0)  # seconds before the database is tried again: at first, and at most
_DAMAGED: Final = (ValueError, KeyError, TypeError)  # what a line raises that is none
_UNFIT: Final = (RefusedError, LookupError, TypeError, ValueError)  # what one event may raise, and would raise for ever

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits for the database. error: why it waits; None if it is only a moment. damaged: lines that it cannot hold."""

    bytes: int
    error: str | None
    damaged: int = 0


class Recorder:
    """Takes events from any thread. What `record` has taken is never lost when the process is killed."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        """folder: where the journals of all processes with this database lie. Raises StoreError."""
        self.ledger = ledger
        self.damaged = Damaged(folder)
        self._folder = folder
        self._journal = Journal.begin(folder, new_id(datetime.now(UTC)))
        self._changed = Condition()
        self._new = Signal()
        self._closing = Signal()
        self._awaited = Signal()  # somebody waits, or it is time to end
        self._adopted = False  # what killed processes left behind
        self._taken = 0  # lines, since the beginning
        self._kept = 0
        self._offset = 0
        self._error: str | None = None
        self._thread = Thread(target=self._run, name="event writer", daemon=True)
        self._thread.start()

    def record(self, *events: Event) -> None:
        """Take events that belong together. When it returns they are acknowledged. Raises StoreError if they are not kept."""
        line = written(events)
        with self._changed:
            self._journal.append(line)
            self._taken += 1
        self._new.set()

    def flush(self, seconds: float = 5.0) -> None:
        """Wait until everything taken so far, here and by other processes, is in the database.

        Raises StoreError if that takes longer.
        """
        until = monotonic() + seconds
        with self._changed:
            goal = self._taken
            self._awaited.set()
            self._changed.wait_for(lambda: self._kept >= goal or self._error is not None, seconds)
            if self._kept < goal:
                raise StoreError(self._error or f"The database has not taken what happened within {seconds} seconds.")
        for other in waiting(self._folder, self._journal.path):
            self._await(other, until)

    def _await(self, other: Waiting, until: float) -> None:
        """Wait until another process has committed what it has acknowledged; what a dead one left behind, we commit."""
        try:
            last = read(other.line)[-1].id
        except (*_DAMAGED, IndexError):  # IndexError: there is nothing in it
            return  # its own process sets it aside
        while other.is_there() and not self.ledger.has(last):
            if other.is_left_behind():
                self._adopted = False
                self._awaited.set()
                self._new.set()
            if monotonic() > until:
                raise StoreError(self._error or "Another process has not committed in time what it has acknowledged.")
            sleep(_AGAIN)

    def backlog(self) -> Backlog:
        """What waits, and why."""
        dead = (
            None
            if self._thread.is_alive() or self._closing.is_set()
            else "The event writer has ended; the log tells why. Restart."
        )
        return Backlog(self._journal.size - self._offset, self._error or dead, self.damaged.count())

    def close(self, seconds: float = 10.0) -> None:
        """Commit what waits, if the database answers in time; the next start commits the rest."""
        self._closing.set()
        self._awaited.set()
        self._new.set()
        self._thread.join(seconds)
        if not self._thread.is_alive():
            self._journal.close()

    def _run(self) -> None:
        """Commit what is new in groups until it is time to end; after a failure try again, less and less often."""
        pause = _PATIENCE[0]
        while True:
            ending = self._closing.is_set()
            self._new.clear()
            try:
                self._adopt()
                while self._commit():
                    pause = _PATIENCE[0]
            except (StoreError, OSError) as error:  # OSError: a journal that cannot be read
                self._fail(str(error))
                self._closing.wait(pause)
                pause = min(pause * 2, _PATIENCE[1])
            else:
                if not ending:
                    self._new.wait()
                    self._awaited.wait(_GATHER)
                    self._awaited.clear()
            if ending:
                return

    def _commit(self) -> bool:
        """Bring the next part of the journal to the database; whether there was one."""
        part = self._journal.read(self._offset, _CHUNK)
        if not part:
            return False
        lines = part.splitlines()
        self._keep(self._events(lines))
        with self._changed:
            self._offset += len(part)
            if self._journal.empty(self._offset):
                self._offset = 0
            self._kept += len(lines)
            self._error = None
            self._changed.notify_all()
        return True

    def _adopt(self) -> None:
        """Bring in what processes left behind that were killed; once, unless somebody finds more of it."""
        if self._adopted:
            return
        for journal in left_behind(self._folder):
            try:
                self._bring_in(journal)
            except BaseException:
                journal.close()  # else we would find it held by ourselves when we try again
                raise
            journal.remove()
        self._adopted = True

    def _bring_in(self, journal: Journal) -> None:
        offset = 0
        while part := journal.read(offset, _CHUNK):
            self._keep(self._events(part.splitlines()))
            offset += len(part)

    def _keep(self, events: list[Event]) -> None:
        """Commit them together; where one cannot be kept, each alone, so that it keeps none of the others waiting."""
        try:
            self.ledger.append(events)
        except _UNFIT:
            for event in events:
                self._keep_one(event)

    def _keep_one(self, event: Event) -> None:
        try:
            self.ledger.append([event])
        except _UNFIT:
            self._set_aside(written([event]).rstrip())

    def _events(self, lines: list[bytes]) -> list[Event]:
        events: list[Event] = []
        for line in lines:
            try:
                events.extend(read(line))
            except _DAMAGED:
                self._set_aside(line)
        return events

    def _set_aside(self, line: bytes) -> None:
        """A damaged line must not keep the others waiting; it is kept for a person to look at. Raises StoreError."""
        log.error("a line of the event journal is damaged and was set aside", file=str(self.damaged.path))
        self.damaged.add(line)

    def _fail(self, reason: str) -> None:
        with self._changed:
            if self._error is None:
                log.error("events wait for the database", reason=reason)
            self._error = reason
            self._changed.notify_all()
