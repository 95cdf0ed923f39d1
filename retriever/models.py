"""Prepare a model: the one file that knows sentence-transformers and torch. It is never on the serving path.

    python -m retriever.models NAME MODELS_DIR

The whole sentence-transformers pipeline (transformer, pooling, dense layers, normalisation) is exported once to ONNX,
its weights become int8, and the result must agree with the original before it is published.
"""

import errno
import os
import shutil
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np
import onnx
import torch
from onnxruntime.quantization import quantize_dynamic
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import Tokenizer

from retriever import e5_weights
from retriever.arrays import FloatMatrix
from retriever.errors import ModelError
from retriever.model_sources import E5_FILE, ModelSource, find_source
from retriever.model_store import directory_of
from retriever.onnx_embedder import OnnxEmbedder
from retriever.prepared_model import GRAPH, PIECES, TOKENIZER, ModelConfig, PreparedModel, building, measured, write
from retriever.tokenizer import taken_apart

LEAST_AGREEMENT: Final = 0.99  # mean cosine to fp32; int8 that kept 0.994 lost no nDCG@10 (0.617, fp32 0.612)
OPSET: Final = 17
_LIBRARIES: Final = ("sentence-transformers", "transformers", "torch", "onnx", "onnxruntime", "tokenizers")
_LITTLE: Final = 64 * 2**20  # bytes left on a disk that is full in practice
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

PROBES: Final = (
    "How do I dispute a card charge that I did not make?",
    "El cliente no puede iniciar sesión: el código de verificación no llega a su teléfono.",
    "ACH return R10: the customer says the debit was not authorised, and sixty days have passed.",
    "¿Cuánto tarda una transferencia internacional en llegar a la cuenta del beneficiario?",
    "Raise the daily wire limit in the console, then ask the customer to sign in again.",
    "Límite diario de retiro en cajeros automáticos para clientes de Quebec: 1\u00a0000 CAD.",
    "A payment shows as pending. Explain that the merchant has up to seven days to settle it. Do not promise a date. "
    "If the customer needs the money today, offer to call the merchant together, and note the reference in the ticket.",
    "Read the disclosure word for word before you open the account. " * 60,
)


def prepare(name: str, models_dir: Path) -> Path:
    """Prepare a model, unless another process has meanwhile, and give its directory. Raises ModelError.

    The directory appears whole or not at all; a full disk, a kill or vectors that disagree leave nothing behind.
    """
    source = find_source(name)
    target = directory_of(source, models_dir)
    with building(target) as folder:
        if folder:
            _build(source, folder)
    return target


def main() -> int:
    """Prepare the model named on the command line; a ModelError becomes the only line of standard output."""
    try:
        prepare(sys.argv[1], Path(sys.argv[2]))
    except ModelError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    return 0


def _build(source: ModelSource, folder: Path) -> None:
    with TemporaryDirectory(dir=folder) as scratch, _translated(source, folder):
        model = _load(source, Path(scratch))
        _check_convertible(source, model)
        _export(model, Path(scratch) / "float32.onnx")
        _quantise(Path(scratch) / "float32.onnx", folder / GRAPH)
        _save_tokenizer(model, folder)
    made_with = {library: version(library) for library in _LIBRARIES}
    _accept(source, model, write(folder, _config_of(source, model), made_with=made_with))


def _load(source: ModelSource, scratch: Path) -> SentenceTransformer:
    """The model in fp32 on the CPU, from local files alone."""
    root = source.root
    if source.files == (E5_FILE,):
        root = scratch / "e5"
        e5_weights.unpack(source.root / E5_FILE, root)
    model = SentenceTransformer(str(root), device="cpu", local_files_only=True, trust_remote_code=False)
    return model.float().eval()


def _check_convertible(source: ModelSource, model: SentenceTransformer) -> None:
    poolings = [module for module in model if isinstance(module, Pooling)]
    if not isinstance(model[0], Transformer):
        raise _not_convertible(source, f"it begins with {type(model[0]).__name__}, expected a Transformer over text")
    if not isinstance(getattr(model.tokenizer, "backend_tokenizer", None), Tokenizer):
        raise _not_convertible(source, "it has no fast tokenizer (tokenizer.json)")
    if any(model.prompts.values()) and not all(pooling.include_prompt for pooling in poolings):
        raise _not_convertible(source, "its pooling leaves out the prompt, which a graph cannot tell from the text")


class _Graph(torch.nn.Module):
    """A sentence-transformers pipeline as ONNX wants it: tensors in, one unit vector for each text out."""

    def __init__(self, model: SentenceTransformer, inputs: list[str]) -> None:
        super().__init__()
        self.model = model
        self.inputs = inputs

    def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
        features = self.model(dict(zip(self.inputs, tensors, strict=True)))
        return torch.nn.functional.normalize(features["sentence_embedding"], dim=-1)


def _export(model: SentenceTransformer, path: Path) -> None:
    example = model.preprocess(["two texts of different length", "so that nothing about their length is fixed in the graph"])
    tensors = {name: value for name, value in example.items() if isinstance(value, torch.Tensor)}
    axes = {name: {0: "text", 1: "token"} for name in tensors} | {"vector": {0: "text"}}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the legacy exporter announces itself, and each branch it follows
        torch.onnx.export(
            _Graph(model, list(tensors)),
            tuple(tensors.values()),
            str(path),
            input_names=list(tensors),
            output_names=["vector"],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )


def _quantise(float32: Path, int8: Path) -> None:
    """Weights in int8, one scale per channel: cosine 0.994 to fp32, where one scale per tensor keeps 0.969."""
    quantised = float32.with_name("int8.onnx")
    quantize_dynamic(float32, quantised, per_channel=True)
    graph = onnx.load(quantised)
    graph.producer_name = graph.producer_version = graph.doc_string = ""  # the same weights, the same checksum
    int8.write_bytes(graph.SerializeToString(deterministic=True))


def _save_tokenizer(model: SentenceTransformer, folder: Path) -> None:
    tokenizer = Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())
    tokenizer.no_padding()
    tokenizer.enable_truncation(_max_tokens(model))
    probes = [prefix + probe for probe in PROBES for prefix in (*filter(None, model.prompts.values()), "")]
    if not taken_apart(tokenizer, folder / TOKENIZER, folder / PIECES, limit=_max_tokens(model), probes=probes):
        (folder / TOKENIZER).write_text(tokenizer.to_str(), encoding="utf-8")


def _config_of(source: ModelSource, model: SentenceTransformer) -> ModelConfig:
    poolings = [str(module.pooling_mode) for module in model if isinstance(module, Pooling)]
    return ModelConfig(
        label=source.label,
        dim=int(model.encode([PROBES[0]]).shape[1]),
        max_tokens=_max_tokens(model),
        query_prefix=_prompt(model, "query"),
        passage_prefix=_prompt(model, "document", "passage", "corpus"),
        pooling=" + ".join(poolings) or "none",
    )


def _prompt(model: SentenceTransformer, *names: str) -> str:
    """The first of these prompts that says something; sentence-transformers adds empty ones that would hide it."""
    return next((prompt for name in names if (prompt := model.prompts.get(name))), "")


def _max_tokens(model: SentenceTransformer) -> int:
    """The least of what the pipeline, its tokenizer and its position embeddings allow."""
    positions = getattr(getattr(model[0], "config", None), "max_position_embeddings", None)
    limits = (model.max_seq_length, model.tokenizer.model_max_length, positions)
    return min(int(limit) for limit in limits if limit)


def _accept(source: ModelSource, model: SentenceTransformer, prepared: PreparedModel) -> None:
    """Compare what was built with what it was built from, and note it. Raises ModelError where they disagree."""
    alone = OnnxEmbedder(prepared.directory, threads=1)
    agreement = _agreement(model, prepared.config, alone)
    if not agreement >= LEAST_AGREEMENT:  # not a number must not pass either
        raise ModelError(
            f"{source.root}: after conversion to int8 the vectors agree with the original at cosine {agreement:.4f}; "
            f"expected {LEAST_AGREEMENT} or more, so it was not published. Choose another model: this one does not "
            "bear 8-bit weights, or computes something the conversion does not preserve."
        )
    measured(prepared, agreement=round(agreement, 5), query_threads=_query_threads(prepared, alone))


def _agreement(model: SentenceTransformer, config: ModelConfig, embedder: OnnxEmbedder) -> float:
    """The mean cosine between the original vectors of the probes and the converted ones, as queries and passages."""
    texts = list(PROBES)
    original = [
        model.encode(texts, prompt=prefix, normalize_embeddings=True) for prefix in (config.query_prefix, config.passage_prefix)
    ]
    converted = np.concatenate([_queries(embedder), embedder.passages(texts)])
    return float((np.concatenate(original) * converted).sum(axis=1).mean())


def _query_threads(prepared: PreparedModel, alone: OnnxEmbedder) -> int:
    """Two threads for a query (2.1 ms instead of 2.9) where that changes no bit of its vector, else one."""
    in_two = OnnxEmbedder(measured(prepared, agreement=0.0, query_threads=2).directory, threads=2)
    return 2 if np.array_equal(_queries(in_two), _queries(alone)) else 1


def _queries(embedder: OnnxEmbedder) -> FloatMatrix:
    return np.stack([embedder.query(text) for text in PROBES])


@contextmanager
def _translated(source: ModelSource, folder: Path) -> Iterator[None]:
    """Turn what a conversion may raise into a ModelError; a full disk stays the OSError it is, whoever noticed it."""
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        if _is_full_disk(error, folder):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)) from error
        raise _not_convertible(source, f"{type(error).__name__}: {str(error).strip()[:500]}") from error


def _is_full_disk(error: Exception, folder: Path) -> bool:
    """Each library has its own error for it: an OSError, a text (safetensors), or nothing of the kind (onnx)."""
    return (
        (isinstance(error, OSError) and error.errno in _NO_ROOM)
        or os.strerror(errno.ENOSPC) in str(error)
        or shutil.disk_usage(folder).free < _LITTLE
    )


def _not_convertible(source: ModelSource, why: str) -> ModelError:
    return ModelError(
        f"{source.root}: cannot be converted to ONNX: {why}. Expected a sentence-transformers model that begins with a "
        "Transformer over text and has a fast tokenizer. Choose another model."
    )


if __name__ == "__main__":
    sys.exit(main())
