"""What was live when: written before it is served, and never lost to a power cut, a full disk or a clock."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.publish_log import Outcome, Publication, PublishLog
from retriever.errors import SnapshotError


def at(day: int) -> datetime:
    """Noon of a day of March."""
    return datetime(2026, 3, day, 12, tzinfo=UTC)


def line(day: int, commit: str, outcome: Outcome = Outcome.PUBLISHED, reason: str | None = None) -> Publication:
    """One line of the log."""
    return Publication(at(day), commit * 40, at(1), None, outcome, reason, "1 x rule" if reason else None)


def test_every_line_comes_back_in_its_order(tmp_path: Path) -> None:
    """Through the file, into another object."""
    lines = [line(1, "a"), line(2, "b", Outcome.REFUSED, 'articles/x.md:3: "q" is\nwrong.'), line(3, "a", Outcome.ROLLED_BACK)]
    for each in lines:
        PublishLog(tmp_path / "log.jsonl").append(each)

    assert PublishLog(tmp_path / "log.jsonl").all() == tuple(lines)


def test_a_moment_is_answered_by_what_was_served_then(tmp_path: Path) -> None:
    """Refusals change nothing; before the first line nothing is known."""
    log = PublishLog(tmp_path / "log.jsonl")
    for each in (line(2, "a"), line(4, "b", Outcome.REFUSED, "x"), line(6, "c"), line(8, "a", Outcome.ROLLED_BACK)):
        log.append(each)

    served = [found.commit[0] if (found := log.live_at(at(day))) else None for day in (1, 2, 5, 6, 7, 9)]

    assert served == [None, "a", "a", "c", "c", "a"]


def test_a_clock_that_was_set_back_does_not_undo_what_came_after(tmp_path: Path) -> None:
    """One line was written in a wrong future; the next is the newer one all the same."""
    log = PublishLog(tmp_path / "log.jsonl")
    for each in (line(2, "a"), line(30, "b"), line(5, "c")):
        log.append(each)

    assert [found.commit[0] if (found := log.live_at(at(day))) else None for day in (3, 6)] == ["a", "c"]


@pytest.mark.parametrize("torn", [b'{"at": "2026-03-0', b"\x00\x00\x00", b"\n\n", b'{"at": 1}\n'])
def test_a_torn_line_does_not_count_and_harms_no_other(tmp_path: Path, torn: bytes) -> None:
    """A power cut in the middle of a line: what it would have told was never served."""
    path = tmp_path / "log.jsonl"
    log = PublishLog(path)
    log.append(line(1, "a"))
    path.write_bytes(path.read_bytes() + torn)
    log.append(line(2, "b"))

    assert [each.commit[0] for each in PublishLog(path).all()] == ["a", "b"]


def test_the_same_is_not_said_twice(tmp_path: Path) -> None:
    """Two services over one folder refuse the same commit once."""
    one, other = PublishLog(tmp_path / "log.jsonl"), PublishLog(tmp_path / "log.jsonl")

    written = [log.append(line(day, "b", Outcome.REFUSED, "x")) for day, log in ((1, one), (2, other), (3, one))]

    assert written == [True, False, False]


def test_many_writers_lose_no_line(tmp_path: Path) -> None:
    """Eight threads, each with a log of its own."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda day: PublishLog(tmp_path / "log.jsonl").append(line(1 + day % 28, f"{day:x}"[-1])), range(32)))

    assert len((tmp_path / "log.jsonl").read_bytes().splitlines()) == len(PublishLog(tmp_path / "log.jsonl").all())


def test_a_log_that_cannot_be_written_is_an_error_with_its_cure(tmp_path: Path) -> None:
    """Nothing may be served that the log does not tell."""
    (tmp_path / "file").write_text("")

    with pytest.raises(SnapshotError, match=r"cannot be written: .*\. What was published before keeps serving\. Free some"):
        PublishLog(tmp_path / "file" / "log.jsonl").append(line(1, "a"))
