"""From a text to the numbers that a graph reads: a prepared model's tokenizer.

Most are used as they are. A vocabulary of 250,000 pieces takes 300 MB and 70 us a question in `tokenizers`, 63 MB and 16 us in
`sentencepiece`; so where the two agree, the pieces lie apart, and `tokenizers` is left with the spelling alone.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from sentencepiece import SentencePieceProcessor
from tokenizers import Tokenizer

MANY: Final = 50_000  # pieces; with fewer there is nothing to save
_NO_PIECES: Final = {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0]], "byte_fallback": False}


class Tokens(Protocol):
    """A text as token ids, special ones included, at most as many as the model reads."""

    def ids(self, text: str) -> list[int]:
        """text: without NUL and lone surrogates."""
        ...


class WholeTokenizer:
    """As `tokenizers` has it."""

    def __init__(self, described: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(described))

    def ids(self, text: str) -> list[int]:
        """See Tokens."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids

    def pair(self, first: str, second: str) -> tuple[list[int], list[int]]:
        """Two texts in one row: its token ids, and 0 for each of the first text, 1 for each of the second.

        What is too much for the model is cut from the longer one.
        """
        row = self._tokenizer.encode(first, second)
        return row.ids, row.type_ids


class PiecesApart:
    """Spelling and special tokens by `tokenizers`, pieces by `sentencepiece`.

    What looks like a special token in a text is text, here. Where two ways to cut a word are equally probable ("------"), the
    two libraries may choose different ones.
    """

    def __init__(self, described: Path, pieces: Path, *, limit: int) -> None:
        """limit: tokens, special ones included."""
        spelling = Tokenizer.from_file(str(described))
        self._normalise, self._split = spelling.normalizer, spelling.pre_tokenizer
        self._pieces = SentencePieceProcessor(model_file=str(pieces))
        around = spelling.encode("x")
        at = around.special_tokens_mask.index(0)
        self._before, self._after = around.ids[:at], around.ids[at + 1 :]
        self._room = limit - len(self._before) - len(self._after)

    def ids(self, text: str) -> list[int]:
        """See Tokens."""
        spelled = self._normalise.normalize_str(text) if self._normalise else text
        words = "".join(word for word, _ in self._split.pre_tokenize_str(spelled))
        return [*self._before, *self._pieces.encode(words)[: self._room], *self._after]


def taken_apart(whole: Tokenizer, described: Path, pieces: Path, *, limit: int, probes: Sequence[str]) -> bool:
    """Write a tokenizer in two files, if it has many pieces and comes out the same for every probe; else write nothing."""
    about: dict[str, Any] = json.loads(whole.to_str())
    model = about["model"]
    if model["type"] != "Unigram" or model.get("byte_fallback") or len(model["vocab"]) < MANY:
        return False
    pieces.write_bytes(_pieces(model))
    described.write_text(json.dumps({**about, "model": _NO_PIECES, "added_tokens": [], "truncation": None}), encoding="utf-8")
    apart = PiecesApart(described, pieces, limit=limit)
    if all(apart.ids(probe) == whole.encode(probe).ids for probe in probes):
        return True
    pieces.unlink()
    described.unlink()
    return False


def _pieces(model: dict[str, Any]) -> bytes:
    """The vocabulary as `sentencepiece` reads it. The spelling is done before, so it must change nothing."""
    from sentencepiece import sentencepiece_model_pb2  # needs protobuf, which serving does not

    written: Any = sentencepiece_model_pb2
    made = written.ModelProto()
    made.trainer_spec.model_type = written.TrainerSpec.UNIGRAM
    made.trainer_spec.unk_id = model["unk_id"]
    made.normalizer_spec.name = "identity"
    made.normalizer_spec.add_dummy_prefix = made.normalizer_spec.remove_extra_whitespaces = False
    kinds = written.ModelProto.SentencePiece
    for number, (piece, score) in enumerate(model["vocab"]):
        kind = kinds.UNKNOWN if number == model["unk_id"] else kinds.CONTROL if score == 0 else kinds.NORMAL
        made.pieces.add(piece=piece, score=score, type=kind)  # a piece of score 0 is special: <s>, <pad>, <mask>
    whole: bytes = made.SerializeToString(deterministic=True)
    return whole
