"""What every request passes before any route, and every answer after it.

Written for ASGI itself: Starlette's own class for functions starts a task and a stream of its own for every request, two of
which took a tenth of a question's time.
"""

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problem_json
from api.edges import Edges, dress, preflight
from api.hooks import LARGEST_DELIVERY

LARGEST_BODY = 200_000  # bytes; a question of 20,000 characters in any script, escaped, with its scope


class Guarded:
    """Refuses what no route should see, and puts on the headers that every answer carries."""

    def __init__(self, app: ASGIApp, edges: Edges, *, demo: bool) -> None:
        self._app = app
        self._edges = edges
        self._demo = demo

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})  # shared with the route's own request, which writes the reader there
        request = Request(scope)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                dress(request, message["status"], MutableHeaders(scope=message), self._edges, demo=self._demo)
            await send(message)

        await (self._refusal(request) or self._app)(scope, receive, dressed)

    def _refusal(self, request: Request) -> ASGIApp | None:
        hook = request.url.path.startswith("/hooks/git/")  # guarded by its signature, whatever name it was sent to
        foreign = problem_json.foreign_host(request) if self._demo and not hook else None
        return (
            foreign
            or problem_json.too_large(request, LARGEST_DELIVERY if hook else LARGEST_BODY)
            or preflight(request, self._edges, demo=self._demo)
        )
