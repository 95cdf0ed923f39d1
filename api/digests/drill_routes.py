"""The endpoints of drills. Each translates; none decides."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from api.admission import ReaderDep
from api.digests.desk_dep import DeskDep
from api.digests.drills import Drills, Mastery, Offer
from api.digests.schema import TeamQuery
from api.record_routes import RecordsDep

router = APIRouter(tags=["digests"])


class QuestionOut(BaseModel):
    """One question: the figure in the gap between `before` and `after`, the step that is new, or the place where it holds."""

    asks: str
    before: str
    after: str
    heading: list[str]
    options: list[str]


class DrillOut(BaseModel):
    """The drill of one changed rule. version: of the text; best: one's own best score, per cent, practice too.

    certified: by one's first try. practice: one has tried, so a further try certifies nothing until the text changes.
    """

    article: str
    version: str
    title: str
    url: str
    lang: str
    questions: list[QuestionOut]
    best: int | None
    certified: bool
    practice: bool


class DrillsResponse(BaseModel):
    """What the reader can be drilled in, the newest first."""

    drills: list[DrillOut]


class DrillAnswers(TeamQuery):
    """The number of the chosen option of each question, from 0, in their order."""

    article: Annotated[str, Field(max_length=200)]
    version: Annotated[str, Field(max_length=64)]
    answers: Annotated[list[Annotated[int, Field(ge=0, le=20)]], Field(min_length=1, max_length=20)]


class MarkedOut(BaseModel):
    """The score, per cent; whether one's first try certifies; whether this was practice after it; and the right answers."""

    score: int
    certified: bool
    practice: bool
    answers: list[int]


class MemberScore(BaseModel):
    """The score of one member's first try; null for who has not tried."""

    name: str
    score: int | None
    certified: bool


class WeakSpot(BaseModel):
    """One question, and how many members got it wrong at their first try."""

    question: QuestionOut
    wrong: int


class MasteryOut(BaseModel):
    """How the team knows one changed rule."""

    article: str
    version: str
    title: str
    members: list[MemberScore]
    weak_spots: list[WeakSpot]


class MasteryResponse(BaseModel):
    """Every drill of the team, the least known first."""

    drills: list[MasteryOut]


async def _drills(desk: DeskDep, records: RecordsDep) -> Drills:
    return Drills(desk, records)


DrillsDep = Annotated[Drills, Depends(_drills)]


@router.get("/v1/teams/{team}/drills", operation_id="listDrills")
def drills(team: str, query: Annotated[TeamQuery, Query()], reader: ReaderDep, found: DrillsDep) -> DrillsResponse:
    """Questions about the rules that changed in the last 30 days, without their answers."""
    return DrillsResponse(drills=[_drill(offer) for offer in found.offers(query.space, team, reader)])


@router.post("/v1/teams/{team}/drills", operation_id="answerDrill", status_code=HTTPStatus.CREATED)
def answer(team: str, body: DrillAnswers, reader: ReaderDep, found: DrillsDep) -> MarkedOut:
    """Answer one drill: the score, and whether this version is certified for the reader. The first try of a version counts."""
    marked = found.answer(body.space, team, reader, body.article, body.version, body.answers)
    return MarkedOut(score=marked.score, certified=marked.certified, practice=marked.practice, answers=list(marked.answers))


@router.get("/v1/teams/{team}/drill-results", operation_id="listDrillResults")
def results(team: str, query: Annotated[TeamQuery, Query()], reader: ReaderDep, found: DrillsDep) -> MasteryResponse:
    """Who is certified for which version, and which questions are known worst."""
    return MasteryResponse(drills=[_mastery(it) for it in found.mastery(query.space, team, reader)])


def _drill(offer: Offer) -> DrillOut:
    line = offer.line
    return DrillOut(
        article=line.id,
        version=line.blob,
        title=line.title,
        url=line.url,
        lang=line.lang,
        questions=[QuestionOut.model_validate(question.model_dump()) for question in line.drill],
        best=offer.best,
        certified=offer.certified,
        practice=offer.practice,
    )


def _mastery(it: Mastery) -> MasteryOut:
    asked = [QuestionOut.model_validate(question.model_dump()) for question in it.line.drill]
    return MasteryOut(
        article=it.line.id,
        version=it.line.blob,
        title=it.line.title,
        members=[
            MemberScore(name=name, score=score, certified=score is not None and score >= it.needed) for name, score in it.scores
        ],
        weak_spots=[WeakSpot(question=asked[number], wrong=count) for number, count in it.weak if number < len(asked)],
    )
