"""The endpoints. Each translates; none decides."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from api.admission import GuestDep, ReaderDep
from api.answering import open_article, respond
from api.answering_threads import answered, hangs
from api.article_page import article_page
from api.article_schema import ArticleResponse
from api.browsing import router as browsing_router
from api.contact import UNKNOWN
from api.digests.drill_routes import router as drill_router
from api.digests.routes import router as digest_router
from api.endpoint import GuidanceDep, HangingDep, cached
from api.guidance import NotFoundError
from api.health_presentation import healths, shown_to
from api.health_schema import HealthResponse, ReadyResponse
from api.past_routes import router as past_router
from api.presentation import article_response
from api.reading_routes import router as reading_router
from api.record_routes import MaybeRecordsDep, events_health
from api.record_routes import router as record_router
from api.schema import Place, SearchQuery, SearchRequest, SearchResponse
from api.widget_pages import router as widget_router

router = APIRouter()


@router.post("/v1/search", operation_id="search", tags=["guidance"], response_model=SearchResponse)
async def search(body: SearchRequest, reader: ReaderDep, guidance: GuidanceDep, records: MaybeRecordsDep) -> Response:
    """Guidance in force for one issue, best first."""
    contact = body.context.contact() if body.context else UNKNOWN
    return await answered(body, lambda claim: respond(body, reader, guidance, records, contact, claim=claim))


@router.get("/v1/search", operation_id="searchByQuery", tags=["guidance"], response_model=SearchResponse)
async def search_by_query(
    query: Annotated[SearchQuery, Query()], reader: ReaderDep, guidance: GuidanceDep, records: MaybeRecordsDep
) -> Response:
    """The same, with the same names as query parameters. Prefer POST: addresses end up in logs."""
    return await answered(query, lambda claim: respond(query, reader, guidance, records, claim=claim))


# below the search: every request is compared with one route after the other, and most are questions
router.include_router(browsing_router)
router.include_router(widget_router)
router.include_router(past_router)


@router.get("/v1/articles/{article_id}", operation_id="getArticle", tags=["guidance"])
def article(
    article_id: str,
    place: Annotated[Place, Query()],
    request: Request,
    reader: ReaderDep,
    guidance: GuidanceDep,
    records: MaybeRecordsDep,
) -> ArticleResponse:
    """One article, rendered and raw, without the parts that the reader may not see."""
    ask = place.ask()
    response = article_response(open_article(article_id, ask, reader, guidance, records), ask, reader)
    return cached(request, _seen(response), JSONResponse(response.model_dump(mode="json")))  # type: ignore[return-value]


@router.get("/articles/{article_id}", include_in_schema=False)
def article_as_page(
    article_id: str,
    place: Annotated[Place, Query()],
    request: Request,
    reader: ReaderDep,
    guidance: GuidanceDep,
    records: MaybeRecordsDep,
) -> HTMLResponse:
    """One article as a page: what a hit's `url` opens."""
    ask = place.ask()
    elsewhere = request.headers.get("sec-fetch-site") == "cross-site"  # where a page may send a browser that keeps the password
    opened = open_article(article_id, ask, reader, guidance, records, from_elsewhere=elsewhere)
    response = article_response(opened, ask, reader)
    page = HTMLResponse(article_page(response), headers={"Content-Security-Policy": _PAGE_POLICY})
    return cached(request, _seen(response), page)  # type: ignore[return-value]


@router.get("/v1/articles/{address:path}", include_in_schema=False)
@router.get("/articles/{address:path}", include_in_schema=False)
def old_address(address: str, place: Annotated[Place, Query()], reader: ReaderDep, guidance: GuidanceDep) -> JSONResponse:
    """An old address with slashes in it: a redirect to the article it was, or nothing."""
    guidance.open(address, place.ask(), reader)
    raise NotFoundError(f"There is no article {address!r} here that you may read.")


_PAGE_POLICY: Final = "default-src 'none'; style-src 'self'; img-src 'self' https:; base-uri 'none'; form-action 'none'"


def _seen(content: ArticleResponse) -> str:
    """What a reader sees of it: a new day is new content, because the page prints it; a new moment is not."""
    seen = content.model_dump_json(exclude={"scope": {"effective_on"}, "index": {"built_at"}})
    return f"{content.scope.effective_on:%Y-%m-%d}{seen}"


@router.get("/healthz", operation_id="health", tags=["operations"])
async def health(request: Request, hanging: HangingDep) -> HealthResponse:
    """The process runs. 503 while questions hang and no more are taken: restart it. Needs no thread, so it answers then too.

    Of several workers a hanging one is replaced by the process above it, so nothing has to be restarted from outside.
    """
    if hanging and not request.app.state.replaced:
        raise hangs()
    return HealthResponse()


@router.get("/readyz", operation_id="ready", tags=["operations"], responses={503: {"model": ReadyResponse}})
def ready(guidance: GuidanceDep, guest: GuestDep, records: MaybeRecordsDep, hanging: HangingDep) -> JSONResponse:
    """Whether questions can be answered; a reader also sees how its spaces stand, and why the newest commit is not served."""
    own = guest.spaces if guest else frozenset()  # only for these git is asked: a guest's answer costs nothing
    states = {name: live.health() for name, live in guidance.spaces.items() if name in own}
    body = ReadyResponse(
        # one client's mistake takes no other's service away
        ready=not hanging and any(live.serving for live in guidance.spaces.values()),
        hanging=hanging,
        models=guidance.model_names,
        spaces=healths(shown_to(guest, states)),
        events=events_health(guest, records),
    )
    status = HTTPStatus.OK if body.ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JSONResponse(body.model_dump(mode="json"), int(status))


router.include_router(record_router)
router.include_router(reading_router)
router.include_router(digest_router)
router.include_router(drill_router)
