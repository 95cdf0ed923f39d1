"""A prepared model on disk: a directory that is whole or not there, described by its manifest."""

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Final, Self

from kb.file_lock import locked
from retriever.errors import ModelError

FORMAT: Final = 2
GRAPH: Final = "model.onnx"
TABLES: Final = "tables.bin"  # of the graph, where its large tables lie apart from it
TOKENIZER: Final = "tokenizer.json"
PIECES: Final = "pieces.model"  # of the tokenizer, where they lie apart from it
CONFIG: Final = "config.json"
MANIFEST: Final = "manifest.json"
_FILES: Final = (GRAPH, TABLES, TOKENIZER, PIECES, CONFIG)
_BUILDING: Final = ".building-"


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """What the serving side must know of a model. It is part of the model's identity."""

    label: str  # the name people know it by
    dim: int  # length of a vector
    max_tokens: int  # of one text, prefix and special tokens included; the rest is cut
    query_prefix: str
    passage_prefix: str
    pooling: str  # for people: the pooling itself is inside the graph


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a prepared directory holds, and what was measured when it was prepared."""

    format: int
    files: Mapping[str, str]  # file name -> sha256 of its content
    query_threads: int  # most threads that may share one query without changing a bit of its vector
    agreement: float  # mean cosine between these vectors and those of the fp32 source; of scores, their correlation
    made_with: Mapping[str, str]  # library -> version


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """A prepared directory, as its manifest and configuration describe it."""

    directory: Path
    config: ModelConfig
    manifest: Manifest

    @classmethod
    def read(cls, directory: Path) -> Self:
        """Read what a directory says of itself, not yet the weights. Raises ModelError unless it is whole."""
        try:
            manifest = Manifest(**json.loads((directory / MANIFEST).read_bytes()))
            if manifest.format != FORMAT:
                raise damaged(directory, f"{MANIFEST} has format {manifest.format!r}, expected {FORMAT}")
            return cls(directory, _read_config(directory, manifest), manifest)
        except OSError as error:
            raise damaged(directory, f"{error.filename} cannot be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise damaged(directory, f"{MANIFEST} or {CONFIG} is not what this version writes: {error!r}") from error

    @property
    def name(self) -> str:
        """The label, twelve digits over every file, and the prefixes: equal names mean equal vectors."""
        digest = hashlib.sha256(json.dumps(dict(self.manifest.files), sort_keys=True).encode()).hexdigest()[:12]
        return f"{self.config.label}@{digest} query={self.config.query_prefix!r} passage={self.config.passage_prefix!r}"

    def verified(self, file: str) -> Path:
        """The path of one of its files, after comparing its content with the manifest. Raises ModelError."""
        return _verified(self.directory, file, self.manifest)

    def verified_graph(self) -> Path:
        """The path of its graph, after comparing it, and the tables that lie apart, with the manifest. Raises ModelError."""
        if TABLES in self.manifest.files:
            self.verified(TABLES)
        return self.verified(GRAPH)

    @property
    def weight(self) -> int:
        """How many bytes its graph and tables have."""
        return sum((self.directory / file).stat().st_size for file in (GRAPH, TABLES) if file in self.manifest.files)


def is_whole(directory: Path) -> bool:
    """Whether a directory was published: its manifest is written last, so its presence means whole."""
    return (directory / MANIFEST).is_file()


def is_current(directory: Path) -> bool:
    """Whether it was published, and by a version that writes what this one reads."""
    try:
        return bool(json.loads((directory / MANIFEST).read_bytes())["format"] == FORMAT)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def write(directory: Path, config: ModelConfig, *, made_with: Mapping[str, str]) -> PreparedModel:
    """Describe the graph and the tokenizer already in `directory`; the manifest is written last.

    One thread per query and an agreement of zero, until `measured` says better.
    """
    (directory / CONFIG).write_text(json.dumps(asdict(config), indent=1, sort_keys=True))
    files = {file: sha256_of(directory / file) for file in _FILES if (directory / file).exists()}
    return _with_manifest(directory, config, Manifest(FORMAT, files, 1, 0.0, made_with))


def measured(prepared: PreparedModel, *, agreement: float, query_threads: int) -> PreparedModel:
    """Add what was measured to the manifest of a directory that is still being built."""
    manifest = Manifest(FORMAT, prepared.manifest.files, query_threads, round(agreement, 5), prepared.manifest.made_with)
    return _with_manifest(prepared.directory, prepared.config, manifest)


@contextmanager
def building(target: Path) -> Iterator[Path | None]:
    """Publish a directory or nothing: build in the given directory, which becomes `target` when the block ends well.

    Gives None where another process has published `target` in the meantime. Only one process builds at a time, so
    whatever else is half built belongs to a process that was killed, and is removed. Raises ModelError on a full disk.
    """
    models_dir = target.parent
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        with locked(models_dir / ".preparing.lock"):
            _clean(models_dir)
            if is_whole(target):
                yield None
                return
            folder = Path(mkdtemp(dir=models_dir, prefix=_BUILDING))  # same disk: the rename stays atomic
            try:
                yield folder
                _publish(folder, target)
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise _unwritable(models_dir, error) from error


def sha256_of(path: Path) -> str:
    """The sha256 of a file's content, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def damaged(directory: Path, what: str) -> ModelError:
    """The error for a prepared model that cannot be used."""
    return ModelError(f"{directory}: {what}. Delete this directory: the model is prepared again when next opened.")


def _read_config(directory: Path, manifest: Manifest) -> ModelConfig:
    return ModelConfig(**json.loads(_verified(directory, CONFIG, manifest).read_bytes()))


def _verified(directory: Path, file: str, manifest: Manifest) -> Path:
    path = directory / file
    try:
        found = sha256_of(path)
    except OSError as error:
        raise damaged(directory, f"{file} cannot be read: {error.strerror}") from error
    if found != manifest.files[file]:
        raise damaged(directory, f"{file} has sha256 {found}; its manifest says {manifest.files[file]}")
    return path


def _with_manifest(directory: Path, config: ModelConfig, manifest: Manifest) -> PreparedModel:
    (directory / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True))
    return PreparedModel(directory, config, manifest)


def _clean(models_dir: Path) -> None:
    for abandoned in models_dir.glob(f"{_BUILDING}*"):
        shutil.rmtree(abandoned, ignore_errors=True)


def _publish(folder: Path, target: Path) -> None:
    if target.exists():  # not whole, or it would not have been built again
        shutil.rmtree(target)
    folder.chmod(0o755)  # mkdtemp keeps others out; a model is no secret
    folder.rename(target)


def _unwritable(models_dir: Path, error: OSError) -> ModelError:
    return ModelError(
        f"{models_dir}: the prepared model cannot be written: {error.strerror or error}; nothing was left behind. "
        "Free some disk space there (up to 2 GB while preparing), or choose another models directory."
    )
