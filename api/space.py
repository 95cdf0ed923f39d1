"""One space: a repository, the snapshots of its commits, and which of them is published."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from kb.errors import RepositoryError
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


@dataclass(frozen=True, slots=True)
class Source:
    """Where a space's articles come from. outside: a kb.yml that does not lie in the repository."""

    repo: str
    ref: str | None
    folder: str
    outside: OutsideTaxonomy | None = None

    @property
    def key(self) -> str:
        """The source as twelve digits: several can share one data folder."""
        facts = [self.repo, self.ref, self.folder, self.outside.path if self.outside else None]
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
        self._models = models
        self._root = data_dir / "spaces" / name
        self._vectors = vectors or self._root / "vectors.sqlite"
        self._clones = data_dir / "clones"

    @cached_property
    def repository(self) -> Repository:
        """The repository; a URL is fetched when it is first used. Raises RepositoryError."""
        return open_repository(self.source.repo, self._clones)

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
                return load(folder, self._models)
            except SnapshotError:
                discard = folder.with_name(f".damaged-{folder.name}")
                folder.rename(discard)  # built anew below; the damaged one stays for whoever asks why
        built = self._build(self._read(commit, watch), watch)
        save(built, folder)
        return built

    def working_snapshot(self, watch: Watch = SILENT) -> Snapshot:
        """A snapshot of the working tree, in memory only: a writer's preview."""
        tree = self.repository.working_tree(self.source.folder)
        return self._build(read_library(tree, self.source.outside, watch.files), watch)

    def publish(self, watch: Watch = SILENT) -> Snapshot:
        """Index the tip and let it be what is served. On any error what was published before stays."""
        snapshot = self.snapshot(self.tip(), watch)
        self._pointer.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._pointer.with_suffix(".new")
        temporary.write_text(json.dumps({"snapshot": self._folder_name(snapshot.manifest.commit or "")}))
        temporary.replace(self._pointer)
        return snapshot

    def published_name(self) -> str | None:
        """The name of the snapshot that is published; None if none is. Cheap enough to ask before each question."""
        try:
            return str(json.loads(self._pointer.read_text())["snapshot"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def published(self) -> Snapshot | None:
        """The snapshot that is published; None if none is. Raises SnapshotError if it is damaged."""
        name = self.published_name()
        return None if name is None else load(self._root / "snapshots" / name, self._models)

    def _read(self, commit: Commit, watch: Watch) -> Library:
        return read_library(self.repository.tree(commit, self.source.folder), self.source.outside, watch.files)

    def _build(self, library: Library, watch: Watch) -> Snapshot:
        self._root.mkdir(parents=True, exist_ok=True)
        with VectorCache(self._vectors) as cache:
            return build(library, self._models, cache, watch.passages)

    def _folder(self, commit: Commit) -> Path:
        return self._root / "snapshots" / self._folder_name(commit.sha)

    def _folder_name(self, sha: str) -> str:
        """Known before anything is read: the commit, and what else the index depends on."""
        outside = self.source.outside
        facts = [FORMAT, self._models.names, CHUNKING, self.source.folder, outside.text if outside else None]
        return f"{sha[:16]}-{hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12]}"

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
