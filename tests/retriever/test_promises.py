"""Which questions articles promise to answer, in which scope, and which of them a change can affect."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retriever.promises import affected, keep, promises
from tests.retriever.worlds import TODAY, article, library_of, world_of

FEE = article("A late fee is charged.", answers="[why a late fee]")
WIRE = article("A wire leaves at five.", answers="[when does a wire leave]", jurisdictions="[CA]")
DESK = article("Desk text.", answers="[what does the desk do]", tier=2, jurisdictions="[US-CA]")


def asked(files: Mapping[str, str], base: Mapping[str, str]) -> list[str]:
    """The questions of `files` that the change since `base` can affect."""
    library = library_of(files)
    return [promise.text for promise in affected(promises(library, TODAY), library, library_of(base))]


def test_a_kept_promise_has_the_rank_of_its_article(tmp_path: Path) -> None:
    """Asked through the whole pipeline; a question that shares no word with any text still gets a verdict."""
    world = world_of({"fee": FEE, "wire": article("A wire leaves at five.")}, tmp_path)

    outcomes = [keep(promise, world.snapshot, world.models) for promise in promises(world.library, TODAY)]

    assert [(outcome.promise.article.id, outcome.rank, outcome.kept, outcome.instead) for outcome in outcomes] == [
        ("fee", 1, True, ())
    ]


def test_a_broken_promise_says_what_came_instead(tmp_path: Path) -> None:
    """Three articles hold the question's words; the one that promises to answer it holds none of them."""
    others = {f"fee-{n}": article("why a late fee", title="why a late fee") for n in range(3)}
    world = world_of({**others, "wire": article("Nothing here.", answers="[why a late fee]")}, tmp_path)

    (outcome,) = [keep(promise, world.snapshot, world.models) for promise in promises(world.library, TODAY)]

    assert (outcome.rank, outcome.kept, outcome.instead) == (4, False, ("fee-0", "fee-1", "fee-2"))


def test_a_translation_in_the_first_three_keeps_its_sources_promise(tmp_path: Path) -> None:
    """The two are one hit."""
    files = {"fee": FEE, "fee-es": article("why a late fee", lang="es", translation_of="fee")}
    world = world_of(files, tmp_path)

    (outcome,) = [keep(promise, world.snapshot, world.models) for promise in promises(world.library, TODAY)]

    assert (outcome.rank, outcome.kept) == (1, True)


def test_an_article_is_asked_where_and_when_it_is_the_rule() -> None:
    """Its tier, a place where nothing replaces it, its first day if that lies ahead; what is over or a draft is not asked."""
    files = {
        "fee": article(jurisdictions="[US, MX]", answers="[fee]"),
        "fee-us": article(jurisdictions="[US]", overrides="fee", answers="[fee us]"),
        "next": article(effective_from="2027-01-01", answers="[next]", tier=2),
        "over": article(effective_until="2026-01-01", answers="[over]"),
        "draft": article(status="draft", answers="[draft]"),
        "every": article(jurisdictions="[all]", answers="[every]"),
    }

    scopes = {it.article.id: it.scope for it in promises(library_of(files), TODAY)}

    assert {name: (scope.jurisdiction, scope.tier, scope.effective_on) for name, scope in scopes.items()} == {
        "fee": ("MX", 1, TODAY),  # replaced in the United States
        "fee-us": ("US", 1, TODAY),
        "next": ("US", 2, datetime(2027, 1, 1, tzinfo=UTC)),
        "every": ("US", 1, TODAY),
    }


@pytest.mark.parametrize(
    ("change", "questions"),
    [
        ({}, []),
        ({"wire": WIRE.replace("five", "six")}, ["when does a wire leave"]),
        ({"fee": FEE.replace("late fee is", "fee is")}, ["what does the desk do", "why a late fee"]),
        ({"desk": DESK.replace("Desk text", "Another")}, ["what does the desk do"]),
        ({"new": article("More on fees.")}, ["what does the desk do", "why a late fee"]),
        ({"fee": article("Moved.", answers="[why a late fee]", jurisdictions="[CA]")}, None),
        (
            {"over": article("New.", overrides="fee", jurisdictions="[US-CA]", tier=3)},
            ["what does the desk do", "why a late fee"],
        ),
        ({"over": article("New.", overrides="wire", jurisdictions="[CA-QC]", tier=3)}, ["when does a wire leave"]),
    ],
    ids=[
        "nothing",
        "a text elsewhere",
        "a text below",
        "a text above",
        "an addition",
        "a move",
        "a replacement in sight",
        "a replacement elsewhere",
    ],
)
def test_only_questions_that_may_see_the_change_are_asked(change: Mapping[str, str], questions: list[str] | None) -> None:
    """By place, tier and day, as the texts were and as they are. None stands for every question."""
    base = {"fee": FEE, "wire": WIRE, "desk": DESK}

    assert asked({**base, **change}, base) == (
        ["what does the desk do", "why a late fee", "when does a wire leave"] if questions is None else questions
    )


def test_a_removed_article_affects_the_questions_that_could_see_it() -> None:
    """What it pushed down may come up."""
    base = {"fee": FEE, "wire": WIRE, "desk": DESK, "old": article("Old text on wires.", jurisdictions="[CA]")}

    assert asked({name: text for name, text in base.items() if name != "old"}, base) == ["when does a wire leave"]
