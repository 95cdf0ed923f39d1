"""The serving side of a model: a prepared directory in, vectors out, without torch.

Dynamic int8 scales a tensor by its largest value, so in a batch a text's vector would depend on its neighbours (cosine
0.9975). Texts are therefore embedded one at a time, and bulk is fast because several are in flight at once, all in one
single-thread session: measured as fast as a session per worker, without a copy of the weights for each.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime as ort

from retriever.arrays import FloatMatrix, FloatVector
from retriever.embedder import FEW, Progress
from retriever.lazy import Lazy
from retriever.onnx_session import CHARACTERS_PER_TOKEN, loaded, open_session, readable, run
from retriever.prepared_model import PIECES, TOKENIZER, PreparedModel
from retriever.tokenizer import PiecesApart, Tokens, WholeTokenizer

BULK_FROM: Final = FEW + 1  # fewer texts go through the query session: loading another takes longer than embedding them
# Of a question of usual length the second thread costs more than it brings, and takes the core of the question beside it.
# On one thread and on two: MiniLM 1.7 and 2.3 ms for 13 tokens; e5 6.2 and 6.7 for 15, 12.1 and 13.5 for 50, 61 and 49 for 240.
SHARED_FROM: Final = 200_000_000  # bytes of graph and tables; e5 has 118
IDLE_SECONDS: Final = 20.0  # after which the bulk session is freed: e5 gives back 100 MB and needs 0.6 s to load again


class OnnxEmbedder:
    """An Embedder over a prepared directory. Files are verified and loaded at first use; safe from any thread."""

    def __init__(self, directory: Path, *, threads: int) -> None:
        """threads: how many texts are in flight in bulk, 1 or more. Raises ModelError unless the directory is whole."""
        if threads < 1:
            raise ValueError(f"threads is {threads}; expected 1 or more")
        self._model = PreparedModel.read(directory)
        self._threads = threads
        self._query_threads = min(threads, self._model.manifest.query_threads) if self._model.weight >= SHARED_FROM else 1
        self._tokenizer = Lazy(self._load_tokenizer)
        self._graph = Lazy(self._model.verified_graph)
        self._query_session = Lazy(lambda: open_session(self._model, self._graph.get(), threads=self._query_threads))
        self._bulk_session = Lazy(lambda: open_session(self._model, self._graph.get(), threads=1))

    @property
    def name(self) -> str:
        """See Embedder."""
        return self._model.name

    @property
    def dim(self) -> int:
        """See Embedder."""
        return self._model.config.dim

    @property
    def max_tokens(self) -> int:
        """How many tokens of a text are read, prefix and special tokens included."""
        return self._model.config.max_tokens

    def query(self, text: str) -> FloatVector:
        """See Embedder. Raises ModelError if the prepared files are damaged."""
        return self._vector(self._query_session.get(), self._model.config.query_prefix, text)

    def passages(self, texts: Sequence[str], *, progress: Progress | None = None) -> FloatMatrix:
        """See Embedder. Raises ModelError if the prepared files are damaged. An interrupt ends it within one text."""
        if len(texts) < BULK_FROM:
            return self._embed(self._query_session.get(), 1, texts, progress)
        try:
            return self._embed(self._bulk_session.get(), self._threads, texts, progress)
        finally:
            self._bulk_session.forget_after(IDLE_SECONDS)

    def count_tokens(self, text: str) -> int:
        """How many tokens a passage takes, prefix and special tokens included; at most max_tokens."""
        return len(self._ids(self._model.config.passage_prefix, text))

    def warm(self) -> None:
        """Load now what a query needs, so that the first question does not wait for it. Raises ModelError."""
        self.query("")

    def _embed(
        self, session: ort.InferenceSession, workers: int, texts: Sequence[str], progress: Progress | None
    ) -> FloatMatrix:
        self._tokenizer.get()  # here, so that a damaged file is one error and not one for each worker
        matrix = np.empty((len(texts), self.dim), dtype=np.float32)
        prefix = self._model.config.passage_prefix
        pool = ThreadPoolExecutor(workers, thread_name_prefix="embed")
        try:
            for row, vector in enumerate(pool.map(lambda text: self._vector(session, prefix, text), texts)):
                matrix[row] = vector
                if progress:
                    progress(1)
        finally:
            pool.shutdown(cancel_futures=True)
        return matrix

    def _vector(self, session: ort.InferenceSession, prefix: str, text: str) -> FloatVector:
        ids = self._ids(prefix, text)
        return run(session, ids, [0] * len(ids))

    def _ids(self, prefix: str, text: str) -> list[int]:
        taken = readable(text, limit=self.max_tokens * CHARACTERS_PER_TOKEN)
        # a tokenizer without special tokens finds none in "", and no graph takes none
        return self._tokenizer.get().ids(prefix + taken) or [0]

    def _load_tokenizer(self) -> Tokens:
        def load() -> Tokens:
            described = self._model.verified(TOKENIZER)
            if PIECES not in self._model.manifest.files:
                return WholeTokenizer(described)
            return PiecesApart(described, self._model.verified(PIECES), limit=self.max_tokens)

        return loaded(self._model, TOKENIZER, load)
