"""The endpoints for machines: webhooks of git hosts, and metrics."""

from http import HTTPStatus
from time import perf_counter

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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

    app.add_middleware(Timed, metrics=metrics)


class Timed:
    """Counts every request, and how long it took. ASGI itself, as api/guarded.py says."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = (
            perf_counter(),
            int(HTTPStatus.INTERNAL_SERVER_ERROR),
        )  # what fails is answered outside of every middleware

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            self._metrics.requested(getattr(scope.get("route"), "path", "none"), status, perf_counter() - begun)
