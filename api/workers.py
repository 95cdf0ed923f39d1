"""Several processes that answer behind one address. The first leads, the others follow, and one that ends is replaced.

What leads fetches, builds, publishes and sends digests. What follows answers from what was published. A process above them only
watches: each of them says every second that it answers. It opens no database and no model and imports nothing that starts a
thread, so that it may fork whenever one ends.
"""

import math
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from struct import Struct
from threading import Thread
from time import monotonic, sleep
from typing import Final

import structlog

from api.ending import LONGEST, SIGNALS, end_by

_DEMO: Final = b"d"
_TOKENS: Final = b"t"
_ALIVE: Final = b"a"
_WORD: Final = Struct("=ic")  # which process says it, and what
_LOOK: Final = 0.1  # seconds between two looks at who has ended
_COUNTED: Final = 1.0  # seconds of silence at most that one look counts: before it this process may have stood still itself
_LAST_WORDS: Final = 0.5  # seconds in which one that does not answer tells where its threads are
_LONG: Final = 10.0  # seconds after which a process that ends has at least worked
_PAUSES: Final = (0.0, 1.0, 5.0, 30.0)  # seconds before it is replaced, by how often in a row it did not

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Worker:
    """Which process this one is.

    folder: what all of them share while they run; None where there is only one.
    demo:   whether requests are taken for the demo reader, as the first one found; None: that is to be found out.
    """

    number: int = 0
    folder: Path | None = None
    demo: bool | None = None
    is_first: bool = True  # of its number: whoever replaces another greets nobody
    _says: int | None = None  # the pipes
    _calls: tuple[int, int] | None = None

    @property
    def leads(self) -> bool:
        """Whether it is the one that publishes."""
        return self.number == 0

    def ready(self, *, demo: bool) -> None:
        """Say that there is a publication, from which the others can begin, and whom requests are taken for."""
        self._say(_DEMO if demo else _TOKENS)

    def beat(self) -> None:
        """Say that questions are answered. Whoever was ready, and does not say so for long, is replaced."""
        self._say(_ALIVE)

    def _say(self, what: bytes) -> None:
        if self._says is not None:
            with suppress(OSError):  # the process above stands still, or is gone, which we are told otherwise
                os.write(self._says, _WORD.pack(os.getpid(), what))

    def call(self, space: str) -> None:
        """Ask the one that leads to look for a new commit. It does when it can: also one that has to be replaced first."""
        if self._calls is not None:
            os.write(self._calls[1], f"{space}\n".encode())

    def hear(self, called: Callable[[str], None]) -> None:
        """Do this for each space for which the others call, for ever. Returns at once."""
        if self._calls is not None:
            Thread(target=_hear, args=(self._calls[0], called), name="calls of other workers", daemon=True).start()


ALONE: Final = Worker()


@dataclass
class Crew:
    """All of them, as the process above sees them."""

    count: int
    folder: Path
    silence: float = 30.0  # seconds after which one that says nothing any more is replaced
    _alive: tuple[int, int] = field(default_factory=os.pipe)  # its end tells the others that this process is gone
    _says: tuple[int, int] = field(default_factory=os.pipe)
    _calls: tuple[int, int] = field(default_factory=os.pipe)
    _running: dict[int, int] = field(default_factory=dict)  # process → number
    _begun: dict[int, float] = field(default_factory=dict)  # by number
    _failed: dict[int, int] = field(default_factory=dict)  # by number: times in a row
    _silent: dict[int, float] = field(default_factory=dict)  # by process, of those that were ready: seconds
    _due: dict[int, float] = field(default_factory=dict)  # number → when it is to begin
    _ending: int | None = None  # the signal
    _patient_until: float = math.inf  # when those that have not ended are killed
    _demo: bool | None = None  # not known before there is a publication

    def divide(self) -> Worker:
        """Begin the workers. Comes back in each of them, and in this process never."""
        for wanted in SIGNALS:
            signal.signal(wanted, self._end)
        for end in self._says:
            os.set_blocking(end, False)
        self._due[0], looked = 0.0, monotonic()
        while self._due or self._running:
            if self._ending is not None:  # here and not when the signal comes: it may come while one is being added
                self._due.clear()
            for number in [it for it, at in self._due.items() if at <= monotonic()]:
                del self._due[number]
                if worker := self._begin(number):
                    return worker
            sleep(_LOOK)
            before, looked = looked, monotonic()
            self._look(min(looked - before, _COUNTED))
        raise self._left()

    def _begin(self, number: int) -> Worker | None:
        """The worker, in the new process; None in this one."""
        is_first = number not in self._begun
        self._begun[number] = monotonic()
        process = os.fork()
        if process:
            self._running[process] = number
            if self._ending is not None:  # the signal came between these lines
                os.kill(process, signal.SIGTERM)
            return None
        os.setpgid(0, 0)  # the terminal's interrupt goes to the process above alone, which ends all in order
        for wanted in SIGNALS:
            signal.signal(wanted, signal.SIG_DFL)
        if self._ending is not None:  # the signal came before these lines, and nobody sends it again
            os._exit(0)
        os.close(self._alive[1])
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(self.folder)  # read when the library is imported, which is not yet
        Thread(target=_end_with, args=(self._alive[0],), name="end with the process above", daemon=True).start()
        return Worker(number, self.folder, self._demo, is_first, self._says[1], self._calls)

    def _look(self, passed: float) -> None:
        """Hear them, kill who is silent, and replace who has ended. passed: seconds since the last look."""
        with suppress(BlockingIOError):
            for process, what in _WORD.iter_unpack(os.read(self._says[0], 1000 * _WORD.size)):  # each was written at once
                self._heard(process, what)
        for process in self._silent:
            self._silent[process] += passed
        if monotonic() >= self._patient_until:
            self._send(signal.SIGKILL)
        elif self._ending is None:
            self._kill_silent()
        while self._running:
            process, status = os.waitpid(-1, os.WNOHANG)
            if not process:
                return
            for figures in self.folder.glob(f"gauge_live*_{process}.db"):  # of how it stood
                figures.unlink(missing_ok=True)
            self._silent.pop(process, None)
            self._ended(self._running.pop(process), os.waitstatus_to_exitcode(status))

    def _heard(self, process: int, what: bytes) -> None:
        """The followers begin once the leader is ready. A word of one that has ended, or is to end, counts for nobody."""
        if process not in self._running or self._ending is not None or (what == _ALIVE and process not in self._silent):
            return
        self._silent[process] = 0.0
        if what != _ALIVE and self._demo is None:
            self._demo = what == _DEMO
            self._due |= dict.fromkeys(range(1, self.count), 0.0)

    def _kill_silent(self) -> None:
        for process, number in self._running.items():
            if self._silent.get(process, 0.0) >= self.silence:
                log.error("a worker does not answer and is killed", worker=number, seconds=round(self._silent.pop(process)))
                os.kill(process, signal.SIGUSR1)
                sleep(_LAST_WORDS)
                os.kill(process, signal.SIGKILL)

    def _ended(self, number: int, code: int) -> None:
        if self._ending is not None:
            return
        if self._demo is None:  # the leader: it has said why, unless it was killed
            if code < 0:
                log.error("the first worker was killed before it served anything", signal=-code)
            raise self._left(code)
        failed = 0 if monotonic() - self._begun[number] >= _LONG else self._failed.get(number, 0) + 1
        self._failed[number] = failed
        self._due[number] = monotonic() + _PAUSES[min(failed, len(_PAUSES) - 1)]
        log.error("a worker ended and is replaced", worker=number, code=code)

    def _end(self, wanted: int, _frame: object) -> None:
        """Let all of them end; at the second signal at once."""
        again, self._ending = self._ending is not None, wanted
        self._patient_until = monotonic() + (0.0 if again else 2 * LONGEST)
        self._send(signal.SIGKILL if again else signal.SIGTERM)

    def _send(self, wanted: int) -> None:
        for process in [*self._running]:
            with suppress(ProcessLookupError):
                os.kill(process, wanted)

    def _left(self, code: int = 0) -> SystemExit:
        """How to end: as one process would have ended."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._ending is not None:
            end_by(self._ending)
        return SystemExit(code if code >= 0 else 1)


def _end_with(alive: int) -> None:
    os.read(alive, 1)  # nothing is ever written
    os.kill(os.getpid(), signal.SIGTERM)


def _hear(calls: int, called: Callable[[str], None]) -> None:
    for space in _lines(calls):
        called(space)


def _lines(pipe: int) -> Iterator[str]:
    rest = b""
    while more := os.read(pipe, 4096):
        *lines, rest = (rest + more).split(b"\n")
        yield from (line.decode() for line in lines)
