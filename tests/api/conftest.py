"""What several tests of this floor start from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.database import Database
from api.events.ledger import Ledger
from api.events.recorder import Recorder
from api.events.records import Records
from tests.doors import TICKETS


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """An event store."""
    recorder = Recorder(tmp_path / "journal", Ledger(Database(f"sqlite:///{tmp_path}/events.sqlite")))
    yield Records(recorder, str, TICKETS)
    recorder.close()
    recorder.ledger.database.close()
