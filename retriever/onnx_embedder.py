"""The serving side of a model: a prepared directory in, vectors out, without torch.

Dynamic int8 scales a tensor by its largest value, so in a batch a text's vector would depend on its neighbours (cosine
0.9975). Texts are therefore embedded one at a time, and bulk is fast because several are in flight at once, all in one
single-thread session: measured as fast as a session per worker, without a copy of the weights for each.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Generic, TypeVar

import numpy as np
import onnxruntime as ort

from retriever.arrays import FloatMatrix, FloatVector
from retriever.embedder import Progress
from retriever.errors import ModelError
from retriever.prepared_model import GRAPH, PIECES, TOKENIZER, PreparedModel
from retriever.tokenizer import PiecesApart, Tokens, WholeTokenizer

T = TypeVar("T")

CHARACTERS_PER_TOKEN: Final = 32  # beyond max_tokens x 32 nothing is tokenised: e5 reads those 16 kB in 10 ms
BULK_FROM: Final = 4  # fewer texts go through the query session: loading another takes longer than embedding them
# Of a small graph's question the second thread costs more than it brings, and takes the core of the question beside it:
# MiniLM 1.7 ms on one thread, 2.3 on two; e5 7.6 and 5.0 (13 and 18 tokens, least of 300, without spinning).
SHARED_FROM: Final = 50_000_000  # bytes
IDLE_SECONDS: Final = 20.0  # after which the bulk session is freed: e5 gives back 100 MB and needs 0.6 s to load again


class OnnxEmbedder:
    """An Embedder over a prepared directory. Files are verified and loaded at first use; safe from any thread."""

    def __init__(self, directory: Path, *, threads: int) -> None:
        """threads: how many texts are in flight in bulk, 1 or more. Raises ModelError unless the directory is whole."""
        if threads < 1:
            raise ValueError(f"threads is {threads}; expected 1 or more")
        self._model = PreparedModel.read(directory)
        self._threads = threads
        large = (directory / GRAPH).stat().st_size >= SHARED_FROM
        self._query_threads = min(threads, self._model.manifest.query_threads) if large else 1
        self._tokenizer = _Lazy(self._load_tokenizer)
        self._graph = _Lazy(lambda: self._model.verified(GRAPH))
        self._query_session = _Lazy(lambda: self._load_session(self._query_threads))
        self._bulk_session = _Lazy(lambda: self._load_session(1))

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
        ids = np.array([self._ids(prefix, text)], dtype=np.int64)
        tokens = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        outputs = session.run(None, {wanted.name: tokens[wanted.name] for wanted in session.get_inputs()})
        vector: FloatVector = outputs[0][0]
        return vector

    def _ids(self, prefix: str, text: str) -> list[int]:
        readable = _readable(text, limit=self.max_tokens * CHARACTERS_PER_TOKEN)
        # a tokenizer without special tokens finds none in "", and no graph takes none
        return self._tokenizer.get().ids(prefix + readable) or [0]

    def _load_tokenizer(self) -> Tokens:
        def load() -> Tokens:
            described = self._model.verified(TOKENIZER)
            if PIECES not in self._model.manifest.files:
                return WholeTokenizer(described)
            return PiecesApart(described, self._model.verified(PIECES), limit=self.max_tokens)

        return self._translated(TOKENIZER, load)

    def _load_session(self, threads: int) -> ort.InferenceSession:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only: warnings are about the graph, which no operator can change
        # a thread that spins for its next piece of work holds the core that Python needs: 9.2 ms a question instead of 4.8
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        path = str(self._graph.get())  # a path, not bytes: with bytes e5 takes 204 MB instead of 92
        return self._translated(GRAPH, lambda: ort.InferenceSession(path, options, providers=["CPUExecutionProvider"]))

    def _translated(self, file: str, load: Callable[[], T]) -> T:
        try:
            return load()
        except ModelError:
            raise
        except Exception as error:  # onnxruntime and tokenizers share no narrower class
            raise ModelError(
                f"{self._model.directory / file}: onnxruntime {ort.__version__} cannot load it: {error}. It was "
                f"prepared with {dict(self._model.manifest.made_with)}: install those versions, or delete the "
                "directory to have it prepared again."
            ) from error


class _Lazy(Generic[T]):
    """A value loaded at first use, by one thread only, and forgotten on request."""

    def __init__(self, load: Callable[[], T]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._values: list[T] = []  # none or one
        self._timer: threading.Timer | None = None

    def get(self) -> T:
        with self._lock:
            self._stop_timer()
            if not self._values:
                self._values.append(self._load())
            return self._values[0]

    @property
    def loaded(self) -> bool:
        return bool(self._values)

    def forget_after(self, seconds: float) -> None:
        """Forget the value unless it is asked for within so many seconds; who still uses it keeps it until done."""
        with self._lock:
            self._stop_timer()
            self._timer = threading.Timer(seconds, self._forget)
            self._timer.daemon = True
            self._timer.start()

    def _forget(self) -> None:
        with self._lock:
            self._values.clear()

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


def _readable(text: str, *, limit: int) -> str:
    """What a tokenizer can take: at most `limit` characters, no NUL, lone surrogates replaced by U+FFFD."""
    text = text[:limit].replace("\0", " ")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
