"""The wire of history and change: versions, differences, changes."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.fact_schema import FactOut
from api.guidance import Ask
from api.schema import Place

_Moment = Annotated[str, Field(min_length=1, max_length=64)]
_Cursor = Annotated[str, Field(max_length=400)]
MOST_LISTED = 100


class HistoryQuery(Place):
    """Which versions to list."""

    limit: int = Field(20, ge=1, le=MOST_LISTED, description="Most versions to return.")
    cursor: _Cursor | None = Field(None, description="Where the last page ended: its `next`.")


class DiffQuery(Place):
    """Which two versions to compare."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    from_: _Moment | None = Field(
        None, alias="from", description="A version's number, a commit, a date or an instant. Default: the version before `to`."
    )
    to: _Moment | None = Field(None, description="The same. Default: the newest version.")
    format: Literal["json", "text", "html"] = Field("json", description="Word by word as JSON, as text, or as a page.")


class ChangesQuery(Place):
    """Which changes to list."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    from_: _Moment | None = Field(
        None, alias="from", description="A commit, a date, an instant, `yesterday`, `3 days ago`. Default: a day before `to`."
    )
    to: _Moment | None = Field(None, description="The same. Default: now.")
    severity: list[Literal["editorial", "clarified", "rule"]] | None = Field(None, description="Only these. Default: all.")
    products: list[Annotated[str, Field(max_length=200)]] | None = Field(None, description="Only changes of these products.")
    limit: int = Field(50, ge=1, le=MOST_LISTED, description="Most changes to return.")
    cursor: _Cursor | None = Field(None, description="Where the last page ended: its `next`.")

    def ask(self) -> Ask:
        """The scope, parsed."""
        return replace(super().ask(), products=None if self.products is None else tuple(self.products))


class FieldOut(BaseModel):
    """One key of the front matter before and after."""

    name: str
    old: str
    new: str


class CommitOut(BaseModel):
    """One commit: when, who wrote it, who approved it as far as it says, and the request it came by."""

    commit: str
    at: datetime
    authors: list[str]
    approvers: list[str]
    review: str | None


class LagOut(BaseModel):
    """A translation that lacks facts its source has changed."""

    id: str
    lang: str
    facts: list[FactOut]


class ChangeOut(BaseModel):
    """What happened to one article."""

    id: str
    title: str
    url: str | None = Field(description="Opens the text of the later moment; null where there is none to open.")
    lang: str
    translation_of: str | None
    products: list[str]
    jurisdictions: list[str]
    tier: int
    severity: Literal["editorial", "clarified", "rule"]
    declared: bool = Field(description="Whether the commits said the severity themselves.")
    events: list[str]
    at: datetime | None
    facts: list[FactOut]
    fields: list[FieldOut]
    superseded_by: list[str]
    behind: list[LagOut]
    commits: list[CommitOut]


class MomentOut(BaseModel):
    """A commit, and the instant whose day's rules count."""

    commit: str
    at: datetime


class RefusedOut(BaseModel):
    """A push that did not go live. reason: in full for who may mend it; else rules and counts, without any text or name."""

    commit: str
    at: datetime
    outcome: Literal["refused", "failed"]
    reason: str | None


class ChangesResponse(BaseModel):
    """What changed between two moments for this reader, what matters most first."""

    from_: MomentOut = Field(serialization_alias="from")
    to: MomentOut
    found: int
    counts: dict[str, int] = Field(description="How many of each severity.")
    changes: list[ChangeOut]
    refused: list[RefusedOut] = Field(description="Pushes between the two moments that did not go live, and why; newest first.")
    next: str | None


class VersionOut(BaseModel):
    """One version of an article as the reader may see it."""

    number: int
    commit: str
    at: datetime
    authors: list[str]
    approvers: list[str]
    review: str | None
    current: bool
    title: str | None
    status: str | None
    effective_from: str | None
    effective_until: str | None
    severity: Literal["editorial", "clarified", "rule"]
    declared: bool = Field(description="Whether the commit said the severity itself.")
    events: list[str]
    facts: list[FactOut]
    fields: list[FieldOut]
    url: str | None


class HistoryResponse(BaseModel):
    """The versions of one article, newest first."""

    id: str
    current: int | None = Field(description="The number of the version that is live; null if the article was taken away.")
    found: int
    versions: list[VersionOut]
    next: str | None


class WordsOut(BaseModel):
    """One run of words. Equal and deleted runs together are the old text, equal and inserted ones the new."""

    op: Literal["equal", "delete", "insert"]
    text: str


class SideOut(BaseModel):
    """One side of a comparison."""

    number: int
    commit: str
    at: datetime
    current: bool


class DiffResponse(BaseModel):
    """What changed in one article between two versions, fact by fact and word by word."""

    id: str
    title: str
    lang: str
    from_: SideOut | None = Field(serialization_alias="from")
    to: SideOut | None
    severity: Literal["editorial", "clarified", "rule"] | None
    events: list[str]
    facts: list[FactOut]
    fields: list[FieldOut]
    words: list[WordsOut]
