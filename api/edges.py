"""What every answer carries and what no request may exceed: who may frame and call the service, headers, patience."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from fastapi import Request, Response
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.reader import Reader
from api.settings import Settings
from api.space import DEFAULT
from api.space_config import SpaceConfig, is_origin

PATIENCE: Final = 15.0  # seconds in which the body of a request has to arrive
_METHODS: Final = "GET, POST, PUT, PATCH, DELETE"
_HEADERS: Final = "Authorization, Content-Type, If-None-Match"
_SAYS_NOTHING: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS)  # the same to everybody, so any page may read it


@dataclass(frozen=True, slots=True)
class Edges:
    """The limits of one service. origins: space → pages that may frame and call it. rates: space → requests a minute."""

    origins: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rates: Mapping[str, int] = field(default_factory=dict)
    usual_rate: int = 600

    def calls(self, origin: str, reader: Reader | None, *, demo: bool) -> bool:
        """Whether a page may read what its request was answered. In the demo every page is the same reader's."""
        spaces = self.origins if demo else () if reader is None else reader.spaces
        if reader is not None and reader.page == origin:
            return True
        return any(_fits(origin, pattern) for space in spaces for pattern in self.origins.get(space, ()))

    def frames(self, space: str) -> str:
        """The sources of `frame-ancestors` for a page of the space."""
        return " ".join(["'self'", *self.origins.get(space, ())])


def edges_of(spaces: Mapping[str, SpaceConfig], settings: Settings) -> Edges:
    """The limits that the operator set."""
    rates = {name: config.requests_per_minute for name, config in spaces.items() if config.requests_per_minute is not None}
    return Edges({name: config.origins for name, config in spaces.items()}, rates, settings.requests_per_minute)


def _fits(origin: str, pattern: str) -> bool:
    """Exactly, or any name below the domain of `https://*.example.com`."""
    scheme, _, host = pattern.partition("://")
    if not host.startswith("*."):
        return origin == pattern
    return origin.startswith(f"{scheme}://") and origin.endswith(host[1:]) and is_origin(origin) and "*" not in origin


def preflight(request: Request, edges: Edges, *, demo: bool) -> Response | None:
    """The answer to a browser that asks whether a page may ask; None for every other request.

    With tokens every page may: a page without a token gets nothing, and a list of those that may would name the clients.
    """
    origin = request.headers.get("origin")
    if request.method != "OPTIONS" or origin is None or "access-control-request-method" not in request.headers:
        return None
    if demo and not edges.calls(origin, None, demo=True):
        return Response(status_code=HTTPStatus.NO_CONTENT)
    headers = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": _METHODS,
        "Access-Control-Allow-Headers": _HEADERS,
        "Access-Control-Max-Age": "600",
    }
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)


def dress(request: Request, status: int, headers: MutableHeaders, edges: Edges, *, demo: bool) -> None:
    """Put on the headers that every answer carries. What a route has set itself stays."""
    reader: Reader | None = getattr(request.state, "reader", None)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    static = request.url.path.startswith(("/static", "/widget"))
    headers["Cross-Origin-Resource-Policy"] = "cross-origin" if static else "same-origin"
    if not static:
        headers.setdefault("Cache-Control", "no-store")
    if request.url.scheme == "https":
        headers["Strict-Transport-Security"] = "max-age=31536000"
    headers["Content-Security-Policy"] = _policy(request, status, headers, reader, edges)
    origin = request.headers.get("origin")
    if "access-control-allow-origin" not in headers:
        headers.append("Vary", "Origin")
        says_nothing = not demo and reader is None and status in _SAYS_NOTHING
        if origin is not None and (says_nothing or edges.calls(origin, reader, demo=demo)):
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = "ETag, Retry-After"


def _policy(request: Request, status: int, headers: MutableHeaders, reader: Reader | None, edges: Edges) -> str:
    """The route's own policy, and who may frame the answer.

    A page of a space: the pages of that space. A shell, which shows nothing by itself: whom its route names. Else: none.
    """
    html = headers.get("content-type", "").startswith("text/html")
    own = headers.get("content-security-policy", "" if html else "default-src 'none'")
    parts = [part.strip() for part in own.split(";") if part.strip()]
    kept = [part for part in parts if not part.startswith("frame-ancestors")]
    ancestors = next((part for part in parts if html and part not in kept), "frame-ancestors 'none'")
    if html and status == HTTPStatus.OK and reader is not None:
        ancestors = f"frame-ancestors {edges.frames(request.query_params.get('space', DEFAULT))}"
    return "; ".join([*kept, ancestors])


class Patience:
    """Ends a request whose body does not arrive in time, so that slow senders hold nothing."""

    def __init__(self, app: ASGIApp, seconds: float = PATIENCE) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http":
            receive = _bounded(receive, self._seconds)
        await self._app(scope, receive, send)


def _bounded(receive: Receive, seconds: float) -> Receive:
    waiting = True
    ends = asyncio.get_running_loop().time() + seconds

    async def bounded() -> Message:
        nonlocal waiting
        if not waiting:
            return await receive()  # what comes after the body is the end of the connection, whenever that is
        try:
            async with asyncio.timeout_at(ends):
                message = await receive()
        except TimeoutError:
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, "The body of the request did not arrive in time.") from None
        waiting = bool(message.get("more_body"))
        return message

    return bounded
