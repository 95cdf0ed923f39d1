"""The wire: requests as they are parsed, responses as they are written. Nothing here decides anything."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.contact import Contact
from api.fact_schema import FactOut
from api.guidance import LONGEST_QUESTION, MOST_HITS, Ask
from kb.frontmatter import YEARS
from kb.moment import date_or_instant
from kb.redaction import redact

_REQUEST: Final = ConfigDict(extra="forbid")


def _moment(text: str) -> datetime | date:
    """A date, or an RFC 3339 instant."""
    try:
        return date_or_instant(text)
    except ValueError:
        raise ValueError(
            f"expected a date such as 2026-03-01, or an instant such as 2026-03-01T17:00:00-05:00, "
            f"of the years {YEARS[0]} to {YEARS[-1]}"
        ) from None


def _moment_or_commit(text: str) -> datetime | date | str:
    try:
        return text if _is_commit(text) else _moment(text)
    except ValueError as error:
        raise ValueError(f"{error}, or the id of a commit that was live, of 7 digits at least") from None


def _is_commit(text: str) -> bool:
    return 7 <= len(text) <= 64 and "-" not in text and all(c in "0123456789abcdef" for c in text)


_Text = Annotated[str, Field(max_length=200), AfterValidator(lambda text: redact(text).text)]  # scope and context are kept too
_AsOf = Annotated[str, Field(max_length=64), AfterValidator(_moment_or_commit)]
_EffectiveOn = Annotated[str, Field(max_length=64), AfterValidator(_moment)]


class Place(BaseModel):
    """The scope that opening an article has in common with asking."""

    model_config = _REQUEST
    space: _Text = Field("default", description="Which space to ask.")
    jurisdiction: _Text | None = Field(None, description="Where the customer is: ISO 3166-1 alpha-2 or 3166-2, as US or US-CA.")
    tier: int | None = Field(None, description="Agent level to ask at; never above the reader's own.")
    lang: _Text | None = Field(None, description="Language to show articles in, as es or es-MX. Default: the question's.")
    as_of: _AsOf | None = Field(None, description="What was live then: a date, an RFC 3339 instant, or a commit id.")
    effective_on: _EffectiveOn | None = Field(None, description="Which day's rules apply: a date or an RFC 3339 instant.")

    def ask(self) -> Ask:
        """The values, parsed."""
        return Ask(
            q="",
            space=self.space,
            jurisdiction=self.jurisdiction,
            tier=self.tier,
            lang=self.lang,
            as_of=self.as_of,
            effective_on=self.effective_on,  # type: ignore[arg-type]  # the validator has parsed it
        )


class SearchQuery(Place):
    """One question, as query parameters."""

    q: str = Field(min_length=1, max_length=LONGEST_QUESTION, description="The customer's issue in the agent's words.")
    products: list[_Text] | None = Field(None, description="Products it is about. Default: all of them.")
    limit: int = Field(10, ge=1, le=MOST_HITS, description="Most articles to return.")
    explain: bool = Field(default=False, description="Show how each hit came to its place.")

    def ask(self) -> Ask:
        """The question, parsed."""
        place = super().ask()
        products = None if self.products is None else tuple(self.products)
        return Ask(
            q=self.q,
            space=self.space,
            products=products,
            jurisdiction=place.jurisdiction,
            tier=place.tier,
            lang=place.lang,
            limit=self.limit,
            as_of=place.as_of,
            effective_on=place.effective_on,
        )


class Context(BaseModel):
    """Where the question comes from. It changes no answer, and holds no secret."""

    model_config = _REQUEST
    ticket_id: Annotated[str, Field(max_length=200)] | None = Field(None, description="Only a keyed hash of it is kept.")
    host: _Text | None = None
    channel: _Text | None = None
    customer_segment: _Text | None = None

    def contact(self) -> Contact:
        """The values, parsed."""
        return Contact(self.ticket_id, self.host, self.channel, self.customer_segment)


class SearchRequest(SearchQuery):
    """One question, as JSON."""

    context: Context | None = Field(None, description="Ticket, host, channel and customer segment.")


class TranslationOut(BaseModel):
    """Which article the text translates, and whether it keeps up with it."""

    of: str | None
    state: Literal["current", "behind"]
    facts: list[FactOut] = Field(
        description="Up to five facts of the source that changed since and are not said here yet, as the source writes them."
    )


class JurisdictionOut(BaseModel):
    """Why the text applies in the asked place."""

    asked: str | None
    matched: str
    overrides: str | None
    why: str


class ReviewOut(BaseModel):
    """When the text is to be reviewed, and whether that day has passed."""

    by: date | None
    state: Literal["ok", "overdue", "none"]


class EscalationOut(BaseModel):
    """To whom, when, and what to collect first."""

    to: str
    when: str | None
    collect: list[str]


class HitOut(BaseModel):
    """One article of the answer."""

    id: str
    title: str
    url: str
    anchor: str
    heading: list[str]
    kind: str
    internal: bool = Field(description="The passage holds words that no customer may be sent: never insert its snippet.")
    snippet: str = Field(description="Words of the passage that answers, for people: tables and steps are sentences.")
    highlights: list[tuple[int, int]]
    score: float = Field(description="0 to 1, higher is better; comparable within one answer only.")
    lang: str
    translation: TranslationOut
    products: list[str]
    jurisdiction: JurisdictionOut
    tier: int
    effective_from: str | None
    effective_until: str | None
    status: str
    review: ReviewOut
    owner: str | None
    commit: str | None
    committed_at: datetime | None
    say: list[str]
    dont_say: list[str]
    escalation: EscalationOut | None
    identity_check: str
    explain: dict[str, Any]


class AboveTierOut(BaseModel):
    """Guidance exists that the reader may not see."""

    message: str
    escalate_to: str | None


class LeadOut(BaseModel):
    """An article outside the asked scope, when nothing inside it fits."""

    id: str
    title: str
    url: str
    outside: list[str]


class InferredOut(BaseModel):
    """What was understood from the words of the question and used as its scope."""

    jurisdiction: str | None
    product: str | None = Field(
        None, description="The product that the words name. Only said: ask with `products` to see nothing else."
    )


class QueryOut(BaseModel):
    """The question as it was read."""

    text: str
    lang: str
    translated: bool = Field(
        description="Whether a question in another language was searched in English too; false also for an English question."
    )
    translation: str | None = Field(description="The rough English that was searched beside the question; null if it was not.")
    inferred: InferredOut
    mended: dict[str, str] = Field(
        description="Words that seemed mistyped, and what each was read as. `text` has them as they were typed."
    )
    redacted: list[str] = Field(description="Kinds of the secrets that were replaced, as card_number.")
    struck: list[tuple[int, int]] = Field(description="Where they stood in `q` as sent: start and end, in code points.")


class ScopeOut(BaseModel):
    """The scope that was applied."""

    space: str
    products: list[str] | None
    jurisdiction: str | None
    tier: int
    lang: str
    as_of: str | None
    effective_on: datetime
    reader: str


class IndexOut(BaseModel):
    """The snapshot that answered."""

    space: str
    commit: str | None
    committed_at: str | None
    built_at: str
    fingerprint: str
    models: Mapping[str, str] = Field(description="What read it; `multilingual` is missing until it has read every passage.")


class SearchResponse(BaseModel):
    """Guidance in force for one issue, best first."""

    hits: list[HitOut]
    found: int = Field(
        description="Articles in scope that share a word or some meaning with the question, before `limit`; most fit it little."
    )
    answerable: bool
    confidence: float
    reranked: bool = Field(
        description="Whether the optional cross-encoder ordered the first hits; false without one, or if its time was spent."
    )
    reason: str | None
    above_tier: AboveTierOut | None
    varies_by_jurisdiction: list[str]
    leads: list[LeadOut]
    query: QueryOut
    scope: ScopeOut
    index: IndexOut
    receipt: str | None = Field(description="Where GET /v1/receipts/{id} proves this answer; null where none is kept.")
    receipt_note: str | None = Field(None, description="Why there is no receipt, where there should be one.")
    processing_time_ms: float


class ProblemDetail(BaseModel):
    """RFC 9457: the one shape of every error."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    instance: str
    errors: list[dict[str, Any]] = []
