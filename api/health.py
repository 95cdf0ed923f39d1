"""How a space stands, as its operators see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from retriever.leg import MULTILINGUAL
from retriever.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class LegHealth:
    """How a leg stands: whether questions are answered by it, and how many of its passages are embedded."""

    ready: bool
    embedded: int
    passages: int


@dataclass(frozen=True, slots=True)
class Health:
    """How a space stands. behind: seconds since the commit that should be live was made, 0 if it is served.

    error: why the newest commit is not served; fit for everybody. legs: how far each model's leg has come.
    """

    commit: str | None
    built_at: str | None
    articles: int
    passages: int
    behind: float
    error: str | None
    past: int = 0
    legs: Mapping[str, LegHealth] = field(default_factory=dict)


def legs_of(snapshot: Snapshot, embedded: int) -> Mapping[str, LegHealth]:
    """How the legs of what is served stand. embedded: passages of a multilingual leg that is on its way."""
    legs = {name: LegHealth(ready=True, embedded=leg.rows.size, passages=leg.rows.size) for name, leg in snapshot.legs.items()}
    waiting = LegHealth(ready=False, embedded=embedded, passages=snapshot.manifest.passages)
    return legs if snapshot.is_whole else {**legs, MULTILINGUAL: waiting}
