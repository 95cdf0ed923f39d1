"""The port of a model that turns texts into vectors."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeAlias

from retriever.arrays import FloatMatrix, FloatVector

Progress: TypeAlias = Callable[[int], None]
"""Called with how many more texts are finished, from the caller's own thread; the calls add up to all of them."""

FEW: Final = 3  # passages that are embedded one after another, by what questions are embedded by: work beside questions


class Embedder(Protocol):
    """Texts to unit vectors. Two methods, because some models prefix queries differently.

    The same text always gives the same vector, bit for bit: alone, in bulk, in any order, from any thread.
    Every string is accepted: empty, with NULs or lone surrogates, or far longer than the model reads (the rest is cut).
    """

    @property
    def name(self) -> str:
        """The model@checksum plus its prefixes: equal names mean equal vectors. Part of the snapshot fingerprint."""
        ...

    @property
    def dim(self) -> int:
        """The length of every vector."""
        ...

    def passages(self, texts: Sequence[str], *, progress: Progress | None = None) -> FloatMatrix:
        """(n, dim) float32, norm 1, in the order of the texts; no text gives (0, dim)."""
        ...

    def query(self, text: str) -> FloatVector:
        """(dim,) float32, norm 1."""
        ...
