"""The endpoint at which a host's server exchanges its token for a session of one agent."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.admission import ReaderDep
from api.guidance import NotGrantedError
from api.plain_text import LanguageTag, required_plain
from api.reader import Readers, SessionWanted

router = APIRouter()

_Text = Annotated[str, Field(max_length=200)]
_Agent = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(required_plain)]


class SessionRequest(BaseModel):
    """For whom, on which page, and how far."""

    model_config = ConfigDict(extra="forbid")
    agent: _Agent = Field(description="By which name or number the host knows the agent.")
    origin: _Text = Field(description="The page that will use it, as https://example.zendesk.com; one of the token's origins.")
    tier: Annotated[int, Field(ge=0, le=1000, description="The agent's level; never above the token's.")]
    spaces: list[_Text] | None = Field(None, max_length=100, description="Spaces of the token. Default: all of them.")
    lang: LanguageTag | None = Field(None, description="Language to show articles in, as es-MX.")

    def wanted(self) -> SessionWanted:
        """The values, parsed."""
        spaces = None if self.spaces is None else tuple(self.spaces)
        return SessionWanted(self.agent, self.origin, self.tier, spaces, self.lang)


class SessionResponse(BaseModel):
    """What the host's server hands to the page."""

    session: str
    expires_at: datetime


@router.post("/v1/sessions", operation_id="openSession", status_code=HTTPStatus.CREATED, tags=["readers"])
def open_session(body: SessionRequest, reader: ReaderDep, request: Request) -> SessionResponse:
    """Exchange an API token for a session of one agent on one page, for fifteen minutes at most."""
    readers: Readers = request.app.state.readers
    opened = readers.open_session(body.wanted(), reader)
    if opened is None:
        raise NotGrantedError(_DEMO)
    return SessionResponse(session=opened.text, expires_at=opened.expires_at)


_DEMO: Final = "The demo has no tokens, so it opens no sessions. `kb token create --origin` makes a token that may."
