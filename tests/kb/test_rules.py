"""What must hold across articles."""

import pytest

from tests.kb.conftest import TAXONOMY, World


def test_unknown_codes_are_errors_with_the_nearest_known_one(world: World) -> None:
    """Products, places, tiers, languages, owners and queues are those of kb.yml; all of them are reported at once."""
    world.article(
        "a.md",
        products="[cards, transfer]",
        jurisdictions="[US-CL]",
        tier="4",
        lang="de",
        owner="contents",
        escalation="{to: payments}",
    )

    assert world.errors() == [
        "articles/a.md:3: products 'transfer' is not known; expected one of cards, transfers, all. "
        "Did you mean 'transfers'? Correct it, or add it to kb.yml.",
        "articles/a.md:4: jurisdictions 'US-CL' is not known; expected one of US, US-CA, US-NY, CA, CA-QC, all. "
        "Did you mean 'US-CA' or 'US-NY'? Correct it, or add it to kb.yml.",
        "articles/a.md:5: tier '4' is not known; expected one of 1, 2. Correct it, or add it to kb.yml.",
        "articles/a.md:6: lang 'de' is not known; expected one of en, es, fr. Correct it, or add it to kb.yml.",
        "articles/a.md:7: owner 'contents' is not known; expected one of content. Did you mean 'content'? "
        "Correct it, or add it to kb.yml.",
        "articles/a.md:8: escalation 'payments' is not known; expected one of support-l2, payments-l2. "
        "Did you mean 'payments-l2'? Correct it, or add it to kb.yml.",
    ]


def test_all_beside_a_place_is_an_error(world: World) -> None:
    """Whoever writes [all, US] meant one of the two."""
    world.article("a.md", jurisdictions="[all, US]")

    assert world.errors() == [
        "articles/a.md:3: jurisdictions lists 'all' beside others, which it already covers. Keep [all], or the others."
    ]


def test_a_duplicate_id_is_an_error_at_the_second_article(world: World) -> None:
    """An id names one article."""
    world.article("a.md", id="pin")
    world.article("b.md", id="pin")

    assert world.errors() == ["articles/b.md:3: id 'pin' is already that of articles/a.md. Give this article its own id."]


@pytest.mark.parametrize(("key", "shown"), [("translation_of", "gne"), ("overrides", "gne"), ("supersedes", "[gne]")])
def test_a_reference_to_no_article_is_an_error(world: World, key: str, shown: str) -> None:
    """A slip in an override would leave both texts in force."""
    world.article("gone.md")
    world.article("a.md", jurisdictions="[US-CA]", lang="es", **{key: shown})

    assert world.errors() == [f"articles/a.md:5: {key} names 'gne', which is no article here. Did you mean 'gone'? Correct it."]


def test_a_reference_to_a_broken_article_is_not_called_unknown(world: World) -> None:
    """One slip gives one problem."""
    world.article("source.md", tier="high")
    world.article("a.md", lang="es", translation_of="source")

    assert world.errors() == ["articles/source.md:3: tier is 'high'; expected a whole number."]


def test_an_article_that_names_itself_is_an_error(world: World) -> None:
    """It cannot replace itself."""
    world.article("a.md", overrides="a")

    assert world.errors() == ["articles/a.md:3: overrides names the article itself. Name the other one."]


@pytest.mark.parametrize(
    ("source", "translation", "subject"),
    [
        ({"tier": "2"}, {"tier": "1"}, "tier is"),
        ({"jurisdictions": "[US-CA]"}, {"jurisdictions": "[US]"}, "jurisdictions are"),
        ({"jurisdictions": "[US]"}, {"jurisdictions": "[all]"}, "jurisdictions are"),
        ({"jurisdictions": "[US]"}, {"jurisdictions": "[US, CA]"}, "jurisdictions are"),
        ({"products": "[cards]"}, {"products": "[cards, transfers]"}, "products are"),
        ({"status": "retired"}, {"status": "active"}, "status is"),
        ({"effective_until": "2026-07-01"}, {"kind": "policy"}, "effective_until is"),
        ({"effective_until": "2026-07-01"}, {"effective_until": "2026-07-02"}, "effective_until is"),
    ],
)
def test_a_translation_is_never_wider_than_its_source(
    world: World, source: dict[str, str], translation: dict[str, str], subject: str
) -> None:
    """Nobody sees in translation what the source hides from them."""
    world.article("a.md", **source)
    world.article("a.es.md", lang="es", translation_of="a", **translation)

    (error,) = world.errors()

    assert error.partition(": ")[2] == (
        f"{subject} wider than in articles/a.md, so readers would see in translation what its source hides. "
        "Narrow it to the source's."
    )


def test_a_translation_may_be_narrower(world: World) -> None:
    """A French text for Quebec translates one for all of Canada."""
    world.article("a.md", jurisdictions="[CA]", effective_until="2026-07-01")
    world.article("a.fr.md", lang="fr", translation_of="a", jurisdictions="[CA-QC]", tier="2", effective_until="2026-06-01")

    assert world.errors() == []


def test_a_translation_has_the_fences_of_its_source(world: World) -> None:
    """Without the fence the hidden text may stand in the open, where nobody can tell."""
    world.article("a.md", "Open.\n:::tier 2\nHidden.\n:::\n")
    world.article("a.es.md", "Abierto. Oculto.\n", lang="es", translation_of="a")

    assert world.problems() == [
        "articles/a.es.md:4: articles/a.md has a part `:::tier 2` that this translation does not have. "
        "Without it nobody can tell whether its text stands here in the open. Translate the part, with its fence."
    ]


def test_a_translation_is_of_a_source_and_in_another_language(world: World) -> None:
    """Chains, twins and translations into the same language are errors."""
    world.article("a.md")
    world.article("b.md", lang="es", translation_of="a")
    world.article("c.md", lang="fr", translation_of="b")
    world.article("d.md", lang="en", translation_of="a")
    world.article("e.md", lang="es", translation_of="a")

    assert world.errors() == [
        "articles/c.md:4: translation_of names 'b', itself a translation. Name 'a'.",
        "articles/d.md:3: lang is 'en', the language of its source. Correct lang, or remove translation_of.",
        "articles/e.md:4: articles/b.md already translates 'a' into 'es'. Keep one.",
    ]


@pytest.mark.parametrize(
    ("outer", "inner"),
    [("[US]", "[US]"), ("[US]", "[CA-QC]"), ("[US-CA]", "[US]"), ("[US]", "[US, US-CA]"), ("[US]", "[US-CA, CA-QC]")],
)
def test_an_override_lies_inside_what_it_replaces(world: World, outer: str, inner: str) -> None:
    """An override of the whole place is a successor, one outside it replaces nothing."""
    world.article("base.md", jurisdictions=outer)
    world.article("a.md", jurisdictions=inner, overrides="base")
    names = ", ".join(sorted(inner.strip("[]").split(", ")))

    assert world.errors() == [
        f"articles/a.md:4: an override has to lie inside the places of articles/base.md ({outer.strip('[]')}) "
        f"and be narrower; it names {names}. Narrow jurisdictions, or use supersedes."
    ]


def test_two_overrides_for_one_place_at_one_time_are_an_error(world: World) -> None:
    """Nobody could say which of them is the rule."""
    world.article("base.md")
    world.article("a.md", jurisdictions="[US-CA]", overrides="base", effective_until="2026-07-02")
    world.article("b.md", jurisdictions="[US-CA, US-NY]", overrides="base", effective_from="2026-07-01")

    assert world.errors() == [
        "articles/b.md:4: articles/b.md and articles/a.md both override 'base' in US-CA at the same time. "
        "End one before the other begins."
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"effective_until": "2026-07-01"}, {"effective_from": "2026-07-01"}),
        ({"status": "draft"}, {"status": "active"}),
        ({"status": "retired"}, {"status": "active"}),
        ({"jurisdictions": "[US-NY]"}, {"status": "active"}),
    ],
)
def test_overrides_that_never_meet_are_fine(world: World, one: dict[str, str], other: dict[str, str]) -> None:
    """One after the other, a draft beside the rule, or two places."""
    world.article("base.md")
    world.article("a.md", **({"jurisdictions": "[US-CA]", "overrides": "base"} | one))
    world.article("b.md", **({"jurisdictions": "[US-CA]", "overrides": "base"} | other))

    assert world.errors() == []


def test_an_override_names_the_source_and_not_its_translation(world: World) -> None:
    """All translations are replaced together."""
    world.article("base.md")
    world.article("base.es.md", lang="es", translation_of="base")
    world.article("a.md", jurisdictions="[US-CA]", overrides="base.es", id="a")
    world.article("base.es.md", lang="es", translation_of="base", id="base.es")

    assert world.errors() == ["articles/a.md:4: overrides names 'base.es', a translation. Name its source 'base'."]


@pytest.mark.parametrize(
    ("fence", "message"),
    [
        ("tier 9", "`:::tier 9`; expected one of 1, 2."),
        ("tier", "`:::tier `; expected one of 1, 2."),
        ("only", "`:::only` names no place; expected codes, as in `:::only US-CA CA-QC`."),
        ("only US-CL", "jurisdiction 'US-CL' is not known. Did you mean 'US-CA' or 'US-NY'? Correct it, or add it to kb.yml."),
        ("only CA", "`:::only CA` lies outside the article's own places (US), so nobody would see it. Correct one."),
        (
            "only US-CA, US-NY",
            "jurisdiction 'US-CA,' is not known. Did you mean 'US-CA'? Correct it, or add it to kb.yml.",
        ),
        ("say Thank you", "`:::say Thank you`; expected nothing after the name. Put the text on its own line."),
        ("internal tier 2", "`:::internal tier 2`; expected nothing after the name. Put the text on its own line."),
    ],
)
def test_a_part_for_nobody_is_an_error(world: World, fence: str, message: str) -> None:
    """Levels and places of a part are known ones, inside the article's own."""
    world.article("a.md", f"Text\n\n:::{fence}\nx\n:::\n")

    assert world.errors() == [f"articles/a.md:6: {message}"]


def test_two_articles_that_claim_one_question_are_a_warning(world: World) -> None:
    """Variants by place may share a question; for one scope it has one answer."""
    world.article("a.md", answers='["Where is my card?"]')
    world.article("b.md", answers='["where is my card?"]')
    world.article("c.md", answers='["where is my card?"]', jurisdictions="[US-CA]")

    assert world.problems() == [
        "articles/b.md:3: warning: articles/a.md claims to answer 'where is my card?' too. Keep it where the answer is."
    ]


def test_a_review_that_nobody_would_hear_of_is_a_warning(world: World) -> None:
    """Once for each owner, as soon as teams are told anything."""
    for name, keys in (("a", {"owner": "content"}), ("b", {"owner": "content"}), ("c", {})):
        world.article(f"{name}.md", review_by="2026-12-01", **keys)
    silent = world.problems()
    warned = []
    for owners in ("[]", "[content]", "[all]"):
        world.write("kb.yml", TAXONOMY + f"teams:\n  desk: {{name: Desk, owners: {owners}, digest: {{}}}}\n")
        warned.append(world.problems())

    said = "articles/{}.md:{}: warning: nobody is told when this review is overdue: no team's `owners` hears of articles {}"
    assert silent == []
    assert [[line.partition(" (")[0] for line in lines] for lines in warned] == [
        [said.format("a", 3, "of owner 'content'"), said.format("c", 3, "without an owner")],
        [said.format("c", 3, "without an owner")],
        [],
    ]


def test_a_translation_is_not_in_force_before_its_source(world: World) -> None:
    """An announced text does not come out early in another language."""
    world.article("a.md", effective_from="2099-01-01")
    world.article("a.es.md", lang="es", translation_of="a")

    assert world.errors() == [
        "articles/a.es.md:2: effective_from is wider than in articles/a.md, so readers would see in translation what its "
        "source hides. Narrow it to the source's."
    ]
