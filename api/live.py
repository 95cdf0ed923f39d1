"""What a space serves right now: one snapshot, swapped when a newer one is published. A request keeps what it began with."""

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Lock
from time import monotonic
from typing import Final

import structlog

from api.health import Health, legs_of
from api.last_live import REFUSED_IN_A_ROW, last_live
from api.leg_progress import LegProgress
from api.news import Listener, News
from api.past_snapshots import PastSnapshots
from api.publish_log import Outcome, now
from api.recent_tip import RecentTip
from api.space import Space, public_reason
from api.trouble import Trouble
from api.watch import SILENT, Step, Watch
from kb.errors import ContentError, KbError
from kb.tree import Commit
from retriever.embedder import FEW
from retriever.errors import RetrieverError, SnapshotError
from retriever.snapshot import Snapshot

TIP_SECONDS: Final = 1.0  # for which an answer of git is good enough to say how a space stands
AGAIN_SECONDS: Final = 30.0  # after which a publication that could not be read is tried again

log = structlog.get_logger()


class LiveSpace:
    """The serving side of a space."""

    def __init__(self, space: Space, *, refresh_seconds: float, past: PastSnapshots | None = None) -> None:
        """past: where the snapshots of other moments are kept, one for all spaces of a service; None: one of its own."""
        self.space = space
        self.past = past or PastSnapshots()
        self._refresh_seconds = refresh_seconds
        self._tip = RecentTip(lambda: self.space.tip(), min(refresh_seconds, TIP_SECONDS))
        self._lock = Lock()
        self._updating = Lock()
        self._current: Snapshot | None = None
        self._since = now()
        self._progress = LegProgress(space.snapshots)
        self._name: str | None = None
        self._unkept: Snapshot | None = None  # served, but not yet on the disk
        self._unreadable: tuple[str, float] = "", 0.0  # a publication that could not be read, and until when it is left alone
        self._tried: str | None = None
        self._looked = float("-inf")
        self._error: str | None = None
        self.trouble: Trouble | None = None  # where several processes serve the space
        self.listeners: list[Listener] = []  # a request may wait for them

    @classmethod
    def held(cls, space: Space, snapshot: Snapshot) -> "LiveSpace":
        """A space that serves this one snapshot and looks for no other: what one command needs."""
        live = cls(space, refresh_seconds=float("inf"))
        live._current, live._looked = snapshot, monotonic()
        return live

    def start(self, watch: Watch = SILENT) -> None:
        """Publish the tip if it may go live; otherwise serve what was live before, and say why.

        Raises the error if nothing was ever published.
        """
        try:
            self.space.publish(watch, serve=self._serve)
            self._unkept = None
        except (KbError, RetrieverError) as error:
            self._note(error)
            if self._current is None:
                self._resume(error)

    def resume(self) -> None:
        """Serve what was live, built anew if what was published cannot be read. Raises what keeps it from being served."""
        with self._lock:
            self._resume(SnapshotError(f"space {self.space.name!r} has no snapshot yet. Run `kb index`."))

    def _resume(self, error: Exception) -> None:
        """Serve what was live when the service ended."""
        self._swap(*last_live(self.space, error))

    def update(self) -> bool:
        """Bring what is served to the newest commit; False if that could not be done and is worth another try.

        A commit that was refused is not read again. What goes wrong is noted; what is served stays.
        """
        with self._updating:
            try:
                self._complete()
                self.space.repository.refresh()
                self._follow(self.space.tip())
            except (KbError, RetrieverError) as error:
                self._note(error)
                return isinstance(error, ContentError)
            return True

    def is_unfinished(self) -> bool:
        """Whether what is served is of the first stage, and not all that its multilingual leg needs is embedded."""
        step = self._progress.step(self._current)
        return self._current is not None and not self._current.is_whole and (step is None or step.done < step.passages)

    def embedding(self) -> Iterator[Step]:
        """Embed what the multilingual leg of what is served lacks, on one core; ends where another snapshot is served.

        The next update lets the whole snapshot take its place. Raises what Snapshots.embedding raises.
        """
        snapshot = self._current
        if snapshot is None or snapshot.is_whole:
            return
        for step in self.space.snapshots.embedding(snapshot, FEW):
            if self._current is not snapshot:
                return
            self._progress.note(snapshot, step)
            yield step

    def _complete(self) -> None:
        """Serve the whole snapshot in place of the first stage, as soon as all that it needs is embedded."""
        first, step = self._current, self._progress.step(self._current)
        if first is not None and not first.is_whole and step is not None and step.done == step.passages:
            if self.space.complete(first, serve=self._serve) is None:
                self.look()  # another process has published a newer commit
            self._unkept = None

    def _follow(self, tip: Commit) -> None:
        if self._unkept is not None:
            self._keep()
        if self._current is not None and tip.sha == self._current.manifest.commit:
            self._stands(None)
        elif tip.sha != self._tried:
            self._tried = tip.sha
            self._publish(tip)

    def _publish(self, tip: Commit) -> None:
        try:
            self.space.publish(before=self._current, serve=self._serve)
        except (KbError, RetrieverError) as error:
            if not isinstance(error, ContentError):
                self._tried = None  # another try may succeed
            if self._unkept is None:  # else it is served, and only the disk failed
                self._tell(News(self.space.name, None, self.space.log.refusal(tip.sha)))
            raise
        self._tried = self._unkept = None
        self._stands(None)

    def _keep(self) -> None:
        if self._name is not None and self._unkept is not None:
            self.space.snapshots.keep(self._name, self._unkept)
        self._unkept = None

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

    def look(self) -> None:
        """Serve what another process has published, if there is anything new."""
        with self._lock:
            self._look()

    def at(self, as_of: datetime | str) -> Snapshot:
        """What was live at another moment, built on demand. Raises RepositoryError, ContentError or SnapshotError."""
        commit = self.space.commit_as_of(as_of)
        for _ in range(REFUSED_IN_A_ROW):
            try:
                return self._of(commit)
            except ContentError:  # it was refused, so what stood before it went on being served
                before = self.space.commit_before(commit) if isinstance(as_of, datetime) else None
                if before is None:
                    raise
                commit = before
        return self._of(commit)

    def preview(self, branch: str) -> Snapshot:
        """The newest commit of a branch, as if it were merged. Raises RepositoryError, ContentError or SnapshotError."""
        return self._of(self.space.branch(branch))

    def _of(self, commit: Commit) -> Snapshot:
        current = self.current()
        return current if commit.sha == current.manifest.commit else self.past.get(self.space, commit, current)

    @property
    def serving(self) -> bool:
        """Whether there is a snapshot, by what is in memory alone."""
        return self._current is not None

    def health(self) -> Health:
        """How the space stands, and how far it is behind its repository, which is asked once a second at most."""
        snapshot = self._current
        error = self._error or (self.trouble.told() if self.trouble else None)
        behind, embedded = 0.0, 0
        try:
            embedded = self._progress.embedded(snapshot) if snapshot else 0
            tip = self._tip.get()
            if snapshot is not None and tip.sha != snapshot.manifest.commit:
                behind = max(0.0, (datetime.now(UTC) - tip.at).total_seconds())
                refusal = self.space.log.refusal(tip.sha)
                error = (refusal.public if refusal else None) or error
        except (KbError, RetrieverError) as unreachable:
            error = error or public_reason(unreachable)
        if snapshot is None:
            return Health(None, None, 0, 0, behind, error or "no snapshot yet")
        manifest = snapshot.manifest
        return Health(
            manifest.commit,
            manifest.built_at,
            manifest.articles,
            manifest.passages,
            behind,
            error,
            self.past.kept(self.space.name),
            legs_of(snapshot, embedded),
        )

    def _look(self) -> None:
        """Swap to what another process has published."""
        self._looked = monotonic()
        name = self.space.snapshots.published_name()
        if name is None or name == self._name or self._unkept is not None:
            return
        if name == self._unreadable[0] and self._looked < self._unreadable[1]:
            return
        try:
            self._swap(name, self.space.snapshots.named(name))
            self._stands(None)
        except RetrieverError as error:
            self._unreadable = name, monotonic() + AGAIN_SECONDS
            self._note(error)

    def _note(self, error: Exception) -> None:
        self._stands(public_reason(error))
        log.error("the newest commit is not served", space=self.space.name, reason=str(error))

    def _stands(self, error: str | None) -> None:
        self._error = error
        if self.trouble:
            self.trouble.tell(error)

    def _serve(self, name: str, snapshot: Snapshot) -> None:
        """Serve what is not on the disk yet."""
        self._swap(name, snapshot)
        self._unkept = snapshot

    def _swap(self, name: str, snapshot: Snapshot) -> None:
        manifest, before = snapshot.manifest, self._current
        self._current = snapshot
        self._progress.forget()
        self._name = name
        self._looked = monotonic()
        line = self.space.log.live()
        if line is not None and (line.commit != manifest.commit or _completes(snapshot, before)):
            line = None
        self._tell(News(self.space.name, snapshot, line))
        facts: dict[str, object] = {
            "commit": manifest.commit,
            "articles": manifest.articles,
            "passages": manifest.passages,
            "legs": list(snapshot.legs),
        }
        if line is not None and line.at >= self._since:  # else it was published before a restart, and cost nothing now
            facts |= {
                "articles_changed": str(line.counts) if line.counts else None,
                "embedded": dict(line.embedded),
                "milliseconds": dict(line.milliseconds),
                "rolled_back": line.outcome is Outcome.ROLLED_BACK,
            }
        log.info("serving", space=self.space.name, **facts)

    def _tell(self, news: News) -> None:
        for listener in self.listeners:
            listener(news)


def _completes(snapshot: Snapshot, before: Snapshot | None) -> bool:
    """Whether the snapshot only adds a leg to the one before: its publication has been told."""
    return before is not None and not before.is_whole and before.manifest.commit == snapshot.manifest.commit
