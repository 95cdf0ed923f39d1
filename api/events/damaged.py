"""Lines of a journal that the database cannot hold: set aside for a person to look at, and erased like everything else."""

import os
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from api.events.event import Event, read, written
from api.store_error import StoreError
from kb.file_lock import locked

_UNREADABLE: Final = (ValueError, KeyError, TypeError)


class Damaged:
    """The file of one folder of journals, which several processes may write to."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "damaged.jsonl"
        self._lock = folder / "damaged.lock"

    def add(self, line: bytes) -> None:
        """Set a line aside. Raises StoreError."""
        try:
            with locked(self._lock), os.fdopen(os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as file:
                file.write(line + b"\n")
        except OSError as error:
            raise StoreError(
                f"{self.path} cannot be written: {error.strerror}. Free some space, or correct its rights."
            ) from None

    def lines(self) -> list[bytes]:
        """What is set aside. Raises StoreError."""
        try:
            return self.path.read_bytes().splitlines() if self.path.exists() else []
        except OSError as error:
            raise StoreError(f"{self.path} cannot be read: {error.strerror}. Correct its rights.") from None

    def count(self) -> int:
        """How many lines there are, for a look at how things stand; a file that cannot be read is told by who writes to it."""
        try:
            return len(self.lines())
        except StoreError:
            return 0

    def unreadable(self) -> int:
        """How many lines are no events at all, so that nobody but a person can tell whose they are."""
        return sum(_events(line) is None for line in self.lines())

    def receipts_of(self, space: str, tickets: Collection[str]) -> set[str]:
        """The receipts of a contact's events."""
        events = [event for line in self.lines() for event in _events(line) or ()]
        return {event.receipt for event in events if event.space == space and event.ticket in tickets and event.receipt}

    def erase(self, space: str, *, receipts: Collection[str], tickets: Collection[str]) -> int:
        """Forget the words of these receipts' and contacts' events, and each unreadable line that names one; how many."""
        marks = [mark.encode() for mark in (*receipts, *tickets)]

        def without_words(line: bytes) -> tuple[bytes | None, int]:
            events = _events(line)
            if events is None:
                return (None, 1) if any(mark in line for mark in marks) else (line, 0)
            its = [
                event
                for event in events
                if event.space == space and (event.receipt in receipts or event.ticket in tickets) and event.words is not None
            ]
            kept = [replace(event, words=None, ticket=None) if event in its else event for event in events]
            return (written(kept).rstrip() if its else line), len(its)

        return self._rewrite(without_words)

    def retain(self, space: str, since: datetime) -> int:
        """Remove the space's events of before `since`; how many. An unreadable line has no age, and stays."""

        def younger(line: bytes) -> tuple[bytes | None, int]:
            events = _events(line)
            kept = [event for event in events or () if event.space != space or event.at >= since]
            if events is None or len(kept) == len(events):
                return line, 0
            return (written(kept).rstrip() if kept else None), len(events) - len(kept)

        return self._rewrite(younger)

    def _rewrite(self, change: Callable[[bytes], tuple[bytes | None, int]]) -> int:
        """Write the file anew, each line as `change` gives it, None left out; the sum of its counts. Raises StoreError."""
        if not self.path.exists():
            return 0
        try:
            with locked(self._lock):
                changed = [change(line) for line in self.lines()]
                if any(count for _, count in changed):
                    _replace(self.path, b"".join(line + b"\n" for line, _ in changed if line is not None))
        except OSError as error:
            raise StoreError(f"{self.path} cannot be written: {error.strerror}. Correct its rights.") from None
        return sum(count for _, count in changed)


def _replace(path: Path, content: bytes) -> None:
    """The new content whole, or the old one; no file where nothing is left."""
    if not content:
        path.unlink()
        return
    fresh = path.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _events(line: bytes) -> list[Event] | None:
    """The events of a line; None if it is no line of a journal."""
    try:
        return read(line)
    except _UNREADABLE:
        return None
