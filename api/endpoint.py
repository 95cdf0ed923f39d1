"""What every endpoint has: the use cases, the problems it documents, and answers that a client may keep."""

import hashlib
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response

from api.answering_threads import is_hanging
from api.guidance import Guidance


async def _guidance(request: Request) -> Guidance:
    guidance: Guidance = request.app.state.guidance
    return guidance


async def _hanging() -> bool:
    return is_hanging()


GuidanceDep = Annotated[Guidance, Depends(_guidance)]
HangingDep = Annotated[bool, Depends(_hanging)]


def cached(request: Request, seen: str, response: Response) -> Response:
    """The response with an ETag, or 304 if the client has it already. seen: everything of it that a reader would notice."""
    tag = f'"{hashlib.sha256(seen.encode()).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    response.headers.update(headers)
    return response
