"""Where a model comes from: found by name or path, hashed only when it changed, and not needed once it is prepared."""

import json
import os
import shutil
from pathlib import Path

import pytest

from retriever import model_store
from retriever.errors import ModelError
from retriever.model_sources import PACKAGED, ModelSource, find_source
from retriever.model_store import directory_of, open_model, prepared_directory
from retriever.onnx_embedder import OnnxEmbedder
from retriever.prepared_model import FORMAT, is_current


def test_a_prepared_model_opens_without_hashing_its_source(
    minilm: OnnxEmbedder, models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start reads sizes and times, not ninety megabytes: those that the opening before it noted."""
    directory = prepared_directory("all-MiniLM-L6-v2", models_dir)
    (tmp_path / directory.name).symlink_to(directory.absolute())  # a place of its own, whatever is noted in the other
    open_model("all-MiniLM-L6-v2", tmp_path, threads=1)

    def hashed(_self: ModelSource) -> str:
        raise AssertionError("the source was hashed")

    monkeypatch.setattr(ModelSource, "checksum", hashed)

    assert open_model("all-MiniLM-L6-v2", tmp_path, threads=1).name == minilm.name


@pytest.fixture
def never_prepare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where a model would be prepared."""

    def prepared(name: str, *_rest: object) -> None:
        raise AssertionError(f"{name} was prepared")

    monkeypatch.setattr(model_store, "_prepare_apart", prepared)


@pytest.fixture
def prepared_source(source: ModelSource, tmp_path: Path) -> Path:
    """A models directory where `source` seems to be prepared."""
    target = directory_of(source, tmp_path / "models")
    target.mkdir(parents=True)
    (target / "manifest.json").write_text("{}")
    return target


@pytest.mark.usefixtures("never_prepare")
def test_a_source_that_was_only_touched_is_not_prepared_again(source: ModelSource, prepared_source: Path) -> None:
    """A reinstall changes times, not content; the second start after it is as quick as ever."""
    models_dir = prepared_source.parent
    for modified in (1, 2):
        os.utime(source.root / "model.safetensors", (modified, modified))

        assert prepared_directory(str(source.root), models_dir) == prepared_source


@pytest.mark.usefixtures("never_prepare")
def test_a_source_with_new_content_is_prepared(source: ModelSource, prepared_source: Path) -> None:
    """New weights under the old name are never served from the old directory."""
    prepared_directory(str(source.root), prepared_source.parent)
    (source.root / "model.safetensors").write_text("other weights")

    with pytest.raises(AssertionError, match="was prepared"):
        prepared_directory(str(source.root), prepared_source.parent)


@pytest.mark.usefixtures("never_prepare")
@pytest.mark.parametrize("note", [b"", b"[]", b'{"directory": "elsewhere", "stamp": "old"}', b"\xff"])
def test_a_useless_note_costs_only_time(source: ModelSource, prepared_source: Path, note: bytes) -> None:
    """A note that is damaged or stale is written again."""
    prepared_directory(str(source.root), prepared_source.parent)
    (path,) = prepared_source.parent.glob("*.note.json")
    path.write_bytes(note)

    assert prepared_directory(str(source.root), prepared_source.parent) == prepared_source
    assert json.loads(path.read_bytes())["directory"] == prepared_source.name


@pytest.fixture
def uninstalled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without the packages that carry the weights."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)


@pytest.mark.usefixtures("uninstalled", "never_prepare")
def test_prepared_models_work_without_their_source(models_dir: Path, minilm: OnnxEmbedder, tmp_path: Path) -> None:
    """A container with the prepared directory alone answers; note or no note."""
    directory = next(filter(is_current, models_dir.glob("all-MiniLM-L6-v2-*/")))
    shutil.copytree(directory, tmp_path / directory.name)

    assert open_model("all-MiniLM-L6-v2", tmp_path, threads=1).name == minilm.name
    assert open_model("all-MiniLM-L6-v2", models_dir, threads=1).name == minilm.name


@pytest.mark.parametrize("noted", [True, False], ids=["where the name last led", "beside it"])
@pytest.mark.usefixtures("uninstalled", "never_prepare")
def test_what_an_older_version_prepared_is_not_taken_without_a_source(
    models_dir: Path, minilm: OnnxEmbedder, tmp_path: Path, *, noted: bool
) -> None:
    """A folder of models is kept through an upgrade: the one that this version reads is opened."""
    directory = next(filter(is_current, models_dir.glob("all-MiniLM-L6-v2-*/")))
    shutil.copytree(directory, tmp_path / directory.name)
    older = tmp_path / "all-MiniLM-L6-v2-0123456789ab"
    older.mkdir()
    (older / "manifest.json").write_text(json.dumps({"format": FORMAT - 1}))
    if noted:
        note = model_store._note_path("all-MiniLM-L6-v2", tmp_path)
        note.write_text(json.dumps({"directory": older.name, "stamp": "of a source that was there"}))

    assert open_model("all-MiniLM-L6-v2", tmp_path, threads=1).name == minilm.name


@pytest.mark.usefixtures("uninstalled")
def test_two_prepared_models_without_a_source_are_not_guessed_between(tmp_path: Path) -> None:
    """Serving either would be a coin toss."""
    for digits in ("0123456789ab", "ba9876543210"):
        (tmp_path / f"all-MiniLM-L6-v2-{digits}").mkdir()
        (tmp_path / f"all-MiniLM-L6-v2-{digits}" / "manifest.json").write_text("{}")

    with pytest.raises(ModelError, match=r"2 prepared models answer to 'all-MiniLM-L6-v2'.*Delete all but one"):
        prepared_directory("all-MiniLM-L6-v2", tmp_path)


@pytest.mark.usefixtures("uninstalled")
@pytest.mark.parametrize("name", PACKAGED)
def test_a_missing_package_is_named(tmp_path: Path, name: str) -> None:
    """The error holds the command that cures it."""
    with pytest.raises(ModelError, match=f"pip install {PACKAGED[name].requirement}"):
        prepared_directory(name, tmp_path)


@pytest.mark.parametrize("name", ["all-minilm-l6-v3", "someone/some-model", "./models/none", "/nowhere", "what is this?"])
def test_an_unknown_name_says_what_was_looked_for(name: str, tmp_path: Path) -> None:
    """The error names the built-in models, the places searched and the cure."""
    with pytest.raises(ModelError, match=r"not found\. Looked for a built-in model \(all-MiniLM-L6-v2, multilingual-e5"):
        prepared_directory(name, tmp_path)


def test_a_directory_that_holds_no_model_says_what_was_expected(tmp_path: Path) -> None:
    """An empty directory is not a model."""
    with pytest.raises(ModelError, match=r"not a sentence-transformers model; expected modules\.json or config\.json"):
        find_source(str(tmp_path))


def test_weights_other_than_the_published_ones_are_refused(source: ModelSource) -> None:
    """A package that carries other weights than it says is not used."""
    changed = ModelSource("all-MiniLM-L6-v2", source.root, source.files, {Path("model.safetensors"): "53aa5117"})

    with pytest.raises(ModelError, match=r"model\.safetensors: sha256 is .*; expected 53aa5117.*reinstall its package"):
        changed.checksum()


def test_a_checksum_is_of_content_not_of_place(source: ModelSource, tmp_path: Path) -> None:
    """The same files elsewhere, with other times and another README, are the same model."""
    copy = tmp_path / "elsewhere" / "some-model"
    shutil.copytree(source.root, copy, copy_function=shutil.copyfile)
    (copy / "README.md").write_text("Another text.")
    (copy / "pytorch_model.bin").write_text("a spare format that is not read")

    assert find_source(str(copy)).checksum() == source.checksum()
    assert find_source(str(copy)).stamp() != source.stamp()


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "1_Pooling/config.json"])
def test_a_checksum_notices_whatever_decides_a_vector(source: ModelSource, file: str) -> None:
    """Weights, tokenizer and pooling are all part of the identity."""
    before = source.checksum()
    (source.root / file).write_text("changed")

    assert source.checksum() != before
