"""A PostgreSQL server of the tests' own: real, private, in a folder that goes with it."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from pwd import getpwnam
from tempfile import mkdtemp
from uuid import uuid4

import pytest


def _binaries() -> Path | None:
    """Where Debian, or the path, has initdb; None if PostgreSQL is not installed."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else places[-1].parent if places else None


@dataclass(frozen=True)
class Postgres:
    """A running server that listens on a socket in its own folder alone."""

    binaries: Path
    folder: Path
    user: str | None  # whose processes they are: PostgreSQL refuses to run as root

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"test_{uuid4().hex}"
        self.run("createdb", "--host", str(self.folder), "--username", "fingerpost", name)
        return f"postgresql+psycopg://fingerpost@/{name}?host={self.folder}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        # without fsync: the system keeps what a killed server wrote, and only a power cut would lose it
        options = f"-k {self.folder} -c listen_addresses= -c max_connections=200 -c fsync=off"
        log = str(self.folder / "log")
        self.run("pg_ctl", "--pgdata", str(self.folder / "data"), "--wait", "--log", log, "--options", options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop it: `immediate` is what a crash leaves behind."""
        self.run("pg_ctl", "--pgdata", str(self.folder / "data"), "--wait", "--mode", mode, "stop")

    def run(self, command: str, *args: str) -> None:
        """Run one of PostgreSQL's programs."""
        arguments: Sequence[str] = [str(self.binaries / command), *args]
        subprocess.run(
            arguments, user=self.user, extra_groups=[] if self.user else None, check=True, cwd=self.folder,
            stdout=subprocess.DEVNULL, timeout=120,
        )  # fmt: skip


@contextmanager
def server() -> Iterator[Postgres]:
    """A server for as long as it is used; skips where PostgreSQL is not installed."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed; `apt-get install postgresql` lets this test run")
    folder = Path(mkdtemp(prefix="fingerpost-postgres-"))
    user = _somebody() if os.getuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    running = Postgres(binaries, folder, user)
    try:
        running.run(
            "initdb", "--pgdata", str(folder / "data"), "--username", "fingerpost", "--auth", "trust", "--encoding", "UTF8",
            "--no-locale", "--no-sync",
        )  # fmt: skip
        running.start()
        try:
            yield running
        finally:
            running.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _somebody() -> str:
    """A user that is not root: PostgreSQL's own where there is one."""
    try:
        return getpwnam("postgres").pw_name
    except KeyError:
        return "nobody"
