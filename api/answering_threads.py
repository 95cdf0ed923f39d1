"""On which threads questions are answered, so that none keeps the others waiting, and none waits for ever."""

import os
import sys
import traceback
from asyncio import create_task, get_running_loop, wait
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock
from threading import enumerate as all_threads
from time import monotonic
from typing import Final

import structlog
from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from fastapi import Response

from api.queue import BusyError
from api.schema import SearchQuery, SearchResponse

# Live questions at once. On two cores more only wait for Python's one lock, at a tenth more processor time for each.
LIVE: Final = 1 + (os.cpu_count() or 1)
LONGEST: Final = 20.0  # seconds for a live question, waiting for its turn included; 15 ms is usual
_WRITTEN: Final = 5.0  # seconds more for one that is being written down as shown, and that the caller therefore has to get
_TOLD_AGAIN: Final = 60.0  # seconds between two lines that tell of it
_FRAMES: Final = 12  # of each thread, the innermost

log = structlog.get_logger()


class UnansweredError(Exception):
    """A live question has no answer in time. The log tells what every thread was doing."""


Claim = Callable[[], None]  # called once an answer is there, before it is written down; raises if nobody waits for it


@dataclass(slots=True)
class _Question:
    """A live one. The thread that answers it and the caller who gives it up each try to take it: only one of them can."""

    make: Callable[[Claim], str]
    taken: Lock = field(default_factory=Lock)
    running: bool = False  # on its thread, also when it was given up

    def give_up(self) -> bool:
        """Whether nothing of it is written down, nor will be."""
        return self.taken.acquire(blocking=False)

    def answer(self, threads: "_Threads") -> str:
        """On its thread. Raises UnansweredError if it was given up before its turn, and BusyError while the others hang."""
        self.running = True  # before it is asked whether it was given up: whoever gives it up asks in the other order
        try:
            if self.taken.locked():
                raise UnansweredError(_NOBODY)
            threads.require()
            return self.make(self._claim)
        finally:
            self.running = False

    def _claim(self) -> None:
        if not self.give_up():
            raise UnansweredError(_NOBODY)


@dataclass(slots=True)
class _Threads:
    """Those for live questions."""

    limiter: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(LIVE))
    told: float = float("-inf")
    left: list[_Question] = field(default_factory=list)  # given up while they ran; replaced, never changed: all threads read it

    def change(self, places: int) -> None:
        """Let so many more, or fewer, be answered at once. On the event loop's thread."""
        self.limiter.total_tokens += places

    def hung(self) -> int:
        """How many questions were given up and still run."""
        return sum(question.running for question in self.left)

    def are_hanging(self) -> bool:
        """Whether so many hang that no more may be begun.

        One that is given up leaves its place, so each that hangs is a thread beside the LIVE. Fewer than LIVE may be the fault
        of those questions: others are answered in the places that they left. When LIVE hang, every place was lost once, and it
        is this process that hangs: one more would only be one more thread, and 20 seconds of somebody's time.
        """
        return self.hung() >= LIVE

    def require(self) -> None:
        """Raise BusyError if no question may be begun."""
        if self.are_hanging():
            raise hangs()

    def leave(self, question: _Question) -> None:
        """Remember one that nobody waits for any more, if it runs. On the event loop's thread."""
        before = self.are_hanging()
        self.left = [it for it in (*self.left, question) if it.running]
        if self.are_hanging() and not before:
            log.error("questions hang and no more are taken", questions=self.hung(), threads=_stacks())


_live: Final[RunVar[_Threads]] = RunVar("threads for live questions")  # of one event loop, as anyio's own threads are
_NOBODY: Final = "Nobody waits for this answer any more."


def hangs() -> BusyError:
    """What whoever asks is told while questions hang."""
    return BusyError("Earlier questions hang here, so no more are taken.", "; if it stays so, the service has to be restarted")


async def answered(query: SearchQuery, answer: Callable[[Claim], SearchResponse]) -> Response:
    """The answer as it is sent, made and written on another thread. What we have made ourselves is not validated once more.

    A question about another moment may have to wait until that is built: on one of the threads that every endpoint has, so
    that it takes none from live questions. Raises UnansweredError too, and at once BusyError while questions hang.
    """
    _threads().require()
    live = query.as_of is None and "@" not in query.space
    if live:
        content = await _in_time(lambda claim: answer(claim).model_dump_json())
    else:
        content = await to_thread.run_sync(lambda: answer(lambda: None).model_dump_json())
    return Response(content, media_type="application/json")


def is_hanging() -> bool:
    """Whether so many live questions were given up and still run that none is taken any more. On the event loop's thread."""
    return _threads().are_hanging()


# How the question that runs in this context gives its place to others, and takes it back.
_change_places: Final[ContextVar[Callable[[int], None]]] = ContextVar("change places", default=lambda _places: None)


@contextmanager
def aside() -> Iterator[None]:
    """While a live question waits for another program, one more is answered beside it. For any thread."""
    change = _change_places.get()
    change(1)
    try:
        yield
    finally:
        change(-1)


async def _in_time(make: Callable[[Claim], str]) -> str:
    """What is made on a thread for live questions. One that hangs is left alone, and another takes its place."""
    threads = _threads()
    loop = get_running_loop()

    def change(places: int) -> None:
        with suppress(RuntimeError):  # the service has ended meanwhile
            loop.call_soon_threadsafe(threads.change, places)

    _change_places.set(change)
    question = _Question(make)
    asked = create_task(to_thread.run_sync(question.answer, threads, limiter=threads.limiter, abandon_on_cancel=True))
    try:
        done, _ = await wait({asked}, timeout=LONGEST)
        if not done and not question.give_up():
            done, _ = await wait({asked}, timeout=_WRITTEN)
    finally:
        question.give_up()
        asked.cancel()
        if not asked.done():
            threads.leave(question)
    if not done:
        if monotonic() - threads.told >= _TOLD_AGAIN:
            threads.told = monotonic()
            log.error("a question has no answer", seconds=LONGEST, load=os.getloadavg()[0], threads=_stacks())
        raise UnansweredError(f"No answer after {LONGEST:.0f} seconds. Ask again; the log of the service tells why.")
    return asked.result()


def _stacks() -> dict[str, list[str]]:
    """Where every thread is: by name, innermost first. No value of any of them."""
    names = {thread.ident: thread.name for thread in all_threads()}
    return {
        f"{names.get(ident, 'unknown')} {ident}": [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(traceback.extract_stack(at)[-_FRAMES:])
        ]
        for ident, at in sys._current_frames().items()
    }


def _threads() -> _Threads:
    try:
        return _live.get()
    except LookupError:
        _live.set(_Threads())
        return _live.get()
