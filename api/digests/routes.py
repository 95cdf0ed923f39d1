"""The endpoints of digests. Each translates; none decides."""

from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from api.admission import ReaderDep
from api.digests.addresses import feed_address, page_address
from api.digests.atom import scope_feed, team_feed
from api.digests.desk_dep import DeskDep
from api.digests.leaving import Leaving
from api.digests.pages import POLICY, digests_page, leave_page, left_page
from api.digests.schema import (
    DigestsQuery,
    DigestsResponse,
    FeedQuery,
    LeaveQuery,
    TeamAcknowledgementsQuery,
    TeamAcknowledgementsResponse,
    acknowledgements_out,
    as_csv,
)
from api.digests.scope_feed import ScopeFeeds
from api.endpoint import GuidanceDep, cached
from api.guidance import NotFoundError
from kb.taxonomy import Taxonomy

router = APIRouter(tags=["digests"])


async def _feeds(request: Request) -> ScopeFeeds:
    feeds: ScopeFeeds = request.app.state.feeds
    return feeds


ScopeFeedsDep = Annotated[ScopeFeeds, Depends(_feeds)]


@router.get("/digests/{team}", operation_id="readDigests", response_class=HTMLResponse)
def page(team: str, query: Annotated[DigestsQuery, Query()], reader: ReaderDep, desk: DeskDep) -> HTMLResponse:
    """What the team was told, newest first, as a page; with how often its reader was shown each passage."""
    found, snapshot = desk.team(query.space, team, reader)
    documents = desk.past(query.space, team, reader, query.limit)
    lang = found.lang(snapshot.library.taxonomy.languages[0])
    return _page(digests_page(found.name, lang, documents, feed_address(page_address(query.space, team))))


@router.get("/digests/{team}/feed", operation_id="readDigestFeed", response_class=Response)
def feed(team: str, query: Annotated[DigestsQuery, Query()], request: Request, reader: ReaderDep, desk: DeskDep) -> Response:
    """The same as an Atom feed: one entry for each version of an article, under an id that stays."""
    found, snapshot = desk.team(query.space, team, reader)
    documents = desk.documents(query.space, team, found, snapshot, limit=query.limit)  # alike for each reader: its ETag stays
    site = request.app.state.site  # whatever name the reader came by, or each would change every id
    text = team_feed(documents, space=query.space, team=team, name=found.name, site=site)
    return cached(request, text, Response(text, media_type="application/atom+xml"))


@router.get("/v1/changes/feed", operation_id="readChangesFeed", response_class=Response)
def changes_feed(query: Annotated[FeedQuery, Query()], request: Request, reader: ReaderDep, feeds: ScopeFeedsDep) -> Response:
    """What changed in a scope since the first day of last month, as an Atom feed. Its address is what the scope is saved as."""
    document = feeds.document(query.saved(), reader, request.app.state.site)
    address = "?".join(filter(None, (f"{request.app.state.site}{request.url.path}", query.address())))
    text = scope_feed(document, what=f"changes?{query.as_told(document).address()}", feed_url=address)
    return cached(request, text, Response(text, media_type="application/atom+xml"))


@router.get("/v1/teams/{team}/digests", operation_id="listDigests")
def digests(team: str, query: Annotated[DigestsQuery, Query()], reader: ReaderDep, desk: DeskDep) -> DigestsResponse:
    """The same as JSON."""
    return DigestsResponse(team=team, digests=desk.past(query.space, team, reader, query.limit))


@router.get(
    "/v1/teams/{team}/acknowledgements",
    operation_id="listTeamAcknowledgements",
    responses={200: {"content": {"text/csv": {}}}},
)
def acknowledgements(
    team: str, query: Annotated[TeamAcknowledgementsQuery, Query()], reader: ReaderDep, desk: DeskDep
) -> TeamAcknowledgementsResponse:
    """What the team has to acknowledge as it stands now, who has, and who has not."""
    found, snapshot = desk.team(query.space, team, reader)
    response = acknowledgements_out(team, desk.acknowledgements(query.space, team, found, snapshot))
    if query.format == "csv":
        name = f'attachment; filename="acknowledgements-{quote(team)}.csv"'
        return PlainTextResponse(as_csv(response), media_type="text/csv", headers={"Content-Disposition": name})  # type: ignore[return-value]
    return response


@router.get("/digests/{team}/leave", operation_id="askToLeaveDigests", response_class=HTMLResponse)
def ask_to_leave(team: str, query: Annotated[LeaveQuery, Query()], request: Request, guidance: GuidanceDep) -> HTMLResponse:
    """Ask a reader of e-mails whether they shall end."""
    _recognised(request, team, query)
    return _page(leave_page(*_named(guidance, team, query), query.address), forms="'self'")


@router.post("/digests/{team}/leave", operation_id="leaveDigests", response_class=HTMLResponse)
def leave(
    team: str, query: Annotated[LeaveQuery, Query()], request: Request, guidance: GuidanceDep, desk: DeskDep
) -> HTMLResponse:
    """End them: the one click of a mail program (RFC 8058), or the button of the page."""
    _recognised(request, team, query)
    desk.outbox.leave(query.space, team, query.address, datetime.now(UTC))
    return _page(left_page(*_named(guidance, team, query), query.address))


def _recognised(request: Request, team: str, query: LeaveQuery) -> None:
    leaving: Leaving | None = request.app.state.leaving
    if leaving is None or not leaving.holds(query.space, team, query.address, query.mark):
        raise NotFoundError("This address is not one that an e-mail of ours named. Use the one in the e-mail.")


def _named(guidance: GuidanceDep, team: str, query: LeaveQuery) -> tuple[str, str]:
    """The team's name and language, as they stood in the e-mail."""
    live = guidance.spaces.get(query.space)
    taxonomy: Taxonomy | None = live.current().library.taxonomy if live else None
    found = taxonomy.teams.get(team) if taxonomy else None
    return (found.name, found.lang(taxonomy.languages[0])) if found and taxonomy else (team, "en")


def _page(text: str, *, forms: str = "'none'") -> HTMLResponse:
    headers = {"Content-Security-Policy": POLICY.format(forms=forms), "Cache-Control": "private, no-cache"}
    return HTMLResponse(text, headers=headers)
