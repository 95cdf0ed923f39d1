"""The endpoints of history and change. Each translates; none decides."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel

from api.access import Action, may
from api.admission import ReaderDep
from api.diff_page import diff_page
from api.endpoint import cached
from api.guidance import RequestError
from api.past import Asked, Times
from api.past_presentation import changes_response, diff_response, history_response, read_cursor
from api.past_schema import ChangesQuery, ChangesResponse, DiffQuery, DiffResponse, HistoryQuery, HistoryResponse
from api.presentation import target_of
from kb.moment import Moment, date_or_instant
from kb.tree import Commit
from kb.word_diff import as_text

router = APIRouter(tags=["history"])

_PAGE_POLICY: Final = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"


async def _times(request: Request) -> Times:
    times: Times = request.app.state.times
    return times


TimesDep = Annotated[Times, Depends(_times)]


@router.get("/v1/articles/{article_id}/history", operation_id="getHistory")
def history(
    article_id: str, query: Annotated[HistoryQuery, Query()], request: Request, reader: ReaderDep, times: TimesDep
) -> HistoryResponse:
    """The versions of an article that the reader can tell apart, newest first: when, who, who approved, what changed."""
    ask = query.ask()
    past = times.history(article_id, ask, reader)
    response = history_response(past, target_of(ask, ask.jurisdiction), limit=query.limit, cursor=query.cursor)
    return _page(request, response, response.next)  # type: ignore[return-value]


@router.get(
    "/v1/articles/{article_id}/diff",
    operation_id="getDiff",
    responses={200: {"content": {"text/plain": {}, "text/html": {}}}},
)
def difference(
    article_id: str, query: Annotated[DiffQuery, Query()], request: Request, reader: ReaderDep, times: TimesDep
) -> DiffResponse:
    """What changed in an article between two versions, fact by fact and word by word."""
    found = times.difference(article_id, query.from_, query.to, query.ask(), reader)
    response = diff_response(found)
    if query.format == "text":
        return _kept(request, response, PlainTextResponse(as_text(found.edits)))  # type: ignore[return-value]
    if query.format == "html":
        page = HTMLResponse(diff_page(response, found.edits), headers={"Content-Security-Policy": _PAGE_POLICY})
        return _kept(request, response, page)  # type: ignore[return-value]
    return _kept(request, response, JSONResponse(_dumped(response)))  # type: ignore[return-value]


@router.get("/v1/changes", operation_id="listChanges")
def changes(query: Annotated[ChangesQuery, Query()], request: Request, reader: ReaderDep, times: TimesDep) -> ChangesResponse:
    """What changed between two moments in the reader's scope, what matters most first, with facts old and new."""
    where = read_cursor(query.cursor) if query.cursor else {}
    old, new = _pinned(where, "from", query.from_), _pinned(where, "to", query.to)
    ask = query.ask()
    found = times.changed(old, new, ask, reader)
    response = changes_response(
        found,
        target_of(ask, ask.jurisdiction),
        query.severity,
        limit=query.limit,
        after=str(where.get("after", "")) or None,
        diagnose=may(reader.role, Action.DIAGNOSE),
    )
    return _page(request, response, response.next)  # type: ignore[return-value]


def _pinned(where: Mapping[str, object], side: str, said: str | None) -> Asked:
    """The moment that the first page settled on, so that a push between two pages moves nothing; else what is said."""
    match where.get(side):
        case [str(sha), str(at)]:
            try:
                moment = date_or_instant(at)
                if isinstance(moment, datetime) and moment.tzinfo is not None:
                    return Moment(Commit(sha, moment), moment)
            except ValueError:
                pass
            raise RequestError("cursor is none that a page ended with. Ask without it.")
    return said


def _page(request: Request, content: BaseModel, cursor: str | None) -> Response:
    """One page of a list, with the address of the next one."""
    response = JSONResponse(_dumped(content))
    if cursor is not None:
        asked = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        response.headers["Link"] = f'<{quote(request.url.path)}?{urlencode([*asked, ("cursor", cursor)])}>; rel="next"'
    return _kept(request, content, response)


def _kept(request: Request, content: BaseModel, response: Response) -> Response:
    return cached(request, f"{response.media_type}{content.model_dump_json()}", response)


def _dumped(content: BaseModel) -> object:
    return content.model_dump(mode="json", by_alias=True)
