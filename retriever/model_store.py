"""Prepared models by name: what is on disk is opened, what is missing is prepared once.

A start must neither import torch nor read 160 MB of weights only to learn that nothing has changed. So beside the
prepared directories lies a note for each name that was opened: which directory it led to, and the stamp (place, sizes
and times) of the source then. The same stamp leads straight there; another one costs a checksum of the source's content
(0.1 s), and only content never seen before is prepared. Without its source, say in a container that was given the
prepared directories alone, a model is opened all the same.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeAlias

from retriever.errors import ModelError
from retriever.model_sources import ModelSource, find_source, looks_like_a_path, slug
from retriever.onnx_embedder import OnnxEmbedder
from retriever.onnx_reranker import OnnxReranker
from retriever.prepared_model import is_current, is_whole
from retriever.whole_file import write_whole

Announce: TypeAlias = Callable[[str], None]
OFFLINE: Final = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}


class Kind(StrEnum):
    """What a model is prepared to be."""

    EMBEDDER = "embedder"
    RERANKER = "reranker"


def open_model(name: str, models_dir: Path, *, threads: int, announce: Announce | None = None) -> OnnxEmbedder:
    """The embedder of that name: a built-in one, a sentence-transformers name in the local cache, or a directory.

    threads:  texts in flight in bulk, 1 or more.
    announce: told in one sentence what takes long; preparing takes 15 to 40 s, once per machine.
    Raises ModelError: unknown name, damaged weights, not convertible, disk full. Never reaches the network.
    """
    return OnnxEmbedder(prepared_directory(name, models_dir, announce=announce), threads=threads)


def open_reranker(name: str, models_dir: Path, *, threads: int, announce: Announce | None = None) -> OnnxReranker:
    """The cross-encoder of that name: a name in the local Hugging Face cache, or a directory. See open_model.

    Prepared rerankers lie apart, because the same source would make another graph as an embedder.
    """
    folder = models_dir / "rerankers"
    return OnnxReranker(prepared_directory(name, folder, kind=Kind.RERANKER, announce=announce), threads=threads)


def prepared_directory(name: str, models_dir: Path, *, kind: Kind = Kind.EMBEDDER, announce: Announce | None = None) -> Path:
    """The whole prepared directory for a name, prepared first where it is missing. Raises ModelError."""
    note = _Note.read(_note_path(name, models_dir))
    try:
        source = find_source(name)
    except ModelError:
        if without_source := _without_source(name, models_dir, note):
            return without_source
        raise
    stamp = source.stamp()
    if note and note.stamp == stamp and is_whole(models_dir / note.directory):
        return models_dir / note.directory
    directory = directory_of(source, models_dir)
    if not is_whole(directory):
        _prepare_apart(name, models_dir, kind, announce or _say_nothing)
    _Note(directory.name, stamp).write(_note_path(name, models_dir))
    return directory


def directory_of(source: ModelSource, models_dir: Path) -> Path:
    """Where a source's prepared model belongs: its label and twelve digits of its content's checksum."""
    return models_dir / f"{slug(source.label)}-{source.checksum()[:12]}"


@dataclass(frozen=True, slots=True)
class _Note:
    """Where a name led when it was last opened."""

    directory: str  # inside the models directory
    stamp: str  # of the source then

    @classmethod
    def read(cls, path: Path) -> "_Note | None":
        """What was noted; None if nothing was, or nothing readable: a note only saves time."""
        try:
            return cls(**json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Replace the note as one step. A place that cannot be written goes without, and is hashed at each start."""
        with suppress(OSError):
            write_whole(path, json.dumps(asdict(self)).encode())


def _note_path(name: str, models_dir: Path) -> Path:
    return models_dir / f"{slug(name)[-60:]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}.note.json"


def _without_source(name: str, models_dir: Path, note: _Note | None) -> Path | None:
    """The prepared directory of a model whose source is not on this machine. Raises ModelError where two would do.

    One that an older version prepared, and that lies there since, would not: it is named only where there is no other.
    """
    if note and is_current(models_dir / note.directory):
        return models_dir / note.directory
    if looks_like_a_path(name):
        return None
    whole = sorted(path for path in models_dir.glob(f"{slug(name)}-{'[0-9a-f]' * 12}") if is_whole(path))
    prepared = [path for path in whole if is_current(path)] or whole
    if len(prepared) > 1:
        raise ModelError(
            f"{models_dir}: {len(prepared)} prepared models answer to {name!r}: "
            f"{', '.join(path.name for path in prepared)}; its source is not installed to tell which. "
            "Delete all but one."
        )
    return prepared[0] if prepared else None


def _prepare_apart(name: str, models_dir: Path, kind: Kind, announce: Announce) -> None:
    """Prepare in a child process: torch takes 6 s and up to 4 GB, which go back to the system when the child ends.

    The child alone is told to stay off the network, and inherits the rest of the environment.
    """
    announce(f"Preparing the model {name} in {models_dir}, once for this machine; this takes up to a minute.")
    search_path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    child = subprocess.run(  # noqa: S603 - our own interpreter and our own module
        [sys.executable, "-P", "-m", "retriever.models", name, str(models_dir), kind],
        env={**os.environ, **OFFLINE, "PYTHONPATH": search_path},
        capture_output=True,
        text=True,
        check=False,
    )
    if child.returncode:
        raise ModelError(_reason(name, child))


def _reason(name: str, child: subprocess.CompletedProcess[str]) -> str:
    """The child's own ModelError is its standard output; without one it was killed or met a bug."""
    if said := child.stdout.strip():
        return said
    last = child.stderr.strip().splitlines()[-5:]
    return (
        f"model {name!r}: preparing it ended with status {child.returncode} ({' / '.join(last) or 'no message'}). It "
        "needs sentence-transformers, torch and onnx installed, and up to 4 GB of memory; -9 means too little memory."
    )


def _say_nothing(_sentence: str) -> None:
    return
