"""An article that was edited, for tests of the past."""

from dataclasses import replace

from api.reader import LOOPBACK
from tests.world import World

TEXT = "The customer has 60 days to dispute a charge. The fee is 25 USD."
NINETY = TEXT.replace("60", "90")
FRONTLINE = replace(LOOPBACK, name="frontline", tier=1)


def edited(world: World) -> tuple[str, str]:
    """An article with two versions; their commits."""
    world.article("card.md", TEXT, id="card", title="Dispute a charge")
    first = world.commit(at="2026-01-01T00:00:00Z")
    world.article("card.md", NINETY, id="card", title="Dispute a charge")
    second = world.commit("Ninety days now, says legal\n\nReviewed-by: Eva <e@example.com>", at="2026-02-01T00:00:00Z")
    return first, second
