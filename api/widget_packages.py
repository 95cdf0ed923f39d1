"""The sidebar ready for its hosts: a Zendesk app, a Chrome extension, a script tag. Each with the service's address in it."""

import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from api.guidance import RequestError
from api.space_config import is_origin

# What the key in the extension's manifest makes its id, on every machine: it is what a space's `origins` names.
EXTENSION: Final = "chrome-extension://iickfhnbfidmhagkldfccdiaeginbfol"

_PACKAGES: Final = Path(__file__).parent / "packages"
_LOGOS: Final = {
    "zendesk": {"assets/logo.png": "logo.png", "assets/logo-small.png": "logo-small.png"},
    "chrome": {"logo-small.png": "logo-small.png"},
}
_SNIPPET: Final = """\
<script type="module" src="{server}/widget/kb-sidebar.js"></script>
<kb-sidebar space="{space}"></kb-sidebar>
<script type="module">
  const sidebar = document.querySelector('kb-sidebar')
  sidebar.session = async () => (await fetch({session}, {{ method: 'POST' }})).text()
  sidebar.addEventListener('kb-insert', ({{ detail }}) => console.log('for the reply:', detail.text))
</script>
"""

Files = Mapping[str, bytes]


def origin_of(server: str) -> str:
    """The service's address as browsers name it. Raises RequestError."""
    origin = server.rstrip("/")
    if not is_origin(origin) or "*" in origin:
        raise RequestError(f"--server is {server!r}; expected an origin such as https://guidance.example.com, without a path.")
    return origin


def zendesk(server: str, space: str) -> Files:
    """A Zendesk app for `zcli apps:create` or an upload: its page is the service's own, inside Zendesk's frame."""
    return _filled("zendesk", {"$SERVER": server, "$HOST": urlsplit(server).hostname or "", "$SPACE": space})


def chrome(server: str, space: str, session: str | None) -> Files:
    """A Chrome extension with a side panel. session: where a signed-in agent's browser gets a session; None: the demo."""
    files = dict(_filled("chrome", {"$SERVER": server}))
    said = {"SERVER": server, "SPACE": space, "SESSION": session}
    files["config.js"] = "".join(f"export const {name} = {json.dumps(value)}\n" for name, value in said.items()).encode()
    if session is not None:
        parts = urlsplit(session)
        manifest: dict[str, Any] = json.loads(files["manifest.json"])
        manifest["host_permissions"] = [f"{parts.scheme}://{parts.hostname}/*"]
        policy = manifest["content_security_policy"]
        policy["extension_pages"] = policy["extension_pages"].replace(
            "connect-src 'self'", f"connect-src {parts.scheme}://{parts.netloc}"
        )
        files["manifest.json"] = json.dumps(manifest, indent=2).encode()
    return files


def snippet(server: str, space: str, session: str | None) -> str:
    """A script tag for any page."""
    return _SNIPPET.format(server=server, space=space, session=json.dumps(session or "/guidance-session"))


def write(files: Files, to: Path) -> None:
    """As a zip if the name ends so, else as a folder; neither may be there already. Raises RequestError."""
    if to.exists():
        raise RequestError(f"{to} is there already; nothing was written. Choose another name.")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        if to.suffix == ".zip":
            to.write_bytes(_zip(files))
            return
        for name, content in files.items():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            (to / name).write_bytes(content)
    except OSError as error:
        raise RequestError(f"{to} cannot be written: {error.strerror}.") from None


def _filled(package: str, words: Mapping[str, str]) -> Files:
    folder = _PACKAGES / package
    files = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    for name, content in files.items():
        text = content.decode()
        for word, value in words.items():
            text = text.replace(word, value)
        files[name] = text.encode()
    return files | {name: (_PACKAGES / logo).read_bytes() for name, logo in _LOGOS[package].items()}


def _zip(files: Files) -> bytes:
    """The same files always give the same bytes."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(ZipInfo(name), content, ZIP_DEFLATED)
    return packed.getvalue()
