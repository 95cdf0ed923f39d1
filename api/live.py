"""What a space serves right now: one snapshot, swapped when a newer one is published. A request keeps what it began with."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Final

import structlog

from api.space import SILENT, Space, Watch
from kb.errors import KbError
from retriever.errors import RetrieverError, SnapshotError
from retriever.snapshot import Snapshot

PAST: Final = 4  # snapshots of other moments that are kept in memory

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Health:
    """How a space stands. behind: seconds since the commit that should be live was made, 0 if it is served."""

    commit: str | None
    built_at: str | None
    articles: int
    passages: int
    behind: float
    error: str | None


class LiveSpace:
    """The serving side of a space."""

    def __init__(self, space: Space, *, refresh_seconds: float) -> None:
        self.space = space
        self._refresh_seconds = refresh_seconds
        self._lock = Lock()
        self._building = Lock()
        self._current: Snapshot | None = None
        self._name: str | None = None
        self._unreadable: str | None = None
        self._looked = float("-inf")
        self._error: str | None = None
        self._past: OrderedDict[str, Snapshot] = OrderedDict()

    @classmethod
    def held(cls, space: Space, snapshot: Snapshot) -> "LiveSpace":
        """A space that serves this one snapshot and looks for no other: what one command needs."""
        live = cls(space, refresh_seconds=float("inf"))
        live._current, live._looked = snapshot, monotonic()
        return live

    def start(self, watch: Watch = SILENT) -> None:
        """Publish the tip if it may go live; otherwise serve what was published before, and say why.

        Raises the error if nothing was ever published.
        """
        try:
            self._swap(*self.space.publish(watch))
        except (KbError, RetrieverError) as error:
            self._error = str(error)
            log.error("the newest commit is not served", space=self.space.name, reason=str(error))
            name = self.space.published_name()
            if name is None:
                raise
            self._swap(name, self.space.named(name))

    def current(self) -> Snapshot:
        """What is served now. Looks for a newer publication at most once in `refresh_seconds`."""
        if monotonic() - self._looked >= self._refresh_seconds and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._lock.release()
        if self._current is None:
            raise SnapshotError(f"space {self.space.name!r} has no snapshot yet. Run `kb index`.")
        return self._current

    def at(self, as_of: datetime | str) -> Snapshot:
        """What was live at another moment, built on demand. Raises RepositoryError, ContentError or SnapshotError."""
        commit = self.space.commit_as_of(as_of)
        current = self.current()
        if commit.sha == current.manifest.commit:
            return current
        with self._building:  # one past commit at a time, and never in the way of the live one
            if commit.sha not in self._past:
                self._past[commit.sha] = self.space.snapshot(commit)
            self._past.move_to_end(commit.sha)
            while len(self._past) > PAST:
                self._past.popitem(last=False)
            return self._past[commit.sha]

    def health(self) -> Health:
        """How the space stands, and how far it is behind its repository."""
        snapshot = self._current
        error = self._error
        behind = 0.0
        try:
            tip = self.space.tip()
            if snapshot is not None and tip.sha != snapshot.manifest.commit:
                behind = max(0.0, (datetime.now(tip.at.tzinfo) - tip.at).total_seconds())
                error = self.space.refused(tip) or error
        except KbError as unreachable:
            error = error or str(unreachable)
        if snapshot is None:
            return Health(None, None, 0, 0, behind, error or "no snapshot yet")
        manifest = snapshot.manifest
        return Health(manifest.commit, manifest.built_at, manifest.articles, manifest.passages, behind, error)

    def _look(self) -> None:
        self._looked = monotonic()
        name = self.space.published_name()
        if name is None or name in (self._name, self._unreadable):
            return
        try:
            self._swap(name, self.space.named(name))
            self._error = None
        except RetrieverError as error:
            self._unreadable = name  # said once; the next publication has another name, or is built anew
            self._error = str(error)
            log.error("a published snapshot cannot be read", space=self.space.name, reason=str(error))

    def _swap(self, name: str, snapshot: Snapshot) -> None:
        self._current = snapshot
        self._name = name
        self._looked = monotonic()
        manifest = snapshot.manifest
        log.info(
            "serving", space=self.space.name, commit=manifest.commit, articles=manifest.articles, passages=manifest.passages
        )
