"""How the service stands, on the wire."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, Field

from api.health import LegHealth


class SpaceHealth(BaseModel):
    """How one space stands."""

    commit: str | None
    built_at: str | None
    articles: int
    passages: int
    behind_seconds: float
    error: str | None
    legs: Mapping[str, LegHealth] = Field(
        description="Each model's part of the index. While `multilingual` is not ready, answers come from words and `english`."
    )


class EventsHealth(BaseModel):
    """What waits to be committed to the database; error: why it waits; damaged: lines it cannot hold, to be looked at."""

    waiting_bytes: int
    error: str | None
    damaged: int


class ReadyResponse(BaseModel):
    """Whether questions can be answered."""

    ready: bool
    hanging: bool = Field(description="Whether questions hang and no more are taken: see `GET /healthz`.")
    models: Mapping[str, str]
    spaces: Mapping[str, SpaceHealth]
    events: EventsHealth | None = Field(None, description="Questions are answered also while events wait.")


class HealthResponse(BaseModel):
    """The process runs, and need not be restarted."""

    ok: Literal[True] = True
