"""The wire of digests and of who has read what of them."""

import csv
from collections.abc import Sequence
from datetime import datetime
from io import StringIO
from typing import Annotated, Literal
from urllib.parse import urlencode

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.digests.desk import Acknowledgement
from api.digests.document import DigestDocument
from api.digests.scope_feed import Saved
from api.plain_text import LanguageTag, required_plain

_Text = Annotated[str, Field(max_length=200), AfterValidator(required_plain)]


class TeamQuery(BaseModel):
    """Which space the team is in."""

    model_config = ConfigDict(extra="forbid")
    space: _Text = "default"


class DigestsQuery(TeamQuery):
    """Which digests."""

    limit: int = Field(20, ge=1, le=100, description="Most digests to return, the newest first.")


class FeedQuery(TeamQuery):
    """The scope of a feed. The same address is the same feed for good."""

    products: list[_Text] | None = Field(None, max_length=50, description="Only changes of these. Default: all.")
    jurisdiction: _Text | None = Field(None, description="Only changes that concern this place. Default: all.")
    tier: int | None = Field(None, ge=0, le=1000, description="Never above one's own. Default: that at which the reader asks.")
    lang: LanguageTag | None = Field(None, description="The language to be told in, as es-MX.")

    def saved(self) -> Saved:
        """The values, parsed."""
        products = self._products()
        return Saved(self.space, None if products is None else tuple(products), self.jurisdiction, self.tier, self.lang)

    def address(self) -> str:
        """The same scope as a query, however its address was written."""
        said = self.model_copy(update={"products": self._products()}).model_dump(exclude_none=True, exclude_defaults=True)
        return urlencode(sorted(said.items()), doseq=True)

    def as_told(self, document: DigestDocument) -> "FeedQuery":
        """The scope with the tier and the language that were not said, as this reader was told it."""
        return self.model_copy(update={"tier": document.tier, "lang": document.lang})

    def _products(self) -> list[str] | None:
        return None if self.products is None else sorted(set(self.products))


class LeaveQuery(TeamQuery):
    """Whose e-mails end."""

    address: Annotated[str, Field(max_length=254)]
    mark: Annotated[str, Field(max_length=80)]


class TeamAcknowledgementsQuery(TeamQuery):
    """In which form."""

    format: Literal["json", "csv"] = Field("json", description="json, or csv with one line for each member and article.")


class DigestsResponse(BaseModel):
    """What a team was told, newest first. `shown` counts what the reader was shown."""

    team: str
    digests: list[DigestDocument]


class ReadOut(BaseModel):
    """One member who has acknowledged it."""

    name: str
    at: datetime


class TeamAcknowledgementOut(BaseModel):
    """One article that the team has to acknowledge, as it stands now."""

    id: str
    title: str
    commit: str
    committed_at: datetime
    read: list[ReadOut]
    waiting: list[str]


class TeamAcknowledgementsResponse(BaseModel):
    """What the team has to acknowledge, the newest change first."""

    team: str
    articles: list[TeamAcknowledgementOut]


def acknowledgements_out(team: str, found: Sequence[Acknowledgement]) -> TeamAcknowledgementsResponse:
    """For the wire."""
    articles = [
        TeamAcknowledgementOut(
            id=it.wanted.article.id,
            title=it.wanted.article.title,
            commit=changed.sha,
            committed_at=changed.at,
            read=[ReadOut(name=name, at=at) for name, at in it.read],
            waiting=list(it.waiting),
        )
        for it in found
        if (changed := it.wanted.article.changed)
    ]
    return TeamAcknowledgementsResponse(team=team, articles=sorted(articles, key=lambda it: it.committed_at, reverse=True))


def as_csv(response: TeamAcknowledgementsResponse) -> str:
    """One line for each article and member; a spreadsheet reads no cell as a formula."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(["article", "title", "commit", "committed_at", "member", "acknowledged_at"])
    for it in response.articles:
        fixed = [it.id, it.title, it.commit, it.committed_at.isoformat()]
        rows = [*((read.name, read.at.isoformat()) for read in it.read), *((name, "") for name in it.waiting)]
        writer.writerows([_cell(cell) for cell in (*fixed, *row)] for row in rows)
    return text.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
