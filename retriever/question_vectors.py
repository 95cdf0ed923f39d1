"""A question's vectors: one that takes long can be begun while other things are done for the question."""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from retriever.arrays import FloatVector
from retriever.embedder import Embedder

# For an English question nothing is begun: handing the model's 1.7 ms to another thread, and taking it back, costs what the
# words beside it take (4.9 ms a question instead of 5.0).
_BESIDE: Final = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="question")


class QuestionVectors:
    """What models make of the texts of one question."""

    def __init__(self) -> None:
        self._begun: dict[tuple[Embedder, str], Future[FloatVector]] = {}

    def begin(self, model: Embedder, text: str) -> None:
        """Let the model read the text now, in another thread."""
        self._begun[model, text] = _BESIDE.submit(model.query, text)

    def get(self, model: Embedder, text: str) -> FloatVector:
        """See Embedder.query."""
        begun = self._begun.get((model, text))
        return begun.result() if begun else model.query(text)
