"""The web application: routes, errors, static files. It is given everything it needs."""

from pathlib import Path
from typing import Final

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline

from api import problem_json
from api.admission import admitted
from api.events.records import Records
from api.guidance import Guidance
from api.past import Times
from api.reader import Readers
from api.routes import router
from api.widget_pages import WIDGET

LARGEST_BODY: Final = 200_000  # bytes; a question of 20,000 characters in any script, escaped, with its scope
_STATIC: Final = Path(__file__).parent / "static"
_DESCRIPTION: Final = "Ranks the guidance in force for an issue: this product, this customer's place, this agent's tier."


def create_app(guidance: Guidance, readers: Readers, records: Records | None = None) -> FastAPI:
    """The application. readers: who requests are taken for. records: where it writes down what it shows; None: nowhere."""
    app = FastAPIOffline(title="Fingerpost", version="1", description=_DESCRIPTION, dependencies=[Depends(admitted)])
    app.state.guidance = guidance
    app.state.times = Times(guidance)
    app.state.readers = readers
    app.state.records = records
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.mount("/widget", StaticFiles(directory=WIDGET), name="widget")
    app.add_api_route("/", lambda: RedirectResponse("/docs"), include_in_schema=False)
    problem_json.install(app)

    @app.middleware("http")
    async def guarded(request: Request, answer: "problem_json.Next") -> Response:
        foreign = problem_json.foreign_host(request) if readers.loopback_only else None
        refused = foreign or problem_json.too_large(request, LARGEST_BODY)
        response = refused or await answer(request)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return app
