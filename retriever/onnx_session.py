"""A prepared model's graph and files as onnxruntime takes them: opened and run."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import onnxruntime as ort

from retriever.arrays import FloatVector
from retriever.errors import ModelError
from retriever.prepared_model import GRAPH, PreparedModel

T = TypeVar("T")

# in one step it is slower than in two: MiniLM 1.64 ms instead of 1.48 for a question of 13 tokens, 10.4 instead of 8.9 for 106
SLOW_FUSION: Final = "SkipLayerNormFusion"
CHARACTERS_PER_TOKEN: Final = 32  # beyond max_tokens x 32 nothing is tokenised: e5 reads those 16 kB in 10 ms


def open_session(model: PreparedModel, graph: Path, *, threads: int) -> ort.InferenceSession:
    """The model's graph, which was verified, on so many threads. Raises ModelError if it cannot be loaded."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors only: warnings are about the graph, which no operator can change
    # a thread that spins for its next piece of work holds the core that Python needs: 9.2 ms a question instead of 4.8
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # a path, not bytes: with bytes e5 takes 204 MB instead of 92
    opened = partial(ort.InferenceSession, str(graph), options, providers=["CPUExecutionProvider"])
    return loaded(model, GRAPH, partial(opened, disabled_optimizers=[SLOW_FUSION]))


def run(session: ort.InferenceSession, ids: Sequence[int], segments: Sequence[int]) -> FloatVector:
    """The one row that comes out for one text, alone: beside others, int8 would make it depend on them.

    ids:      the text's tokens. segments: 0 for each token of a first text, 1 for those of a second.
    """
    row = np.array([ids], dtype=np.int64)
    tokens = {"input_ids": row, "token_type_ids": np.array([segments], dtype=np.int64)}
    outputs = session.run(None, {wanted.name: tokens[wanted.name] for wanted in session.get_inputs()})
    first: FloatVector = outputs[0][0]
    return first


def loaded(model: PreparedModel, file: str, load: Callable[[], T]) -> T:
    """What `load` makes of one of the model's files. Raises ModelError, with the cure, if it cannot be loaded."""
    try:
        return load()
    except ModelError:
        raise
    except Exception as error:  # onnxruntime and tokenizers share no narrower class
        raise ModelError(
            f"{model.directory / file}: onnxruntime {ort.__version__} cannot load it: {error}. It was "
            f"prepared with {dict(model.manifest.made_with)}: install those versions, or delete the "
            "directory to have it prepared again."
        ) from error


def readable(text: str, *, limit: int) -> str:
    """What a tokenizer can take of a text: at most `limit` characters, no NUL, lone surrogates replaced by U+FFFD."""
    text = text[:limit].replace("\0", " ")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
