"""Every error as `application/problem+json`: the one file that knows exceptions and statuses."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from api.answering_threads import UnansweredError
from api.guidance import MovedError, NotFoundError, NotGrantedError, RequestError
from api.must_read import OutdatedError
from api.queue import BusyError
from api.rate import TooManyError
from api.reader import KeysError, NotAuthenticatedError
from api.schema import ProblemDetail
from api.sign_in import SIGN_IN, asks_by_browser, sign_in_page
from api.store_error import StoreError
from api.unfit_values import told, unfit_values
from kb.errors import AsOfError, ContentError, KbError
from kb.redaction import redact
from retriever.errors import RetrieverError

MEDIA_TYPE: Final = "application/problem+json"

# Nearest class first: the first that fits decides.
STATUSES: Final[Mapping[type[Exception], HTTPStatus]] = {
    NotAuthenticatedError: HTTPStatus.UNAUTHORIZED,
    TooManyError: HTTPStatus.TOO_MANY_REQUESTS,
    OutdatedError: HTTPStatus.CONFLICT,
    RequestError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotGrantedError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    AsOfError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ContentError: HTTPStatus.CONFLICT,
    KbError: HTTPStatus.SERVICE_UNAVAILABLE,
    RetrieverError: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
    KeysError: HTTPStatus.SERVICE_UNAVAILABLE,
    BusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    UnansweredError: HTTPStatus.SERVICE_UNAVAILABLE,
}

# What any endpoint may answer beside its own.
PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": ProblemDetail, "content": {MEDIA_TYPE: {}}, "description": HTTPStatus(status).phrase}
    for status in (400, 401, 403, 404, 405, 408, 409, 413, 421, 422, 429, 503)
}

# Their own words name articles, owners and places of the machine: those are for the log, not for every reader.
_FOR_OPERATORS: Final[Mapping[type[Exception], str]] = {
    ContentError: "That commit was never served: it has errors, which `kb check` lists. Ask for another moment.",
    KbError: "The repository cannot be read right now. The log of the service tells why.",
    RetrieverError: "The index cannot be read right now. The log of the service tells why.",
    KeysError: "The identity provider cannot be reached right now. The log of the service tells why.",
    StoreError: "The database cannot be reached right now. The log of the service tells why.",
}

log = structlog.get_logger()


def install(app: FastAPI) -> None:
    """Let every error of the app be answered in the one shape, but for bugs: see `unexpected`."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(MovedError, _moved)
    for kind in STATUSES:
        app.add_exception_handler(kind, _known)


async def _moved(request: Request, error: Exception) -> Response:
    """An old address answers with the new one for good, and keeps the scope that was asked for."""
    if not isinstance(error, MovedError):
        raise error
    listed = "/v1/articles/" if request.url.path.startswith("/v1/") else "/articles/"
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{listed}{quote(error.now)}{query}", HTTPStatus.PERMANENT_REDIRECT)


def problem(
    request: Request,
    status: HTTPStatus,
    detail: str,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One error response, without secrets. `instance` is the path alone: a query may hold what a customer said."""
    body = ProblemDetail(
        title=status.phrase,
        status=int(status),
        detail=redact(detail).text,
        instance=redact(request.url.path).text,
        errors=[{name: redact(value).text for name, value in error.items()} for error in errors],
    )
    return JSONResponse(body.model_dump(), int(status), dict(headers or {}), MEDIA_TYPE)


def foreign_host(request: Request) -> Response | None:
    """The refusal of a request that was sent to another name than this machine's; None if it may come in.

    Without tokens the address is the only guard, and a web page can let its own name point at it.
    """
    if request.url.hostname in ("localhost", "127.0.0.1", "::1"):
        return None
    return problem(request, HTTPStatus.MISDIRECTED_REQUEST, "Without tokens this service answers to localhost alone.")


def too_large(request: Request, most: int) -> Response | None:
    """The refusal of a body that is larger than `most` bytes, or does not say how large it is; None if it may come in."""
    length = request.headers.get("content-length")
    if length is None and "transfer-encoding" not in request.headers:
        return None
    if length is not None and length.isdigit() and int(length) <= most:
        return None
    detail = f"The body has {length or 'an unknown number of'} bytes; expected at most {most:,}, announced by Content-Length."
    return problem(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)


async def _known(request: Request, error: Exception) -> Response:
    kind, status = next((kind, status) for kind, status in STATUSES.items() if isinstance(error, kind))
    if kind in _FOR_OPERATORS:
        log.error("a request could not be answered", path=request.url.path, reason=str(error))
    if status is HTTPStatus.UNAUTHORIZED and asks_by_browser(request):
        challenge = {"WWW-Authenticate": SIGN_IN}
        return sign_in_page(request, challenge) or problem(request, status, str(error), headers=challenge)
    headers = {"WWW-Authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else {}
    if isinstance(error, TooManyError | BusyError):
        headers["Retry-After"] = str(error.seconds)
    return problem(request, status, _FOR_OPERATORS.get(kind) or str(error), headers=headers)


async def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    unfit = unfit_values(error.errors(), skip=1)  # where the value stood, as `query` or `body`
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, told(unfit[:5]), unfit)


async def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    said_elsewhere = error.detail not in (status.phrase, _UNREADABLE)
    detail = error.detail if said_elsewhere else _DETAILS.get(status, status.description or status.phrase)
    return problem(request, status, detail, headers=error.headers)


_UNREADABLE: Final = "There was an error parsing the body"  # FastAPI's words, which tell nobody what to do
_DETAILS: Final = {
    HTTPStatus.BAD_REQUEST: "The body cannot be read; expected JSON in UTF-8.",
    HTTPStatus.NOT_FOUND: "There is nothing at this address. /docs lists every endpoint.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not answer that method. /docs lists every endpoint.",
}


async def unexpected(request: Request, error: Exception) -> Response:
    """A bug: the log tells which, the answer does not."""
    log.error("unexpected error", path=request.url.path, method=request.method, exc_info=error)
    return problem(
        request, HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on our side. The log of the service tells what."
    )
