"""What the tests of digests start from."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.composition import open_records
from api.database import Database
from api.digests.mail import MailServer
from api.settings import read_settings
from tests.api.digests.floor import Floor
from tests.api.digests.office import KEYS, Office
from tests.api.receivers import Hook, Mailbox, hook_server, mail_server
from tests.postgres import Postgres
from tests.world import World


@pytest.fixture
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite; PostgreSQL too for the tests that ask for both."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path}/events.sqlite"
    server: Postgres = request.getfixturevalue("postgres")
    return server.database()


@pytest.fixture
def office(world: World, database: Database, tmp_path: Path) -> Office:
    """An office in which nothing happened yet."""
    return Office(world, database, tmp_path / "digests")


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """A receiver whose address and keys the service has."""
    with hook_server() as running:
        for name, value in {"DIGEST_DEFAULT__CRM": running.url, **KEYS}.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def mailbox(office: Office) -> Iterator[Mailbox]:
    """A mail server that the service knows."""
    with mail_server() as running:
        office.mail = MailServer("127.0.0.1", running.port, "kb@help.example", "none")
        yield running


@pytest.fixture
def floor(world: World, database: Database, tmp_path: Path) -> Iterator[Floor]:
    """The morning after."""
    records = open_records(read_settings(data_dir=tmp_path / "data"), database)
    yield Floor(world, database, records)
    records.recorder.close()
