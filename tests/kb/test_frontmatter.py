"""Front matter over folder defaults."""

import pytest

from kb.article import Escalation, IdentityCheck, Kind, Status
from kb.frontmatter import split
from tests.kb.conftest import World, utc


def test_front_matter_and_body_come_apart_without_losing_a_byte() -> None:
    """The body begins right after the closing line, on the line that is said."""
    assert split("---\na: 1\n---\n\nBody\n") == ("a: 1\n", "\nBody\n", 4)
    assert split("---\r\na: 1\r\n---\r\nBody") == ("a: 1\r\n", "Body", 4)
    assert split("---\n---\nBody") == ("", "Body", 3)
    assert split("\ufeff---\na: 1\n...\nBody") == ("a: 1\n", "Body", 4)


@pytest.mark.parametrize("text", ["Body", "\n---\na: 1\n---\n", "---\na: 1\n", "----\na: 1\n----\n", "--- a\n---\n"])
def test_text_without_closed_front_matter_has_none(text: str) -> None:
    """Only three dashes at the very top begin front matter, and it has to end."""
    assert split(text) is None


def test_every_key_of_the_format_is_read(world: World) -> None:
    """The example of docs/articles.md means what it says."""
    world.article("source.md")
    world.article(
        "r10.md",
        id="ach-return-r10",
        title="Return R10",
        description="One sentence.",
        kind="procedure",
        products="[transfers]",
        jurisdictions="[US]",
        tier="2",
        lang="en",
        effective_from="2026-03-01",
        effective_until="2027-01-01T00:00:00Z",
        status="deprecated",
        supersedes="[source]",
        owner="content",
        review_by="2026-12-01",
        keywords="[unauthorised debit, R10]",
        answers='["never approved"]',
        escalation="{to: payments-l2, when: above 2500, collect: [trace]}",
        identity_check="elevated",
        sources='["12 CFR 1005.11(c)"]',
        redirect_from="[/old]",
    )

    article = world.read("r10.md")

    assert article.id == "ach-return-r10"
    assert article.kind is Kind.PROCEDURE
    assert article.products == {"transfers"}
    assert (article.scope.tier, set(article.scope.jurisdictions)) == (2, {"US"})
    assert article.effective_from == utc("2026-03-01T06:00")
    assert article.effective_until == utc("2027-01-01T00:00")
    assert article.status is Status.DEPRECATED
    assert article.supersedes == ("source",)
    assert (article.owner, str(article.review_by)) == ("content", "2026-12-01")
    assert article.keywords == ("unauthorised debit", "R10")
    assert article.answers == ("never approved",)
    assert article.escalation == Escalation("payments-l2", "above 2500", ("trace",))
    assert article.identity_check is IdentityCheck.ELEVATED
    assert article.sources == ("12 CFR 1005.11(c)",)
    assert article.redirect_from == ("/old",)


@pytest.mark.parametrize(
    ("alias", "value", "attribute", "expected"),
    [
        ("publishDate", "2026-03-01", "effective_from", utc("2026-03-01T06:00")),
        ("effectiveDate", "2026-03-01", "effective_from", utc("2026-03-01T06:00")),
        ("expiryDate", "2026-03-01", "effective_until", utc("2026-03-01T06:00")),
        ("aliases", "[/old/address]", "redirect_from", ("/old/address",)),
    ],
)
def test_other_names_of_a_key_are_read(world: World, alias: str, value: str, attribute: str, expected: object) -> None:
    """Hugo's names mean ours."""
    world.article("a.md", **{alias: value})

    assert getattr(world.read("a.md"), attribute) == expected


def test_a_key_and_its_alias_together_are_an_error(world: World) -> None:
    """Neither of two dates wins silently."""
    world.article("a.md", effective_from="2026-03-01", publishDate="2026-04-01")

    assert world.errors() == ["articles/a.md:4: 'publishDate' says 'effective_from' a second time. Keep one of them."]


def test_the_nearest_default_wins_key_by_key(world: World) -> None:
    """A folder changes what it names and leaves the rest to the folder above; the article overrides all."""
    world.write("cards/_defaults.yml", "tier: 2\n")
    world.write("cards/qc/_defaults.yml", "jurisdictions: [CA-QC]\nlang: fr\n")
    world.article("cards/qc/a.md", lang="en")

    article = world.read("cards/qc/a.md")

    assert article.products == {"cards"}
    assert (article.scope.tier, set(article.scope.jurisdictions)) == (2, {"CA-QC"})
    assert article.lang == "en"


def test_a_key_with_nothing_after_it_leaves_the_default(world: World) -> None:
    """`tier:` alone says nothing, so it cannot widen anything."""
    world.write("cards/_defaults.yml", "tier: 2\n")
    world.article("cards/a.md", tier="")

    assert world.read("cards/a.md").scope.tier == 2


@pytest.mark.parametrize(
    "key", ["id", "title", "translation_of", "overrides", "supersedes", "redirect_from", "answers", "aliases"]
)
def test_a_key_of_one_article_is_no_default(world: World, key: str) -> None:
    """What belongs to one article would stand for a whole folder."""
    world.write("cards/_defaults.yml", f"{key}: x\n")
    world.article("cards/a.md")

    assert world.errors() == [
        f"articles/cards/_defaults.yml:1: {key!r} belongs to one article and cannot be a folder's default. "
        "Move it into the article."
    ]


def test_an_unknown_key_is_a_warning_with_the_nearest_name(world: World) -> None:
    """A word too much does not keep guidance from going live."""
    world.article("a.md", ownr="content")

    assert world.problems() == [
        "articles/a.md:3: warning: unknown key 'ownr' is ignored. Did you mean 'owner'? Correct or remove it."
    ]
    assert len(world.library().articles) == 1


@pytest.mark.parametrize(
    ("key", "value", "meant"),
    [
        ("teir", "2", "tier"),
        ("Tier", "2", "tier"),
        ("jurisdiction", "US-CA", "jurisdictions"),
        ("staus", "draft", "status"),
        ("effective_form", "2027-01-01", "effective_from"),
        ("expires", None, None),
        ("draft", "true", "status"),
        ("published", "false", "status"),
    ],
)
def test_a_mistyped_key_that_decides_who_may_see_is_an_error(
    world: World, key: str, value: str | None, meant: str | None
) -> None:
    """A default never stands in for a narrower scope that the writer meant."""
    world.article("a.md", **{key: value or "2027-01-01"})

    wrong = [
        f"articles/a.md:3: unknown key {key!r}; expected {meant!r}, which decides who may see the text. Correct or remove it."
    ]
    assert world.errors() == (wrong if meant else [])


def test_a_mistyped_twin_of_a_key_that_is_there_is_only_a_warning(world: World) -> None:
    """The scope is said, so nothing is wider than meant."""
    world.article("a.md", tier="2", teir="2")

    assert world.errors() == []


@pytest.mark.parametrize("key", ["products", "jurisdictions", "tier", "lang"])
def test_a_missing_scope_is_an_error(world: World, key: str) -> None:
    """Everywhere and everybody have to be written out."""
    kept = [line for line in ("products: [cards]", "jurisdictions: [US]", "tier: 1", "lang: en") if not line.startswith(key)]
    world.write("_defaults.yml", "\n".join(kept) + "\n")
    world.article("a.md")
    cures = {
        "products": "Add the products it is about, as in `products: [transfers]`, or `[all]` for every product.",
        "jurisdictions": "Add the places where it applies, as in `jurisdictions: [US]`, or `[all]` for everywhere.",
        "tier": "Add the least agent level that may read it, as in `tier: 1`.",
        "lang": "Add the language of the text, as in `lang: en`.",
    }

    assert world.errors() == [f"articles/a.md:2: {key} is missing. {cures[key]}"]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("tier", "high", "tier is 'high'; expected a whole number."),
        ("tier", "true", "tier is True; expected a whole number."),
        ("tier", "1.5", "tier is 1.5; expected a whole number."),
        ("products", "cards", "products is 'cards'; expected a list. Write it in brackets, as in `[first, second]`."),
        ("products", "[]", "products is []; expected at least one value."),
        ("lang", "english", "lang is 'english'; expected a BCP 47 language such as en, es-MX or fr-CA. Did you mean 'en'?"),
        ("lang", "klingon", "lang is 'klingon'; expected a BCP 47 language such as en, es-MX or fr-CA. Did you mean 'tlh'?"),
        ("lang", "es_mx", "lang is 'es_mx'; expected a BCP 47 language such as en, es-MX or fr-CA. Did you mean 'es-MX'?"),
        ("review_by", "20260301", "review_by is 20260301; expected a date such as 2026-03-01."),
        ("review_by", "soon", "review_by is 'soon'; expected a date such as 2026-03-01."),
        ("status", "activ", "status is 'activ'; expected one of draft, active, deprecated, retired. Did you mean 'active'?"),
        ("id", '"a b"', "id is 'a b'; expected letters, digits, `.`, `_` and `-`, beginning with a letter or digit."),
        ("title", "2026", "title is 2026; expected text. Put it in quotes."),
        ("escalation", "payments-l2", "escalation is 'payments-l2'; expected `key: value` pairs."),
        (
            "escalation",
            "{to: payments-l2, too: x}",
            "escalation.too is 'x'; expected no such key. Remove it, or correct its name.",
        ),
    ],
)
def test_a_wrong_value_says_what_was_expected(world: World, key: str, value: str, message: str) -> None:
    """Where, what, what was expected and the cure."""
    world.write("a.md", f"---\n{'' if key == 'title' else 'title: A'}\n{key}: {value}\n---\nText\n")

    assert world.errors() == [f"articles/a.md:3: {message}"]


@pytest.mark.parametrize("value", ["2026-13-01", "soon", "2026-03-01T10:00:00", "20260301T10"])
def test_a_wrong_date_is_an_error(world: World, value: str) -> None:
    """A day is a calendar day, and an instant has an offset."""
    world.article("a.md", effective_from=f'"{value}"')

    assert world.errors() == [
        f"articles/a.md:3: effective_from is {value!r}; "
        "expected a date such as 2026-03-01, or an instant such as 2026-03-01T17:00:00-05:00."
    ]


def test_a_wrong_value_in_defaults_is_reported_where_it_stands(world: World) -> None:
    """The line to mend is the default's, not the article's."""
    world.write("cards/_defaults.yml", "owner: content\ntier: top\n")
    world.article("cards/a.md")

    assert world.errors() == ["articles/cards/_defaults.yml:2: tier is 'top'; expected a whole number."]
