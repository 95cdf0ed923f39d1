"""Prepare a model: the one file that knows sentence-transformers and torch. It is never on the serving path.

    python -m retriever.models NAME MODELS_DIR embedder|reranker

The whole sentence-transformers pipeline (transformer, pooling, dense layers, normalisation; of a cross-encoder its transformer
and score) is exported once to ONNX, its weights become int8, and the result must agree with the original to be published.
"""

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeAlias

import numpy as np
import torch
from sentence_transformers import CrossEncoder, SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import Tokenizer
from transformers.masking_utils import AttentionMaskInterface, bidirectional_mask_function, eager_mask

from retriever import e5_weights
from retriever.arrays import FloatMatrix
from retriever.conversion import converting, not_convertible
from retriever.errors import ModelError
from retriever.int8_graph import quantise
from retriever.model_sources import E5_FILE, ModelSource, find_source
from retriever.model_store import Kind, directory_of
from retriever.onnx_embedder import OnnxEmbedder
from retriever.onnx_reranker import PAIR_TOKENS, OnnxReranker
from retriever.prepared_model import PIECES, TOKENIZER, ModelConfig, PreparedModel, building, measured, write
from retriever.tokenizer import taken_apart

LEAST_AGREEMENT: Final = 0.99  # mean cosine to fp32; int8 that kept 0.994 lost no nDCG@10 (0.617, fp32 0.612)
LEAST_CORRELATION: Final = 0.95  # of a cross-encoder's scores; MiniLM with an untrained head, whose hardly differ, keeps 0.977
OPSET: Final = 17
Model: TypeAlias = SentenceTransformer | CrossEncoder
_MASK: Final = "attention_mask"
_LIBRARIES: Final = ("sentence-transformers", "transformers", "torch", "onnx", "onnxruntime", "tokenizers")

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


def prepare(name: str, models_dir: Path, kind: Kind = Kind.EMBEDDER) -> Path:
    """Prepare a model, unless another process has meanwhile, and give its directory. Raises ModelError.

    The directory appears whole or not at all; a full disk, a kill or vectors that disagree leave nothing behind.
    """
    source = find_source(name)
    target = directory_of(source, models_dir)
    with building(target) as folder:
        if folder:
            (_build if kind is Kind.EMBEDDER else _build_reranker)(source, folder)
    return target


def main() -> int:
    """Prepare the model named on the command line; a ModelError becomes the only line of standard output."""
    try:
        prepare(sys.argv[1], Path(sys.argv[2]), Kind(sys.argv[3]))
    except ModelError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    return 0


def _build(source: ModelSource, folder: Path) -> None:
    with TemporaryDirectory(dir=folder) as scratch, converting(source, folder):
        model = _load(source, Path(scratch))
        _check_convertible(source, model)
        _convert(model, "a text whose length the graph must not take for every text's", Path(scratch), folder)
        _save_tokenizer(model, folder)
    prepared = write(folder, _config_of(source, model), made_with=_made_with())
    alone = OnnxEmbedder(prepared.directory, threads=1)
    agreement = _agreement(model, prepared.config, alone)
    _accept(source, agreement, LEAST_AGREEMENT, "vectors agree with the original at cosine")
    measured(prepared, agreement=agreement, query_threads=_query_threads(prepared, alone))


def _build_reranker(source: ModelSource, folder: Path) -> None:
    with TemporaryDirectory(dir=folder) as scratch, converting(source, folder):
        model = CrossEncoder(str(source.root), device="cpu", local_files_only=True, trust_remote_code=False).float().eval()
        _check_reranker(source, model)
        _convert(model, ("a question", "a text whose length the graph must not take for every text's"), Path(scratch), folder)
        tokens = min(_max_tokens(model), PAIR_TOKENS)
        tokenizer = Tokenizer.from_str(model.tokenizer.backend_tokenizer.to_str())
        tokenizer.no_padding()
        tokenizer.enable_truncation(tokens)
        (folder / TOKENIZER).write_text(tokenizer.to_str(), encoding="utf-8")
    config = ModelConfig(source.label, dim=1, max_tokens=tokens, query_prefix="", passage_prefix="", pooling="cross-encoder")
    prepared = write(folder, config, made_with=_made_with())
    pairs = [(question, passage) for question in PROBES[:4] for passage in PROBES]
    ours = _scores(OnnxReranker(prepared.directory, threads=1), pairs)
    agreement = float(np.corrcoef(model.predict(pairs, batch_size=1), ours)[0, 1])
    _accept(source, agreement, LEAST_CORRELATION, "scores agree with the original at correlation")
    in_two = OnnxReranker(measured(prepared, agreement=0.0, query_threads=2).directory, threads=2)
    measured(prepared, agreement=agreement, query_threads=2 if _scores(in_two, pairs) == ours else 1)


def _scores(reranker: OnnxReranker, pairs: Sequence[tuple[str, str]]) -> list[float]:
    return [reranker.score(question, passage) for question, passage in pairs]


def _made_with() -> dict[str, str]:
    return {library: version(library) for library in _LIBRARIES}


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
        raise not_convertible(source, f"it begins with {type(model[0]).__name__}, expected a Transformer over text")
    if not isinstance(getattr(model.tokenizer, "backend_tokenizer", None), Tokenizer):
        raise not_convertible(source, "it has no fast tokenizer (tokenizer.json)")
    if any(model.prompts.values()) and not all(pooling.include_prompt for pooling in poolings):
        raise not_convertible(source, "its pooling leaves out the prompt, which a graph cannot tell from the text")


def _check_reranker(source: ModelSource, model: CrossEncoder) -> None:
    """A model that was never trained to score pairs gets a random head, and one with several labels tells no order."""
    architectures = getattr(getattr(model[0], "config", None), "architectures", None) or ["none"]
    if not architectures[0].endswith("ForSequenceClassification") or model.num_labels != 1:
        raise ModelError(
            f"{source.root}: no cross-encoder: it is {architectures[0]} with {model.num_labels} label(s), expected a model for "
            "sequence classification with one. Name one that was trained to rank, such as cross-encoder/ms-marco-MiniLM-L6-v2."
        )
    if not isinstance(getattr(model.tokenizer, "backend_tokenizer", None), Tokenizer):
        raise not_convertible(source, "it has no fast tokenizer (tokenizer.json)")


class _Graph(torch.nn.Module):
    """A sentence-transformers pipeline as ONNX wants it: one text's tensors in, (1, dim) unit vector, or (1, 1) score, out."""

    def __init__(self, model: Model, inputs: list[str]) -> None:
        super().__init__()
        self.model = model
        self.inputs = inputs

    def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
        features = {**dict(zip(self.inputs, tensors, strict=True)), _MASK: torch.ones_like(tensors[0])}
        features = self.model(features)
        if isinstance(self.model, CrossEncoder):
            scores: torch.Tensor = features["scores"]
            return scores.reshape(-1, 1)
        return torch.nn.functional.normalize(features["sentence_embedding"], dim=-1)


def _convert(model: Model, example: Any, scratch: Path, folder: Path) -> None:
    """example: a text, or a pair."""
    _export(model, example, scratch / "float32.onnx")
    quantise(scratch / "float32.onnx", folder)


def _export(model: Model, example: Any, path: Path) -> None:
    tensors = {name: value for name, value in model.preprocess([example]).items() if isinstance(value, torch.Tensor)}
    del tensors[_MASK]
    with warnings.catch_warnings(), torch.no_grad(), _without_padding(model):
        warnings.simplefilter("ignore")  # the legacy exporter announces itself, and each branch it follows
        torch.onnx.export(
            _Graph(model, list(tensors)),
            tuple(tensors.values()),
            str(path),
            input_names=list(tensors),
            output_names=["vector"],
            dynamic_axes={name: {1: "token"} for name in tensors},
            opset_version=OPSET,
            dynamo=False,
        )


@contextmanager
def _without_padding(model: Model) -> Iterator[None]:
    """Let every token look at every other one, and say so in the plainest nodes.

    A text is read alone, so nothing is ever padded. The mask, the attention call that onnxruntime takes apart again, and a
    number of texts that may differ made a question of 13 tokens take 1.9 ms instead of 1.5, a passage of 106 11.7 instead of
    9.0, one of 200 26 instead of 18.
    """
    transformer: Any = model[0].auto_model
    transformer.set_attn_implementation("eager")
    AttentionMaskInterface.register("eager", _no_padding_mask)
    try:
        yield
    finally:
        AttentionMaskInterface.register("eager", eager_mask)


def _no_padding_mask(*, mask_function: Callable[..., Any], **kwargs: Any) -> torch.Tensor | None:
    """None where all may look at all; the mask of a model that reads from left to right, or within a window, stays."""
    return None if mask_function is bidirectional_mask_function else eager_mask(mask_function=mask_function, **kwargs)


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


def _max_tokens(model: Model) -> int:
    """The least of what the pipeline, its tokenizer and its position embeddings allow."""
    positions = getattr(getattr(model[0], "config", None), "max_position_embeddings", None)
    limits = (model.max_seq_length, model.tokenizer.model_max_length, positions)
    return min(int(limit) for limit in limits if limit)


def _accept(source: ModelSource, agreement: float, least: float, what: str) -> None:
    """Let only pass what agrees with what it was built from. Raises ModelError."""
    if not agreement >= least:  # not a number must not pass either
        raise ModelError(
            f"{source.root}: after conversion to int8 the {what} {agreement:.4f}; "
            f"expected {least} or more, so it was not published. Choose another model: this one does not "
            "bear 8-bit weights, or computes something the conversion does not preserve."
        )


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


if __name__ == "__main__":
    sys.exit(main())
