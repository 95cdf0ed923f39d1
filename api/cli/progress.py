"""Progress on a terminal; silence in a pipe."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from api.space import SILENT, Watch

console = Console(stderr=True)


def announce(message: str) -> None:
    """Say what takes long, on a terminal."""
    if console.is_terminal:
        console.print(message, style="dim")


@contextmanager
def watching() -> Iterator[Watch]:
    """Bars for the files read and the passages embedded, while they are read and embedded."""
    if not sys.stderr.isatty():
        yield SILENT
        return
    columns = (TextColumn("{task.description:<32}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bars: dict[str, TaskID] = {}

        def files(done: int, total: int) -> None:
            bar = bars.setdefault("files", TaskID(-1))
            if bar < 0:
                bar = bars["files"] = progress.add_task("Articles read", total=total)
            progress.update(bar, completed=done)

        def passages(leg: str, more: int, total: int) -> None:
            if leg not in bars:
                bars[leg] = progress.add_task(f"Passages embedded, {leg}", total=total)
            progress.advance(bars[leg], more)

        yield Watch(files, passages)
