"""One article, on the wire."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel

from api.schema import EscalationOut, IndexOut, ReviewOut, ScopeOut, TranslationOut


class StepAnswerOut(BaseModel):
    """One answer and where it leads; exactly one end is set."""

    text: str
    step: str | None
    resolved: str | None
    escalate: str | None


class StepOut(BaseModel):
    """One step of guided troubleshooting."""

    name: str
    question: str
    answers: list[StepAnswerOut]


class ArticleResponse(BaseModel):
    """One article as the reader may see it."""

    id: str
    title: str
    description: str | None
    url: str
    kind: str
    lang: str
    translation: TranslationOut
    translations: Mapping[str, str]
    products: list[str]
    jurisdictions: list[str]
    tier: int
    effective_from: str | None
    effective_until: str | None
    status: str
    in_force: bool
    replaced_by: str | None
    supersedes: list[str]
    superseded_by: list[str]
    overrides: str | None
    review: ReviewOut
    owner: str | None
    identity_check: str
    escalation: EscalationOut | None
    sources: list[str]
    markdown: str
    html: str
    steps: list[StepOut]
    commit: str | None
    committed_at: datetime | None
    scope: ScopeOut
    index: IndexOut
