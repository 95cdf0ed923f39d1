"""Digests of a real help centre: six months of its years, in English and Spanish, as they were read by eye.

A golden file is what `kb digest OLD NEW --team T --repo BUNDLE --kb tests/foreign/logingov.kb.yml --folder ''` printed.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.digests.document import DigestDocument
from api.digests.plain import as_text
from api.digests.printed import made_for_print
from api.source import Source
from api.timeline import Timeline
from kb.repository import Repository, open_repository
from tests.foreign.test_foreign_changes import BUNDLE, OUTSIDE

GOLDEN = Path(__file__).parent / "digests"
MONTHS = ("2022-11", "2023-04", "2023-11", "2024-08", "2025-11", "2026-07")

pytestmark = pytest.mark.skipif(not BUNDLE.is_file(), reason="the bundles of ../shared/real are not on this machine")


@pytest.fixture(scope="module")
def timeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Timeline]:
    """Login.gov's help centre and its past."""
    repository: Repository = open_repository(str(BUNDLE), tmp_path_factory.mktemp("clones"))
    yield Timeline(repository, Source(str(BUNDLE), None, "", OUTSIDE))
    repository.close()


def digest(timeline: Timeline, month: str, team: str) -> DigestDocument:
    """The team's digest of that month."""
    year, number = map(int, month.split("-"))
    end = f"{year + number // 12}-{number % 12 + 1:02}-01"
    return made_for_print(timeline, f"{month}-01", end, team, space="default", site="https://help.example")


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("team", ["english", "spanish"])
def test_a_month_reads_as_it_was_reviewed(timeline: Timeline, month: str, team: str) -> None:
    """Every line of it."""
    golden = (GOLDEN / f"{month}.{team}.txt").read_text()

    assert as_text(digest(timeline, month, team)) + "\n" == golden


@pytest.mark.parametrize(
    ("month", "english", "spanish"),
    [
        ("2023-04", ["10 → 5"], ["10 → 5"]),
        ("2025-11", ["30 days → 7 days"], ["30 días → 7 días"]),
        ("2026-07", ["30 days → 21 days"], ["30 días → 21 días"]),
    ],
)
def test_changed_rules_come_with_both_figures_and_rewordings_are_only_counted(
    timeline: Timeline, month: str, english: list[str], spanish: list[str]
) -> None:
    """No article that was only reworded is named."""
    found = {team: digest(timeline, month, team) for team in ("english", "spanish")}
    figures = {
        team: [f"{fact.old} → {fact.new}" for _, line in document.lines() for fact in line.facts]
        for team, document in found.items()
    }

    assert figures == {"english": english, "spanish": spanish}
    assert {section.name for document in found.values() for section in document.sections} == {"rules"}
