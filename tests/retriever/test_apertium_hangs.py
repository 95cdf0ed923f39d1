"""A stage of the real program that hangs: it costs one question its budget, and nobody else anything."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep

import pytest

from retriever.apertium import Apertium
from tests.hung_apertium import Gate, hang
from tests.waiting import until

LONG = 600.0  # seconds: a question that waited for it would be seen
SOON = 60.0  # seconds in which what happens in the background has happened on any machine


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    if not Apertium.installed():
        pytest.skip("apertium-eng-spa is not installed: apt-get install apertium-eng-spa")
    return Gate(tmp_path)


@pytest.fixture
def gated(gate: Gate) -> Iterator[Apertium]:
    """A translator behind the gate that has answered."""
    translator = Apertium(gate.mode, budget=LONG)
    translator.start()
    assert translator.english("mi tarjeta", "es") == "My card"
    yield translator
    translator.close()


def runs(group: int) -> bool:
    """Whether a process of the group is there."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def in_the_end(translator: Apertium) -> str | None:
    """What a question is told once the translation is back."""
    end = monotonic() + SOON
    while (said := translator.english("mi cuenta", "es")) is None and monotonic() < end:
        sleep(0.02)
    return said


def test_stages_of_which_one_hangs_are_killed_and_started_anew(gated: Apertium, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who spent the budget on them is searched untranslated; nothing of them is left, also no child of a stage."""
    group = hang(gated)
    with monkeypatch.context() as hurried:
        hurried.setattr(gated, "_budget", 0.05)
        late = gated.english("mi tarjeta", "es")

    assert (late, in_the_end(gated)) == (None, "My account")
    until(lambda: not runs(group))  # the system takes a moment to forget a child of a stage


def test_nobody_waits_for_what_starts_after_a_hang(gate: Gate, gated: Apertium, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the new stages have answered, every question is searched as it stands at once."""
    gate.shut()
    hang(gated)
    with monkeypatch.context() as hurried:
        hurried.setattr(gated, "_budget", 0.05)
        gated.english("mi tarjeta", "es")
    with ThreadPoolExecutor(8) as pool:
        meanwhile = list(pool.map(lambda number: gated.english(f"tarjeta {number}", "es"), range(40), timeout=SOON))
    gate.open()

    assert (set(meanwhile), in_the_end(gated)) == ({None}, "My account")


def test_the_first_spent_budget_frees_all_who_wait(gate: Gate, gated: Apertium, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who would wait longer too, whether they are being translated or wait for their turn."""
    gate.shut()
    hang(gated)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(gated.english, f"tarjeta {number}", "es") for number in range(8)]
        pipeline = gated._pipeline
        while pipeline is not None and not pipeline._turn.locked():
            sleep(0.01)
        monkeypatch.setattr(gated, "_budget", 0.05)
        gated.english("mi tarjeta", "es")
        freed = [it.result(timeout=SOON) for it in waiting]
    gate.open()

    assert freed == [None] * 8


def test_a_start_that_hangs_costs_one_budget(gate: Gate) -> None:
    """Questions after the one that waited in vain do not wait; once the stages answer, they are translated."""
    gate.shut()
    translator = Apertium(gate.mode, budget=0.05)
    first = translator.english("mi tarjeta", "es")
    translator._budget = LONG
    second = translator.english("mi tarjeta", "es")
    gate.open()

    assert (first, second, in_the_end(translator)) == (None, None, "My account")

    translator.close()


def test_a_question_that_was_only_late_leaves_the_stages_alone(gated: Apertium, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others got their answers while it waited: many asked, and nothing hangs."""
    pipeline = gated._pipeline
    assert pipeline is not None
    monkeypatch.setattr(gated, "_budget", 0.01)
    with pipeline.turn(monotonic() + LONG), ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(pipeline, "answered", monotonic() + LONG)  # as if the one whose turn it is had heard something
        late = pool.submit(gated.english, "mi tarjeta", "es").result()

    assert (late, gated._pipeline) == (None, pipeline)


def test_stages_that_cannot_start_are_left_alone_for_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As without their dictionary: not every question starts them anew."""
    program, mode, starts = tmp_path / "ends", tmp_path / "ends.mode", tmp_path / "starts"
    program.write_text(f"#!/bin/sh\necho >> {starts}\n")
    program.chmod(0o755)
    mode.write_text(str(program))
    translator = Apertium(mode, budget=LONG)
    said = [translator.english("mi tarjeta", "es") for _ in range(3)]
    once = starts.read_text()
    monkeypatch.setattr(translator, "_not_before", 0.0)  # as if the pause was over
    translator.english("mi tarjeta", "es")
    translator.close()

    assert said == [None] * 3
    assert (once, starts.read_text()) == ("\n", "\n\n")
