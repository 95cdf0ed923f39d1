"""Spanish questions to rough English by Apertium, a separate program: the one file that knows it.

Its ten stages stay open as one pipeline. Each text is ended by a NUL, on which every stage flushes what it holds, so that a
question costs 4.5 ms; a pipeline for each question would cost 170 ms. Nothing of Apertium is imported or shipped.
"""

import contextlib
import os
import re
import select
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Final

import structlog

SPANISH: Final = "es"
MODE: Final = Path("/usr/share/apertium/modes/spa-eng.mode")
BUDGET: Final = 1.0  # seconds for one question, waiting for others and for a start included; 4.5 ms is usual, a start 170
LONGEST: Final = 1000  # characters that are translated: 25 ms; the English model reads no more than about as many

log = structlog.get_logger()

_END: Final = " .[][\n]\0"  # a sentence's end that is no part of the text, then what makes every stage flush
# What the stream gives a meaning to becomes a space: no search needs it, and a long run of escapes takes 0.2 s.
_MEANT: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\\\[\]{}^$/@<>~*#]")
_UNKNOWN: Final = re.compile(r"\*([^\W\d_]{3,})")  # how it marks a word that it does not know
_MARKS: Final = re.compile(r"[*#@](?=\S)")
_LONGEST_WORD: Final = 40  # letters; a run of 2,000 takes more than the whole budget
_LONG_WORD: Final = re.compile(rf"(\S{{{_LONGEST_WORD}}})\S+")
_STUCK: Final = 4  # answers in a row that did not come in time, after which the stages are started anew
_RESTORED: Final = 12  # unknown words of a question that are tried with an accent
_ACCENTED: Final = {"a": "á", "e": "é", "i": "í", "o": "ó", "u": "ú", "n": "ñ"}


class Apertium:
    """A Translator over one long-lived pipeline, started at first use or by `start`, and anew after it died.

    One question at a time: on two cores a second pipeline would only take its time from the first.
    """

    name = "apertium spa-eng"

    def __init__(self, mode: Path = MODE, *, budget: float = BUDGET) -> None:
        """budget: seconds."""
        self._stages = _stages(mode.read_text(encoding="utf-8"))
        self._budget = budget
        self._lock = Lock()
        self._pipeline: _Pipeline | None = None
        self._closed = False

    @classmethod
    def installed(cls, mode: Path = MODE) -> bool:
        """Whether the Spanish-English pair and the programs of its stages are on this machine."""
        try:
            return all(shutil.which(stage[0]) for stage in _stages(mode.read_text(encoding="utf-8")))
        except OSError:
            return False

    def english(self, text: str, lang: str) -> str | None:
        """See Translator."""
        if lang != SPANISH or not text.strip():
            return None
        until = monotonic() + self._budget
        if not self._lock.acquire(timeout=self._budget):
            log.warning("question not translated", reason="others before it took the whole time", seconds=self._budget)
            return None
        try:
            return self._translated(text[:LONGEST], until)
        finally:
            self._lock.release()

    def start(self) -> None:
        """See Translator."""
        with self._lock:
            self._open()

    def close(self) -> None:
        """See Translator."""
        with self._lock:
            self._closed = True
            self._stop()

    def _translated(self, text: str, until: float) -> str | None:
        for _ in range(2):  # a pipeline that died since the last question is found out by writing to it
            pipeline = self._open()
            if pipeline is None:
                return None
            try:
                return _read(pipeline, _readable(text), until)
            except (OSError, EOFError, TimeoutError) as error:
                late = isinstance(error, TimeoutError)
                if late and pipeline.owed < _STUCK:
                    log.warning("question not translated", reason="no translation in time", seconds=self._budget)
                    return None
                self._stop()
                log.warning("translation stopped and starts anew", reason=str(error) or type(error).__name__)
                if late:
                    return None
        return None

    def _open(self) -> "_Pipeline | None":
        if self._closed:
            return None
        if self._pipeline is None:
            try:
                self._pipeline = _Pipeline(self._stages)
            except OSError as error:
                log.warning("translation cannot start", reason=str(error))
        return self._pipeline

    def _stop(self) -> None:
        if self._pipeline is not None:
            self._pipeline.stop()
            self._pipeline = None


class _Pipeline:
    """The running stages. Every one ends when the one before it does, so none outlives this process."""

    def __init__(self, stages: Sequence[Sequence[str]]) -> None:
        """Raises OSError if a stage cannot be started."""
        self._processes: list[subprocess.Popen[bytes]] = []
        self._read = b""
        self.owed = 0  # answers that came too late to be waited for; they are read and dropped before the next one
        source: int | None = subprocess.PIPE
        try:
            for stage in stages:
                process = subprocess.Popen(  # noqa: S603  # the system's own programs, no word of a question among them
                    stage, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0, env=_ENVIRONMENT
                )
                if self._processes:
                    _close(self._processes[-1].stdout)  # the stage has its own copy; ours would keep it from seeing the end
                self._processes.append(process)
                source = process.stdout.fileno() if process.stdout else None
        except OSError:
            self.stop()
            raise

    def ask(self, text: str, until: float) -> str:
        """What comes out for what goes in. Raises TimeoutError, EOFError, or OSError if a stage is gone."""
        first = self._processes[0].stdin
        if first is None:
            raise EOFError("a stage has no pipe")
        first.write(text.encode())
        self.owed += 1
        answer = b""
        while self.owed:
            answer = self._next(until)
            self.owed -= 1
        if not answer.endswith(_END[-6:-1].encode()):  # a stage ended, and those after it flushed what they had
            raise EOFError("a stage of the translation has ended")
        return answer.decode("utf-8", "replace")

    def _next(self, until: float) -> bytes:
        """What comes before the next NUL. What was read of it is kept if it does not come in time."""
        last = self._processes[-1].stdout
        if last is None:
            raise EOFError("a stage has no pipe")
        poll = select.poll()  # select() takes no file number above 1,023, and a service has more connections
        poll.register(last, select.POLLIN)
        while b"\0" not in self._read:
            if not poll.poll(max(0.0, until - monotonic()) * 1000):
                raise TimeoutError("no translation in time")
            part = os.read(last.fileno(), 65536)
            if not part:
                raise EOFError("a stage of the translation has ended")
            self._read += part
        answer, _, self._read = self._read.partition(b"\0")
        return answer

    def stop(self) -> None:
        """End every stage and wait for it, so that nothing is left behind."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()
            _close(process.stdin)
            _close(process.stdout)


def _close(pipe: object) -> None:
    with contextlib.suppress(OSError):
        getattr(pipe, "close", lambda: None)()


_ENVIRONMENT: Final = {**os.environ, "LC_ALL": "C.UTF-8"}


def _stages(mode: str) -> list[list[str]]:
    """The commands of a mode file, each told to flush on NUL. `$1` and `$2` are what the `apertium` program fills in."""
    commands = [shlex.split(command.replace("$1", "-g").replace("$2", "")) for command in mode.strip().split("|")]
    return [[program, "-z", *rest] for program, *rest in commands]


def _read(pipeline: _Pipeline, text: str, until: float) -> str:
    """The translation; words that it only knows with an accent are given one: agents type "transaccion" mid-call."""
    rough = pipeline.ask(text + _END, until)
    unknown = list(dict.fromkeys(_UNKNOWN.findall(rough)))[:_RESTORED]
    tried = {word: accented for word in unknown if (accented := _with_accent(word))}
    if tried:
        asked = ". ".join(candidate for candidates in tried.values() for candidate in candidates)
        still = set(_UNKNOWN.findall(pipeline.ask(asked + _END, until)))
        known = {word: [it for it in candidates if it not in still] for word, candidates in tried.items()}
        restored = {word: candidates[0] for word, candidates in known.items() if candidates}
        if restored:
            words = re.compile(rf"\b({'|'.join(map(re.escape, restored))})\b")
            rough = pipeline.ask(words.sub(lambda found: restored[found[1]], text) + _END, until)
    return _plain(rough)


def _with_accent(word: str) -> list[str]:
    """The word with one accent, at each letter that can bear one; at the end of a word in -cion where it stands in Spanish."""
    if not word.isascii():
        return []
    if word.endswith(("cion", "sion", "xion")):
        return [f"{word[:-2]}ón"]
    return [f"{word[:at]}{_ACCENTED[letter]}{word[at + 1 :]}" for at, letter in enumerate(word) if letter in _ACCENTED]


def _readable(text: str) -> str:
    """The text as the first stage takes it, without words that are none."""
    return _LONG_WORD.sub(r"\1", _MEANT.sub(" ", text))


def _plain(stream: str) -> str:
    """The last stage's answer as text, without the marks of words it does not know."""
    text = stream.removesuffix("[][\n]").rstrip().removesuffix(".")
    return " ".join(_MARKS.sub("", text).split())
