"""What every test shares: prepared models, a world, the command."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from api.database import Database
from retriever.apertium import Apertium
from retriever.model_store import open_model
from retriever.snapshot import Models
from tests import postgres as a_server
from tests.browser import chromium
from tests.postgres import Postgres
from tests.world import TAXONOMY, World

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def models() -> Models:
    """Both real models, prepared once for the machine."""
    folder = Path(os.environ.get("KB_MODELS_DIR") or ROOT / ".kb" / "models")
    return Models(
        english=open_model("all-MiniLM-L6-v2", folder, threads=2),
        multilingual=open_model("multilingual-e5-small", folder, threads=2),
    )


@pytest.fixture(scope="session")
def apertium() -> Iterator[Apertium]:
    """The real translator, started; what needs it is skipped where it is not installed."""
    if not Apertium.installed():
        pytest.skip("apertium-eng-spa is not installed: apt-get install apertium-eng-spa")
    translator = Apertium(budget=10.0)  # seconds: a loaded machine must not change what a test sees
    translator.start()
    yield translator
    translator.close()


@pytest.fixture
def world(tmp_path: Path, models: Models) -> World:
    """An empty repository with a taxonomy."""
    made = World(tmp_path, models)
    made.repo.mkdir()
    made.git("init", "--quiet", "--initial-branch=main")
    made.write("kb.yml", TAXONOMY)
    return made


@pytest.fixture
def kb(tmp_path: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """The `kb` command in a process of its own, with its data in a folder of the test's own."""

    def run(*args: str, cwd: Path = ROOT, **environment: str) -> "subprocess.CompletedProcess[str]":
        folder = os.environ.get("KB_MODELS_DIR") or str(ROOT / ".kb" / "models")
        env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("KB_")},
            "KB_DATA_DIR": str(tmp_path / "data"),
            "KB_MODELS_DIR": folder,
            "PYTHONPATH": str(ROOT),
            **environment,
        }
        code = "from api.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *args], cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=120
        )

    return run


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser for the whole session; skips where none is installed."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for the whole session; skips where it is not installed."""
    with a_server.server() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/events.sqlite"
    server: Postgres = request.getfixturevalue("postgres")
    return server.database()


@pytest.fixture
def database(empty_database: str) -> Iterator[Database]:
    """A migrated database of each kind."""
    opened = Database(empty_database)
    yield opened
    opened.close()
