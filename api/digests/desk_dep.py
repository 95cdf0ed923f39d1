"""The desk of a request's application."""

from typing import Annotated

from fastapi import Depends, Request

from api.digests.desk import Desk
from api.record_routes import RecordsDep


async def _desk(request: Request, records: RecordsDep) -> Desk:
    desk: Desk | None = request.app.state.desk
    if desk is None:
        desk = request.app.state.desk = Desk(request.app.state.guidance, records.recorder.ledger.database)
    return desk


DeskDep = Annotated[Desk, Depends(_desk)]
