"""A digest as it is kept and sent: the one form that every channel is drawn from."""

from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel, Field

from api.fact_schema import FactOut
from api.past_schema import FieldOut, MomentOut

MOST_KEPT: Final = 100  # articles of one list; what lies beyond is counted by product


class DigestFact(FactOut):
    """One fact before and after, and the sentence that says it now, or said it last."""

    sentence: str | None = None


class DrillQuestion(BaseModel):
    """One question of a drill. answer: where the right option stands; only kept, never shown before it is answered."""

    asks: str
    before: str
    after: str
    heading: list[str]
    options: list[str]
    answer: int


class DigestLine(BaseModel):
    """One article, and what of it concerns the team."""

    id: str
    blob: str = Field(description="Git's name of the text.")
    version: str | None = Field(None, description="The commit that last changed it, which an acknowledgement names.")
    title: str
    url: str
    diff: str | None = Field(description="The difference word by word; null where there is nothing to compare.")
    kind: str
    lang: str
    products: list[str]
    places: list[str]
    tier: int
    severity: str | None
    events: list[str]
    facts: list[DigestFact]
    fields: list[FieldOut]
    superseded_by: list[str]
    on: str | None = Field(None, description="The day it begins, ends, or was to be reviewed.")
    edge: Literal["from", "until"] | None = Field(None, description="Which of these `on` is, of what also changed.")
    at: datetime | None = None
    authors: list[str] = []
    approvers: list[str] = []
    shown: int = Field(0, description="How often the team was shown it in the 30 days before.")
    must_read: bool = False
    drill: list[DrillQuestion] = []
    waits_for: list[str] = Field([], description="Who has not acknowledged it.")


class DigestSection(BaseModel):
    """One list of articles. found: how many there are; by_product: of those that are not listed."""

    name: str
    found: int
    lines: list[DigestLine]
    by_product: dict[str, int] = {}


class DigestDocument(BaseModel):
    """What one team is told of one window. `id` is the same however often it is made or sent."""

    format: int = 1
    id: str
    space: str
    team: str
    team_name: str
    tier: int | None = Field(None, description="The team's tier when it was made.")
    kind: str = Field("regular", description="regular, or immediate for rules that were told at once.")
    lang: str
    time_zone: str
    from_: MomentOut = Field(serialization_alias="from", validation_alias="from")
    to: MomentOut
    sections: list[DigestSection]
    reworded: int
    told: int = Field(0, description="Changed rules of this window that were told at once.")
    news: bool
    personal: bool = Field(default=False, description="Whether `shown` counts what the reader was shown, not the team.")
    url: str

    def lines(self) -> list[tuple[str, DigestLine]]:
        """Every listed article with the name of its list."""
        return [(section.name, line) for section in self.sections for line in section.lines]

    def without_drills(self) -> "DigestDocument":
        """What may be shown and sent: a drill's answers are nobody's to read."""
        sections = [
            section.model_copy(update={"lines": [line.model_copy(update={"drill": []}) for line in section.lines]})
            for section in self.sections
        ]
        return self.model_copy(update={"sections": sections})
