"""The mask as a truth table: categories are ANDed, unknown values match nothing, an empty set grants nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kb.article import PartScope
from retriever.scope import Scope, mask, replacements, sees
from tests.retriever.worlds import TODAY, World, article, world_of

TICK = timedelta(microseconds=1)


def seen(world: World, **asked: object) -> list[str]:
    """The articles that the mask lets through; not asked: every product, US, tier 1, today."""
    scope = Scope(**({"products": None, "jurisdiction": "US", "tier": 1, "effective_on": TODAY} | asked))  # type: ignore[arg-type]
    allowed = mask(world.snapshot.table, scope)
    return sorted({passage.article for row, passage in enumerate(world.snapshot.passages) if allowed[row]})


@pytest.mark.parametrize(
    ("products", "expected"),
    [
        (None, ["every", "of-cards", "of-two"]),
        ({"cards"}, ["every", "of-cards", "of-two"]),
        ({"crypto"}, ["every", "of-two"]),
        ({"transfers"}, ["every"]),
        ({"all"}, ["every"]),
        ({"nonsense"}, []),
        ({"nonsense", "crypto"}, ["every", "of-two"]),
        (set(), []),
    ],
)
def test_product(tmp_path: Path, products: set[str] | None, expected: list[str]) -> None:
    """Any asked product, or `all`; an unknown product matches nothing, not even what is for all; none asked is every one."""
    names = {"of-cards": "[cards]", "of-two": "[cards, crypto]", "every": "[all]"}
    world = world_of({name: article(products=value) for name, value in names.items()}, tmp_path)

    assert seen(world, products=None if products is None else frozenset(products)) == expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("US-CA", ["all", "us", "us-ca"]),
        ("US", ["all", "us"]),
        ("CA", ["all"]),
        ("all", ["all"]),
        ("US-XX", []),
        ("us", []),
        ("", []),
        (None, ["all", "us"]),
    ],
)
def test_place(tmp_path: Path, place: str | None, expected: list[str]) -> None:
    """The asked place and its ancestors; an unknown code matches nothing, not even `all`; without a place, countries."""
    names = {"us-ca": "[US-CA]", "us": "[US]", "all": "[all]", "us-ny": "[US-NY]"}
    world = world_of({name: article(jurisdictions=value) for name, value in names.items()}, tmp_path)

    assert seen(world, jurisdiction=place) == expected


@pytest.mark.parametrize(("tier", "expected"), [(0, []), (1, ["t1"]), (2, ["t1", "t2"]), (3, ["t1", "t2", "t3"])])
def test_tier(tmp_path: Path, tier: int, expected: list[str]) -> None:
    """A passage's tier is at most the reader's."""
    world = world_of({f"t{n}": article(tier=n) for n in (1, 2, 3)}, tmp_path)

    assert seen(world, tier=tier) == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 7, 1, tzinfo=UTC) - TICK, ["always"]),
        (datetime(2026, 7, 1, tzinfo=UTC), ["always", "july"]),
        (datetime(2026, 8, 1, tzinfo=UTC) - TICK, ["always", "july"]),
        (datetime(2026, 8, 1, tzinfo=UTC), ["always"]),
        (datetime.fromisoformat("2026-07-01T01:59:59.999999+02:00"), ["always"]),
        (datetime.fromisoformat("2026-07-01T02:00:00+02:00"), ["always", "july"]),
    ],
)
def test_time(tmp_path: Path, moment: datetime, expected: list[str]) -> None:
    """The first instant is inside, the last outside, to the microsecond and in any time zone."""
    july = article(effective_from="2026-07-01", effective_until="2026-08-01")
    world = world_of({"always": article(), "july": july}, tmp_path)

    assert seen(world, effective_on=moment) == expected


def test_status(tmp_path: Path) -> None:
    """Active and deprecated articles can be in force."""
    world = world_of({name: article(status=name) for name in ("draft", "active", "deprecated", "retired")}, tmp_path)

    assert seen(world) == ["active", "deprecated"]


@pytest.mark.parametrize(
    ("tier", "place", "expected"),
    [(1, "US", ["all"]), (2, "US", ["all", "two"]), (1, "US-CA", ["all", "ca"]), (2, "US-CA", ["all", "both", "ca", "two"])],
)
def test_parts_are_filtered_like_articles(tmp_path: Path, tier: int, place: str, expected: list[str]) -> None:
    """A `:::tier` or `:::only` part hides from whom an article would, also one inside the other."""
    inner = "::::tier 2\ntwo\n\n:::only US-CA\nboth\n:::\n::::"
    world = world_of({"a": article(f"all\n\n{inner}\n\n:::only US-CA\nca\n:::")}, tmp_path)

    allowed = mask(world.snapshot.table, Scope(None, place, tier, TODAY))

    texts = [passage.text for row, passage in enumerate(world.snapshot.passages) if allowed[row]]
    assert sorted(texts) == expected


@pytest.mark.parametrize(
    ("tier", "places", "asked", "expected"),
    [(1, {"US"}, "US-CA", True), (2, {"US"}, "US-CA", False), (1, {"US-CA"}, None, False), (1, {"CA"}, None, True)],
)
def test_a_single_part_follows_the_masks_rule(tier: int, places: set[str], asked: str | None, expected: bool) -> None:
    """What is read out beside a hit is filtered by the same table."""
    assert sees(Scope(None, asked, 1, TODAY), PartScope(tier, frozenset(places))) is expected


OVER = {"us": article(jurisdictions="[US]"), "ca": article(jurisdictions="[US-CA]", overrides="us")}


@pytest.mark.parametrize(
    ("files", "place", "expected"),
    [
        (OVER, "US-CA", {"us": "ca"}),
        (OVER, "US-NY", {}),
        (OVER, "US", {}),
        (OVER, None, {}),
        (OVER | {"ca": article(jurisdictions="[US-CA]", overrides="us", tier=3)}, "US-CA", {"us": "ca"}),
        (OVER | {"ca": article(jurisdictions="[US-CA]", overrides="us", status="draft")}, "US-CA", {}),
        (OVER | {"ca": article(jurisdictions="[US-CA]", overrides="us", effective_from="2026-07-16")}, "US-CA", {}),
    ],
    ids=["there", "elsewhere", "above", "no place", "higher tier", "draft", "not yet"],
)
def test_what_is_replaced(tmp_path: Path, files: dict[str, str], place: str | None, expected: dict[str, str]) -> None:
    """A text in force replaces another inside its places, also for a reader who may not see the new one."""
    world = world_of(files, tmp_path)

    found = replacements(world.snapshot.overriding, Scope(None, place, 1, TODAY))

    assert {target: winner.id for target, winner in found.items()} == expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [("US-CA", {"base": "near", "far": "near"}), ("US-NY", {"base": "far"}), ("CA", {})],
)
def test_of_two_overrides_the_nearest_place_wins(tmp_path: Path, place: str, expected: dict[str, str]) -> None:
    """The state's text replaces the country's, which replaces the general one."""
    files = {
        "base": article(jurisdictions="[all]"),
        "far": article(jurisdictions="[US]", overrides="base"),
        "near": article(jurisdictions="[US-CA]", overrides="base"),
    }
    world = world_of(files, tmp_path)

    found = replacements(world.snapshot.overriding, Scope(None, place, 1, TODAY))

    assert {target: winner.id for target, winner in found.items()} == expected


def test_an_override_of_an_override_leaves_one_text(tmp_path: Path) -> None:
    """In a chain each link hides the one before it."""
    files = {
        "base": article("refund", jurisdictions="[all]"),
        "us": article("refund", jurisdictions="[US]", overrides="base"),
        "ca": article("refund", jurisdictions="[US-CA]", overrides="us"),
    }
    world = world_of(files, tmp_path)

    shown = {place: [hit.article.id for hit in world.ask("refund", place).hits] for place in ("US-CA", "US", "MX")}

    assert shown == {"US-CA": ["ca"], "US": ["us"], "MX": ["base"]}


def test_the_translations_of_a_replaced_article_are_replaced_with_it(tmp_path: Path) -> None:
    """Otherwise a Spanish reader in California would be shown the rule of the other states."""
    spanish = article("reembolso", lang="es", translation_of="us")
    world = world_of({**OVER, "us-es": spanish}, tmp_path)

    answer = world.ask("reembolso", "US-CA", lang="es")

    assert [hit.article.id for hit in answer.hits] == ["ca"]
