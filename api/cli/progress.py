"""Progress on a terminal; silence in a pipe."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from api.watch import Watch

console = Console(stderr=True)


def announce(message: str) -> None:
    """Say what takes long, on a terminal."""
    if console.is_terminal:
        console.print(message, style="dim")


@contextmanager
def watching() -> "Iterator[Watch]":
    """Bars for the files read and the passages embedded, while they are read and embedded."""
    from api.watch import SILENT, Watch  # here, because whoever only announces something need not wait for it

    if not console.is_terminal:
        yield SILENT
        return
    with _bars() as progress:
        bars: dict[str, TaskID] = {}

        def bar(name: str, total: int) -> "TaskID":
            if name not in bars:
                bars[name] = progress.add_task(name, total=total)
            return bars[name]

        yield Watch(
            files=lambda done, total: progress.update(bar("Articles read", total), completed=done),
            passages=lambda leg, more, total: progress.advance(bar(f"Passages embedded, {leg}", total), more),
        )


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """One bar, which is told how many are done of how many."""
    if not console.is_terminal:
        yield None
        return
    with _bars() as progress:
        bar = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


def _bars() -> "Progress":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<32}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)
