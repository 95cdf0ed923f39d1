"""The web application: routes, errors, static files. It is given everything it needs."""

from pathlib import Path
from typing import Final

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from fastapi.routing import iter_route_contexts
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline

from api import contract_page, problem_json
from api.admission import admitted
from api.digests.scope_feed import ScopeFeeds
from api.edges import Edges, Patience, dress
from api.events.records import Records
from api.guarded import Guarded
from api.guidance import Guidance
from api.past import Times
from api.rate import OwnWindow, Rates, Window
from api.reader import Readers
from api.routes import router
from api.session_routes import router as session_router
from api.widget_files import WidgetFiles

_STATIC: Final = Path(__file__).parent / "static"
_DESCRIPTION: Final = "Ranks the guidance in force for an issue: this product, this customer's place, this agent's tier."
_ICON: Final = Path(__file__).parent / "packages" / "logo-small.png"


def create_app(
    guidance: Guidance,
    readers: Readers,
    records: Records | None = None,
    *,
    edges: Edges | None = None,
    window: Window | None = None,
) -> FastAPI:
    """The application. readers: who requests are taken for. records: where it writes down what it shows; None: nowhere.

    window: where requests are counted; None: in this process alone.
    """
    demo, edges = readers.loopback_only, edges or Edges()
    app = FastAPIOffline(  # for the files of its pages only: the pages themselves hold scripts
        None,
        None,
        title="Fingerpost",
        version="1",
        description=_DESCRIPTION,
        dependencies=[Depends(admitted)],
        responses=problem_json.PROBLEMS,
    )
    app.state.guidance = guidance
    app.state.times = Times(guidance)
    app.state.feeds = ScopeFeeds(guidance)
    app.state.readers = readers
    app.state.rates = None if demo else Rates(edges.usual_rate, edges.rates, window=window or OwnWindow())
    app.state.records = records
    app.state.desk = None  # made at the first request that asks for it
    app.state.leaving = None  # set where digests are sent
    app.state.site = "http://localhost"  # the same
    app.state.replaced = False  # whether a process above replaces this one when it hangs
    app.state.edges = edges
    app.state.widget = WidgetFiles()
    app.include_router(router)
    app.include_router(session_router)
    app.include_router(contract_page.router)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.mount("/widget", app.state.widget, name="widget")
    app.add_api_route("/", lambda: RedirectResponse("/docs"), include_in_schema=False)
    app.add_api_route("/favicon.ico", _icon, include_in_schema=False)
    problem_json.install(app)
    app.add_middleware(Patience)

    app.add_middleware(Guarded, edges=edges, demo=demo)

    @app.exception_handler(Exception)  # answered outside of every middleware, so it is dressed here
    async def failed(request: Request, error: Exception) -> Response:
        response = await problem_json.unexpected(request, error)
        dress(request, response.status_code, response.headers, edges, demo=demo)
        return response

    return app


def build_routes(app: FastAPI) -> None:
    """Build now what FastAPI builds of included routers when they are first asked, which would hold up whoever asks then."""
    for _ in iter_route_contexts(app.routes):
        """Each is built as it comes, and kept."""


def _icon() -> FileResponse:
    """What browsers ask for beside every page, whatever its address."""
    return FileResponse(_ICON, media_type="image/png", headers={"Cache-Control": "public, max-age=86400"})
