"""The `kb` command. Each command translates between the terminal and a use case; none works itself."""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Final

import typer

from api.memory import collect_seldom

# command, and the module beside this file that holds it, to its function
COMMANDS: Final = {
    "index": "index",
    "serve": "serve",
    "search": "search",
    "check": "check",
    "new": "new",
    "settings": "settings",
    "token": "token",
    "eval": "evaluate",
    "audit": "audit",
    "receipt": "receipt",
    "diff": "diff",
    "digest": "digest",
    "notify": "notify",
    "log": "log",
    "widget": "widget",
}

FOUND_PROBLEMS = 1
WRONG_USE = 2


def command_line(arguments: Sequence[str] = ()) -> typer.Typer:
    """The command that the arguments call, or all of them where they call none.

    The modules of all commands together take 0.2 s longer to import than those of `kb search`.
    """
    app = typer.Typer(name="kb", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(kb)
    called = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name in [called] if called in COMMANDS else COMMANDS:
        command = getattr(import_module(f"api.cli.{name}"), COMMANDS[name])
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name)
        else:
            app.command(name)(command)
    return app


def _print_version(wanted: bool) -> None:  # typer calls it so
    if wanted:
        from importlib.metadata import version

        typer.echo(version("fingerpost"))
        raise typer.Exit


def kb(
    version: Annotated[  # the callback answers before anything else is read
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Fingerpost: the guidance in force for this product, this customer's place and this agent's tier."""


def main() -> None:
    """Run the command. A known error is one message and an exit code; a bug keeps its traceback."""
    from api.cli.logs import log_for_people  # here, because whoever imports a command needs no log

    collect_seldom()
    log_for_people()
    try:
        command_line(sys.argv[1:])()
    except Exception as error:
        if (known := _told(error)) is None:
            raise
        sys.stderr.write(f"{known[0]}\n")
        sys.exit(known[1])


def _told(error: Exception) -> tuple[str, int] | None:
    """What is said of a known error, and the exit code; None of a bug."""
    from api.guidance import NotFoundError, NotGrantedError, RequestError  # here, because no start should wait for them
    from api.settings import SettingsError
    from api.store_error import StoreError
    from kb.errors import ContentError, KbError
    from retriever.errors import RetrieverError

    if isinstance(error, ContentError):
        return f"{error}\n{error.counted}; nothing was indexed.", FOUND_PROBLEMS
    if isinstance(error, SettingsError | RequestError | NotGrantedError | NotFoundError | KbError):
        return str(error), WRONG_USE
    if isinstance(error, RetrieverError | StoreError):
        return str(error), FOUND_PROBLEMS
    return None
