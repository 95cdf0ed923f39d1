"""What a terminal shows while something takes long, and what a pipe does not."""

from io import StringIO

import pytest
from rich.console import Console

from api.cli import progress
from api.watch import SILENT


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
def test_bars_tell_a_terminal_how_far_reading_and_embedding_are(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> None:
    """Into a pipe nothing is written."""
    shown = StringIO()
    monkeypatch.setattr(progress, "console", Console(file=shown, force_terminal=terminal, width=100))
    with progress.watching() as watch:
        if watch.files and watch.passages:
            watch.files(2, 3)
            watch.passages("english", 5, 7)
    with progress.counting("Questions asked") as counted:
        if counted:
            counted(1, 2)

    told = shown.getvalue()
    assert [("Articles read" in told, "2/3" in told), ("Passages embedded, english" in told, "5/7" in told)] == [
        (terminal,) * 2
    ] * 2
    assert "Questions asked" in told or not terminal
    assert (told == "", watch is SILENT) == (not terminal,) * 2
