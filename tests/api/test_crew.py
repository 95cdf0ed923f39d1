"""The process above the workers: real processes that only say that they answer, without models."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from api.shared_folder import shared_folder
from api.workers import Crew, Worker
from tests.conftest import ROOT
from tests.waiting import until

SCRIPT = """
import os, sys, time
from pathlib import Path
from api.shared_folder import shared_folder
from api.workers import Crew

class Tried(Crew):
    def _look(self, passed):
        self.silence = 1.0 if Path(sys.argv[1], "impatient").exists() else 600.0
        super()._look(passed)

    def _ended(self, number, code):
        ending, self._ending = self._ending, None  # as if the signal came after this was asked
        super()._ended(number, code)
        self._ending = ending

worker = Tried(2, shared_folder(Path(sys.argv[1]))).divide()
os.write(1, f"worker {worker.number} {os.getpid()}\\n".encode())  # at once: who reads sees no half of it
worker.ready(demo=True)
while True:
    worker.beat()
    time.sleep(0.1)
"""


@dataclass
class Running:
    """A crew of two, which loses patience with a silent worker when it is told to, so that no load decides."""

    process: "subprocess.Popen[str]"
    output: Path
    ended: list[int] = field(default_factory=list)

    def workers(self, number: int) -> list[int]:
        """Every process that was this worker, in order."""
        lines = [line.split() for line in self.output.read_text().splitlines() if line.startswith("worker ")]
        return [int(process) for _, its, process in lines if int(its) == number]


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Callable[[], Running]]:
    """Starts crews over one data folder; what is left of them in the end is killed."""
    begun: list[Running] = []

    def start() -> Running:
        output = tmp_path / f"output-{len(begun)}"
        with output.open("w") as file:
            process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(tmp_path / "data")], cwd=ROOT, stdout=file, text=True)
        begun.append(Running(process, output))
        until(lambda: all(begun[-1].workers(number) for number in range(2)))
        return begun[-1]

    yield start
    for running in begun:
        running.process.kill()
        running.process.wait()


def folders(data: Path) -> list[str]:
    """What services share over this data folder."""
    return sorted(folder.name for folder in (data / "workers").iterdir() if folder.is_dir())


@pytest.mark.parametrize("number", [0, 1], ids=["the one that leads", "one that follows"])
def test_a_worker_that_says_nothing_any_more_is_replaced(crew: Callable[[], Running], tmp_path: Path, number: int) -> None:
    """It stands still, as one that hangs does: it is killed, the log says so, and another answers in its place."""
    running = crew()
    hanging = running.workers(number)[-1]
    os.kill(hanging, signal.SIGSTOP)
    (tmp_path / "data" / "impatient").touch()

    until(lambda: running.workers(number)[-1] != hanging)

    assert not Path(f"/proc/{hanging}").exists()
    assert "a worker does not answer and is killed" in running.output.read_text()


def test_the_shared_folder_goes_with_the_service_and_what_a_killed_one_left_with_the_next(
    crew: Callable[[], Running], tmp_path: Path
) -> None:
    """The folder of one that runs over the same data stays."""
    data = tmp_path / "data"
    killed, running = crew(), crew()
    workers = [killed.workers(number)[-1] for number in range(2)]
    both = folders(data)
    killed.process.kill()
    killed.process.wait()
    until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    left = folders(data)
    next_one = shared_folder(data)
    after = folders(data)
    running.process.terminate()

    assert running.process.wait(30) == -signal.SIGTERM
    assert (len(both), left) == (2, both)
    assert len(after) == 2
    assert folders(data) == [next_one.name]


def test_a_signal_ends_it_also_while_a_worker_is_about_to_be_replaced(crew: Callable[[], Running]) -> None:
    """Nobody is begun any more, and no pause before that is waited out."""
    running = crew()
    running.process.terminate()

    assert running.process.wait(30) == -signal.SIGTERM
    assert [len(running.workers(number)) for number in range(2)] == [1, 1]


@pytest.mark.parametrize("word", [b"d", b"a"], ids=["that it is ready", "that it answers"])
def test_the_last_word_of_a_worker_is_not_held_against_the_one_that_follows_it(tmp_path: Path, word: bytes) -> None:
    """It is heard after the end: the new one, which still loads, is not expected to say anything yet."""
    above = Crew(2, tmp_path, _running={41: 0, 42: 1, 43: 1}, _demo=True)  # what is left of 42, and 43 in its place
    above._heard(42, b"d")
    was = dict(above._silent)
    del above._running[42], above._silent[42]
    above._heard(42, word)
    loading = dict(above._silent)
    above._heard(43, b"d")

    assert (was, loading, above._silent) == ({42: 0.0}, {}, {43: 0.0})


def test_a_worker_that_is_ready_only_when_all_are_to_end_begins_nobody(tmp_path: Path) -> None:
    """The signal reached it while it loaded."""
    above = Crew(2, tmp_path, _running={41: 0}, _ending=signal.SIGTERM)
    above._heard(41, b"d")

    assert (above._silent, above._due, above._demo) == ({}, {}, None)


def test_every_word_of_a_worker_names_its_process(tmp_path: Path) -> None:
    """Through the real pipe, more of them than are read at once."""
    above = Crew(2, tmp_path, _running={os.getpid(): 0}, _demo=True)
    os.set_blocking(above._says[0], False)
    worker, heard = Worker(0, tmp_path, _says=above._says[1]), list[tuple[int, bytes]]()
    worker.ready(demo=True)
    for _ in range(2000):
        worker.beat()
    above._heard = lambda process, what: heard.append((process, what))  # type: ignore[method-assign]
    above._running.clear()  # nobody has ended
    for _ in range(3):
        above._look(0.0)

    assert heard == [(os.getpid(), b"d")] + [(os.getpid(), b"a")] * 2000


def test_a_folder_that_its_service_removes_meanwhile_keeps_no_other_from_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start beside an end, as in a rolling restart."""
    ending, is_dir = shared_folder(tmp_path), Path.is_dir

    def seen_last(folder: Path) -> bool:
        was = is_dir(folder)
        if folder == ending and was:
            folder.rmdir()
        return was

    monkeypatch.setattr(Path, "is_dir", seen_last)
    made = shared_folder(tmp_path)

    assert folders(tmp_path) == [made.name]
