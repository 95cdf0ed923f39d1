"""What a team is told: changed rules first, only what it may see, each thing once, and nothing if there is nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kb.digest import Digest, Digests, meets
from kb.moment import Moment
from kb.severity import Severity
from kb.teams import DigestPlan, Team
from kb.window import read_window
from tests.kb.conftest import World

TEAM = Team("Frontline", products=("cards",), jurisdictions=("US",), tier=1, languages=("en",))
OLD, NEW = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)


def told(world: World, team: Team = TEAM, old: datetime = OLD, new: datetime = NEW) -> Digest:
    """What the team is told of the last commit."""
    repository = world.open()
    before, after = repository.resolve("HEAD~1"), repository.resolve("HEAD")
    return Digests(read_window(repository, "articles", None, Moment(before, old), Moment(after, new))).of(team)


def ids(*lists: object) -> list[list[str]]:
    """Which articles the lists hold."""
    return [[getattr(each, "id", "") for each in one] for one in lists if isinstance(one, tuple)]


def test_a_changed_rule_is_told_with_both_figures_and_a_rewording_is_counted(world: World) -> None:
    """That is what a lead reads a digest for."""
    world.article("fee.md", "The fee is 25 USD.\n", id="fee")
    world.article("tone.md", "The customer may call us when the card is lost.\n", id="tone")
    world.commit()
    world.article("fee.md", "The fee is 30 USD.\n", id="fee")
    world.article("tone.md", "The customer can ring us up if the card has gone missing.\n", id="tone")
    world.commit()
    digest = told(world)

    assert [(change.id, [str(fact) for fact in change.facts]) for change in digest.rules] == [("fee", ["25 USD → 30 USD"])]
    assert (digest.clarified, digest.changed) == (1, digest.rules)


def test_nothing_above_the_teams_tier_is_told_or_counted(world: World) -> None:
    """Neither an article, nor a part of one, nor that there was something."""
    body = "Call us.\n\n:::tier 2\nThe limit is {} USD.\n:::\n"
    world.article("part.md", body.format(500), id="part")
    world.article("whole.md", "The limit is 500 USD.\n", id="whole", tier="2")
    world.commit()
    world.article("part.md", body.format(900), id="part")
    world.article("whole.md", "The limit is 900 USD.\n", id="whole", tier="2")
    world.commit()
    frontline, specialists = told(world), told(world, replace(TEAM, tier=2))

    assert (frontline.changed, frontline.clarified, frontline.editorial, frontline.news) == ((), 0, 0, False)
    assert [change.id for change in specialists.rules] == ["part", "whole"]


def test_other_products_places_and_languages_are_other_teams_concern(world: World) -> None:
    """A US team hears of California, not of Quebec; a team of cards nothing of transfers."""
    scopes = {
        "california": {"jurisdictions": "[US-CA]"},
        "quebec": {"jurisdictions": "[CA-QC]"},
        "wire": {"products": "[transfers]"},
        "everywhere": {"products": "[all]", "jurisdictions": "[all]"},
        "spanish": {"lang": "es"},
    }
    for amount in (10, 20):
        for name, keys in scopes.items():
            world.article(f"{name}.md", f"El plazo es de {amount} USD.\n", id=name, **keys)
        world.commit()

    assert [change.id for change in told(world).rules] == ["california", "everywhere"]


def test_a_part_for_another_place_changes_nothing_for_this_team(world: World) -> None:
    """`:::only CA-QC` is read by who serves Quebec."""
    body = "Call us.\n\n:::only CA-QC\nThe limit is {} CAD.\n:::\n"
    world.article("card.md", body.format(500), id="card", jurisdictions="[US, CA]")
    world.commit()
    world.article("card.md", body.format(900), id="card", jurisdictions="[US, CA]")
    world.commit()
    us, ca = told(world), told(world, replace(TEAM, jurisdictions=("CA",)))

    assert (us.changed, [change.id for change in ca.rules]) == ((), ["card"])


def test_an_article_and_its_translation_are_told_once_in_the_teams_language(world: World) -> None:
    """And a translation that does not say it yet is named as behind."""
    world.article("fee.md", "The fee is 25 USD.\n", id="fee")
    world.article("fee.es.md", "La tarifa es de 25 USD.\n", id="fee-es", lang="es", translation_of="fee")
    world.commit()
    world.article("fee.md", "The fee is 30 USD.\n", id="fee")
    world.commit()
    late = told(world, replace(TEAM, languages=("es", "en")))
    world.git("reset", "-q", "--soft", "HEAD~1")
    world.article("fee.es.md", "La tarifa es de 30 USD.\n", id="fee-es", lang="es", translation_of="fee")
    world.commit()
    mended = told(world, replace(TEAM, languages=("es", "en")))

    assert ([change.id for change in late.rules], [it.lag.translation for it in late.behind]) == (["fee"], ["fee-es"])
    assert ([change.id for change in mended.rules], mended.behind) == (["fee-es"], ())


def test_known_issues_open_and_resolve(world: World) -> None:
    """They have lists of their own."""
    world.article("outage.md", "Cards are declined.\n", id="outage", kind="known-issue")
    world.commit()
    world.git("rm", "-q", "articles/outage.md")
    world.article("slow.md", "Statements are late.\n", id="slow", kind="known-issue")
    world.commit()
    digest = told(world)

    assert ids(digest.opened, digest.resolved, digest.added, digest.ended) == [["slow"], ["outage"], [], []]


def test_what_comes_and_ends_by_its_date_is_told_ahead_without_a_commit(world: World) -> None:
    """Within a week; and again on the day itself, but not each morning in between."""
    world.article("new.md", id="new", effective_from="2026-03-06")
    world.article("old.md", id="old", effective_until="2026-03-06")
    world.commit()
    world.commit("Nothing")
    mornings = [datetime(2026, *day, 14, tzinfo=UTC) for day in ((2, 20), (2, 26), (3, 3), (3, 4))]
    days = {(it.month, it.day): told(world, old=it, new=it + timedelta(days=1)) for it in mornings}

    assert {day: (ids(it.coming, it.ending), it.news) for day, it in days.items()} == {
        (2, 20): ([[], []], False),
        (2, 26): ([["new"], ["old"]], True),  # came into sight
        (3, 3): ([["new"], ["old"]], False),  # still in sight, nothing new
        (3, 4): ([["new"], ["old"]], True),  # tomorrow's morning is within a day
    }


def test_what_changed_and_begins_or_ends_soon_stands_in_one_list(world: World) -> None:
    """A known issue that opens for three days is told once; the week's lists hold what did not change."""
    world.article("old.md", id="old", effective_until="2026-03-06")
    world.commit()
    world.article("slow.md", "Statements are late.\n", id="slow", kind="known-issue", effective_until="2026-03-06")
    world.article("new.md", id="new", effective_from="2026-03-06")
    world.commit()
    digest = told(world, old=datetime(2026, 3, 1, 18, tzinfo=UTC), new=datetime(2026, 3, 2, 18, tzinfo=UTC))

    assert ids(digest.opened, digest.added, digest.coming, digest.ending) == [["slow"], ["new"], [], ["old"]]


def test_an_overdue_review_is_told_once_to_the_owners_team(world: World) -> None:
    """On the day after the date, and to nobody else."""
    world.article("a.md", id="a", owner="content", review_by="2026-03-01")
    world.commit()
    world.commit("Nothing")
    noon = [datetime(2026, 3, day, 18, tzinfo=UTC) for day in (1, 2, 3)]
    owners = replace(TEAM, owners=("content",))
    digests = [told(world, owners, *noon[:2]), told(world, owners, *noon[1:]), told(world, TEAM, *noon[:2])]

    assert [(ids(digest.overdue), digest.news) for digest in digests] == [([["a"]], True), ([[]], False), ([[]], False)]


def test_a_team_that_hears_of_all_owners_hears_of_articles_without_one(world: World) -> None:
    """So that no review is overdue without anybody knowing."""
    world.article("a.md", id="a", owner="content", review_by="2026-03-01")
    world.article("b.md", id="b", review_by="2026-03-01")
    world.commit()
    world.commit("Nothing")
    noon = [datetime(2026, 3, day, 18, tzinfo=UTC) for day in (1, 2)]

    assert ids(told(world, replace(TEAM, owners=("all",)), *noon).overdue) == [["a", "b"]]


@pytest.mark.parametrize(("least", "news"), [(Severity.EDITORIAL, True), (Severity.CLARIFIED, True), (Severity.RULE, False)])
def test_what_is_below_the_minimum_severity_is_not_worth_a_digest(world: World, least: Severity, news: bool) -> None:
    """A clarification alone wakes nobody who asked for rules."""
    world.article("a.md", "The customer may call us.\n", id="a")
    world.commit()
    world.article("a.md", "The customer must not call us.\n", id="a")
    world.commit()

    assert told(world, replace(TEAM, digest=DigestPlan(severity=least))).news is news


@pytest.mark.parametrize(
    ("places", "others", "met"),
    [
        (("US",), {"US-CA"}, True),  # who serves the US serves California
        (("US-CA",), {"US"}, True),  # what holds in the US holds there
        (("US-CA",), {"US-NY"}, False),
        (("all",), {"CA-QC"}, True),
        (("US",), {"all"}, True),
        (("US",), {"CA"}, False),
    ],
)
def test_places_meet_up_and_down(places: tuple[str, ...], others: set[str], met: bool) -> None:
    """A team's place and an article's."""
    assert meets(places, others) is met
