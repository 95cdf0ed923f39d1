"""Spanish to rough English by the real program."""

import os
import signal
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import pytest

from retriever.apertium import Apertium
from retriever.translator import NoTranslator

ROOT = Path(__file__).parents[2]


def stages_of(parent: int) -> list[int]:
    """The running child processes of a process that are stages of a translation."""
    listed = subprocess.run(["ps", "-o", "pid=,comm=", "--ppid", str(parent)], capture_output=True, text=True, check=False)
    rows = (line.split(None, 1) for line in listed.stdout.splitlines())
    return [int(pid) for pid, name in rows if name.startswith(("lt-proc", "lrx-proc", "apertium")) and "defunct" not in name]


@pytest.mark.parametrize(
    ("spanish", "english"),
    [
        ("¿Cómo bloqueo mi tarjeta?", "How I block my card?"),
        ("el cliente tiene un chargeback", "The client has a chargeback"),
        ("Devolver R10 de Zelle", "Give R10 of Zelle"),
        ("cobró 2 veces. No reconoce el pago", "It charged 2 times. It does not recognise the payment"),
    ],
)
def test_a_question_becomes_rough_english(apertium: Apertium, spanish: str, english: str) -> None:
    """Words that it does not know, codes and names stay as they are."""
    assert apertium.english(spanish, "es") == english


def test_words_typed_without_accents_are_understood(apertium: Apertium) -> None:
    """Agents leave accents out mid-call; a word that is only known with one gets it."""
    with_accents = apertium.english("El cliente no reconoce una transacción en su tarjeta de débito", "es")

    assert apertium.english("El cliente no reconoce una transaccion en su tarjeta de debito", "es") == with_accents


@pytest.mark.parametrize(
    "text",
    [
        r"[^$@\/<>{}~*#] tarjeta",
        "tarjeta [][\n]\0 cuenta",
        "'; DROP TABLE articles; -- tarjeta",
        "\ud800 tarjeta",
        "😀 tarjeta " * 200,
        "t" * 100_000 + " tarjeta",
        "[" * 5000,
        "\n\n\n",
    ],
)
def test_no_text_breaks_the_stream(apertium: Apertium, text: str) -> None:
    """Whatever is asked, the next question gets its own answer."""
    apertium.english(text, "es")

    assert apertium.english("mi tarjeta", "es") == "My card"


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_other_languages_are_left_to_the_models(apertium: Apertium, lang: str) -> None:
    """There are rules for Spanish only."""
    assert apertium.english("carte perdue", lang) is None


def test_questions_side_by_side_get_their_own_answers(apertium: Apertium) -> None:
    """One pipeline serves every thread."""
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: apertium.english(f"tarjeta {number}", "es"), range(60)))

    assert found == [f"Card {number}" for number in range(60)]


def test_a_stage_that_dies_is_started_again(apertium: Apertium) -> None:
    """The question that finds it out is translated all the same."""
    for stage in stages_of(os.getpid())[:1]:
        os.kill(stage, signal.SIGKILL)

    assert apertium.english("mi tarjeta", "es") == "My card"


def test_a_translation_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    """A stage that hangs costs the budget and no more, and the question is searched as it stands."""
    mode = tmp_path / "hangs.mode"
    (tmp_path / "hang").write_text("#!/bin/sh\nexec tail -f /dev/null\n")
    (tmp_path / "hang").chmod(0o755)
    mode.write_text(f"{tmp_path / 'hang'} $1")
    translator = Apertium(mode, budget=0.05)

    assert translator.english("mi tarjeta", "es") is None

    translator.close()


def test_a_late_answer_is_never_another_questions(apertium: Apertium, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stages that only had much to do keep running; what they say too late is dropped, not given to the next question."""
    with monkeypatch.context() as hurried:
        hurried.setattr(apertium._pipeline, "answered", monotonic() + 600)  # as if another had its answer meanwhile
        hurried.setattr(apertium, "_budget", 0.0001)
        late = apertium.english("mi cuenta " * 90, "es")

    assert (late, apertium.english("mi tarjeta", "es")) == (None, "My card")


def test_nothing_is_translated_after_the_end(apertium: Apertium) -> None:
    """A closed translator starts no new processes."""
    ended = Apertium(budget=10.0)
    ended.start()
    ended.close()

    assert (ended.english("mi tarjeta", "es"), apertium.english("mi tarjeta", "es")) == (None, "My card")


@pytest.mark.usefixtures("apertium")
def test_no_stage_outlives_its_service() -> None:
    """Not even one that is killed: every stage ends when its input does."""
    code = """
        import os, signal
        from retriever.apertium import Apertium
        translator = Apertium(budget=10.0); print(translator.english("mi tarjeta", "es"), flush=True)
        pids = [str(process.pid) for process in translator._pipeline._processes]
        print(" ".join(pids), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    pids = done.stdout.splitlines()[1].split()
    left = subprocess.run(["sh", "-c", _WAIT, "wait", *pids], capture_output=True, text=True, check=False, timeout=60)

    assert (len(pids), left.stdout) == (10, "")


_WAIT = 'for pid in "$@"; do n=0; while kill -0 "$pid" 2>/dev/null && [ $n -lt 200 ]; do sleep 0.05; n=$((n+1)); done; \
kill -0 "$pid" 2>/dev/null && echo "$pid"; done; true'


def test_a_machine_without_it_says_so(tmp_path: Path) -> None:
    """No mode file, no translation."""
    assert (Apertium.installed(tmp_path / "none.mode"), NoTranslator().english("mi tarjeta", "es")) == (False, None)
