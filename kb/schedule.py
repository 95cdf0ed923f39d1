"""When a digest is due, in local time: each day once, whatever the clocks do to that day."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo


class Every(StrEnum):
    """On which days. NEVER: for a team that only wants to hear of changed rules at once."""

    DAILY = "daily"
    WEEKDAYS = "weekdays"
    WEEKLY = "weekly"
    NEVER = "never"


class Weekday(StrEnum):
    """Days of the week, Monday first."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"

    @property
    def number(self) -> int:
        """0 for Monday, as datetime counts."""
        return list(Weekday).index(self)


_LOOK_BACK: Final = 8  # days that surely hold a slot of a weekly schedule
_WEEKEND: Final = (5, 6)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Slots: moments at which a window closes. quiet: from and until, local; it may lie across midnight."""

    every: Every
    at: time
    day: Weekday
    zone: ZoneInfo
    quiet: tuple[time, time] | None = None

    def last_slot(self, now: datetime) -> datetime | None:
        """The latest slot that is not after `now` (aware), in UTC; None if there is none at all.

        A time that a spring day leaves out is the moment as long after midnight; one that an autumn day has twice is the first.
        """
        today = now.astimezone(self.zone).date()
        for back in range(_LOOK_BACK + 1):
            day = today - timedelta(days=back)
            if self._has(day.weekday()):
                slot = self._spoken(datetime.combine(day, self.at, self.zone)).astimezone(UTC)
                if slot <= now:
                    return slot
        return None

    def is_quiet(self, now: datetime) -> bool:
        """Whether nothing is to be sent at that moment."""
        if self.quiet is None:
            return False
        begin, end = self.quiet
        clock = now.astimezone(self.zone).time()
        return begin <= clock < end if begin <= end else clock >= begin or clock < end

    def quiet_end(self, now: datetime) -> datetime | None:
        """When something may be sent again, in UTC, if `now` lies in quiet hours; else None."""
        if self.quiet is None or not self.is_quiet(now):
            return None
        local, end = now.astimezone(self.zone), self.quiet[1]
        day = local.date() + timedelta(days=local.time() >= end)
        return datetime.combine(day, end, self.zone).astimezone(UTC)

    def _has(self, weekday: int) -> bool:
        if self.every is Every.WEEKDAYS:
            return weekday not in _WEEKEND
        return self.every is Every.DAILY or (self.every is Every.WEEKLY and weekday == self.day.number)

    def _spoken(self, slot: datetime) -> datetime:
        """The slot, or the end of the quiet hours that it lies in."""
        if self.quiet is None or not self.is_quiet(slot):
            return slot
        begin, end = self.quiet
        over = begin > end and slot.time() >= begin
        return datetime.combine(slot.date() + timedelta(days=over), end, self.zone)
