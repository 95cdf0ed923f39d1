"""The bytes of `git log --raw -z` as commits and the files they changed."""

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from kb.commit_log import LogEntry, Touch
from kb.tree import Commit

LOG_OPTIONS: Final = (
    "--root", "--no-show-signature", "--no-renames", "--raw", "--no-abbrev", "-z", "--encoding=UTF-8",
    "--format=%x01%H%x00%P%x00%cI%x00%aN%x00%aI%x00%B%x00",
)  # fmt: skip


def parse_log(listing: bytes) -> tuple[LogEntry, ...]:
    """The commits of `git log` with LOG_OPTIONS, in its order. Neither message nor path can hold a NUL and pose as another."""
    entries: list[LogEntry] = []
    head: list[str] = []
    touches: list[Touch] = []
    fields = iter(listing.split(b"\0"))
    for raw in fields:
        field = raw.lstrip(b"\n")
        if field.startswith(b"\x01"):
            entries += _entry(head, touches)
            head = [field[1:].decode(), *(next(fields).decode("utf-8", "replace") for _ in range(5))]
            touches = []
        elif field.startswith(b":"):
            touches.append(_touch(field, next(fields)))
    return tuple(entries + _entry(head, touches))


def _entry(head: Sequence[str], touches: Sequence[Touch]) -> list[LogEntry]:
    if not head:
        return []
    sha, parents, at, author, authored_at, message = head
    commit = Commit(sha, datetime.fromisoformat(at))
    return [LogEntry(commit, tuple(parents.split()), author, datetime.fromisoformat(authored_at), message, tuple(touches))]


def _touch(meta: bytes, path: bytes) -> Touch:
    """One file: `:mode mode blob blob letter`. A blob of noughts is none, and what is no file has none."""
    old_mode, new_mode, old, new, _letter = meta[1:].split()
    return Touch(os.fsdecode(path), _file_blob(old_mode, old), _file_blob(new_mode, new))


def _file_blob(mode: bytes, blob: bytes) -> str | None:
    return blob.decode() if mode[:2] == b"10" and blob.strip(b"0") else None
