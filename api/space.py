"""One space: a repository, the snapshots of its commits, and which of them is live.

Where nothing is served yet and much is to be embedded, a snapshot of the first stage is published: words and the English leg.
Once what the multilingual leg needs is embedded, the whole snapshot takes its place (`complete`).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final, TypeAlias

from api.publish_log import Outcome, Publication, PublishLog, log_path, now
from api.snapshots import Snapshots
from api.source import Source
from api.watch import SILENT, Watch
from kb.errors import AsOfError, ContentError, KbError, RefError, RepositoryError
from kb.library_change import library_change
from kb.repository import Repository, open_repository
from kb.stages import Stages
from kb.tree import Commit
from retriever.errors import RetrieverError, SnapshotError
from retriever.snapshot import Models, Snapshot

DEFAULT: Final = "default"
AHEAD: Final = timedelta(minutes=5)  # how far a caller's clock may run before ours; further on nothing can be known
DISK_MEGABYTES: Final = 2000

Serve: TypeAlias = Callable[[str, Snapshot], None]  # is given a snapshot and its name


class Space:
    """A repository and its snapshots, of which one at a time is published."""

    def __init__(
        self,
        name: str,
        source: Source,
        data_dir: Path,
        models: Models,
        *,
        vectors: Path | None = None,
        megabytes: int = DISK_MEGABYTES,
    ) -> None:
        """megabytes: how much disk the snapshots may take; the published ones stay whatever they take."""
        self.name = name
        self.source = source
        self.models = models
        root = data_dir / "spaces" / name
        self.clones = root / "clones"  # its own: a fetch, or a password in a URL, is nothing to other spaces
        self.log = PublishLog(log_path(root, source.key))
        self.snapshots = Snapshots(name, source, root, models, lambda: self.repository, vectors=vectors, megabytes=megabytes)

    @cached_property
    def repository(self) -> Repository:
        """The repository; a URL is fetched when it is first used. Raises RepositoryError or SnapshotError."""
        opened, live = open_repository(self.source.repo, self.clones), self.log.live()
        opened.hold_to(live.branch if live else None)
        return opened

    def tip(self) -> Commit:
        """The commit that should be live. Raises RepositoryError."""
        return self.repository.resolve(self.source.ref)

    def branch(self, name: str) -> Commit:
        """The newest commit of a branch, merged or not. Raises AsOfError."""
        return self.repository.branch(name)

    def follows(self, ref: str) -> bool:
        """Whether a push to a ref, as `refs/heads/main`, can change what is live."""
        return self.repository.names(self.source.ref, ref)

    def commit_as_of(self, as_of: datetime | str) -> Commit:
        """The commit that was live then: by the publish log where it reaches, else by the ref's history.

        Raises AsOfError, or another RepositoryError if the history cannot be read.
        """
        if isinstance(as_of, datetime):
            if as_of > datetime.now(UTC) + AHEAD:
                raise AsOfError(
                    f"as_of is {as_of.isoformat()}, which lies ahead: what will be live then cannot be known. "
                    "Leave as_of out, and ask with effective_on for the rules of a coming day."
                )
            line = self.log.live_at(as_of)
            return line.what if line else self.repository.at(self.source.ref, as_of)
        logged = [line for line in self.log.all() if line.is_live and len(as_of) >= 7 and line.commit.startswith(as_of)]
        if logged and len({line.commit for line in logged}) == 1:
            return logged[-1].what
        return self.repository.at(self.source.ref, as_of)

    def commit_before(self, commit: Commit) -> Commit | None:
        """Its first parent; None if it is the first."""
        return self.repository.parent(commit)

    def complete(self, first: Snapshot, serve: Serve | None = None) -> Snapshot | None:
        """Let the whole snapshot take the place of one of the first stage; None if its commit is live no more.

        serve: see `publish`. Raises ModelError, VectorCacheError or SnapshotError.
        """
        with self._publishing():
            live = self.log.live()
            if live is None or live.commit != first.manifest.commit:
                return None
            whole = self.snapshots.whole(first)
            self._go_live(whole, serve)
            return whole

    def publish(
        self, watch: Watch = SILENT, before: Snapshot | None = None, serve: Serve | None = None
    ) -> tuple[str, Snapshot]:
        """Index the tip and let it be what is served: its name, and the snapshot. On any error what was published stays.

        before: what is served, from which to build. serve: is told as soon as the publication stands in the log; the snapshot
        is written to the disk after that, so that nobody waits for the disk.
        """
        with self._publishing():
            stages = Stages()
            stages.begin("fetch")
            self.repository.refresh()
            tip = self.tip()
            live = self.log.live()
            before = before or self._published(live)
            try:
                snapshot = self.snapshots.next(tip, watch, before, stages)
                stages.end()
                self._log_live(tip, live, snapshot, before, stages)
            except (KbError, RetrieverError) as error:
                self._log_refusal(tip, live, error, stages)
                raise
            return self._go_live(snapshot, serve), snapshot

    def _go_live(self, snapshot: Snapshot, serve: Serve | None) -> str:
        name = self.snapshots.name_of(snapshot)
        if serve:
            serve(name, snapshot)
        self.snapshots.keep(name, snapshot)
        return name

    @contextmanager
    def _publishing(self) -> Iterator[None]:
        """One publication of the source at a time, in whatever process: the later one finds the newer commit."""
        with self.snapshots.alone(f"publishing-{self.source.key}.lock"):
            yield

    def _published(self, live: Publication | None) -> Snapshot | None:
        """What was published last, from the disk; None if it is not there. Reading it costs less than parsing every article."""
        return self.snapshots.at_hand(live.what) if live else None

    def _log_live(
        self, tip: Commit, live: Publication | None, snapshot: Snapshot, before: Snapshot | None, stages: Stages
    ) -> None:
        if live is not None and live.commit == tip.sha:
            return
        known = before.library if before is not None and live is not None and before.manifest.commit == live.commit else None
        back = live is not None and self.repository.is_before(tip.sha, live.commit)
        self.log.append(
            Publication(
                at=now(),
                commit=tip.sha,
                committed_at=tip.at,
                previous=live.commit if live else None,
                outcome=Outcome.ROLLED_BACK if back else Outcome.PUBLISHED,
                counts=library_change(known, snapshot.library) if known or live is None else None,
                embedded=dict(snapshot.manifest.embedded) if "vectors" in stages.milliseconds else {},  # else it was there
                milliseconds=stages.milliseconds,
                branch=self.repository.default_branch() if self.source.ref is None else None,
            )
        )

    def _log_refusal(self, tip: Commit, live: Publication | None, error: Exception, stages: Stages) -> None:
        stages.end()
        refused = isinstance(error, ContentError)
        line = Publication(
            at=now(),
            commit=tip.sha,
            committed_at=tip.at,
            previous=live.commit if live else None,
            outcome=Outcome.REFUSED if refused else Outcome.FAILED,
            reason=str(error),
            public=public_reason(error),
            milliseconds=stages.milliseconds,
        )
        with suppress(SnapshotError):  # the disk may be what failed; the error itself is on its way to the caller
            self.log.append(line)


def public_reason(error: Exception) -> str:
    """Why something is not served, for everybody: no text, no name of an article, no place of the machine."""
    if isinstance(error, ContentError):
        rules = ", ".join(f"{count} x {rule}" for rule, count in sorted(Counter(it.rule for it in error.problems).items()))
        return f"The newest commit was refused: {rules}. `kb check` and `kb log --served` tell file and line."
    if isinstance(error, RefError):
        return "The repository lacks the branch, tag or commit that should be served. The log of the service tells its name."
    if isinstance(error, RepositoryError):
        return "The repository cannot be read right now. The log of the service tells why."
    return "The newest commit could not be indexed. `kb log --served` and the log of the service tell why."
