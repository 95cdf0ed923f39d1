"""Requests of the last minute, counted by one process and by several together."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import time

import pytest

from api import shared_window
from api.rate import OwnWindow, Window
from api.shared_window import SharedWindow


@pytest.fixture(params=["own", "shared"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Window]:
    """The same window, as each process opens it."""
    own = OwnWindow()
    return (lambda: own) if request.param == "own" else lambda: SharedWindow(tmp_path / "requests.sqlite")


def test_so_many_are_counted_and_no_more(opened: Callable[[], Window]) -> None:
    """Whoever comes too often hears when the first request no longer counts; others are not concerned."""
    one, other = opened(), opened()
    before = time()
    said = [window.hit(4, "ana") for window in (one, other, one, other, one, other)]
    after = time()

    assert said[:4] == [None] * 4
    assert [before + 59 < (moment or 0.0) < after + 61 for moment in said[4:]] == [True, True]
    assert other.hit(4, "eva") is None


def test_requests_at_the_same_moment_are_all_counted(opened: Callable[[], Window]) -> None:
    """Forty threads of two processes."""
    windows = [opened(), opened()]
    with ThreadPoolExecutor(40) as pool:
        said = list(pool.map(lambda number: windows[number % 2].hit(25, "ana"), range(40)))

    assert said.count(None) == 25


def test_a_request_counts_for_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it is forgotten, and so is who sent it."""
    window, now = SharedWindow(tmp_path / "requests.sqlite"), time()
    said = []
    for seconds in (0, 59, 61):
        monkeypatch.setattr(shared_window, "time", lambda at=now + seconds: at)
        said.append(window.hit(1, "ana"))

    assert said == [None, now + 60, None]


def test_a_file_that_cannot_be_written_stops_no_request(tmp_path: Path) -> None:
    """Each process counts for itself then."""
    window = SharedWindow(tmp_path / "requests.sqlite")
    with sqlite3.connect(tmp_path / "requests.sqlite") as file:
        file.execute("DROP TABLE hits")

    said = [window.hit(2, "ana") for _ in range(3)]

    assert said[:2] == [None, None]
    assert said[2] is not None
