"""The snapshots of one source: loaded from the disk where they are there, built and written where they are not.

Where nothing is served yet and much is to be embedded, the first stage is built alone: words and the English leg. What the
multilingual leg needs is embedded after that (`embedding`).
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import mkstemp
from typing import Final

import structlog

from api.snapshot_folders import name_in, prune, used
from api.source import Source
from api.watch import SILENT, Step, Watch
from kb.file_lock import locked
from kb.library import Library
from kb.repository import Repository
from kb.stages import UNTIMED, Stages
from kb.tree import Commit
from retriever.errors import SnapshotError, UnreadableSnapshotError
from retriever.leg import FIRST, MULTILINGUAL, WHOLE
from retriever.snapshot import FORMAT, Models, Snapshot
from retriever.snapshot_build import Progress as PassagesProgress
from retriever.snapshot_build import build, texts_of
from retriever.snapshot_files import is_whole, load, save
from retriever.splitter import CHUNKING
from retriever.vector_cache import VectorCache, embed_cached, unseen

AT_ONCE: Final = 200  # unseen passages for which English questions wait: 3 to 4 s of the multilingual model on two cores

log = structlog.get_logger()


class Snapshots:
    """The snapshots of one source, and which of them is published."""

    def __init__(
        self,
        space: str,
        source: Source,
        root: Path,
        models: Models,
        repository: Callable[[], Repository],
        *,
        vectors: Path | None,
        megabytes: int,
    ) -> None:
        """root: the folder of the space. repository: asked for only where something has to be read.

        megabytes: how much disk the snapshots may take; the published ones stay whatever they take.
        """
        self.models = models
        self.megabytes = megabytes
        self._space = space
        self._source = source
        self._root = root
        self._repository = repository
        self._vectors = vectors or root / "vectors.sqlite"

    def of(
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

        before: what is served. Whole, it answers meanwhile, so nobody waits. Raises what `of` raises.
        """
        if before is not None and before.is_whole:
            return self.of(commit, watch, before, stages)
        found = self._loaded(self._folder(commit.sha, WHOLE), stages)
        if found is not None:
            return found
        if before is not None and before.manifest.commit == commit.sha:
            found = before
        else:
            found = self._loaded(self._folder(commit.sha, FIRST), stages)
        library = found.library if found else self._read(commit, watch, before, stages)
        first = found or self._build(library, watch, before, stages, FIRST)
        return self._kept(first if self._waits(first) else self._build(library, watch, first, stages))

    def next(self, commit: Commit, watch: Watch, before: Snapshot | None, stages: Stages) -> Snapshot:
        """The snapshot of a commit that follows `before`. From one in memory it is built sooner than it is read from the disk.

        Raises what `of` raises.
        """
        if before is None or not before.is_whole:
            return self.soonest(commit, watch, before, stages)
        if before.manifest.commit == commit.sha:
            return before
        if is_whole(self._folder(commit.sha, WHOLE)):
            return self.of(commit, watch, before, stages)
        return self._build(self._read(commit, watch, before, stages), watch, before, stages)

    def whole(self, first: Snapshot) -> Snapshot:
        """The whole snapshot of what there is of the first stage. Raises ModelError, VectorCacheError or SnapshotError."""
        folder = self._folder(first.manifest.commit or "", WHOLE)
        return self._loaded(folder) or self._build(first.library, SILENT, first)

    def embedding(self, snapshot: Snapshot, at_a_time: int, watch: Watch = SILENT) -> Iterator[Step]:
        """Embed what a snapshot of the first stage lacks, so many passages a step.

        It may be left after any step: what was embedded is kept. Of two processes, one waits and finds what the other did.
        """
        model, texts = self.models.multilingual, texts_of(snapshot)
        report = watch.passages and partial(_report, watch.passages, len(texts))
        with VectorCache(self._vectors) as cache:
            for start in range(0, len(texts), at_a_time):
                some = texts[start : start + at_a_time]
                with self.alone("embedding.lock"):
                    _, embedded = embed_cached(model, cache, some, progress=report)
                yield Step(start + len(some), len(texts), embedded)

    def embedded(self, snapshot: Snapshot) -> int:
        """How many passages of a snapshot the multilingual model has read, in whichever process. Raises VectorCacheError."""
        texts = texts_of(snapshot)
        with VectorCache(self._vectors) as cache:
            return len(texts) - unseen(self.models.multilingual, cache, texts)

    def working_tree(self, watch: Watch = SILENT, *, soonest: bool = False) -> Snapshot:
        """A snapshot of the working tree, in memory only: a writer's preview.

        soonest: of the first stage if English questions would have to wait for the whole one.
        """
        from kb.reading import read_library

        tree = self._repository().working_tree(self._source.folder)
        library = read_library(tree, self._source.outside, watch.files)
        first = self._build(library, watch, legs=FIRST) if soonest else None
        return first if first and self._waits(first) else self._build(library, watch, first)

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
    def alone(self, lock: str) -> Iterator[None]:
        """While no other process does it. Raises SnapshotError where no lock can be had."""
        with ExitStack() as stack:
            try:
                self._root.mkdir(parents=True, exist_ok=True)
                stack.enter_context(locked(self._root / lock))
            except OSError as error:
                raise SnapshotError(f"{self._root}: cannot be made: {error.strerror}. Correct KB_DATA_DIR.") from None
            yield

    def _loaded(self, folder: Path, stages: Stages = UNTIMED) -> Snapshot | None:
        """The snapshot from the disk; None if it is not there, cannot be read now, or is damaged and so gone."""
        try:
            if not is_whole(folder):
                return None
            stages.begin("load")
            loaded = load(folder, self.models)
        except UnreadableSnapshotError as error:  # the folder may be as good as ever: whoever wants it next tries again
            log.error("a snapshot cannot be read now", space=self._space, reason=str(error))
            return None
        except SnapshotError as error:
            log.warning("a damaged snapshot is built anew", space=self._space, reason=str(error))
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
            log.error("a snapshot is served from memory alone", space=self._space, reason=str(error))
        return snapshot

    def _waits(self, first: Snapshot) -> bool:
        """Whether English questions would wait for the multilingual leg: it is much work, and they need it little."""
        if not first.is_mostly_english:
            return False
        with VectorCache(self._vectors) as cache:
            return unseen(self.models.multilingual, cache, texts_of(first), most=AT_ONCE) > AT_ONCE

    def _read(self, commit: Commit, watch: Watch, before: Snapshot | None = None, stages: Stages = UNTIMED) -> Library:
        from kb.behind import with_lacking  # this and reading: 0.1 s that a start over an index that is there need not wait for
        from kb.reading import read_library

        stages.begin("read")
        tree, earlier = self._repository().tree(commit, self._source.folder), before.library if before else None
        library = read_library(tree, self._source.outside, watch.files, earlier)
        stages.begin("translations")
        return with_lacking(library, self._repository(), self._source.outside, earlier)

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
        """Remove snapshots that nobody publishes, those first that nobody has used for longest, until the rest fits.

        None at all where it is not known what is published: a file that cannot be read may mean any of them.
        """
        try:
            published = {name_in(pointer) for pointer in self._root.glob("published-*.json")}
        except (OSError, ValueError) as error:
            log.error("no snapshot is removed, because it is unknown which are published", space=self._space, reason=str(error))
            return
        prune(self._root / "snapshots", {newest.name, *published}, self.megabytes * 1_000_000)

    def _folder(self, sha: str, legs: Collection[str]) -> Path:
        """Its name is known before anything is read: the commit, and what else the index depends on."""
        outside = self._source.outside
        facts = [FORMAT, self.models.named(legs), CHUNKING, self._source.folder, outside.text if outside else None]
        name = f"{sha[:16]}-{hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]}"
        return self._root / "snapshots" / name

    @property
    def _pointer(self) -> Path:
        return self._root / f"published-{self._source.key}.json"


def _named_by(pointer: Path) -> str | None:
    try:
        return name_in(pointer)
    except (OSError, ValueError):
        return None


def _report(passages: PassagesProgress, total: int, more: int) -> None:
    passages(MULTILINGUAL, more, total)
