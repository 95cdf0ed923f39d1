"""A moment as people write it: `yesterday`, a date, an instant, or a commit."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from kb.errors import AsOfError, RepositoryError
from kb.frontmatter import YEARS
from kb.repository import Repository
from kb.tree import Commit

_AGO: Final = re.compile(r"(\d{1,4}) (hour|day|week)s? ago")
_HOURS: Final = {"hour": 1, "day": 24, "week": 24 * 7}


@dataclass(frozen=True, slots=True)
class Moment:
    """A commit, and the instant (aware) at which its dates are looked at."""

    commit: Commit
    at: datetime


def moment_of(text: str, repository: Repository, ref: str | None, zone: ZoneInfo, *, now: datetime | None = None) -> Moment:
    """The moment that the text names: an instant with what was live on the ref then, or a commit when it was made.

    Accepts `now`, `today` and `yesterday` (midnight in the zone), `3 days ago`, a date (midnight in the zone), an RFC 3339
    instant, and any branch, tag or commit of the repository. An instant to come looks at what is live now.
    Raises RepositoryError if it is none of them, AsOfError if nothing was live then.
    """
    instant = instant_of(text, zone, now or datetime.now(UTC))
    if instant is not None:
        return Moment(repository.at(ref, instant), instant)
    try:
        commit = repository.resolve(text)
    except RepositoryError as error:
        raise AsOfError(
            f"{error} Moments are also now, yesterday, '3 days ago', 2026-03-01 and 2026-03-01T17:00:00-05:00."
        ) from None
    return Moment(commit, commit.at)


def instant_of(text: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The instant that the words name; None if they name none, and so may be a commit.

    Raises AsOfError for a date or time that no calendar has.
    """
    words = " ".join(text.casefold().split())
    if words == "now":
        return now
    if words in ("today", "yesterday"):
        day = now.astimezone(zone).date() - timedelta(days=words == "yesterday")
        return datetime.combine(day, time.min, zone)
    if found := _AGO.fullmatch(words):
        return now - timedelta(hours=int(found[1]) * _HOURS[found[2]])
    return _written(text.strip(), zone) if re.match(r"\d{4}-\d\d-\d\d", words) else None


def _written(text: str, zone: ZoneInfo) -> datetime:
    try:
        written = date_or_instant(text)
    except ValueError:
        raise AsOfError(
            f"{text!r} is no date or instant of the years {YEARS[0]} to {YEARS[-1]}; "
            "expected one such as 2026-03-01 or 2026-03-01T17:00:00-05:00. Correct it."
        ) from None
    if not isinstance(written, datetime):
        return datetime.combine(written, time.min, zone)
    return written if written.tzinfo else written.replace(tzinfo=zone)


def date_or_instant(text: str) -> datetime | date:
    """What the text says, an instant with an offset only if it has one. Raises ValueError for anything outside of `YEARS`."""
    written = date.fromisoformat(text) if len(text) == len("2026-03-01") else datetime.fromisoformat(text)
    if written.year not in YEARS:
        raise ValueError(f"the year is {written.year}; expected {YEARS[0]} to {YEARS[-1]}")
    return written
