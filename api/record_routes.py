"""The endpoints of receipts, events and feedback. Each translates; none decides."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from api.access import Action, may
from api.admission import ReaderDep
from api.events.feedback_table import FeedbackWanted
from api.events.records import Records
from api.health_schema import EventsHealth
from api.reader import Reader
from api.record_schema import (
    ActsRequest,
    ActsResponse,
    FeedbackChange,
    FeedbackOut,
    FeedbackPage,
    FeedbackQuery,
    FeedbackRequest,
    ReceiptResponse,
)
from api.store_error import StoreError

router = APIRouter()


async def records_of(request: Request) -> Records | None:
    """The event store; None in an application that was made without one."""
    records: Records | None = request.app.state.records
    return records


MaybeRecordsDep = Annotated[Records | None, Depends(records_of)]


async def _records(records: MaybeRecordsDep) -> Records:
    if records is None:
        raise StoreError("This application was made without an event store.")
    return records


RecordsDep = Annotated[Records, Depends(_records)]


def events_health(guest: Reader | None, records: Records | None) -> EventsHealth | None:
    """What waits for the database, for who runs the service."""
    if records is None or guest is None or not may(guest.role, Action.OPERATE):
        return None
    backlog = records.recorder.backlog()
    return EventsHealth(waiting_bytes=backlog.bytes, error=backlog.error, damaged=backlog.damaged)


@router.get("/v1/receipts/{receipt_id}", operation_id="getReceipt", tags=["proof"])
def receipt(receipt_id: str, reader: ReaderDep, records: RecordsDep) -> ReceiptResponse:
    """What was asked and shown, from which commit, by which models: one's own, or any for an auditor."""
    return ReceiptResponse.model_validate(records.receipt(receipt_id, reader))


@router.post("/v1/events", operation_id="recordEvents", status_code=HTTPStatus.ACCEPTED, tags=["proof"])
def record(body: ActsRequest, reader: ReaderDep, records: RecordsDep) -> ActsResponse:
    """Write down what an agent opened or inserted."""
    return ActsResponse(ids=records.acted([entry.act() for entry in body.events], reader))


@router.post("/v1/feedback", operation_id="sendFeedback", status_code=HTTPStatus.CREATED, tags=["feedback"])
def send(body: FeedbackRequest, reader: ReaderDep, records: RecordsDep) -> FeedbackOut:
    """Say that an answer was helpful, wrong, outdated or missing."""
    return FeedbackOut.of(records.say(body.opinion(), reader))


@router.get("/v1/feedback", operation_id="listFeedback", tags=["feedback"])
def feedback(query: Annotated[FeedbackQuery, Query()], reader: ReaderDep, records: RecordsDep) -> FeedbackPage:
    """One's own feedback and where it stands; everybody's in the space for writers and leads. Newest first."""
    mine = reader.id if query.mine else None
    found = records.feedback_list(FeedbackWanted(query.space, mine, query.state, query.after, query.limit + 1), reader)
    page = found[: query.limit]
    return FeedbackPage(
        feedback=[FeedbackOut.of(entry) for entry in page], next=page[-1].id if len(found) > query.limit else None
    )


@router.get("/v1/feedback/{feedback_id}", operation_id="getFeedback", tags=["feedback"])
def one_feedback(feedback_id: str, reader: ReaderDep, records: RecordsDep) -> FeedbackOut:
    """One piece of feedback and where it stands."""
    return FeedbackOut.of(records.feedback(feedback_id, reader))


@router.patch("/v1/feedback/{feedback_id}", operation_id="changeFeedback", tags=["feedback"])
def change(feedback_id: str, body: FeedbackChange, reader: ReaderDep, records: RecordsDep) -> FeedbackOut:
    """Assign feedback, close it, or open it again: for writers and leads."""
    return FeedbackOut.of(records.change_feedback(feedback_id, body.change(), reader))
