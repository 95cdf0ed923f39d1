"""A snapshot on disk: a directory that is whole or not there, read only where it is what it says."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from tempfile import mkdtemp
from typing import Final, TypeVar

import numpy as np
from pydantic import TypeAdapter, ValidationError

from kb.article import Article
from kb.file_lock import locked
from kb.library import Library
from retriever.alignment import Alignment
from retriever.errors import SnapshotError, UnreadableSnapshotError
from retriever.leg import FIRST
from retriever.lexical import Lexical
from retriever.passage import Passage
from retriever.snapshot import FORMAT, Manifest, Models, Snapshot, fingerprint
from retriever.splitter import CHUNKING

T = TypeVar("T")

_MISSING: Final = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
_ALIGNMENT: Final = "alignment.npy"
_AT_ONCE: Final = 200  # articles, or passages, that are written without a pause: 2 ms
_LIBRARY: Final = TypeAdapter(Library)
_ARTICLES: Final = TypeAdapter(tuple[Article, ...])
_PASSAGES: Final = TypeAdapter(tuple[Passage, ...])
_MANIFEST: Final = TypeAdapter(Manifest)


def save(snapshot: Snapshot, target: Path) -> Path:
    """Publish the snapshot as the directory `target`, or nothing: the manifest last, then one rename.

    A snapshot that is already there stays. Raises SnapshotError if the disk is full or cannot be written.
    """
    root = target.parent
    try:
        root.mkdir(parents=True, exist_ok=True)
        with locked(root / ".lock"):
            return target if is_whole(target) else _publish(snapshot, root, target)
    except OSError as error:  # numpy's own about a short write has no strerror
        raise SnapshotError(
            f"{target}: the snapshot cannot be written: {error.strerror or error}. Free some space or choose another "
            "KB_DATA_DIR; the snapshot before it keeps serving."
        ) from None


def _publish(snapshot: Snapshot, root: Path, target: Path) -> Path:
    """Write and rename, while the lock is held: whoever left a half-written directory behind is gone."""
    for leftover in (*root.glob(".building-*"), target):
        shutil.rmtree(leftover, ignore_errors=True)
    building = Path(mkdtemp(dir=root, prefix=".building-"))  # same disk: the rename stays atomic
    try:
        _write(snapshot, building)
        return building.rename(target)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _write(snapshot: Snapshot, folder: Path) -> None:
    with (folder / "library.json").open("wb") as file:
        file.writelines(_library_json(snapshot.library))
    with (folder / "passages.json").open("wb") as file:
        file.writelines((b"[", *_items(_PASSAGES, snapshot.passages), b"]"))
    for name, matrix in snapshot.vectors.items():
        np.save(folder / f"{name}.npy", matrix)
    if snapshot.alignment:
        np.save(folder / _ALIGNMENT, snapshot.alignment.rows)
    (folder / "lexical").mkdir()
    snapshot.lexical.save(folder / "lexical")
    manifest = {**asdict(snapshot.manifest), "files": _checksums(folder)}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))  # last: its presence means whole


def _library_json(library: Library) -> Iterator[bytes]:
    """What pydantic makes of the library in one go, during which no question would be answered: 60 ms for 10,000 articles."""
    names = [field.name for field in fields(Library)]
    before = set(names[: names.index("articles")])
    yield _LIBRARY.dump_json(library, include=before)[:-1] + b',"articles":['
    yield from _items(_ARTICLES, library.articles)
    yield b"]," + _LIBRARY.dump_json(library, exclude={*before, "articles"})[1:]


def _items(adapter: TypeAdapter[tuple[T, ...]], items: Sequence[T]) -> Iterator[bytes]:
    for first in range(0, len(items), _AT_ONCE):
        yield (b"," if first else b"") + adapter.dump_json(tuple(items[first : first + _AT_ONCE]))[1:-1]


def is_whole(folder: Path) -> bool:
    """Whether the directory was written to its end. Raises UnreadableSnapshotError if that cannot be seen now."""
    try:
        return (folder / "manifest.json").is_file()
    except OSError as error:
        raise _unreadable(folder, error) from None


def _checksums(folder: Path) -> dict[str, str]:
    return {name: _checksum(folder / name) for name in sorted(_files(folder))}


def _files(folder: Path) -> set[str]:
    """What lies below the folder and may be listed, but for the manifest itself."""
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return files - {"manifest.json"}


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def load(folder: Path, models: Models) -> Snapshot:
    """Read what `save` wrote.

    Raises UnreadableSnapshotError if it cannot be read now, and SnapshotError if a file is missing or damaged, or if it was
    built by other models or another format: searching it with these models would give bad results instead of an error.
    """
    manifest = _manifest(folder)
    fits = dict(manifest.models) in (models.names, models.named(FIRST))
    if manifest.format != FORMAT or not fits or manifest.chunking != CHUNKING:
        raise SnapshotError(
            f"{folder}: built with {_described(manifest)}; expected format {FORMAT}, {CHUNKING}, {models.names}. "
            "Run `kb index` to build it anew."
        )
    try:
        if any(_checksum(folder / name) != checksum for name, checksum in manifest.files.items()):
            raise _differs(folder)
        if unlisted := sorted(_files(folder) - set(manifest.files)):  # it would be read with the others
            raise SnapshotError(f"{folder}: {unlisted[0]} is not in manifest.json. Run `kb index` to build anew.")
        library = _LIBRARY.validate_json((folder / "library.json").read_bytes())
        passages = _PASSAGES.validate_json((folder / "passages.json").read_bytes())
        vectors = {name: np.load(folder / f"{name}.npy") for name in manifest.models}
        alignment = Alignment.of_rows(np.load(folder / _ALIGNMENT)) if _ALIGNMENT in manifest.files else None
        lexical = Lexical.load(folder / "lexical")
    except ValidationError as error:
        raise SnapshotError(f"{folder}: {error.title} cannot be read. Run `kb index` to build it anew.") from None
    except _MISSING:
        raise _differs(folder) from None
    except OSError as error:
        raise _unreadable(folder, error) from None
    if fingerprint(library, manifest.models) != manifest.fingerprint:
        raise SnapshotError(f"{folder}: its articles do not fit its fingerprint. Run `kb index` to build it anew.")
    return Snapshot(manifest, library, passages, lexical, vectors, alignment)


def _manifest(folder: Path) -> Manifest:
    try:
        return _MANIFEST.validate_json((folder / "manifest.json").read_bytes())
    except _MISSING:
        raise SnapshotError(f"{folder}: there is no whole snapshot here. Run `kb index` to build it.") from None
    except OSError as error:
        raise _unreadable(folder, error) from None
    except ValueError:  # also pydantic's ValidationError
        raise SnapshotError(f"{folder}: manifest.json cannot be read. Run `kb index` to build it anew.") from None


def _differs(folder: Path) -> SnapshotError:
    return SnapshotError(f"{folder}: a file differs from its checksum in manifest.json. Run `kb index` to build anew.")


def _unreadable(folder: Path, error: OSError) -> UnreadableSnapshotError:
    return UnreadableSnapshotError(
        f"{folder}: cannot be read now: {error.strerror or error}. It stays as it is and is tried again. "
        "Look after the disk, the rights and the limit of open files."
    )


def _described(manifest: Manifest) -> str:
    return f"format {manifest.format}, {manifest.chunking}, {dict(manifest.models)}"
