"""`kb serve` as a process of its own, for benchmarks that ask over HTTP."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

from api.ending import children

ROOT: Final = Path(__file__).parent.parent
KB: Final = [sys.executable, "-c", "from api.cli import main; main()"]
_TOLD: Final = 2000  # characters of its log that are shown if it ends


@dataclass(frozen=True, slots=True)
class Served:
    """A service that answers."""

    process: int
    port: int

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def processes(self) -> list[int]:
        """Its own, and what that has started, and so on: its workers, what translates and what reads git."""
        return [self.process, *offspring(self.process)]

    def seconds(self) -> float:
        """Processor time that they have taken since they began."""
        stats = [Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split() for process in self.processes()]
        return sum(int(fields[11]) + int(fields[12]) for fields in stats) / os.sysconf("SC_CLK_TCK")

    def megabytes(self) -> float:
        """Memory that they hold; what several share counts once."""
        rollups = [Path(f"/proc/{process}/smaps_rollup").read_text() for process in self.processes()]
        return sum(int(line.split()[1]) for it in rollups for line in it.splitlines() if line.startswith("Pss:")) * 1024 / 1e6


def offspring(process: int) -> list[int]:
    """What a process has started, and what those have; nothing of one that is gone."""
    started = children(process)
    return [*started, *(it for child in started for it in offspring(child))]


def environment(data: Path, repo: Path, **settings: str) -> dict[str, str]:
    """What `kb` reads: this code, the models that are prepared already, and these settings on a free port."""
    return {
        **os.environ, "PYTHONPATH": str(ROOT), "KB_MODELS_DIR": str(models_folder()), "KB_DATA_DIR": str(data),
        "KB_REPO": str(repo), "KB_PORT": "0", **settings,
    }  # fmt: skip


def models_folder() -> Path:
    """Where the prepared models lie."""
    return Path(os.environ.get("KB_MODELS_DIR") or ROOT / ".kb" / "models")


@contextmanager
def served(environment: Mapping[str, str]) -> Iterator[Served]:
    """Serve until the block ends. Raises RuntimeError, with the end of its log, if it prints no address or ends before."""
    with TemporaryFile() as log:
        process = subprocess.Popen([*KB, "serve"], env=environment, stdout=subprocess.PIPE, stderr=log)
        try:
            address = re.search(rb"http://[\d.]+:(\d+)", process.stdout.readline() if process.stdout else b"")
            if address is None:
                raise RuntimeError(f"the service printed no address: {_end_of(log)}")
            try:
                yield Served(process.pid, int(address[1]))
            except Exception as error:
                if process.poll() is None:
                    raise
                raise RuntimeError(f"the service ended with {process.returncode}: {_end_of(log)}") from error
        finally:
            process.terminate()
            process.wait()


def _end_of(log: IO[bytes]) -> str:
    log.seek(0)
    return log.read().decode(errors="replace")[-_TOLD:]
