"""One space: a repository, the snapshots of its commits, and which of them is published.

Where nothing is served yet and much is to be embedded, a snapshot of the first stage is published: words and the English leg.
What the multilingual leg needs is embedded after that (`embedding`), and the whole snapshot takes its place (`complete`).
"""

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, Final

import structlog

from api.publish_log import Outcome, Publication, PublishLog, log_path, now
from api.snapshot_folders import prune, used
from kb.errors import AsOfError, ContentError, KbError, RefError, RepositoryError
from kb.file_lock import locked
from kb.library import Library, OutsideTaxonomy
from kb.library_change import library_change
from kb.repository import Repository, open_repository
from kb.stages import UNTIMED, Stages
from kb.tree import Commit
from retriever.errors import RetrieverError, SnapshotError
from retriever.leg import FIRST, MULTILINGUAL, WHOLE
from retriever.snapshot import FORMAT, Models, Snapshot
from retriever.snapshot_build import Progress as PassagesProgress
from retriever.snapshot_build import build, texts_of
from retriever.snapshot_files import is_whole, load, save
from retriever.splitter import CHUNKING
from retriever.vector_cache import VectorCache, embed_cached, lacks_more

if TYPE_CHECKING:
    from kb.reading import Progress as FilesProgress

DEFAULT: Final = "default"
AHEAD: Final = timedelta(minutes=5)  # how far a caller's clock may run before ours; further on nothing can be known
DISK_MEGABYTES: Final = 2000
AT_ONCE: Final = 200  # unseen passages for which English questions wait: 3 to 4 s of the multilingual model on two cores

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Source:
    """Where a space's articles come from. outside: a kb.yml that does not lie in the repository."""

    repo: str
    ref: str | None
    folder: str
    outside: OutsideTaxonomy | None = None

    @property
    def key(self) -> str:
        """The source as twelve digits: several can share one data folder. `.` and the same folder's full path are one."""
        local = Path(self.repo).expanduser()
        repo = str(local.resolve()) if local.exists() else self.repo
        outside = str(Path(self.outside.path).resolve()) if self.outside else None
        facts = [repo, self.ref, self.folder, outside]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how far indexing has come. None is told nothing."""

    files: "FilesProgress | None" = None
    passages: PassagesProgress | None = None


SILENT: Final = Watch()


@dataclass(frozen=True, slots=True)
class Step:
    """How far the multilingual leg has come: so many passages are done of all; embedded: those that this step did."""

    done: int
    passages: int
    embedded: int


class Space:
    """The snapshots of one source: built where missing, loaded where there, published one at a time."""

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
        self._root = data_dir / "spaces" / name
        self._vectors = vectors or self._root / "vectors.sqlite"
        self.clones = self._root / "clones"  # its own: a fetch, or a password in a URL, is nothing to other spaces
        self.megabytes = megabytes
        self.log = PublishLog(log_path(self._root, source.key))

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

    def snapshot(
        self,
        commit: Commit,
        watch: Watch = SILENT,
        before: Snapshot | None = None,
        stages: Stages = UNTIMED,
        legs: Collection[str] = WHOLE,
    ) -> Snapshot:
        """The snapshot of a commit with these legs, built if there is none that fits the models.

        before: any snapshot of this space, from which to build what is missing. Raises ContentError if the commit may not go
        live, RepositoryError, ModelError or SnapshotError.
        """
        found = self._loaded(self._folder(commit.sha, legs), stages)
        if found is not None:
            return found
        return self._kept(self._build(self._read(commit, watch, before, stages), watch, before, stages, legs))

    def at_hand(self, commit: Commit, stages: Stages = UNTIMED) -> Snapshot | None:
        """The snapshot of a commit from the disk: the whole one, else that of the first stage; None without either."""
        whole, first = (self._folder(commit.sha, legs) for legs in (WHOLE, FIRST))
        return self._loaded(whole, stages) or self._loaded(first, stages)

    def soonest(
        self, commit: Commit, watch: Watch = SILENT, before: Snapshot | None = None, stages: Stages = UNTIMED
    ) -> Snapshot:
        """The snapshot of a commit, of the first stage if English questions would have to wait for the whole one.

        before: what is served. Whole, it answers meanwhile, so nobody waits. Raises what `snapshot` raises.
        """
        if before is not None and before.is_whole:
            return self.snapshot(commit, watch, before, stages)
        found = self._loaded(self._folder(commit.sha, WHOLE), stages)
        if found is not None:
            return found
        if before is not None and before.manifest.commit == commit.sha:
            found = before
        else:
            found = self._loaded(self._folder(commit.sha, FIRST), stages)
        library = found.library if found else self._read(commit, watch, before, stages)
        first = found or self._build(library, watch, before, stages, FIRST)
        waits = first.is_mostly_english and self._lacks_much(first)
        return self._kept(first if waits else self._build(library, watch, first, stages))

    def embedding(self, snapshot: Snapshot, at_a_time: int, watch: Watch = SILENT) -> Iterator[Step]:
        """Embed what a snapshot of the first stage lacks, so many passages a step.

        It may be left after any step: what was embedded is kept. Of two processes, one waits and finds what the other did.
        """
        model, texts = self.models.multilingual, texts_of(snapshot)
        report = watch.passages and partial(_report, watch.passages, len(texts))
        with VectorCache(self._vectors) as cache:
            for start in range(0, len(texts), at_a_time):
                some = texts[start : start + at_a_time]
                with self._alone("embedding.lock"):
                    _, embedded = embed_cached(model, cache, some, progress=report)
                yield Step(start + len(some), len(texts), embedded)

    def complete(self, first: Snapshot, serve: "Callable[[str, Snapshot], None] | None" = None) -> Snapshot | None:
        """Let the whole snapshot take the place of one of the first stage; None if its commit is live no more.

        serve: see `publish`. Raises ModelError, VectorCacheError or SnapshotError.
        """
        with self._publishing():
            live = self.log.live()
            if live is None or live.commit != first.manifest.commit:
                return None
            folder = self._folder(live.commit, WHOLE)
            whole = self._loaded(folder) or self._build(first.library, SILENT, first)
            if serve:
                serve(folder.name, whole)
            self.keep(folder.name, whole)
            return whole

    def working_snapshot(self, watch: Watch = SILENT) -> Snapshot:
        """A snapshot of the working tree, in memory only: a writer's preview."""
        from kb.reading import read_library

        tree = self.repository.working_tree(self.source.folder)
        return self._build(read_library(tree, self.source.outside, watch.files), watch)

    def publish(
        self, watch: Watch = SILENT, before: Snapshot | None = None, serve: "Callable[[str, Snapshot], None] | None" = None
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
                snapshot = self._next(tip, watch, before, stages)
                stages.end()
                self._log_live(tip, live, snapshot, before, stages)
            except (KbError, RetrieverError) as error:
                self._log_refusal(tip, live, error, stages)
                raise
            name = self.name_of(snapshot)
            if serve:
                serve(name, snapshot)
            self.keep(name, snapshot)
        return name, snapshot

    def keep(self, name: str, snapshot: Snapshot) -> None:
        """Write the snapshot, and that it is the published one, to the disk. Raises SnapshotError."""
        folder = self._root / "snapshots" / name
        save(snapshot, folder)
        try:
            handle, temporary = mkstemp(dir=self._root, prefix=".publishing-")
            with os.fdopen(handle, "w") as file:
                json.dump({"snapshot": name}, file)
            Path(temporary).replace(self._pointer)
        except OSError as error:
            raise SnapshotError(
                f"{self._pointer}: cannot be written: {error.strerror}. What was published before keeps serving. "
                "Free some space, or correct the rights."
            ) from None
        self._prune(folder)

    def published_name(self) -> str | None:
        """The name of the snapshot that is published; None if none is. Cheap enough to ask before each question."""
        return _named_by(self._pointer)

    def named(self, name: str) -> Snapshot:
        """The snapshot of that name. Raises SnapshotError if it is missing or damaged."""
        return load(self._root / "snapshots" / name, self.models)

    def name_of(self, snapshot: Snapshot) -> str:
        """The name under which the snapshot of a commit is kept."""
        return self._folder(snapshot.manifest.commit or "", snapshot.legs).name

    @contextmanager
    def _publishing(self) -> Iterator[None]:
        """One publication of the source at a time, in whatever process: the later one finds the newer commit."""
        with self._alone(f"publishing-{self.source.key}.lock"):
            yield

    @contextmanager
    def _alone(self, lock: str) -> Iterator[None]:
        """While no other process does it. Raises SnapshotError where no lock can be had."""
        with ExitStack() as stack:
            try:
                self._root.mkdir(parents=True, exist_ok=True)
                stack.enter_context(locked(self._root / lock))
            except OSError as error:
                raise SnapshotError(f"{self._root}: cannot be made: {error.strerror}. Correct KB_DATA_DIR.") from None
            yield

    def _next(self, tip: Commit, watch: Watch, before: Snapshot | None, stages: Stages) -> Snapshot:
        """The snapshot of the tip. From one in memory it is built sooner than it is read from the disk."""
        if before is None or not before.is_whole:
            return self.soonest(tip, watch, before, stages)
        if before.manifest.commit == tip.sha:
            return before
        if is_whole(self._folder(tip.sha, WHOLE)):
            return self.snapshot(tip, watch, before, stages)
        return self._build(self._read(tip, watch, before, stages), watch, before, stages)

    def _published(self, live: Publication | None) -> Snapshot | None:
        """What was published last, from the disk; None if it is not there. Reading it costs less than parsing every article."""
        return self.at_hand(live.what) if live else None

    def _loaded(self, folder: Path, stages: Stages = UNTIMED) -> Snapshot | None:
        """The snapshot from the disk; None if it is not there, or damaged."""
        if not is_whole(folder):
            return None
        stages.begin("load")
        try:
            loaded = load(folder, self.models)
        except SnapshotError as error:
            log.warning("a damaged snapshot is built anew", space=self.name, reason=str(error))
            shutil.rmtree(folder, ignore_errors=True)
            return None
        used(folder)
        return loaded

    def _kept(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot, written to the disk if it is not there."""
        folder = self._root / "snapshots" / self.name_of(snapshot)
        try:
            save(snapshot, folder)
            self._prune(folder)
        except SnapshotError as error:  # it can be built again; the answer need not wait for room on the disk
            log.error("a snapshot is served from memory alone", space=self.name, reason=str(error))
        return snapshot

    def _lacks_much(self, first: Snapshot) -> bool:
        """Whether the multilingual leg is too much work to wait for."""
        with VectorCache(self._vectors) as cache:
            return lacks_more(self.models.multilingual, cache, texts_of(first), AT_ONCE)

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

    def _read(self, commit: Commit, watch: Watch, before: Snapshot | None = None, stages: Stages = UNTIMED) -> Library:
        from kb.behind import with_lacking  # this and reading: 0.1 s that a start over an index that is there need not wait for
        from kb.reading import read_library

        stages.begin("read")
        tree, earlier = self.repository.tree(commit, self.source.folder), before.library if before else None
        library = read_library(tree, self.source.outside, watch.files, earlier)
        stages.begin("translations")
        return with_lacking(library, self.repository, self.source.outside, earlier)

    def _build(
        self,
        library: Library,
        watch: Watch,
        before: Snapshot | None = None,
        stages: Stages = UNTIMED,
        legs: Collection[str] = WHOLE,
    ) -> Snapshot:
        try:
            self._root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SnapshotError(f"{self._root}: cannot be made: {error.strerror}. Correct KB_DATA_DIR.") from None
        with VectorCache(self._vectors) as cache:
            return build(library, self.models, cache, watch.passages, before=before, stages=stages, legs=legs)

    def _prune(self, newest: Path) -> None:
        """Remove snapshots that nobody publishes, those first that nobody has used for longest, until the rest fits."""
        published = {_named_by(pointer) for pointer in self._root.glob("published-*.json")}
        prune(self._root / "snapshots", {newest.name, *filter(None, published)}, self.megabytes * 1_000_000)

    def _folder(self, sha: str, legs: Collection[str]) -> Path:
        """Its name is known before anything is read: the commit, and what else the index depends on."""
        outside = self.source.outside
        facts = [FORMAT, self.models.named(legs), CHUNKING, self.source.folder, outside.text if outside else None]
        name = f"{sha[:16]}-{hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]}"
        return self._root / "snapshots" / name

    @property
    def _pointer(self) -> Path:
        return self._root / f"published-{self.source.key}.json"


def _named_by(pointer: Path) -> str | None:
    try:
        return str(json.loads(pointer.read_text())["snapshot"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _report(passages: PassagesProgress, total: int, more: int) -> None:
    passages(MULTILINGUAL, more, total)


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


def outside_taxonomy(path: Path | None) -> OutsideTaxonomy | None:
    """Read a kb.yml that lies outside the repository. Raises RepositoryError if it cannot be read."""
    if path is None:
        return None
    try:
        return OutsideTaxonomy(str(path), path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RepositoryError(f"{path}: cannot be read: {error}. Correct --kb or KB_TAXONOMY.") from None
