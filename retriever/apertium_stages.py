"""The stages of Apertium as processes: one pipeline that stays open and answers one text at a time."""

import os
import select
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import Lock
from time import monotonic
from typing import IO, Final

_END: Final = " .[][\n]\0"  # a sentence's end that is no part of the text, then what makes every stage flush
_ENVIRONMENT: Final = {**os.environ, "LC_ALL": "C.UTF-8"}
_USUAL: Final = 0.03  # seconds that a question waits without further ado
Aside = Callable[[], AbstractContextManager[None]]


def patiently(wait: Callable[[float], bool], until: float, aside: Aside) -> bool:
    """Whether a wait, which is told its seconds, ends in time. One longer than usual is done aside."""
    left = max(0.0, until - monotonic())
    if wait(min(left, _USUAL)):
        return True
    if left <= _USUAL:
        return False
    with aside():
        return wait(max(0.0, until - monotonic()))


class Stages:
    """The running stages. Every one ends when the one before it does, so none outlives this process."""

    def __init__(self, stages: Sequence[Sequence[str]], aside: Aside) -> None:
        """aside: see Apertium. Raises OSError if a stage cannot be started."""
        self._aside = aside
        self.answered = float("-inf")  # when, by the monotonic clock
        self._killed = False
        self._turn = Lock()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._read = b""
        self._owed = 0  # answers that came too late to be waited for; they are read and dropped before the next one
        source: int | None = subprocess.PIPE
        try:
            for stage in stages:
                process = subprocess.Popen(  # noqa: S603  # the system's own programs, no word of a question among them
                    stage,
                    stdin=source,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    bufsize=0,
                    env=_ENVIRONMENT,
                    process_group=self._processes[0].pid if self._processes else 0,  # to be killed as one
                )
                if self._processes:
                    _close(self._processes[-1].stdout)  # the stage has its own copy; ours would keep it from seeing the end
                self._processes.append(process)
                source = _number(process.stdout)
        except OSError:
            self.stop()
            raise

    @contextmanager
    def turn(self, until: float) -> Iterator[Callable[[str], str]]:
        """To ask, once those before have their answers: what comes out for what goes in.

        Raises, also while asking, TimeoutError, EOFError, or OSError if a stage is gone.
        """
        if not patiently(lambda seconds: self._turn.acquire(timeout=seconds), until, self._aside):
            raise TimeoutError("others before it took the whole time")
        try:
            yield lambda text: self._ask(text + _END, until)
        finally:
            self._turn.release()

    def kill(self) -> None:
        """End every stage now, also one that is stopped. Whoever waits for an answer, or for a turn, sees the end."""
        if self._processes and not self._killed:
            self._killed = True
            with suppress(ProcessLookupError):
                os.killpg(self._processes[0].pid, signal.SIGKILL)

    def stop(self) -> None:
        """End every stage and wait for it, so that nothing is left behind."""
        self.kill()
        with self._turn:  # whoever waited has seen the end, and reads no more from what is closed now
            for process in self._processes:
                process.wait()
                _close(process.stdin)
                _close(process.stdout)

    def _ask(self, text: str, until: float) -> str:
        if self._killed:
            raise EOFError("the translation has ended")
        self._owed += 1
        try:
            self._write(text.encode(), until)
        except TimeoutError:
            raise EOFError("a stage takes in nothing") from None  # half a text is in it, and nothing can follow that
        answer = b""
        while self._owed:
            answer = self._next(until)
            self._owed -= 1
        if not answer.endswith(_END[-6:-1].encode()):  # a stage ended, and those after it flushed what they had
            raise EOFError("a stage of the translation has ended")
        return answer.decode("utf-8", "replace")

    def _write(self, text: bytes, until: float) -> None:
        first = _number(self._processes[0].stdin)
        while text:
            self._wait(first, select.POLLOUT, until)
            text = text[os.write(first, text[: select.PIPE_BUF]) :]  # as much as a pipe with room takes without waiting

    def _next(self, until: float) -> bytes:
        """What comes before the next NUL. What was read of it is kept if it does not come in time."""
        last = _number(self._processes[-1].stdout)
        while b"\0" not in self._read:
            self._wait(last, select.POLLIN, until)
            part = os.read(last, 65536)
            if not part:
                raise EOFError("a stage of the translation has ended")
            self._read += part
        answer, _, self._read = self._read.partition(b"\0")
        self.answered = monotonic()
        return answer

    def _wait(self, pipe: int, event: int, until: float) -> None:
        poll = select.poll()  # select() takes no file number above 1,023, and a service has more connections
        poll.register(pipe, event)
        if not patiently(lambda seconds: bool(poll.poll(seconds * 1000)), until, self._aside):
            raise TimeoutError("no translation in time")


def _number(pipe: IO[bytes] | None) -> int:
    if pipe is None:
        raise EOFError("a stage has no pipe")
    return pipe.fileno()


def _close(pipe: IO[bytes] | None) -> None:
    with suppress(OSError):
        if pipe:
            pipe.close()
