"""Progress on a terminal; lines of the log without one, which only a service writes: other commands are silent in a pipe."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOBase
from typing import TYPE_CHECKING

import structlog
from rich.console import Console

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from api.watch import Watch

console = Console(stderr=True)


def announce(message: str) -> None:
    """Say what takes long, before it begins."""
    if console.is_terminal:
        console.print(message, style="dim")
    else:
        structlog.get_logger().info(message)  # which only a service writes


class BesideBars(TextIOBase):
    """Standard error of a terminal, of which each write is whole lines: while bars are drawn, they stand above them."""

    def write(self, text: str) -> int:
        """See TextIOBase."""
        console.out(text, end="", highlight=False)
        return len(text)


@contextmanager
def watching() -> "Iterator[Watch]":
    """Bars for the files read and the passages embedded, while they are read and embedded."""
    from api.watch import Watch  # here, because whoever only announces something need not wait for it

    if not console.is_terminal:
        yield _logged()
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


def _logged() -> "Watch":
    """One line when the articles begin to be read, and one for each model that begins to embed."""
    from api.watch import Watch

    begun: set[str] = set()

    def begin(step: str, total: int) -> None:
        if step not in begun:
            begun.add(step)
            structlog.get_logger().info(step, total=total)

    return Watch(
        files=lambda _done, total: begin("reading articles", total),
        passages=lambda leg, _more, total: begin(f"embedding passages, {leg}", total),
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
