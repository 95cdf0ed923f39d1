"""The wire of what a reader has read and acknowledged."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.events.readings_table import Reading
from api.must_read import MustRead
from api.plain_text import LanguageTag, required_plain
from api.presentation import article_url

MOST_ARTICLES = 50  # of one request: as many as an answer has

_REQUEST = ConfigDict(extra="forbid")
_Text = Annotated[str, Field(max_length=200), AfterValidator(required_plain)]
_Article = Annotated[str, Field(max_length=200, pattern=r"^\S+$"), AfterValidator(required_plain)]


class ReadingsQuery(BaseModel):
    """Of which articles."""

    model_config = _REQUEST
    space: _Text = "default"
    article: Annotated[list[_Article], Field(min_length=1, max_length=MOST_ARTICLES, description="Ids; repeat it.")]


class ReadingOut(BaseModel):
    """One version of one article that the reader has opened or acknowledged."""

    article: str
    commit: str = Field(description="The version: the commit that made it.")
    read_at: datetime | None = Field(description="When it was opened last.")
    acknowledged_at: datetime | None = Field(description="When it was acknowledged first.")

    @classmethod
    def of(cls, reading: Reading) -> "ReadingOut":
        """For the wire."""
        return cls(
            article=reading.article,
            commit=reading.version,
            read_at=reading.read_at,
            acknowledged_at=reading.acknowledged_at,
        )


class ReadingsResponse(BaseModel):
    """One's own, newest first."""

    readings: list[ReadingOut]


class AcknowledgementRequest(BaseModel):
    """Which version was read."""

    model_config = _REQUEST
    space: _Text = "default"
    article: _Article
    commit: Annotated[str, Field(pattern="^[0-9a-f]{7,64}$", description="The version that was read, as the article names it.")]


class AcknowledgementsQuery(BaseModel):
    """Whose list: one's own, in one space."""

    model_config = _REQUEST
    space: _Text = "default"
    lang: LanguageTag | None = Field(None, description="Language to name articles in, as es-MX.")


class MustReadOut(BaseModel):
    """One article that has to be read. acknowledged_at: null while it waits."""

    id: str
    title: str
    url: str
    lang: str
    kind: str
    commit: str
    committed_at: datetime
    acknowledged_at: datetime | None


class AcknowledgementsResponse(BaseModel):
    """Everything in force that the reader must read: what waits first, the newest change first. teams: one's own."""

    waiting: int
    teams: list[str]
    articles: list[MustReadOut]


def acknowledgements_response(teams: list[str], wanted: list[MustRead], readings: list[Reading]) -> AcknowledgementsResponse:
    """The list for the wire."""
    done = {(it.article, it.version): it.acknowledged_at for it in readings if it.acknowledged_at is not None}
    moments = [min((done[version] for version in it.versions if version in done), default=None) for it in wanted]
    articles = [_must_read(it, at) for it, at in zip(wanted, moments, strict=True)]
    articles.sort(key=lambda it: it.committed_at, reverse=True)
    articles.sort(key=lambda it: it.acknowledged_at is not None)
    return AcknowledgementsResponse(waiting=sum(it.acknowledged_at is None for it in articles), teams=teams, articles=articles)


def _must_read(wanted: MustRead, acknowledged_at: datetime | None) -> MustReadOut:
    article = wanted.article
    if article.changed is None:
        raise AssertionError("an article without a version cannot be acknowledged")
    return MustReadOut(
        id=article.id,
        title=article.title,
        url=article_url(article.id, {}),
        lang=article.lang,
        kind=article.kind,
        commit=article.changed.sha,
        committed_at=article.changed.at,
        acknowledged_at=acknowledged_at,
    )
