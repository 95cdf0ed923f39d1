"""From the health of spaces to the wire."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from api.access import Action, may
from api.health import Health
from api.health_schema import SpaceHealth
from api.reader import Reader


def space_health(health: Health) -> SpaceHealth:
    """One space's health for the wire."""
    return SpaceHealth(
        commit=health.commit,
        built_at=health.built_at,
        articles=health.articles,
        passages=health.passages,
        behind_seconds=round(health.behind, 1),
        error=health.error,
        legs=health.legs,
    )


def healths(spaces: Mapping[str, Health]) -> dict[str, SpaceHealth]:
    """Every space's health for the wire."""
    return {name: space_health(health) for name, health in spaces.items()}


def shown_to(reader: Reader | None, spaces: Mapping[str, Health]) -> dict[str, Health]:
    """The health of the reader's own spaces. What is wrong with one names articles: it is for whoever may mend it."""
    if reader is None:
        return {}
    own = {name: health for name, health in spaces.items() if name in reader.spaces}
    if may(reader.role, Action.DIAGNOSE):
        return own
    return {name: replace(health, error=health.error and _ASK) for name, health in own.items()}


_ASK: Final = "The newest commit is not served. A writer or an administrator sees why."
