"""The wire of receipts, events and feedback."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.events.event import Kind
from api.events.feedback_table import Feedback, State, Verdict
from api.events.records import Act, Change, Opinion
from api.plain_text import required_plain

MOST_ACTS: Final = 50  # of one request
LONGEST_COMMENT: Final = 2000  # characters

_REQUEST: Final = ConfigDict(extra="forbid")
_Text = Annotated[str, Field(max_length=200), AfterValidator(required_plain)]
_Id = Annotated[str, Field(pattern="^[0-9A-HJKMNP-TV-Z]{26}$", description="A receipt or an event: 26 characters.")]
_Ticket = Annotated[str, Field(max_length=200)]  # as the host has it; only its key goes further
_Article = Annotated[str, Field(max_length=200, pattern=r"^\S+$"), AfterValidator(required_plain)]  # an id; prose has spaces
_Commit = Annotated[str, Field(pattern="^[0-9a-f]{7,64}$")]


class ReceiptResponse(BaseModel):
    """One receipt: keep the whole file; `kb receipt verify` reads it."""

    format: int
    receipt: str
    space: str
    at: str
    reader: str
    erased: bool
    question: dict[str, Any] | None
    scope: dict[str, Any]
    shown: dict[str, Any]
    reason: str | None
    proof: list[dict[str, Any]]


class ActIn(BaseModel):
    """What an agent did with an article."""

    model_config = _REQUEST
    kind: Literal["opened", "inserted"]
    space: _Text = "default"
    article: _Article
    receipt: _Id | None = Field(None, description="The receipt of the answer that it came from.")
    anchor: _Text | None = Field(None, description="The heading, for a part of the article.")
    commit: _Commit | None = Field(None, description="The version that the agent had before them.")
    ticket_id: _Ticket | None = Field(None, description="The contact it was for; only a keyed hash of it is kept.")

    def act(self) -> Act:
        """The values, parsed."""
        return Act(
            Kind(self.kind),
            self.space,
            self.article,
            self.receipt,
            self.anchor,
            self.commit,
            self.ticket_id,
        )


class ActsRequest(BaseModel):
    """Several at once, in the order in which they happened."""

    model_config = _REQUEST
    events: Annotated[list[ActIn], Field(min_length=1, max_length=MOST_ACTS)]


class ActsResponse(BaseModel):
    """They are acknowledged: a killed service does not lose them."""

    ids: list[str]


class FeedbackRequest(BaseModel):
    """What an agent says of an answer."""

    model_config = _REQUEST
    verdict: Verdict
    space: _Text = "default"
    receipt: _Id | None = Field(None, description="The receipt of the answer; one's own.")
    article: _Article | None = Field(None, description="The article that is wrong or outdated.")
    comment: Annotated[str, Field(max_length=LONGEST_COMMENT)] | None = Field(None, description="Redacted before it is kept.")

    def opinion(self) -> Opinion:
        """The values, parsed."""
        return Opinion(self.verdict, self.space, self.receipt, self.article, self.comment)


class FeedbackChange(BaseModel):
    """Where feedback stands from now on."""

    model_config = _REQUEST
    state: State
    assignee: _Text | None = None
    commit: _Commit | None = Field(None, description="The commit that closes it.")

    def change(self) -> Change:
        """The values, parsed."""
        return Change(self.state, self.assignee, self.commit)


class FeedbackQuery(BaseModel):
    """Which feedback."""

    model_config = _REQUEST
    space: _Text = "default"
    mine: bool = Field(default=True, description="Only one's own. Writers and leads may ask for everybody's.")
    state: State | None = None
    after: _Id | None = Field(None, description="The cursor of the page before: its `next`.")
    limit: int = Field(50, ge=1, le=200)


class FeedbackOut(BaseModel):
    """One piece of feedback and where it stands."""

    id: str
    space: str
    verdict: Verdict
    receipt: str | None
    article: str | None
    comment: str | None
    state: State
    assignee: str | None
    commit: str | None
    reader: str
    opened_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, feedback: Feedback) -> "FeedbackOut":
        """For the wire."""
        return cls.model_validate(feedback, from_attributes=True)


class FeedbackPage(BaseModel):
    """Newest first. next: what to send as `after` for the following page; null on the last."""

    feedback: list[FeedbackOut]
    next: str | None
