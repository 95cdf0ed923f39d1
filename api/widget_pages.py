"""The sidebar's pages: alone or in a host's frame, in Zendesk, and beside the tickets of a fictional desk."""

from html import escape
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from api.edges import Edges
from api.space import DEFAULT
from api.widget_files import WidgetFiles

# What the pages may do: run their own files and ask this service; nothing inline, nothing from elsewhere.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors {ancestors}"
)
_NO_HOSTS: Final = '<meta name="kb-hosts" content="">'  # stands in the pages that can be framed

router = APIRouter(include_in_schema=False)


_Space = Annotated[str, Query(max_length=200)]


@router.get("/sidebar")
def sidebar(request: Request, space: _Space = DEFAULT) -> HTMLResponse:
    """The sidebar as a page of its own."""
    return _framed(request, "sidebar.html", space)


@router.get("/sidebar/zendesk")
def zendesk(request: Request, space: _Space = DEFAULT) -> HTMLResponse:
    """The sidebar as the page of a Zendesk app."""
    return _framed(request, "zendesk.html", space)


@router.get("/demo")
def demo(request: Request) -> HTMLResponse:
    """Six fictional tickets beside the sidebar."""
    return _page(_text(request, "demo.html"), "'self'")


def _framed(request: Request, name: str, space: str) -> HTMLResponse:
    """A page that names the pages that may frame it and are heard: a browser has to know them.

    A space that is not there looks like one without such pages.
    """
    edges: Edges = request.app.state.edges
    known = space.partition("@")[0]
    hosts = _NO_HOSTS.replace('""', f'"{escape(" ".join(edges.origins.get(known, ())))}"')
    return _page(_text(request, name).replace(_NO_HOSTS, hosts), edges.frames(known))


def _text(request: Request, name: str) -> str:
    files: WidgetFiles = request.app.state.widget
    return files.page(name)


def _page(text: str, ancestors: str) -> HTMLResponse:
    return HTMLResponse(
        text, headers={"Content-Security-Policy": POLICY.format(ancestors=ancestors), "Cache-Control": "no-cache"}
    )
