"""The feed of a free scope: what changed in it since the first day of last month, for whoever may see that."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from threading import Lock
from typing import Final, TypeAlias

from api.digests.document import DigestDocument
from api.digests.drawing import Drawn, Frame, document
from api.guidance import Ask, Guidance, RequestError
from api.live import LiveSpace
from api.queue import Queue
from api.reader import Reader
from api.recent import Recent
from kb.digest import Digests
from kb.errors import AsOfError
from kb.jurisdiction import ALL, place_name
from kb.moment import Moment
from kb.problem import did_you_mean
from kb.taxonomy import Taxonomy
from kb.teams import Team
from kb.tree import Commit
from kb.window import read_window

_NAME: Final = "changes"
_DAY: Final = timedelta(days=1)
_WINDOWS: Final = 4  # of all spaces together, in memory; each holds the articles that changed in a month
_FEEDS: Final = 64  # of all spaces together: whoever asks again for what did not change waits for nothing

_Window: TypeAlias = tuple[Digests, Drawn]


@dataclass(frozen=True, slots=True)
class Saved:
    """The scope that a feed's address says. None: not said."""

    space: str
    products: tuple[str, ...] | None
    jurisdiction: str | None
    tier: int | None
    lang: str | None


class ScopeFeeds:
    """Feeds of all spaces. A space's window is read once for every commit and day. Safe from several threads.

    A window is read and drawn from by one thread at a time; spaces do not wait for each other.
    """

    def __init__(self, guidance: Guidance) -> None:
        self._guidance = guidance
        self._queue = Queue("Feeds of this space are being prepared.")
        self._locks = {space: Lock() for space in guidance.spaces}
        self._windows = Recent[_Window](_WINDOWS)
        self._feeds = Recent[DigestDocument](_FEEDS)

    def document(self, saved: Saved, reader: Reader, site: str) -> DigestDocument:
        """What changed in the scope.

        Raises NotFoundError, NotGrantedError above the reader's tier, RequestError, BusyError or RepositoryError.
        """
        view = self._guidance.view(Ask("", space=saved.space, tier=saved.tier), reader)
        taxonomy, commit = view.snapshot.library.taxonomy, view.snapshot.library.commit
        if commit is None or saved.space not in self._guidance.spaces:
            raise RequestError("What was never live has no feed. Name a space without a branch.")
        team = _as_team(saved, view.scope.tier, taxonomy, saved.lang or reader.lang)
        begin, new = _edges(commit, taxonomy)

        def made() -> DigestDocument:
            with self._queue.place(saved.space), self._locks[saved.space]:
                digests, drawn = self._window(self._guidance.spaces[saved.space], begin, new)
                frame = Frame(saved.space, _NAME, team, taxonomy, site, drawn=drawn)
                return document(digests.of(team), digests.window, frame)

        return self._feeds.get((saved.space, begin, new, team, site), made)

    def waiting(self, space: str) -> int:
        """How many requests wait for the space's feeds, or prepare one."""
        return self._queue.waiting(space)

    def _window(self, live: LiveSpace, begin: datetime, new: Moment) -> _Window:
        def read() -> _Window:
            source, old = live.space.source, _live_at(live, begin, new)
            return Digests(read_window(live.space.repository, source.folder, source.outside, old, new)), {}

        return self._windows.get((live.space.name, begin, new), read)


def _edges(commit: Commit, taxonomy: Taxonomy) -> tuple[datetime, Moment]:
    """The first day of last month, and the commit today: the same all day, so that a day's readers share the work."""
    today = datetime.now(UTC).astimezone(taxonomy.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    month = (today.replace(day=1) - _DAY).date().replace(day=1)
    begin = datetime.combine(month, time.min, taxonomy.zone).astimezone(UTC)
    return begin, Moment(commit, max(today.astimezone(UTC), commit.at))


def _live_at(live: LiveSpace, begin: datetime, new: Moment) -> Moment:
    """What was live at the beginning; of a history that is younger, its first commit."""
    space = live.space
    try:
        return Moment(space.commit_as_of(begin), begin)
    except AsOfError:
        log = space.repository.log(new.commit, space.source.folder)
        return Moment(log[-1].commit, log[-1].commit.at) if log else new


def _as_team(saved: Saved, tier: int, taxonomy: Taxonomy, lang: str | None) -> Team:
    """The scope as the team that would be told of it. Raises RequestError for what kb.yml does not know."""
    products, place = saved.products or (ALL,), saved.jurisdiction or ALL
    for key, value, known in (
        *(("products", product, (*taxonomy.products, ALL)) for product in products),
        ("jurisdiction", place, (*taxonomy.jurisdictions, ALL)),
    ):
        _require(key, value, known)
    languages = tuple(dict.fromkeys([*([lang] if lang else []), *taxonomy.languages]))
    names = [taxonomy.products[it].name.get(languages[0], it) if it != ALL else "" for it in products]
    where = "" if place == ALL else place_name(place, languages[0])
    return Team(
        " · ".join(filter(None, (taxonomy.name, ", ".join(filter(None, names)), where))), products, (place,), tier, languages
    )


def _require(key: str, value: str, known: Collection[str]) -> None:
    if value not in known:
        raise RequestError(f"{key} is {value!r}; expected one of {', '.join(known)}.{did_you_mean(value, known)}")
