"""When an article's text is the rule."""

from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.article import is_in_force
from kb.frontmatter import instant
from tests.kb.conftest import TAXONOMY, World, utc

SECOND = timedelta(seconds=1)


def test_a_date_begins_at_midnight_in_the_spaces_zone(world: World) -> None:
    """The first of March begins in Mexico City at 06:00 UTC, and the text holds from that very instant."""
    world.article("a.md", effective_from="2026-03-01")
    article = world.read("a.md")
    begin = utc("2026-03-01T06:00")

    assert is_in_force(article, begin)
    assert not is_in_force(article, begin - SECOND)


def test_the_end_is_exclusive(world: World) -> None:
    """At the instant of its end an article is no rule any more."""
    world.article("a.md", effective_until="2026-03-01")
    article = world.read("a.md")
    end = utc("2026-03-01T06:00")

    assert is_in_force(article, end - SECOND)
    assert not is_in_force(article, end)


def test_two_articles_that_meet_at_a_date_never_leave_a_gap_or_overlap(world: World) -> None:
    """At every second around the change exactly one of the two is in force."""
    world.article("old.md", effective_until="2026-07-01")
    world.article("new.md", effective_from="2026-07-01")
    old, new = world.read("old.md"), world.read("new.md")

    around = [utc("2026-07-01T06:00") + SECOND * step for step in range(-3, 4)]

    assert [is_in_force(old, moment) + is_in_force(new, moment) for moment in around] == [1] * 7


@pytest.mark.parametrize(("status", "expected"), [("draft", False), ("active", True), ("deprecated", True), ("retired", False)])
def test_only_active_and_deprecated_articles_can_be_in_force(world: World, status: str, expected: bool) -> None:
    """The dates alone do not make a rule."""
    world.article("a.md", status=status)

    assert is_in_force(world.read("a.md"), utc("2026-03-01T06:00")) is expected


@pytest.mark.parametrize(
    ("zone", "day", "begin"),
    [
        ("America/New_York", "2026-03-08", "2026-03-08T05:00"),  # clocks go forward at 02:00 of this day
        ("America/New_York", "2026-03-09", "2026-03-09T04:00"),
        ("America/New_York", "2026-11-01", "2026-11-01T04:00"),  # clocks go back at 02:00 of this day
        ("America/New_York", "2026-11-02", "2026-11-02T05:00"),
        ("America/Santiago", "2026-09-06", "2026-09-06T04:00"),  # this day has no midnight: it begins at 01:00
        ("America/Havana", "2026-11-01", "2026-11-01T04:00"),  # this day has two midnights: the first counts
    ],
)
def test_a_day_begins_when_the_clocks_of_its_place_say_so(world: World, zone: str, day: str, begin: str) -> None:
    """Changes to and from summer time do not move a boundary."""
    world.write("kb.yml", TAXONOMY.replace("America/Mexico_City", zone))
    world.article("a.md", effective_from=day)
    article = world.read("a.md")

    assert [is_in_force(article, utc(begin) - SECOND), is_in_force(article, utc(begin))] == [False, True]


def test_an_instant_with_an_offset_is_taken_as_it_stands(world: World) -> None:
    """The space's zone plays no part where an offset is written."""
    world.article("a.md", effective_from='"2026-03-01T17:00:00-05:00"')

    assert world.read("a.md").effective_from == utc("2026-03-01T22:00")


@given(
    st.dates(date(2000, 1, 1), date(2037, 12, 31)),
    st.sampled_from(["America/Mexico_City", "America/New_York", "America/Santiago", "America/Havana", "Asia/Beirut", "UTC"]),
)
def test_days_follow_each_other_in_every_zone(day: date, zone: str) -> None:
    """A day begins between 22 and 26 hours before the next one, whatever the clocks do."""
    begin = instant(day.isoformat(), ZoneInfo(zone)).astimezone(UTC)
    following = instant((day + timedelta(days=1)).isoformat(), ZoneInfo(zone))

    assert timedelta(hours=22) <= following.astimezone(UTC) - begin <= timedelta(hours=26)


@pytest.mark.parametrize("edge", ["9999-12-31", "9999-12-31T23:59:59-12:00", "2300-01-01"])
def test_an_end_beyond_every_calendar_is_none(world: World, edge: str) -> None:
    """People write never as the year 9999, which no other time zone could tell."""
    world.article("a.md", effective_until=edge)

    assert world.read("a.md").effective_until is None


@pytest.mark.parametrize("edge", ["0001-01-01", "0001-01-01T00:00:00+14:00"])
def test_a_beginning_before_every_calendar_is_none(world: World, edge: str) -> None:
    """And always as the year 1."""
    world.article("a.md", effective_from=edge)

    assert world.read("a.md").effective_from is None


@pytest.mark.parametrize(("key", "edge"), [("effective_from", "9999-12-31"), ("effective_until", "0001-01-01")])
def test_a_text_that_is_never_in_force_is_an_error(world: World, key: str, edge: str) -> None:
    """It begins after every calendar, or ended before it."""
    world.article("a.md", **{key: edge})

    assert [problem.split(": ", 1)[1].partition(";")[0] for problem in world.errors()] == [f"{key} is '{edge}'"]
