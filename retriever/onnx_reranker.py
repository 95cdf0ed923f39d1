"""The serving side of a cross-encoder: a prepared directory in, the score of a question with a passage out, without torch."""

from pathlib import Path
from typing import Final

from retriever.lazy import Lazy
from retriever.onnx_session import CHARACTERS_PER_TOKEN, loaded, open_session, readable, run
from retriever.prepared_model import TOKENIZER, PreparedModel
from retriever.tokenizer import WholeTokenizer

PAIR_TOKENS: Final = 256  # of question and passage together; a passage has about 220, and the time grows with them


class OnnxReranker:
    """A cross-encoder over a prepared directory. Files are verified and loaded at first use; safe from any thread.

    The same pair always has the same score, bit for bit: pairs are scored one at a time.
    """

    def __init__(self, directory: Path, *, threads: int) -> None:
        """threads: most that share one pair. Raises ModelError unless the directory is whole."""
        self._model = PreparedModel.read(directory)
        self._tokenizer = Lazy(self._load_tokenizer)
        shared = min(threads, self._model.manifest.query_threads)
        self._session = Lazy(lambda: open_session(self._model, self._model.verified_graph(), threads=shared))

    @property
    def name(self) -> str:
        """The model@checksum: equal names mean equal scores."""
        return self._model.name.partition(" ")[0]

    @property
    def max_tokens(self) -> int:
        """How many tokens of question and passage are read together."""
        return self._model.config.max_tokens

    def score(self, question: str, passage: str) -> float:
        """How well the passage answers the question: higher is better, on the model's own scale. Raises ModelError."""
        most = self.max_tokens * CHARACTERS_PER_TOKEN
        ids, segments = self._tokenizer.get().pair(readable(question, limit=most), readable(passage, limit=most))
        return float(run(self._session.get(), ids, segments)[0])

    def warm(self) -> None:
        """Load now what the first question would wait for. Raises ModelError."""
        self.score("warm", "warm")

    def _load_tokenizer(self) -> WholeTokenizer:
        return loaded(self._model, TOKENIZER, lambda: WholeTokenizer(self._model.verified(TOKENIZER)))
