"""The wire of suggestions, the taxonomy and the glossary."""

from collections.abc import Mapping

from pydantic import BaseModel, Field

from api.schema import Place

LONGEST_TYPED = 200


class SuggestQuery(Place):
    """What has been typed so far."""

    q: str = Field(min_length=1, max_length=LONGEST_TYPED, description="The words so far; the last one may be cut off.")


class SuggestionOut(BaseModel):
    """One article. matched: (start, end) of what was typed, in the title."""

    id: str
    title: str
    url: str
    lang: str
    matched: list[tuple[int, int]]


class SuggestResponse(BaseModel):
    """Articles in force that may be meant."""

    suggestions: list[SuggestionOut]


class ProductOut(BaseModel):
    """One product and its name in each language."""

    id: str
    name: Mapping[str, str]


class PlaceOut(BaseModel):
    """One place and its name in each language of the space."""

    code: str
    name: Mapping[str, str]


class TierOut(BaseModel):
    """One agent level."""

    tier: int
    name: str


class QueueOut(BaseModel):
    """Where escalations go, and how."""

    name: str
    contact: str | None
    hours: str | None


class TaxonomyResponse(BaseModel):
    """What a question can be about, in one space, for one reader."""

    name: str
    reader: str
    languages: list[str]
    products: list[ProductOut]
    jurisdictions: list[PlaceOut]
    tiers: list[TierOut]
    queues: Mapping[str, QueueOut]


class TermOut(BaseModel):
    """One meaning: its words in each language, the first one first to be used; notes by language and by place."""

    id: str
    words: Mapping[str, list[str]]
    note: Mapping[str, str]
    places: Mapping[str, str]


class GlossaryResponse(BaseModel):
    """Every term of a space."""

    terms: list[TermOut]
