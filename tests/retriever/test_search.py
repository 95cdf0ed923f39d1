"""One question, one scope, one answer: what is shown, what is said about it, and what is kept back."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import pytest

from kb.taxonomy import Taxonomy
from retriever.answer import AboveTier, Lead
from retriever.confidence import ANSWERABLE
from retriever.onnx_embedder import OnnxEmbedder
from retriever.vector_cache import VectorCache
from tests.retriever.worlds import (
    World,
    article,
    fakes,
    ids,
    library_of,
    real_models,
    strings_in,
    without_text,
    world_of,
)

REFUND = "How to refund a card payment that the customer did not recognise."

Make: TypeAlias = Callable[..., World]


@pytest.fixture
def real(minilm: OnnxEmbedder, e5: OnnxEmbedder, tmp_path: Path) -> Make:
    """A world by the real models, where meaning matters."""
    models = real_models(minilm, e5)

    def make(**files: str) -> World:
        return world_of({name.replace("_", "-"): text for name, text in files.items()}, tmp_path, models)

    return make


def test_without_a_place_only_country_level_texts_are_shown_and_the_others_named(tmp_path: Path) -> None:
    """A state's rule is never picked silently; the answer names the places that differ."""
    files = {
        "us": article("late fee of the card", jurisdictions="[US]"),
        "ca": article("late fee of the card", jurisdictions="[US-CA]", overrides="us"),
        "qc": article("late fee of the card", jurisdictions="[CA-QC]"),
    }
    world = world_of(files, tmp_path)

    answer = world.ask("late fee of the card", None)

    assert (ids(answer), answer.varies_by_jurisdiction) == (["us"], ("CA-QC", "US", "US-CA"))


def test_without_a_place_and_without_a_country_level_text_the_reason_asks_for_the_place(tmp_path: Path) -> None:
    """One state alone has a rule: nothing is shown, and the state is named."""
    world = world_of({"ca": article("late fee", jurisdictions="[US-CA]")}, tmp_path)

    answer = world.ask("late fee", None)

    assert (ids(answer), answer.varies_by_jurisdiction, answer.reason) == (
        [],
        ("US-CA",),
        "What the guidance says depends on the place. Ask with the customer's jurisdiction.",
    )


def test_a_place_inferred_from_the_words_is_used_and_said(tmp_path: Path) -> None:
    """The scope of the answer is the inferred place, and it says that it was inferred."""
    world = world_of({"us": article("late fee"), "qc": article("late fee", jurisdictions="[CA-QC]")}, tmp_path)

    answer = world.ask("customer in Quebec asks about the late fee", None)

    assert (ids(answer), answer.inferred_jurisdiction, answer.scope.jurisdiction) == (["qc"], "CA-QC", "CA-QC")


def test_an_asked_place_is_not_overruled_by_the_words(tmp_path: Path) -> None:
    """Whoever sets the place knows where the customer is."""
    world = world_of({"us": article("late fee"), "qc": article("late fee", jurisdictions="[CA-QC]")}, tmp_path)

    answer = world.ask("customer in Quebec asks about the late fee", "US")

    assert (ids(answer), answer.inferred_jurisdiction) == (["us"], None)


@pytest.mark.parametrize("place", ["", "US-XX", "us"])
def test_an_unknown_place_shows_nothing(tmp_path: Path, place: str) -> None:
    """Not even what is for every place: a typing error must not look like an answer."""
    world = world_of({"us": article("late fee"), "all": article("late fee", jurisdictions="[all]")}, tmp_path)

    assert ids(world.ask("customer in Quebec asks about the late fee", place)) == []


def test_an_unknown_product_shows_nothing_and_is_named(tmp_path: Path) -> None:
    """Not even what is for every product."""
    world = world_of({"all": article("late fee", products="[all]")}, tmp_path)

    answer = world.ask("late fee", products=["card"])

    assert (ids(answer), answer.reason) == ([], "Product 'card' is not known. Did you mean 'cards'?")


@pytest.mark.parametrize(
    ("place", "id_", "overrides", "why"),
    [
        ("US-CA", "ca", "us", "US-CA text; replaces Late fee (US)"),
        ("US-NY", "us", None, "US text; US-NY lies in US"),
        ("US", "us", None, "US text"),
        (None, "us", None, "no place was asked; this text is for US"),
    ],
)
def test_a_hit_says_why_it_applies(tmp_path: Path, place: str | None, id_: str, overrides: str | None, why: str) -> None:
    """Which place matched, and which text is replaced there."""
    files = {"us": article("late fee", title="Late fee"), "ca": article("late fee", jurisdictions="[US-CA]", overrides="us")}
    world = world_of(files, tmp_path)

    hit = world.ask("late fee", place).hits[0]

    assert (hit.article.id, hit.place.overrides, hit.place.why) == (id_, overrides, why)


@pytest.mark.parametrize("front", [{"tier": 2}, {"status": "draft"}])
def test_a_replaced_text_that_the_reader_may_not_see_is_not_named(tmp_path: Path, front: dict[str, object]) -> None:
    """The title of a higher tier, or of a draft, is not told by what replaces it."""
    files = {
        "us": article("late fee", title="Zsecret", **front),
        "ca": article("late fee", jurisdictions="[US-CA]", overrides="us"),
    }
    world = world_of(files, tmp_path)

    answer = world.ask("late fee", "US-CA")

    assert [(hit.place.overrides, hit.place.why) for hit in answer.hits] == [(None, "US-CA text")]


def test_guidance_above_the_tier_is_announced_and_nothing_of_it_told(real: Make) -> None:
    """A tier-1 reader learns that there is more and who may read it."""
    world = real(zsecretid=article(REFUND, title="Zsecret title", tier=2))

    answer = world.ask("refund a card payment that the customer did not recognise")

    assert answer.above_tier == AboveTier("Guidance exists above your tier.", "cards-l2")
    assert [text for text in strings_in(answer) if "zsecret" in text.casefold() or REFUND in text] == []
    assert (answer.hits, answer.reason) == ((), "The guidance in this scope is above your tier.")


def test_a_hidden_part_of_a_shown_article_is_in_no_string_of_the_answer(real: Make) -> None:
    """The hit carries the article with blanks where the part stood, so every offset stays true."""
    body = f"{REFUND}\n\n:::tier 2\n# Zheading\n\nZhidden limit of 900.\n\n:::\n\n:::say\nSorry.\n:::"
    world = real(a=article(body))

    hit = world.ask("refund a card payment that the customer did not recognise").hits[0]

    assert [text for text in strings_in(hit) if "Zh" in text] == []
    assert hit.article.body[hit.passage.start : hit.passage.end] == REFUND
    assert (len(hit.article.body), hit.say) == (len(world.snapshot.articles["a"].body), ("Sorry.",))


def test_nothing_is_announced_to_a_reader_of_the_highest_tier(real: Make) -> None:
    """There is no way further up."""
    world = real(a=article(REFUND, tier=3))

    assert world.ask("refund a card payment", tier=3).above_tier is None


def test_a_far_text_above_the_tier_is_not_announced(real: Make) -> None:
    """An agent is not sent up for something that would not answer."""
    world = real(a=article(REFUND), b=article("How the vault keys rotate every night.", tier=2))

    assert world.ask("refund a card payment that the customer did not recognise").above_tier is None


def test_leads_are_labelled_when_nothing_in_scope_fits(real: Make) -> None:
    """What lies outside the asked product or place is named as such, with in which way it lies outside."""
    files = {
        "inside": article("How the vault keys rotate every night.", products="[crypto]"),
        "other_product": article(REFUND, title="Refund"),
        "other_place": article(REFUND, title="Refund in Mexico", products="[crypto]", jurisdictions="[MX]"),
    }
    world = real(**files)

    answer = world.ask("refund a card payment that the customer did not recognise", "US", products=["crypto"])

    assert answer.answerable is False
    assert sorted(answer.leads, key=lambda lead: lead.id) == [
        Lead("other-place", "Refund in Mexico", "kb/other-place.md", ("place MX",)),
        Lead("other-product", "Refund", "kb/other-product.md", ("product cards",)),
    ]


def test_a_replaced_text_is_no_lead(real: Make) -> None:
    """In California the general text does not hold, whatever product it is filed under."""
    files = {
        "us": article(REFUND, products="[cards]"),
        "ca": article("How the vault keys rotate.", products="[crypto]", jurisdictions="[US-CA]", overrides="us"),
    }
    world = real(**files)

    answer = world.ask("refund a card payment that the customer did not recognise", "US-CA", products=["crypto"])

    assert (ids(answer), answer.leads) == (["ca"], ())


def test_nonsense_is_not_answerable(real: Make) -> None:
    """Nearest neighbours always return something; the answer says that nothing fits."""
    world = real(a=article(REFUND), b=article("How to raise a wire limit."))

    answer = world.ask("purple elephants dance under seventeen moons")

    assert (answer.answerable, answer.reason) == (
        False,
        "Nothing in scope fits this question well. The nearest articles are listed; check before you use one.",
    )


def test_a_question_that_an_article_answers_is_answerable(real: Make) -> None:
    """And then there is no reason to give."""
    world = real(a=article(REFUND), b=article("How to raise a wire limit."))

    answer = world.ask("refund a card payment that the customer did not recognise")

    assert (ids(answer)[0], answer.answerable, answer.reason, answer.leads) == ("a", True, None, ())
    assert [answer.confidence > ANSWERABLE] == [True]


@pytest.mark.parametrize(
    "question",
    [
        "client no reconoce un pago con su tarjeta y quiere reembolso",
        "le client ne reconnaît pas un paiement, rembourser la carte",
    ],
)
def test_a_question_in_another_language_finds_the_english_article(real: Make, question: str) -> None:
    """Spanish and French questions over English articles."""
    world = real(a=article(REFUND), b=article("How to raise a wire limit."), c=article("Opening hours of the branch."))

    assert ids(world.ask(question))[0] == "a"


def test_an_english_question_finds_an_article_that_is_there_in_spanish_only(real: Make) -> None:
    """With or without English articles beside it."""
    spanish = article("Cómo devolver un pago con tarjeta que el cliente no reconoce.", lang="es")
    alone, beside = real(a=spanish), real(a=spanish, b=article("How to raise a wire limit."))

    question = "refund a card payment that the customer did not recognise"
    assert (ids(alone.ask(question)), ids(beside.ask(question))) == (["a"], ["a", "b"])


def test_age_never_boosts(tmp_path: Path) -> None:
    """Of two equal texts the one with the earlier id stands first, whichever is newer."""
    texts = {"a": article("refund", effective_from="2020-01-01"), "b": article("refund", effective_from="2026-07-01")}
    turned = {"a": article("refund", effective_from="2026-07-01"), "b": article("refund", effective_from="2020-01-01")}

    one = world_of(texts, tmp_path, changed={"a": 1, "b": 9}).ask("refund")
    other = world_of(turned, tmp_path, changed={"a": 9, "b": 1}).ask("refund")

    assert [(hit.article.id, hit.score) for hit in one.hits] == [(hit.article.id, hit.score) for hit in other.hits]


@pytest.mark.parametrize(
    ("on", "expected"),
    [(datetime(2026, 6, 30, tzinfo=UTC), ["old"]), (datetime(2026, 7, 1, tzinfo=UTC), ["new"])],
)
def test_the_rules_of_the_asked_day_apply(tmp_path: Path, on: datetime, expected: list[str]) -> None:
    """Not those of today."""
    files = {"old": article("fee", effective_until="2026-07-01"), "new": article("fee", effective_from="2026-07-01")}
    world = world_of(files, tmp_path)

    assert ids(world.ask("fee", on=on)) == expected


@pytest.mark.parametrize(
    "question",
    [
        "x" * 100_000,
        "card " * 20_000,
        "\0\0",
        "card\0fee",
        "🙂🙂🙂",
        "'; DROP TABLE passages; --",
        "\ud800 card \udfff",
        "",
        " \n\t",
        "\u202ecard",
        "İıſß",
        '"' * 3000,
        "R10 " * 5000,
        "e\u0301" * 5000,
    ],
)
def test_any_text_gets_an_answer_or_a_refusal(tmp_path: Path, question: str) -> None:
    """The answer can be written as UTF-8, and is either answerable or gives its reason."""
    world = world_of({"a": article("card fee"), "b": article("tarjeta", lang="es")}, tmp_path)

    answer = world.ask(question)

    assert sorted(ids(answer)) == ["a", "b"]
    assert answer.answerable is (answer.reason is None)
    assert "\n".join(strings_in(answer)).encode().decode() == "\n".join(strings_in(answer))


def test_a_space_whose_articles_hold_no_text_answers_with_a_reason(tmp_path: Path) -> None:
    """Not one passage: nothing to rank, and said so."""
    with VectorCache(tmp_path / "vectors.sqlite") as cache:
        world = World(without_text(library_of({"a": article()}), "a"), fakes(), cache)

    answer = world.ask("card")

    assert (answer.hits, answer.reason) == ((), "No guidance is in force in US on 2026-07-15.")


def test_one_passage_alone_gets_a_score_and_a_confidence(tmp_path: Path) -> None:
    """A constant list says nothing of order, so only the shared word counts: the share of words in the blend."""
    world = world_of({"a": article("card fee")}, tmp_path)

    hit = world.ask("fee").hits[0]

    assert hit.score == pytest.approx(0.4)


def test_the_limit_cuts_the_list_and_found_counts_on(tmp_path: Path) -> None:
    """A shorter list is the beginning of the longer one."""
    world = world_of({f"a{n}": article(f"fee number {n}") for n in range(7)}, tmp_path)

    short, long = world.ask("fee number 3", limit=2), world.ask("fee number 3", limit=50)

    assert (ids(short), short.found, long.found) == (ids(long)[:2], 7, 7)


def test_what_to_say_is_that_of_the_scope_the_passages_own_first(tmp_path: Path) -> None:
    """A disclosure for another state is not read out; the one under the passage's heading stands first."""
    parts = ["# One", ":::say\nFirst.\n:::", "# Two", "the late fee", ":::say\nSecond.\n:::"]
    body = "\n\n".join([*parts, ":::only US-CA\n# Three\n\nOnly there.\n\n:::"])
    world = world_of({"a": article(body)}, tmp_path)

    assert world.ask("the late fee", "US-NY").hits[0].say == ("Second.", "First.")


def test_the_queue_above_is_the_tiers_where_products_disagree() -> None:
    """One product has one queue; two products with two queues leave the tier's."""
    taxonomy: Taxonomy = world_taxonomy()

    queues = [taxonomy.queue_above(1, frozenset(names)) for names in ({"cards"}, {"cards", "transfers"}, {"crypto"})]

    assert queues == ["cards-l2", "support-l2", "support-l2"]


def world_taxonomy() -> Taxonomy:
    """The taxonomy of these worlds."""
    return library_of({"a": article()}).taxonomy


def test_a_question_that_says_too_little_is_refused_and_told_so(tmp_path: Path) -> None:
    """It stands in every article, so the nearest of them answers it no better than any other."""
    things = ("limit", "password", "statement", "refund")
    world = world_of({f"{it}{n}": article(f"The customer asks about the {it}.") for it in things for n in range(10)}, tmp_path)

    little, enough, more = world.ask("customer, Customer"), world.ask("refund"), world.ask("the customer asks")

    assert (little.answerable, little.confidence, len(little.hits)) == (False, 0.0, 10)
    assert little.reason == (
        "One word that most articles hold tells none of them from the others. Say what happened, and to what."
    )
    assert world.ask("🙂 ???").reason == "There is no word in this question. Say what happened, and to what."
    assert (enough.confidence > 0, ids(enough)[0][:6]) == (True, "refund")
    assert more.confidence > 0  # each of its words is everywhere, and together they may still say something


def test_a_word_that_few_of_the_allowed_articles_hold_says_enough(tmp_path: Path) -> None:
    """Whatever other products' articles hold."""
    cards = {f"card{n}": article("Freeze the plastic.", products="[cards]") for n in range(40)}
    sent = {f"sent{n}": article("The transfer is late.", products="[transfers]") for n in range(80)}
    world = world_of({**cards, **sent, "both": article("Move a transfer to the card.", products="[cards]")}, tmp_path)

    assert world.ask("transfer", products=["cards"]).confidence > 0
    assert world.ask("transfer", products=["transfers"]).confidence == 0


def test_of_few_articles_any_word_tells(tmp_path: Path) -> None:
    """In a young space every article may be about cards."""
    world = world_of({name: article(f"The card {name}.") for name in ("freezes", "expires")}, tmp_path)

    assert world.ask("card").confidence > 0
