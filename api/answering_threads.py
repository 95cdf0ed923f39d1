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


@dataclass(slots=True)
class _Threads:
    """Those for live questions."""

    limiter: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(LIVE))
    told: float = float("-inf")
    given_up: int = 0  # questions in a row

    def change(self, places: int) -> None:
        """Let so many more, or fewer, be answered at once. On the event loop's thread."""
        self.limiter.total_tokens += places


_live: Final[RunVar[_Threads]] = RunVar("threads for live questions")  # of one event loop, as anyio's own threads are


Claim = Callable[[], None]  # called once an answer is there, before it is written down; raises if nobody waits for it


@dataclass(slots=True)
class _Question:
    """A live one. The thread that answers it and the caller who gives it up each try to take it: only one of them can."""

    make: Callable[[Claim], str]
    taken: Lock = field(default_factory=Lock)

    def give_up(self) -> bool:
        """Whether nothing of it is written down, nor will be."""
        return self.taken.acquire(blocking=False)

    def answer(self) -> str:
        """On its thread."""
        return self.make(self._claim)

    def _claim(self) -> None:
        if not self.give_up():
            raise UnansweredError("Nobody waits for this answer any more.")


async def answered(query: SearchQuery, answer: Callable[[Claim], SearchResponse]) -> Response:
    """The answer as it is sent, made and written on another thread. What we have made ourselves is not validated once more.

    A question about another moment may have to wait until that is built: on one of the threads that every endpoint has, so
    that it takes none from live questions. Raises UnansweredError too.
    """
    live = query.as_of is None and "@" not in query.space
    if live:
        content = await _in_time(lambda claim: answer(claim).model_dump_json())
    else:
        content = await to_thread.run_sync(lambda: answer(lambda: None).model_dump_json())
    return Response(content, media_type="application/json")


def is_hanging() -> bool:
    """Whether as many live questions in a row were given up as have threads, so that none is answered any more."""
    return _threads().given_up >= LIVE


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
    asked = create_task(to_thread.run_sync(question.answer, limiter=threads.limiter, abandon_on_cancel=True))
    try:
        done, _ = await wait({asked}, timeout=LONGEST)
        if not done and not question.give_up():
            done, _ = await wait({asked}, timeout=_WRITTEN)
    finally:
        question.give_up()
        asked.cancel()
    if not done:
        threads.given_up += 1
        if monotonic() - threads.told >= _TOLD_AGAIN:
            threads.told = monotonic()
            log.error("a question has no answer", seconds=LONGEST, load=os.getloadavg()[0], threads=_stacks())
        raise UnansweredError(f"No answer after {LONGEST:.0f} seconds. Ask again; the log of the service tells why.")
    content = asked.result()
    threads.given_up = 0
    return content


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
