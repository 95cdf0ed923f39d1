"""The optional cross-encoder: it may reorder the first articles in time, and never an exact match."""

from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import WordLevel
from tokenizers.processors import TemplateProcessing

from api.events.records import Records
from api.events.verification import Verdict, rebuilt_from, verify
from api.loading import reranker_of
from api.settings import Settings
from retriever.apertium import Apertium
from retriever.errors import ModelError
from retriever.model_store import open_reranker
from retriever.onnx_reranker import OnnxReranker
from retriever.reranker import Reranker
from tests.world import World

LIKED = "customer"  # the more of a pair's words are this one, the higher its score
WORDS = ("how", "do", "i", "freeze", "a", "card", "the", "wire", "limit", "lost", "block", LIKED)


def save(folder: Path, *, labels: int = 1, head: bool = True) -> Path:
    """A small BERT whose scores are known: it adds up what it reads, and its head looks for one word."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    words = {word: place for place, word in enumerate((*special, *WORDS))}
    tokenizer = Tokenizer(WordLevel(words, unk_token=special[1]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=512, **names)  # type: ignore[no-untyped-call]
    fast.save_pretrained(folder)
    size = 32
    config = BertConfig(  # type: ignore[call-arg]
        vocab_size=len(words),
        hidden_size=size,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=size,
        num_labels=labels,
    )
    model = BertForSequenceClassification(config)
    one = torch.eye(size)
    with torch.no_grad():
        bert: Any = model.bert
        bert.embeddings.position_embeddings.weight.zero_()
        bert.embeddings.token_type_embeddings.weight.zero_()
        layer = bert.encoder.layer[0]
        layer.attention.self.query.weight.zero_()  # every word is looked at alike
        layer.attention.self.value.weight.copy_(one)
        layer.attention.output.dense.weight.copy_(4 * one)
        bert.pooler.dense.weight.copy_(0.2 * one)
        model.classifier.weight.copy_(bert.embeddings.word_embeddings.weight[words[LIKED]].expand(labels, size) * 50)
    (model if head else BertModel(config)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder as sentence-transformers and Hugging Face lay it out."""
    return save(tmp_path_factory.mktemp("source") / "tiny-cross-encoder")


@pytest.fixture(scope="module")
def prepared(source: Path, tmp_path_factory: pytest.TempPathFactory) -> OnnxReranker:
    """The same, prepared in a process of its own, as for a user."""
    return open_reranker(str(source), tmp_path_factory.mktemp("models"), threads=2)


@pytest.fixture
def bank(world: World, prepared: OnnxReranker) -> World:
    """Three articles on one subject, and a reranker with all the time in the world that likes the third best."""
    world.models = replace(world.models, reranker=Reranker(prepared, inf, frozenset({"en"})))
    world.article("freeze.md", title="Freeze a lost card", body="Freeze the lost card at once.")
    world.article("block.md", title="Block a card", body="Block the lost card of ERR-4012 in the console.")
    world.article("called.md", title="Calls", body="customer customer customer lost card customer customer")
    return world


def order(world: World, q: str = "freeze a lost card now", **scope: Any) -> tuple[bool, list[str]]:
    """Whether it was reranked, and the hits."""
    answer = world.search(q, **scope)
    return answer.reranked, [hit.id for hit in answer.hits]


def without(world: World) -> World:
    """The same world without a reranker."""
    world.models = replace(world.models, reranker=None)
    return world


def hurried(world: World, seconds: float) -> World:
    """The same world with so much time for a question."""
    assert world.models.reranker
    world.models = replace(world.models, reranker=replace(world.models.reranker, seconds=seconds))
    return world


def test_a_prepared_cross_encoder_scores_as_its_original(source: Path, prepared: OnnxReranker) -> None:
    """int8 by ONNX against the model itself, longer texts than it reads included; its name holds a checksum."""
    from sentence_transformers import CrossEncoder

    original = CrossEncoder(str(source), device="cpu", local_files_only=True)
    pairs = [("how do i freeze a card", "the customer lost a card"), ("customer", "customer " * 600), ("", "wire limit")]

    ours = [prepared.score(*pair) for pair in pairs]

    theirs = original.predict(pairs)
    assert np.argsort(ours).tolist() == np.argsort(theirs).tolist()
    assert prepared.name.startswith("tiny-cross-encoder@")
    assert prepared.max_tokens == 256


def test_the_reranker_has_the_last_word(bank: World) -> None:
    """Its favourite rises, `explain` shows what it said of each, and confidence is what it was."""
    answer = bank.search("freeze a lost card now", explain=True)
    before = without(bank).search("freeze a lost card now", explain=True)

    assert (before.reranked, before.hits[0].id, before.hits[0].explain["reranker"]) == (False, "freeze", None)
    assert (answer.reranked, answer.hits[0].id) == (True, "called")
    assert answer.hits[0].explain["reranker"] == max(hit.explain["reranker"] for hit in answer.hits)
    assert (answer.confidence, answer.found) == (before.confidence, before.found)


def test_when_the_time_is_spent_the_order_before_stands(bank: World) -> None:
    """And the answer says so."""
    before = order(without(replace(bank)))

    assert order(hurried(bank, 0.0)) == before == (False, before[1])


@pytest.mark.parametrize("q", ["ERR-4012 customer lost card", 'customer says "Block the lost card"', "Freeze a lost card"])
def test_what_matches_exactly_stays_first(bank: World, q: str) -> None:
    """A code, a quoted phrase, or the title itself is above the model's opinion; the others are reordered behind it."""
    reranked, found = order(bank, q)
    _, before = order(without(bank), q)

    assert reranked
    assert found[0] == before[0] != "called"


def test_what_the_model_does_not_read_keeps_its_place(bank: World) -> None:
    """A Spanish question without translation is none for a model that reads English."""
    q = "el customer perdió su tarjeta y quiere congelarla"

    assert order(bank, q) == (False, order(without(bank), q)[1])


def test_a_translated_question_is_reranked_in_english(bank: World, apertium: Apertium) -> None:
    """Beside English texts the model reads the translation."""
    bank.models = replace(bank.models, translator=apertium)

    assert order(bank, "el cliente perdió su tarjeta y quiere congelarla")[0]


def test_a_receipt_says_who_reranked_and_is_verified_whatever_the_haste(bank: World, records: Records) -> None:
    """In time or not, what was shown is found out again: the limit of time is not asked twice."""
    client = bank.client(records)

    def receipt() -> dict[str, Any]:
        answer = client.post("/v1/search", json={"q": "freeze a lost card now"}).json()
        found: dict[str, Any] = client.get(f"/v1/receipts/{answer['receipt']}").json()
        return found

    def verified(kept: dict[str, Any]) -> Verdict:
        return verify(kept, records.recorder.ledger, rebuilt_from(bank.space, bank.models))

    in_time = receipt()
    assert bank.models.reranker
    name = bank.models.reranker.model.name
    client = hurried(bank, 0.0).client(records)
    late = receipt()

    assert (in_time["shown"]["models"]["reranker"], in_time["shown"]["hits"][0]["id"]) == (name, "called")
    assert ("reranker" in late["shown"]["models"], late["shown"]["hits"][0]["id"]) == (False, "freeze")
    assert [verified(kept).differences for kept in (in_time, late)] == [(), ()]
    without(bank)
    assert f"reranker model: was {name}, is None" in verified(in_time).differences
    assert verified(late).equal


def test_settings_name_the_reranker_and_its_limits(bank: World, source: Path, prepared: OnnxReranker, tmp_path: Path) -> None:
    """Off by default; a folder, a time and its languages by settings; the service says which one serves."""
    settings = Settings(
        data_dir=tmp_path / "data", models_dir=None, reranker=str(source), reranker_milliseconds=50, reranker_languages="en, es"
    )
    opened = reranker_of(settings)

    assert reranker_of(Settings()) is None
    assert opened is not None
    assert (opened.model.name, opened.seconds, opened.languages) == (prepared.name, 0.05, frozenset({"en", "es"}))
    assert bank.client().get("/readyz").json()["models"]["reranker"] == prepared.name


@pytest.mark.parametrize("wrong", [{"labels": 3}, {"head": False}])
def test_a_model_that_was_not_trained_to_rank_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    """Several labels, or a head that would be made of random numbers: the error says what was expected, nothing stays."""
    from retriever import models
    from retriever.model_store import Kind

    folder = save(tmp_path / "wrong", **wrong)

    with pytest.raises(ModelError, match=r"no cross-encoder: it is Bert\w+ with \d label\(s\), expected"):
        models.prepare(str(folder), tmp_path / "models", Kind.RERANKER)

    assert [path.name for path in (tmp_path / "models").iterdir()] == [".preparing.lock"]
