"""What a team may see no longer stands in none of its pages, feeds and drills."""

from datetime import UTC, datetime, timedelta

import pytest

from api.digests.drills import Drills
from tests.api.digests.floor import DAY, FEE, TEAMS, Floor, Later
from tests.world import TAXONOMY


def test_what_was_raised_above_the_team_is_shown_no_more(floor: Floor) -> None:
    """By its folder, so that the text is the one that was told: neither its drill, nor its line wherever that stood."""
    for amount in (20, 30):
        floor.world.write("fees/_defaults.yml", "tier: 1\n")
        floor.world.write("fees/fee.md", FEE.format(amount))
        floor.publish()
        floor.clerk.work(floor.now + amount * DAY)
    told = _shown(floor, "front", "30 USD")
    floor.world.write("fees/_defaults.yml", "tier: 2\n")
    floor.publish()

    assert told == [True] * 4
    assert _shown(floor, "front", "30 USD") == [False] * 4
    assert _shown(floor, "front", "900 USD") == [True] * 4


def test_a_figure_that_moved_above_the_team_is_shown_no_more_however_it_is_marked_up(floor: Floor) -> None:
    """Bold, in a table, linked, spelled otherwise, over two lines, or in other words where the figure stands below, too."""
    limit = "The limit is {} USD."
    moved = {  # as it was and as it was told, where it stands now, and what of it was told
        "bold": (limit, "5,101", "The limit is **5,101** USD.", "5,101 USD"),
        "table": (limit, "5,102", "| What | Limit in USD |\n| --- | --- |\n| a day | `5,102` |", "5,102 USD"),
        "link": (limit, "5,103", "The limit is [5,103](https://bank.example) USD.", "5,103 USD"),
        "spelled": (limit, "5,104", "USD 5104 is the limit.", "5,104 USD"),
        "said": (":::say\nNever {} of it.\n:::", "speak", ":::say\nNever speak\nof it.\n:::", "Never speak of it."),
        "twice": (limit, "5,105", "The _limit_ is 5,105 USD.", "The limit is 5,105 USD."),
    }
    for day, old in ((2, True), (3, False)):
        for name, (body, new, _, _) in moved.items():
            said = body.format(("think" if name == "said" else "20") if old else new)
            floor.world.article(f"{name}.md", said, id=name, products=["cards"])
        floor.publish()
        floor.clerk.work(floor.now + day * DAY)
    told = {name: _shown(floor, "front", text)[1] for name, (*_, text) in moved.items()}
    for name, (_, _, body, _) in moved.items():
        below = "A fee of 5,105 USD is usual." if name == "twice" else "Call us."
        floor.world.article(f"{name}.md", f"{below}\n\n::::tier 2\n{body}\n::::", id=name, products=["cards"])
    floor.publish()

    assert told == dict.fromkeys(moved, True)
    assert {name: _shown(floor, "front", text) for name, (*_, text) in moved.items()} == dict.fromkeys(moved, [False] * 4)
    assert _shown(floor, "front", "900 USD") == [True] * 4


def test_a_translation_that_is_behind_shows_no_figure_that_its_source_has_raised(floor: Floor) -> None:
    """The figures of that line are the source's, in its words."""
    floor.world.write("kb.yml", TAXONOMY + TEAMS.replace("languages: [en]", "languages: [es, en]"))
    keys = {"id": "fee-es", "lang": "es", "translation_of": "fee", "products": ["cards"]}
    floor.world.article("fee.es.md", "La tarifa es de 20 dólares.", **keys)
    for amount in (20, 30):
        floor.world.article("fee.md", f"The fee is {amount} USD.", id="fee", products=["cards"])
        floor.publish()
        floor.clerk.work(floor.now + amount * DAY)
    told = _shown(floor, "front", "30 USD")[1]
    floor.world.article("fee.es.md", "Llámenos.\n\n:::tier 2\nLa tarifa es de 20 dólares.\n:::", **keys)
    floor.world.article("fee.md", "Call us.\n\n:::tier 2\nThe fee is **30** USD.\n:::", id="fee", products=["cards"])
    floor.publish()

    assert (told, _shown(floor, "front", "30 USD")) == (True, [False] * 4)


def test_a_team_that_was_lowered_is_shown_nothing_that_it_was_told_above(floor: Floor) -> None:
    """An article of its new tier may have had parts of the old one."""
    told = _shown(floor, "desk", "900 USD")
    floor.world.write("kb.yml", TAXONOMY + TEAMS.replace("tier: 3", "tier: 1"))
    floor.publish()

    assert (told, _shown(floor, "desk", "900 USD")) == ([True] * 4, [False] * 4)


def test_a_rule_that_is_no_longer_in_force_certifies_nobody(floor: Floor) -> None:
    """What was told of it stays to be read."""
    ends = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    for amount in (20, 30):
        floor.world.article("fee.md", f"The fee is {amount} USD a month.", id="fee", products=["cards"], effective_until=ends)
        floor.publish()
        floor.clerk.work(floor.now + amount * DAY)
    drills = Drills(floor.clerk.desk, floor.records)
    ana = floor.reader("ana")
    before = {offer.line.id for offer in drills.offers("default", "front", ana)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.digests.drills.datetime", Later)
        after = {offer.line.id for offer in drills.offers("default", "front", ana)}

    assert (before, after) == ({"limit", "fee"}, {"limit"})


def _shown(floor: Floor, team: str, text: str) -> list[bool]:
    """Whether the text stands in the team's drills, JSON, page and feed."""
    ways = ("/v1/teams/{}/drills", "/v1/teams/{}/digests", "/digests/{}", "/digests/{}/feed")
    reader = floor.reader("eva", teams=frozenset({team}), tier=3)
    return [text in floor.get(way.format(team), reader).text for way in ways]
