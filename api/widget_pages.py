"""The sidebar's two pages: alone, and beside the tickets of a fictional desk."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

WIDGET: Final = Path(__file__).parent / "widget"

# What the pages may do: run their own files and ask this service; nothing inline, nothing from elsewhere.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)

router = APIRouter(include_in_schema=False)


@router.get("/sidebar")
def sidebar() -> HTMLResponse:
    """The sidebar as a page of its own."""
    return _page("sidebar.html")


@router.get("/demo")
def demo() -> HTMLResponse:
    """Six fictional tickets beside the sidebar."""
    return _page("demo.html")


def _page(name: str) -> HTMLResponse:
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
    return HTMLResponse((WIDGET / name).read_text(encoding="utf-8"), headers=headers)
