"""Reading a window from a repository: what changed in it, what comes after it, and which reviews fell due."""

from datetime import date, datetime, timedelta
from pathlib import PurePosixPath
from typing import Final
from zoneinfo import ZoneInfo

from kb.article import CAN_BE_IN_FORCE, Article
from kb.comparison import compare
from kb.course import SHARED
from kb.digest import HORIZON, Window
from kb.edition import Edition
from kb.library import OutsideTaxonomy
from kb.moment import Moment
from kb.repository import Repository

_MOST_DAYS: Final = 40  # that are looked for one by one; beyond them every file with a review date is read


def read_window(repository: Repository, folder: str, outside: OutsideTaxonomy | None, old: Moment, new: Moment) -> Window:
    """Everything that the digests of a window are made of. Raises RepositoryError."""
    past = compare(repository, folder, outside, old, new)
    ahead = compare(repository, folder, outside, new, Moment(new.commit, new.at + HORIZON))
    return Window(past, ahead, _overdue(repository, folder, Edition(repository.tree(new.commit, folder), outside), old, new))


def _overdue(repository: Repository, folder: str, edition: Edition, old: Moment, new: Moment) -> list[Article]:
    """The articles whose review date ended between the moments, by id."""
    zone = edition.taxonomy.zone if edition.taxonomy else ZoneInfo("UTC")
    first, last = (_day(moment.at, zone) for moment in (old, new))
    if first >= last:
        return []
    days = [str(first + timedelta(days=number)) for number in range((last - first).days)]
    holding = set(repository.holding(new.commit, folder, days if len(days) <= _MOST_DAYS else ["review_by"]))
    shared = {str(PurePosixPath(path).parent) for path in holding if PurePosixPath(path).name in SHARED}
    found = []
    for path in sorted(edition.paths):
        if path not in holding and not (shared and shared.intersection(map(str, PurePosixPath(path).parents))):
            continue
        article = edition.article(path)
        if article and article.review_by and first <= article.review_by < last and article.status in CAN_BE_IN_FORCE:
            found.append(article)
    return found


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()
