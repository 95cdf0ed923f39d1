"""When a digest is due: each day once, in local time, whatever the clocks do."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.schedule import Every, Schedule, Weekday

NEW_YORK = ZoneInfo("America/New_York")


def schedule(
    at: str = "08:00", every: Every = Every.DAILY, quiet: tuple[str, str] | None = None, zone: ZoneInfo = NEW_YORK
) -> Schedule:
    """A schedule."""
    hours = (time.fromisoformat(quiet[0]), time.fromisoformat(quiet[1])) if quiet else None
    return Schedule(every, time.fromisoformat(at), Weekday.TUESDAY, zone, hours)


@pytest.mark.parametrize(
    ("every", "now", "slot"),
    [
        (Every.DAILY, "2026-03-05T13:00Z", "2026-03-05T13:00Z"),  # 08:00 in New York, to the second
        (Every.DAILY, "2026-03-05T12:59Z", "2026-03-04T13:00Z"),
        (Every.WEEKDAYS, "2026-03-08T20:00Z", "2026-03-06T13:00Z"),  # a Sunday looks back to Friday
        (Every.WEEKLY, "2026-03-09T20:00Z", "2026-03-03T13:00Z"),  # on Tuesdays
    ],
)
def test_a_slot_is_a_local_time_of_its_days(every: Every, now: str, slot: str) -> None:
    """The latest one that is not after now."""
    assert schedule(every=every).last_slot(datetime.fromisoformat(now)) == datetime.fromisoformat(slot)


def test_a_team_without_days_has_no_slot() -> None:
    """It hears of rules at once, and of nothing else."""
    assert schedule(every=Every.NEVER).last_slot(datetime(2026, 3, 5, tzinfo=UTC)) is None


def test_local_time_stays_when_the_clocks_change() -> None:
    """08:00 in New York is 13:00 in UTC before the change and 12:00 after it."""
    slots = [schedule().last_slot(datetime(2026, 3, day, 23, tzinfo=UTC)) for day in (7, 8)]

    assert slots == [datetime(2026, 3, 7, 13, tzinfo=UTC), datetime(2026, 3, 8, 12, tzinfo=UTC)]


@pytest.mark.parametrize(("at", "day"), [("02:30", (2026, 3, 8)), ("01:30", (2026, 11, 1))])
def test_an_hour_that_is_left_out_or_comes_twice_gives_one_slot(at: str, day: tuple[int, int, int]) -> None:
    """Looked at every ten minutes of two days around the change."""
    begin = datetime(*day, tzinfo=NEW_YORK).astimezone(UTC)
    asked = [begin + timedelta(minutes=10 * step) for step in range(-72, 216)]
    slots = {schedule(at).last_slot(now) for now in asked}
    of_the_day = [slot for slot in slots if slot and slot.astimezone(NEW_YORK).date() == begin.astimezone(NEW_YORK).date()]

    assert len(of_the_day) == 1


@pytest.mark.parametrize(
    ("at", "quiet", "slot"),
    [
        ("08:00", ("20:00", "07:00"), "08:00"),
        ("06:00", ("20:00", "07:00"), "07:00"),  # the same morning
        ("21:00", ("20:00", "07:00"), "07:00"),  # the next one
        ("12:30", ("12:00", "13:00"), "13:00"),
    ],
)
def test_what_falls_into_quiet_hours_waits_for_their_end(at: str, quiet: tuple[str, str], slot: str) -> None:
    """Nobody's telephone rings at night."""
    found = schedule(at, quiet=quiet).last_slot(datetime(2026, 3, 5, 23, 59, tzinfo=NEW_YORK))

    assert found is not None
    assert f"{found.astimezone(NEW_YORK):%H:%M}" == slot


@given(
    st.integers(0, 3_652).map(lambda days: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=days, minutes=days * 7 % 1440)),
    st.times(),
    st.sampled_from(["America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]),
    st.sampled_from([Every.DAILY, Every.WEEKDAYS, Every.WEEKLY]),
)
def test_slots_never_go_back(now: datetime, at: time, zone: str, every: Every) -> None:
    """A later look finds the same slot or a later one, and none in the future."""
    plan = Schedule(every, at.replace(second=0, microsecond=0, tzinfo=None), Weekday.TUESDAY, ZoneInfo(zone))
    first, second = plan.last_slot(now), plan.last_slot(now + timedelta(hours=7))

    assert first is not None
    assert second is not None
    assert first <= now
    assert first <= second
