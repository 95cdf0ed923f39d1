"""The two built-in models, prepared once and shared by every test and every run."""

import os
from pathlib import Path

import pytest

from retriever.model_sources import ModelSource, find_source
from retriever.model_store import open_model
from retriever.onnx_embedder import OnnxEmbedder

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """Where prepared models are kept between runs: KB_MODELS_DIR, else .kb/models."""
    return Path(os.environ.get("KB_MODELS_DIR") or REPOSITORY / ".kb" / "models")


@pytest.fixture(scope="session")
def minilm(models_dir: Path) -> OnnxEmbedder:
    """The English model, on two threads."""
    return open_model("all-MiniLM-L6-v2", models_dir, threads=2)


@pytest.fixture(scope="session")
def e5(models_dir: Path) -> OnnxEmbedder:
    """The multilingual model, on two threads."""
    return open_model("multilingual-e5-small", models_dir, threads=2)


@pytest.fixture
def source(tmp_path: Path) -> ModelSource:
    """The source of a model that nobody could prepare, but everybody can hash."""
    folder = tmp_path / "source" / "some-model"
    (folder / "1_Pooling").mkdir(parents=True)
    for file in ("model.safetensors", "pytorch_model.bin", "config.json", "tokenizer.json", "1_Pooling/config.json"):
        (folder / file).write_text(file)
    (folder / "README.md").write_text("A model.")
    return find_source(str(folder))
