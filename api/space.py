"""One space: a repository, the snapshots of its commits, and which of them is published."""

import hashlib
import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from tempfile import mkstemp
from typing import Final

import structlog

from kb.errors import ContentError, RepositoryError
from kb.library import Library, OutsideTaxonomy, read_library
from kb.library import Progress as FilesProgress
from kb.repository import Repository, open_repository
from kb.tree import Commit
from retriever.errors import SnapshotError
from retriever.snapshot import FORMAT, Models, Snapshot, build, is_whole, load, save
from retriever.snapshot import Progress as PassagesProgress
from retriever.splitter import CHUNKING
from retriever.vector_cache import VectorCache

DEFAULT: Final = "default"

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

    files: FilesProgress | None = None
    passages: PassagesProgress | None = None


SILENT: Final = Watch()


class Space:
    """The snapshots of one source: built where missing, loaded where there, published one at a time."""

    def __init__(self, name: str, source: Source, data_dir: Path, models: Models, *, vectors: Path | None = None) -> None:
        self.name = name
        self.source = source
        self.models = models
        self._root = data_dir / "spaces" / name
        self._vectors = vectors or self._root / "vectors.sqlite"
        self.clones = self._root / "clones"  # its own: a fetch, or a password in a URL, is nothing to other spaces

    @cached_property
    def repository(self) -> Repository:
        """The repository; a URL is fetched when it is first used. Raises RepositoryError."""
        return open_repository(self.source.repo, self.clones)

    def tip(self) -> Commit:
        """The commit that should be live. Raises RepositoryError."""
        return self.repository.resolve(self.source.ref)

    def commit_as_of(self, as_of: datetime | str) -> Commit:
        """The commit that was live then. Raises RepositoryError."""
        return self.repository.at(self.source.ref, as_of)

    def snapshot(self, commit: Commit, watch: Watch = SILENT) -> Snapshot:
        """The snapshot of a commit, built if there is none that is whole and fits the models.

        Raises ContentError if the commit may not go live, RepositoryError, ModelError or SnapshotError.
        """
        folder = self._folder(commit)
        if is_whole(folder):
            try:
                return load(folder, self.models)
            except SnapshotError as error:
                log.warning("a damaged snapshot is built anew", space=self.name, reason=str(error))
                shutil.rmtree(folder, ignore_errors=True)
        built = self._build(self._read(commit, watch), watch)
        save(built, folder)
        return built

    def working_snapshot(self, watch: Watch = SILENT) -> Snapshot:
        """A snapshot of the working tree, in memory only: a writer's preview."""
        tree = self.repository.working_tree(self.source.folder)
        return self._build(read_library(tree, self.source.outside, watch.files), watch)

    def publish(self, watch: Watch = SILENT) -> tuple[str, Snapshot]:
        """Index the tip and let it be what is served: its name, and the snapshot. On any error what was published stays.

        A refusal is written down beside the publication, so that a service in another process can say why it is behind.
        """
        tip = self.tip()
        try:
            snapshot = self.snapshot(tip, watch)
        except ContentError as error:
            with suppress(OSError):
                self._refusal.parent.mkdir(parents=True, exist_ok=True)
                self._refusal.write_text(json.dumps({"commit": tip.sha, "reason": str(error)}))
            raise
        name = self._folder_name(snapshot.manifest.commit or "")
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
        return name, snapshot

    def refused(self, commit: Commit) -> str | None:
        """Why the commit was refused when it was last indexed; None if it was not."""
        try:
            written = json.loads(self._refusal.read_text())
            return str(written["reason"]) if written["commit"] == commit.sha else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def published_name(self) -> str | None:
        """The name of the snapshot that is published; None if none is. Cheap enough to ask before each question."""
        try:
            return str(json.loads(self._pointer.read_text())["snapshot"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def named(self, name: str) -> Snapshot:
        """The snapshot of that name. Raises SnapshotError if it is missing or damaged."""
        return load(self._root / "snapshots" / name, self.models)

    def _read(self, commit: Commit, watch: Watch) -> Library:
        return read_library(self.repository.tree(commit, self.source.folder), self.source.outside, watch.files)

    def _build(self, library: Library, watch: Watch) -> Snapshot:
        try:
            self._root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SnapshotError(f"{self._root}: cannot be made: {error.strerror}. Correct KB_DATA_DIR.") from None
        with VectorCache(self._vectors) as cache:
            return build(library, self.models, cache, watch.passages)

    def _folder(self, commit: Commit) -> Path:
        return self._root / "snapshots" / self._folder_name(commit.sha)

    def _folder_name(self, sha: str) -> str:
        """Known before anything is read: the commit, and what else the index depends on."""
        outside = self.source.outside
        facts = [FORMAT, self.models.names, CHUNKING, self.source.folder, outside.text if outside else None]
        return f"{sha[:16]}-{hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]}"

    @property
    def _refusal(self) -> Path:
        return self._root / f"refused-{self.source.key}.json"

    @property
    def _pointer(self) -> Path:
        return self._root / f"published-{self.source.key}.json"


def outside_taxonomy(path: Path | None) -> OutsideTaxonomy | None:
    """Read a kb.yml that lies outside the repository. Raises RepositoryError if it cannot be read."""
    if path is None:
        return None
    try:
        return OutsideTaxonomy(str(path), path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RepositoryError(f"{path}: cannot be read: {error}. Correct --kb or KB_TAXONOMY.") from None
