"""Fifty writers at once, killed or cut off in the middle: nothing that was acknowledged is lost."""

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from api.database import Database
from api.events.ledger import Ledger, Wanted
from api.events.recorder import Recorder
from tests.conftest import ROOT
from tests.events import made_event, told_faults
from tests.postgres import Postgres
from tests.waiting import until

WRITER = """
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from api.database import Database
from api.events.event import Event, Kind, new_id
from api.events.feedback_table import feedback_by_id
from api.events.ledger import Ledger
from api.events.recorder import Recorder

recorder = Recorder(Path(sys.argv[2]), Ledger(Database(sys.argv[1])))
lock = Lock()

def write(_):
    while True:
        now = datetime.now(UTC)
        event = Event(new_id(now), "default", now, Kind.ASKED, "ana", {}, words={"q": "x" * 500})
        recorder.record(event)
        with lock:
            sys.stdout.write(event.id + "\\n")
            sys.stdout.flush()
        time.sleep(0.02)

with ThreadPoolExecutor(10) as threads:
    list(threads.map(write, range(10)))
"""


@pytest.mark.proof
def test_fifty_writers_are_killed_and_nothing_acknowledged_is_lost(empty_database: str, tmp_path: Path) -> None:
    """Five processes of ten threads write to one database until each is killed with -9; three times over."""
    folder = tmp_path / "journal"
    acknowledged: set[str] = set()
    Database(empty_database).close()
    for _ in range(3):
        acknowledged |= _killed_writers(empty_database, folder, tmp_path)
    database = Database(empty_database)
    recorder = Recorder(folder, Ledger(database))
    recorder.record(made_event(1))
    recorder.flush(60)
    recorder.close()
    kept = {link.id for link in Ledger(database).links(Wanted("default"))}

    assert len(acknowledged) > 1000
    assert acknowledged - kept == set()
    assert told_faults(Ledger(database)) == []
    database.close()


def _killed_writers(url: str, folder: Path, scratch: Path) -> set[str]:
    """Let five processes write for a while, kill them, and give the ids that they had acknowledged."""
    outputs = [scratch / f"acknowledged-{number}" for number in range(5)]
    writers = []
    for output in outputs:
        with output.open("wb") as file:
            command = [sys.executable, "-c", WRITER, url, str(folder)]
            writers.append(subprocess.Popen(command, cwd=ROOT, stdout=file))
    try:
        until(lambda: all(output.stat().st_size > 27 * 100 for output in outputs), seconds=120)
    finally:
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
    return {line for output in outputs for line in output.read_text().splitlines() if len(line) == 26}


@pytest.mark.proof
def test_a_server_that_crashes_under_fifty_writers_loses_nothing(postgres: Postgres, tmp_path: Path) -> None:
    """PostgreSQL is stopped as a crash would, twice, while fifty threads record."""
    database = Database(postgres.database())
    recorder = Recorder(tmp_path, Ledger(database))
    ids: list[str] = []

    def write(number: int) -> None:
        for step in range(20):
            event = made_event(number * 20 + step)
            recorder.record(event)
            ids.append(event.id)
            time.sleep(0.1)

    with ThreadPoolExecutor(50) as threads:
        running = [threads.submit(write, number) for number in range(50)]
        for _ in range(2):
            time.sleep(0.5)
            postgres.stop()
            postgres.start()
        for future in running:
            future.result()
    until(lambda: recorder.backlog().bytes == 0, seconds=60)
    recorder.close()
    kept = [link.id for link in Ledger(database).links(Wanted("default"))]

    assert sorted(kept) == sorted(ids)
    assert told_faults(Ledger(database)) == []
    database.close()
