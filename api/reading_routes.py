"""The endpoints of what a reader has read, must read and acknowledges. Each translates; none decides."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from api.admission import ReaderDep
from api.digests.desk_dep import DeskDep
from api.endpoint import GuidanceDep
from api.guidance import Ask
from api.membership import teams_of
from api.must_read import live_version, must_reads
from api.reading_schema import (
    AcknowledgementRequest,
    AcknowledgementsQuery,
    AcknowledgementsResponse,
    ReadingOut,
    ReadingsQuery,
    ReadingsResponse,
    acknowledgements_response,
)
from api.record_routes import RecordsDep

router = APIRouter(tags=["reading"])


@router.get("/v1/readings", operation_id="listReadings")
def readings(query: Annotated[ReadingsQuery, Query()], reader: ReaderDep, records: RecordsDep) -> ReadingsResponse:
    """Which versions of these articles the reader has opened and acknowledged, newest first: its own alone."""
    return ReadingsResponse(readings=[ReadingOut.of(it) for it in records.readings(query.space, reader, query.article)])


@router.get("/v1/acknowledgements", operation_id="listAcknowledgements")
def acknowledgements(
    query: Annotated[AcknowledgementsQuery, Query()],
    reader: ReaderDep,
    guidance: GuidanceDep,
    records: RecordsDep,
    desk: DeskDep,
) -> AcknowledgementsResponse:
    """What the reader must read, and what of it is acknowledged as it stands now."""
    lang = query.lang or reader.lang
    view = guidance.view(Ask("", space=query.space), reader)
    teams = teams_of(reader, view.snapshot.library.taxonomy)
    told = desk.told(query.space, list(teams))
    wanted = list(must_reads(view.snapshot, view.scope, teams.values(), lang, told))
    return acknowledgements_response(list(teams), wanted, records.readings(query.space, reader))


@router.post("/v1/acknowledgements", operation_id="acknowledge", status_code=HTTPStatus.CREATED)
def acknowledge(body: AcknowledgementRequest, reader: ReaderDep, guidance: GuidanceDep, records: RecordsDep) -> ReadingOut:
    """Say to have read an article as it stands now; 409 if a newer version is live. The first time stays."""
    opened = guidance.open(body.article, Ask("", space=body.space), reader)
    version = live_version(opened, body.commit)
    return ReadingOut.of(records.acknowledge(body.space, opened.article.id, version, reader))
