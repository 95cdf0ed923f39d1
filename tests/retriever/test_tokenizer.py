"""A tokenizer in two files gives what it gave in one."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import Unigram
from tokenizers.processors import TemplateProcessing
from tokenizers.trainers import UnigramTrainer

from retriever import tokenizer as tokenizing
from retriever.tokenizer import PiecesApart, taken_apart
from tests.conftest import ROOT

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
LIMIT = 40
# Nothing that stands twice in a row: of two equally probable ways to cut "000" each library may choose its own.
PARTS = [
    "the card",
    "Fee",
    "tarjeta",
    " ",
    "  ",
    "\n",
    "\u00a0",
    "ﬁ",
    "é",
    "e\u0301",
    "10,425",
    "日本",
    "🙂",
    "R10",
    "unforeseeably",
]
TEXTS = st.lists(st.sampled_from(PARTS), unique=True).map("".join)


@pytest.fixture(scope="module")
def whole() -> Tokenizer:
    """Pieces learned from our own pages, spelled and framed as the multilingual model's are."""
    learned = Tokenizer(Unigram())
    learned.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(" {2,}", " ")])
    learned.pre_tokenizer = pre_tokenizers.Metaspace()
    texts = [path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))]
    learned.train_from_iterator(texts, UnigramTrainer(vocab_size=2000, special_tokens=SPECIAL, unk_token=SPECIAL[3]))
    learned.post_processor = TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    learned.enable_truncation(LIMIT)
    return learned


@pytest.fixture(scope="module")
def apart(whole: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> PiecesApart:
    """The same in two files."""
    described, pieces = (tmp_path_factory.mktemp("apart") / name for name in ("tokenizer.json", "pieces.model"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokenizing, "MANY", 100)
        assert taken_apart(whole, described, pieces, limit=LIMIT, probes=["the fee of a card"])
    return PiecesApart(described, pieces, limit=LIMIT)


@settings(max_examples=300, deadline=None)
@given(text=TEXTS)
def test_every_text_has_the_same_tokens(whole: Tokenizer, apart: PiecesApart, text: str) -> None:
    """Unknown letters, white space, accents in two characters, and texts that are too long for the model."""
    assert apart.ids(text) == whole.encode(text).ids


def test_a_special_token_in_a_text_is_text(apart: PiecesApart) -> None:
    """Whoever pastes `</s>` does not end the text there."""
    assert [apart.ids("a </s> b").count(2), apart.ids("a </s> b")[-1]] == [1, 2]


@pytest.mark.parametrize("many", [10**6, 100])
def test_what_would_differ_or_gain_nothing_stays_whole(
    whole: Tokenizer, tmp_path: Path, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few pieces, or a probe that comes out otherwise: no file is left behind."""
    monkeypatch.setattr(tokenizing, "MANY", many)
    files = tmp_path / "tokenizer.json", tmp_path / "pieces.model"

    assert not taken_apart(whole, *files, limit=LIMIT - 1, probes=["card " * LIMIT])

    assert list(tmp_path.iterdir()) == []
