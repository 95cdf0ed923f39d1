"""`kb receipt`."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.options import FolderOption, JsonOption, KbOption, RefOption, RepoOption, settings_of
from api.cli.progress import announce
from api.composition import open_space
from api.guidance import RequestError
from api.loading import open_models
from api.settings import Settings

receipt = typer.Typer(no_args_is_help=True, help="Prove what was shown.")


@receipt.callback()
def _group() -> None:
    """Prove what was shown."""


@receipt.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The JSON of GET /v1/receipts/{id}.", metavar="FILE")],
    json_: JsonOption = False,
    repo: RepoOption = None,
    ref: RefOption = None,
    folder: FolderOption = None,
    kb: KbOption = None,
) -> None:
    """Rebuild the answer from git, offline, and say whether it is equal, or exactly what differs.

    Where the events' database is at hand, the receipt is compared with its chain too. Exits with 1 if anything differs.
    """
    from api.events.verification import proof_of, rebuilt_from
    from api.events.verification import verify as verified

    written = _read(file)
    asked, shown = proof_of(written)
    settings = settings_of(repo, ref, folder, kb)
    if settings.config is None:  # else spaces.yml says where the space of the receipt lies
        settings = settings_of(repo, ref, _folder_of(shown.facts(), folder, kb), kb)
    space = open_space(settings, open_models(settings, announce), asked.space if settings.config else None)
    verdict = verified(written, _ledger(settings), rebuilt_from(space, space.models))
    if json_:
        facts = {"equal": verdict.equal, "differences": verdict.differences, "notes": verdict.notes}
        typer.echo(json.dumps(facts, ensure_ascii=False))
    else:
        typer.echo("\n".join(["equal" if verdict.equal else "not equal", *verdict.differences]))
        typer.echo("".join(f"note: {note}\n" for note in verdict.notes), nl=False, err=True)
    if not verdict.equal:
        raise typer.Exit(1)


def _read(file: Path) -> dict[str, Any]:
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise RequestError(f"{file}: cannot be read: {error.strerror}.") from None
    except ValueError:
        raise RequestError(f"{file}: is not JSON; expected the answer of GET /v1/receipts/{{id}}.") from None
    if not isinstance(read, dict):
        raise RequestError(f"{file}: is no JSON object; expected the answer of GET /v1/receipts/{{id}}.")
    return read


def _folder_of(shown: dict[str, Any], folder: str | None, kb: Path | None) -> str | None:
    """The folder that the receipt names, unless the command line says another."""
    kept = shown.get("folder")
    return kept if folder is None and kb is None and isinstance(kept, str) else folder


def _ledger(settings: Settings) -> Any:
    """The chain, if its database is there already: looking for proof makes none."""
    from api.composition import open_database
    from api.events.ledger import Ledger

    if settings.database is None and not settings.default_database.exists():
        return None
    return Ledger(open_database(settings))
