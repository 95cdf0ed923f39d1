"""The sidebar's files as browsers get them: read once, compressed, kept for ever, because their address changes with them."""

import gzip
import re
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Final

from fastapi import HTTPException, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers
from starlette.types import Scope

WIDGET: Final = Path(__file__).parent / "widget"

_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".ts": "text/plain"}
_IMPORT: Final = re.compile(r"^(?:import|export) .*?'\./([\w.-]+)'", re.MULTILINE)
# One that has its lines for itself, or ends one: not where a quote follows, for then it may stand inside a text.
_COMMENT: Final = re.compile(r"^[ ]*(?:/\*.*?\*/|//[^\n]*)(?=\n)|[ ]+//[^\n\"'`]*(?=\n)", re.MULTILINE | re.DOTALL)
# They hold nothing of anybody: any page may load them, as a script tag of a host does.
_ANYBODY: Final = {"Access-Control-Allow-Origin": "*", "Vary": "Accept-Encoding"}
_FOR_EVER: Final = {**_ANYBODY, "Cache-Control": "public, max-age=31536000, immutable"}
_ASK_FIRST: Final = {**_ANYBODY, "Cache-Control": "no-cache"}


_READ: Final = {*_TYPES, ".html"}  # whatever else an editor or a system leaves in the folder


class WidgetFiles(StaticFiles):
    """What is mounted at `/widget`. `/widget/VERSION/name` never changes; `/widget/name` leads to today's version.

    A page that is loaded while a new version is put in place gets all its files from one of the two, never from both.
    """

    def __init__(self, folder: Path = WIDGET) -> None:
        super().__init__(directory=folder)
        texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()) if path.suffix in _READ}
        self._version = sha256("".join(texts.values()).encode()).hexdigest()[:12]
        self._files = {name: _sent(name, text) for name, text in texts.items() if Path(name).suffix in _TYPES}
        self._packed = {name: gzip.compress(content, mtime=0) for name, content in self._files.items()}
        self._pages = {name: self._page(text, texts) for name, text in texts.items() if name.endswith(".html")}

    @property
    def weight(self) -> int:
        """What all of it weighs on the wire, in bytes: every script, style and page, and the types."""
        return sum(map(len, self._packed.values())) + sum(len(gzip.compress(page.encode())) for page in self._pages.values())

    def page(self, name: str) -> str:
        """A page that names all its scripts at the top: they are fetched at once, not one import after the other."""
        return self._pages[name]

    def _page(self, text: str, texts: dict[str, str]) -> str:
        wanted = re.findall(r'src="/widget/([\w.-]+)"', text)
        for name in wanted:  # grows while it is walked
            wanted += [it for it in _IMPORT.findall(texts[name]) if it not in wanted]
        links = [f'<link rel="modulepreload" href="/widget/{name}">\n' for name in wanted]
        style = '<link rel="preload" as="style" href="/widget/style.css">\n'
        return text.replace("</head>", f"{style}{''.join(links)}</head>").replace('="/widget/', f'="/widget/{self._version}/')

    async def get_response(self, path: str, scope: Scope) -> Response:
        """One file; an old version's address leads to today's."""
        version, _, name = path.rpartition("/")
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
        if name not in self._files or "/" in version:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        if version != self._version:
            return RedirectResponse(f"/widget/{self._version}/{name}", HTTPStatus.FOUND, headers=_ASK_FIRST)
        if "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            return Response(self._files[name], headers=_FOR_EVER, media_type=_TYPES[Path(name).suffix])
        headers = {**_FOR_EVER, "Content-Encoding": "gzip"}
        return Response(self._packed[name], headers=headers, media_type=_TYPES[Path(name).suffix])


def _sent(name: str, text: str) -> bytes:
    """A script or style without its comments, which are a seventh of the weight and for who reads the source.

    Every line stays where it is, so that what a browser says of a line is true of the source.
    """
    if name.endswith(".d.ts"):
        return text.encode()
    return _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text).encode()
