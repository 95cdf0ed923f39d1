"""The snapshots on the disk: which is published, and how much room they may take."""

import json
import os
import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Final

_REMOVING: Final = ".removing-"


def used(folder: Path) -> None:
    """Remember that the snapshot was wanted now."""
    with suppress(OSError):  # it was pruned meanwhile; whoever has read it keeps it in memory
        os.utime(folder)


def name_in(pointer: Path) -> str:
    """The snapshot that is published, as its file says. Raises OSError if it cannot be read, ValueError if it names none."""
    with suppress(ValueError):
        match json.loads(pointer.read_text(encoding="utf-8")):
            case {"snapshot": str(name)} if name:
                return name
    raise ValueError(f"{pointer}: names no snapshot. Delete it; the next `kb index` of its source writes it anew.")


def prune(root: Path, keep: Collection[str], most: int) -> None:
    """Remove the snapshots that were wanted longest ago until all together take at most so many bytes.

    keep: names that stay whatever they take. A folder gets another name first, so that nobody reads half of one.
    """
    folders = sorted((path for path in root.iterdir() if not path.name.startswith(".")), key=_wanted_at, reverse=True)
    taken = sum(_size(path) for path in folders if path.name in keep)
    for folder in folders:
        if folder.name in keep:
            continue
        taken += _size(folder)
        if taken > most:
            with suppress(OSError):
                folder.rename(root / f"{_REMOVING}{folder.name}")
    for leftover in root.glob(f"{_REMOVING}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _wanted_at(folder: Path) -> float:
    with suppress(OSError):
        return folder.stat().st_mtime
    return 0.0


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size
    return total
