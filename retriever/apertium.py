"""Spanish questions to rough English by Apertium, a separate program that only this file and its stages know.

Its ten stages stay open as one pipeline. Each text is ended by a NUL, on which every stage flushes what it holds, so that a
question costs 4.5 ms; a pipeline for each question would cost 170 ms. Nothing of Apertium is imported or shipped.
"""

import re
import shlex
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from threading import Condition, Thread
from time import monotonic
from typing import Final

import structlog

from retriever.apertium_stages import Aside, Stages, patiently

SPANISH: Final = "es"
MODE: Final = Path("/usr/share/apertium/modes/spa-eng.mode")
LIVE_BUDGET: Final = 0.5  # seconds for one question of many, its turn included; 4.5 ms is usual, 412 the longest of 4,000
BUDGET: Final = 5.0  # seconds for one that keeps no other waiting; a start takes 0.2 and more
LONGEST: Final = 1000  # characters that are translated: 25 ms; the English model reads no more than about as many

log = structlog.get_logger()

# What the stream gives a meaning to becomes a space: no search needs it, and a long run of escapes takes 0.2 s.
_MEANT: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\\\[\]{}^$/@<>~*#]")
_UNKNOWN: Final = re.compile(r"\*([^\W\d_]{3,})")  # how it marks a word that it does not know
_MARKS: Final = re.compile(r"[*#@](?=\S)")
_LONGEST_WORD: Final = 40  # letters; a run of 2,000 takes more than the whole budget
_LONG_WORD: Final = re.compile(rf"(\S{{{_LONGEST_WORD}}})\S+")
_START: Final = 10.0  # seconds for the first answer of new stages
_PAUSE: Final = 30.0  # seconds after a start that failed; nothing that keeps it from starting mends itself sooner
_PROBE: Final = "tarjeta"
_RESTORED: Final = 12  # unknown words of a question that are tried with an accent
_ACCENTED: Final = {"a": "á", "e": "é", "i": "í", "o": "ó", "u": "ú", "n": "ñ"}


class Apertium:
    """A Translator over one long-lived pipeline, started at first use or by `start`, and anew after it died or hung.

    One question at a time: on two cores a second pipeline would only take its time from the first. A pipeline that gives
    nothing to anybody while a question spends its whole budget is killed, and a new one is started in the background; until
    that has answered a first text nobody waits.
    """

    name = "apertium spa-eng"

    def __init__(self, mode: Path = MODE, *, budget: float = BUDGET, aside: Aside = nullcontext) -> None:
        """budget: seconds that a question waits at most, counted from when it is asked.

        aside: what is entered while one waits longer than usual, so that questions which need no translation go on.
        """
        self._stages = _stages(mode.read_text(encoding="utf-8"))
        self._budget = budget
        self._aside = aside
        self._changes = Condition()  # of what follows
        self._pipeline: Stages | None = None  # one that has answered
        self._starting = False
        self._not_before = float("-inf")  # when the next start may be, by the monotonic clock
        self._waited = False  # a whole budget was spent in vain: nobody waits for what starts now
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
        asked = monotonic()
        until = asked + self._budget
        for _ in range(2):  # a pipeline that died since the last question is found out by writing to it
            pipeline = self._ready(until)
            if pipeline is None:
                return None
            try:
                with pipeline.turn(until) as ask:
                    return _read(ask, _readable(text[:LONGEST]))
            except TimeoutError as error:
                log.warning("question not translated", reason=str(error), seconds=self._budget)
                if pipeline.answered < asked:
                    self._replace(pipeline, "it hangs", waited=True)
                return None
            except (OSError, EOFError) as error:
                self._replace(pipeline, str(error) or type(error).__name__, waited=False)
        return None

    def start(self) -> None:
        """See Translator."""
        self._ready(monotonic() + _START)

    def close(self) -> None:
        """See Translator."""
        with self._changes:
            self._closed = True
            pipeline, self._pipeline = self._pipeline, None
            self._changes.notify_all()
        if pipeline:
            pipeline.stop()

    def _ready(self, until: float) -> Stages | None:
        """The pipeline, if there is one in time; else one is on its way for later questions."""
        settled = patiently(self._settles, until, self._aside)
        with self._changes:
            self._waited |= not settled
            return self._pipeline

    def _settles(self, seconds: float) -> bool:
        """Whether there is a pipeline by then, or no reason to wait for one."""
        with self._changes:
            if self._pipeline is None:
                self._begin(None)
            return self._changes.wait_for(
                lambda: self._pipeline is not None or not self._starting or self._waited or self._closed, seconds
            )

    def _begin(self, before: Stages | None) -> None:
        if not self._starting and not self._closed and monotonic() >= self._not_before:
            self._starting = True
            Thread(target=self._start, args=(before,), name="translation", daemon=True).start()

    def _replace(self, pipeline: Stages, reason: str, *, waited: bool) -> None:
        """Take it from everybody, also from those who wait for it, and begin a new one. waited: nobody waits for that."""
        with self._changes:
            if self._pipeline is not pipeline:
                return
            self._pipeline, self._waited = None, waited
            pipeline.kill()
            self._begin(pipeline)
        log.warning("translation stopped and starts anew", reason=reason)

    def _start(self, before: Stages | None) -> None:
        """Clear away the one before, and let questions have a new one once it has answered."""
        started: Stages | None = None
        try:
            if before:
                before.stop()
            started = Stages(self._stages, self._aside)
            with started.turn(monotonic() + _START) as ask:
                ask(_PROBE)
        except (OSError, EOFError) as error:
            log.warning("translation cannot start", reason=str(error) or type(error).__name__)
            if started:
                started.stop()
            started = None
        with self._changes:
            self._starting = False
            if not started:
                self._not_before = monotonic() + _PAUSE
            if started and not self._closed:
                self._pipeline, self._waited, started = started, False, None
            self._changes.notify_all()
        if started:
            started.stop()


def _stages(mode: str) -> list[list[str]]:
    """The commands of a mode file, each told to flush on NUL. `$1` and `$2` are what the `apertium` program fills in."""
    commands = [shlex.split(command.replace("$1", "-g").replace("$2", "")) for command in mode.strip().split("|")]
    return [[program, "-z", *rest] for program, *rest in commands]


def _read(ask: Callable[[str], str], text: str) -> str:
    """The translation; words that it only knows with an accent are given one: agents type "transaccion" mid-call."""
    rough = ask(text)
    unknown = list(dict.fromkeys(_UNKNOWN.findall(rough)))[:_RESTORED]
    tried = {word: accented for word in unknown if (accented := _with_accent(word))}
    if tried:
        asked = ". ".join(candidate for candidates in tried.values() for candidate in candidates)
        still = set(_UNKNOWN.findall(ask(asked)))
        known = {word: [it for it in candidates if it not in still] for word, candidates in tried.items()}
        restored = {word: candidates[0] for word, candidates in known.items() if candidates}
        if restored:
            words = re.compile(rf"\b({'|'.join(map(re.escape, restored))})\b")
            rough = ask(words.sub(lambda found: restored[found[1]], text))
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
