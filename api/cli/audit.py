"""`kb audit`."""

import getpass
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from api.guidance import RequestError
from api.settings import Settings, read_settings

if TYPE_CHECKING:
    from api.events.chain import Fault, Head
    from api.events.ledger import Ledger
    from api.events.recorder import Recorder

audit = typer.Typer(
    no_args_is_help=True, help="What happened: verify it, export it, erase a customer's words, forget what is old."
)

SpaceOption: TypeAlias = Annotated[str | None, typer.Option("--space", help="One space. Default: all of them.")]


class Format(StrEnum):
    """How events are written."""

    JSONL = "jsonl"
    CSV = "csv"


@audit.command()
def verify(
    file: Annotated[Path | None, typer.Argument(help="An export in JSON lines. Default: the database.")] = None,
    space: SpaceOption = None,
    known: Annotated[
        list[str] | None, typer.Option("--known", help="SPACE:NUMBER:HASH that was noted earlier; repeatable.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find every event that was changed, removed or put in between, and name it. Exits with 1 if there is one.

    Note the last line of each space somewhere else: with --known, a later run proves that everything up to there is as it was,
    even against somebody who can rewrite the whole database.
    """
    ends, faults = _of_file(file) if file else _of_database(read_settings(), space, known or [])
    if json_:
        facts = {"spaces": {name: {"events": end.seq, "hash": end.hash} for name, end in ends.items()}, "faults": faults}
        typer.echo(json.dumps(facts, ensure_ascii=False))
    else:
        for line in [*faults, *(f"{name}:{end.seq}:{end.hash}" for name, end in ends.items())]:
            typer.echo(line)
    if faults:
        raise typer.Exit(1)


@audit.command()
def export(
    space: Annotated[str, typer.Option(help="The space.")] = "default",
    since: Annotated[datetime | None, typer.Option(help="From this moment on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Before this moment (UTC).")] = None,
    reader: Annotated[str | None, typer.Option(help="Of this reader alone, by id.")] = None,
    format_: Annotated[Format, typer.Option("--format", help="jsonl, which can be verified, or csv.")] = Format.JSONL,
) -> None:
    """Print the events of a space in their order."""
    from api.events.export import as_csv, as_jsonl
    from api.events.ledger import Wanted

    links = _ledger(read_settings()).links(Wanted(space, _utc(since), _utc(until), reader))
    for line in (as_csv if format_ is Format.CSV else as_jsonl)(links):
        typer.echo(line)


@audit.command()
def erase(
    space: Annotated[str, typer.Option(help="The space.")] = "default",
    receipt: Annotated[str | None, typer.Option(help="Erase what was typed for this receipt.")] = None,
    ticket: Annotated[str | None, typer.Option(help="Erase what was typed for this contact, by the host's id of it.")] = None,
) -> None:
    """Erase one customer's words for good. What was shown, when and to whom stays proved; the chain stays whole."""
    if (receipt is None) == (ticket is None):
        raise RequestError("Name either --receipt or --ticket.")
    from api.composition import ticket_keys
    from api.events.erasure import erase as erased
    from api.events.ticket_keys import other_secrets

    settings = read_settings()
    recorder, keys = _recorder(settings), ticket_keys(settings)
    tickets = () if ticket is None else keys.every(ticket)
    count = erased(recorder, space, receipt=receipt, tickets=tickets, by=_me(), at=datetime.now(UTC))
    typer.echo(f"erased the words of {count} event{'' if count == 1 else 's'}")
    _point_to_damaged(recorder)
    if tickets and (others := other_secrets(recorder.ledger.database, keys)):
        typer.echo(
            f"Tickets of this database were kept under {len(others)} more secret{'' if len(others) == 1 else 's'}: services "
            "that share it had different ones. Run this again with the KB_TICKET_SECRET, or the ticket.key in the data folder, "
            "of each.",
            err=True,
        )
        raise typer.Exit(1)


@audit.command()
def retain(
    space: SpaceOption = None,
    days: Annotated[int | None, typer.Option(min=1, help="Keep what happened in so many days. [KB_RETENTION_DAYS]")] = None,
) -> None:
    """Remove what is older than the policy allows. A checkpoint keeps the rest of the chain verifiable."""
    settings = read_settings(retention_days=days)
    if settings.retention_days is None:
        raise RequestError("No policy says how long events are kept. Set KB_RETENTION_DAYS, or give --days.")
    from api.events.erasure import retain as retained

    recorder, now = _recorder(settings), datetime.now(UTC)
    for name in [space] if space else recorder.ledger.spaces():
        removed = retained(recorder, name, since=now - timedelta(days=settings.retention_days), by=_me(), at=now)
        typer.echo(f"{name}: removed {removed} event{'' if removed == 1 else 's'}")
    _point_to_damaged(recorder)


def _of_database(settings: Settings, space: str | None, known: list[str]) -> tuple[dict[str, "Head"], list[str]]:
    """The end of each chain, and every fault."""
    from api.digests.roster import STAYS

    ledger = _ledger(settings)
    kept = ledger.spaces()
    if not kept:
        typer.echo("No event is kept yet, so there is nothing to verify.", err=True)
    elif space and space not in kept:
        raise RequestError(f"There is no event of a space {space!r}. Name one of {', '.join(kept)} with --space, or none.")
    spaces = [space] if space else kept
    found: list[str] = []
    for name in spaces:
        faults = list(map(str, ledger.verify(name)))
        since = datetime.now(UTC) - STAYS
        # the list of readers can only be compared with a chain that is whole
        found += faults or [f"space {name}: {what}" for what in ledger.met_otherwise(name, since)]
    found += [str(fault) for text in known for fault in _against(ledger, text)]
    return {name: end for name in spaces if (end := ledger.head(name))}, found


def _against(ledger: "Ledger", known: str) -> Iterator["Fault"]:
    from api.events.chain import Fault

    name, _, rest = known.partition(":")
    number, _, noted = rest.partition(":")
    if not number.isdigit() or len(noted) != 64:
        raise RequestError(f"--known is {known!r}; expected SPACE:NUMBER:HASH, a line that `kb audit verify` printed.")
    if ledger.hash_at(name, int(number)) != noted:
        yield Fault(name, int(number), "it is not the event that was noted")


def _of_file(path: Path) -> tuple[dict[str, "Head"], list[str]]:
    from api.events.chain import Head, part_faults
    from api.events.export import from_jsonl

    try:
        with path.open(encoding="utf-8") as lines:
            links = list(from_jsonl(lines))
    except OSError as error:
        raise RequestError(f"{path}: cannot be read: {error.strerror}.") from None
    found = list(map(str, part_faults(links)))
    return {links[-1].space: Head(links[-1].seq, links[-1].hash)} if links else {}, found


def _ledger(settings: Settings) -> "Ledger":
    return _recorder(settings).ledger


def _recorder(settings: Settings) -> "Recorder":
    """The chains, with what killed processes left behind brought in."""
    from api.composition import open_database, open_records

    recorder = open_records(settings, open_database(settings)).recorder
    recorder.close()
    return recorder


def _point_to_damaged(recorder: "Recorder") -> None:
    """What no program can tell whose it is, a person has to look at."""
    if count := recorder.damaged.unreadable():
        typer.echo(
            f"{recorder.damaged.path}: {count} line{'' if count == 1 else 's'} cannot be read and may hold words of any "
            "customer. Look at the file, and delete it.",
            err=True,
        )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def _me() -> str:
    return f"cli:{getpass.getuser()}"
