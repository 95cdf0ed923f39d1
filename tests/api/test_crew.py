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
from tests.conftest import ROOT
from tests.waiting import until

SCRIPT = """
import os, sys, time
from pathlib import Path
from api.shared_folder import shared_folder
from api.workers import Crew

worker = Crew(2, shared_folder(Path(sys.argv[1])), silence=2.0).divide()
print("worker", worker.number, os.getpid(), flush=True)
worker.ready(demo=True)
while True:
    worker.beat()
    time.sleep(0.1)
"""


@dataclass
class Running:
    """A crew of two."""

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
def test_a_worker_that_says_nothing_any_more_is_replaced(crew: Callable[[], Running], number: int) -> None:
    """It stands still, as one that hangs does: it is killed, the log says so, and another answers in its place."""
    running = crew()
    hanging = running.workers(number)[-1]
    os.kill(hanging, signal.SIGSTOP)

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
