"""The endpoints for machines: webhooks of git hosts, and metrics."""

from http import HTTPStatus
from time import perf_counter

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from api import problem_json
from api.admission import ReaderDep
from api.hooks import Delivery, Hooks
from api.metrics import CONTENT_TYPE, Metrics


class HookResponse(BaseModel):
    """What was done about a delivery."""

    status: str


def add_machines(app: FastAPI, hooks: Hooks, metrics: Metrics) -> None:
    """Let git hosts and Prometheus reach the service."""

    @app.post("/hooks/git/{space}", operation_id="gitHook", status_code=HTTPStatus.ACCEPTED, tags=["operations"])
    async def git_hook(space: str, request: Request) -> HookResponse:
        """A git host says that something was pushed. Signed with the space's secret; answered at once, worked off later."""
        delivery = Delivery({name.lower(): value for name, value in request.headers.items()}, await request.body())
        return HookResponse(status=await run_in_threadpool(hooks.received, space, delivery))

    @app.get("/metrics", operation_id="metrics", tags=["operations"], response_class=PlainTextResponse)
    def figures(reader: ReaderDep) -> PlainTextResponse:
        """Figures of the reader's spaces for Prometheus. No label holds a question, an article or a reader."""
        return PlainTextResponse(metrics.text(reader.spaces), media_type=CONTENT_TYPE)

    @app.middleware("http")
    async def timed(request: Request, answer: "problem_json.Next") -> Response:
        begun = perf_counter()

        def count(status: int) -> None:
            metrics.requested(getattr(request.scope.get("route"), "path", "none"), status, perf_counter() - begun)

        try:
            response = await answer(request)
        except Exception:
            count(HTTPStatus.INTERNAL_SERVER_ERROR)  # answered outside of every middleware
            raise
        count(response.status_code)
        return response
