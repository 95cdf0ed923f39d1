"""The closed lists of one space: products, places, tiers, queues, owners, teams. Read from `kb.yml`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Final
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field

from kb.teams import Team
from kb.zone import ZoneName

_CLOSED: Final = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Product:
    """What guidance is about. Names and aliases are per language; questions above a tier go to `escalate_to`."""

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED
    name: Mapping[str, str]
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    escalate_to: str | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """One agent level and the queue that takes over what it may not do."""

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED
    name: str
    escalate_to: str | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """Where escalations go."""

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED
    name: str
    contact: str | None = None
    hours: str | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """Who keeps an article right."""

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED
    name: str
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """Everything that front matter may name. `languages[0]` is the source language."""

    __pydantic_config__: ClassVar[ConfigDict] = _CLOSED
    name: str
    time_zone: ZoneName
    languages: Annotated[tuple[str, ...], Field(min_length=1)]
    products: Annotated[Mapping[str, Product], Field(min_length=1)]
    jurisdictions: tuple[str, ...]
    tiers: Annotated[Mapping[int, Tier], Field(min_length=1)]
    queues: Mapping[str, Queue] = field(default_factory=dict)
    owners: Mapping[str, Owner] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    glossary: str | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which a date begins and ends."""
        return ZoneInfo(self.time_zone)

    @property
    def least_tier(self) -> int:
        """The lowest tier: what a reader of unknown tier has."""
        return min(self.tiers)

    @property
    def highest_tier(self) -> int:
        """The highest tier of the space."""
        return max(self.tiers)

    def granted_tier(self, tier: int) -> int:
        """What a reader of that level may see here: the highest tier up to it; the lowest where the level says nothing here."""
        return max((known for known in self.tiers if known <= tier), default=self.least_tier)

    def queue_above(self, tier: int, products: frozenset[str]) -> str | None:
        """Where a question goes that a reader of this tier may not settle: the product's queue, else the tier's.

        The product's queue is used only when the products leave no choice between two queues.
        """
        queues = {self.products[name].escalate_to for name in products if name in self.products} - {None}
        if len(queues) == 1:
            return queues.pop()
        return self.tiers[tier].escalate_to if tier in self.tiers else None
