"""`kb widget`."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from api import widget_packages
from api.guidance import RequestError

widget = typer.Typer(no_args_is_help=True, help="Put the sidebar where agents work.")

ServerOption = Annotated[str, typer.Option(help="Where agents' browsers reach the service, as https://guidance.example.com.")]
SpaceOption = Annotated[str, typer.Option(help="The space to ask.")]
SessionOption = Annotated[
    str | None, typer.Option(help="Address of your own server that answers a signed-in agent with a session, as text.")
]


@widget.command()
def zendesk(
    server: ServerOption,
    space: SpaceOption = "default",
    out: Annotated[Path, typer.Option(help="Folder, or zip if it ends so.")] = Path("fingerpost-zendesk.zip"),
) -> None:
    """Write a Zendesk app: upload it as a private app, or give it to `zcli`."""
    widget_packages.write(widget_packages.zendesk(widget_packages.origin_of(server), space), out)
    typer.echo(f"wrote {out}; its `token` setting is one of `kb token create --origin https://YOUR.zendesk.com`")


@widget.command()
def chrome(
    server: ServerOption,
    space: SpaceOption = "default",
    session: SessionOption = None,
    out: Annotated[Path, typer.Option(help="Folder, or zip if it ends so.")] = Path("fingerpost-chrome"),
) -> None:
    """Write a Chrome extension with a side panel: load it unpacked, or let your policy install it."""
    files = widget_packages.chrome(widget_packages.origin_of(server), space, _address(session))
    widget_packages.write(files, out)
    typer.echo(f"wrote {out}; name {widget_packages.EXTENSION} in the space's origins")


@widget.command()
def snippet(server: ServerOption, space: SpaceOption = "default", session: SessionOption = None) -> None:
    """Print a script tag for any page."""
    typer.echo(widget_packages.snippet(widget_packages.origin_of(server), space, session), nl=False)


def _address(session: str | None) -> str | None:
    if session is None:
        return None
    parts = urlsplit(session)
    local = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1")
    if not parts.hostname or not (parts.scheme == "https" or local):
        raise RequestError(f"--session is {session!r}; expected an address such as https://desk.example.com/guidance-session.")
    return session
