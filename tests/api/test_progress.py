"""What a terminal shows while something takes long, and what a pipe does not."""

from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from rich.console import Console
from structlog.testing import capture_logs

from api.cli import progress
from api.log_lines import LogStream


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
def test_bars_tell_a_terminal_how_far_reading_and_embedding_are(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> None:
    """Into a pipe nothing is written."""
    shown = StringIO()
    monkeypatch.setattr(progress, "console", Console(file=shown, force_terminal=terminal, width=100))
    with capture_logs(), progress.watching() as watch:
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
    assert (told == "") is not terminal


def test_a_line_of_the_log_stands_above_the_bars_and_is_never_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins where the bar's own line was erased, and the bars are drawn anew below it."""
    shown, line = StringIO(), '{"space": "default", "event": "[serving]", "milliseconds": {"fetch": 394.1, "read": 1129.1}}'
    monkeypatch.setattr(progress, "console", Console(file=shown, force_terminal=True, width=60))
    log = LogStream(progress.BesideBars())
    with progress.watching() as watch:
        assert watch.files
        watch.files(2, 3)
        print(line, file=log)

    before, _, after = shown.getvalue().partition(f"{line}\n")
    assert before.endswith("\x1b[2K")
    assert "Articles read" in after


def test_a_line_that_is_written_in_pieces_is_never_broken_by_another_thread() -> None:
    """`print` writes a line and its end apart; a library's line comes between them."""
    shown = StringIO()
    log = LogStream(shown)
    with ThreadPoolExecutor(1) as library:
        log.write('{"event": "serving"}')
        library.submit(log.write, "WARNING:database:slow\n").result()
        log.write("\n")

    assert shown.getvalue() == 'WARNING:database:slow\n{"event": "serving"}\n'


def test_a_service_without_a_terminal_logs_each_long_step_once_as_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads the log of a container sees what it is busy with, not one line for each passage."""
    monkeypatch.setattr(progress, "console", Console(file=StringIO(), force_terminal=False))
    with capture_logs() as lines:
        progress.announce("Preparing the model minilm; this takes up to a minute.")
        with progress.watching() as watch:
            assert watch.files
            assert watch.passages
            for done in (1, 2, 3):
                watch.files(done, 3)
                watch.passages("english", 2, 6)
            watch.passages("multilingual", 1, 6)

    assert [(line["event"], line.get("total")) for line in lines] == [
        ("Preparing the model minilm; this takes up to a minute.", None),
        ("reading articles", 3),
        ("embedding passages, english", 6),
        ("embedding passages, multilingual", 6),
    ]
