"""A cross-encoder, what it may be asked, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from time import monotonic
from typing import Self

import structlog

from retriever.onnx_reranker import OnnxReranker

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reranker:
    """A model that reads a question and a passage together, which tells more than two vectors and costs a hundred times more.

    seconds:   for one question; if they are spent, nothing of what was scored is used.
    languages: those that the model reads, as `en`.
    """

    model: OnnxReranker
    seconds: float
    languages: frozenset[str]

    @property
    def unhurried(self) -> Self:
        """The same without a limit of time: what an answer was can then be found out again on a slower machine."""
        return replace(self, seconds=inf)

    def scores(self, pairs: Sequence[tuple[str, str]]) -> list[float] | None:
        """How well each passage answers its question, higher is better; None if the time was spent first. Raises ModelError."""
        until = monotonic() + self.seconds
        found: list[float] = []
        for question, passage in pairs:
            if monotonic() >= until:
                log.warning("not reranked", reason="the time is spent", seconds=self.seconds, scored=len(found), of=len(pairs))
                return None
            found.append(self.model.score(question, passage))
        return found
