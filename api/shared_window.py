"""Requests counted over the last minute, for several processes together: a SQLite file that is worth nothing after they end."""

import sqlite3
from pathlib import Path
from threading import Lock
from time import time
from typing import Final

import structlog

from api.rate import OwnWindow

_WINDOW: Final = 60.0  # seconds
_PATIENCE: Final = 5.0  # seconds in which another process writes
_SCHEMA: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=OFF",
    "CREATE TABLE IF NOT EXISTS hits (who TEXT, at REAL)",
    "CREATE INDEX IF NOT EXISTS hits_of ON hits (who, at)",
    "CREATE INDEX IF NOT EXISTS hits_at ON hits (at)",
)

log = structlog.get_logger()


class SharedWindow:
    """Safe from several threads and processes. Opened by each process for itself."""

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self._own = OwnWindow()
        self._failing = False
        self._file = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        for statement in _SCHEMA:
            self._file.execute(statement)

    def hit(self, most: int, who: str) -> float | None:
        """Count one unless there were `most` already; then the moment at which the oldest of them no longer counts.

        Where the file cannot be written each process counts for itself, so that a full disk stops no question.
        """
        try:
            return self._hit(most, who)
        except sqlite3.Error as error:
            if not self._failing:
                log.error("requests are counted by each process for itself", reason=str(error))
            self._failing = True
            return self._own.hit(most, who)

    def _hit(self, most: int, who: str) -> float | None:
        now = time()
        with self._lock, self._file:
            self._file.execute("BEGIN IMMEDIATE")
            self._file.execute("DELETE FROM hits WHERE at <= ?", (now - _WINDOW,))
            count, oldest = self._file.execute("SELECT count(*), min(at) FROM hits WHERE who = ?", (who,)).fetchone()
            if count >= most:
                return float(oldest) + _WINDOW
            self._file.execute("INSERT INTO hits VALUES (?, ?)", (who, now))
        self._failing = False
        return None
