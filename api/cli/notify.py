"""`kb notify`."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from api.settings import read_settings

if TYPE_CHECKING:
    from api.digests.outbox import Outbox

notify = typer.Typer(
    no_args_is_help=True, help="Digests on their way: how each channel stands, and send again what was given up."
)

SpaceOption: TypeAlias = Annotated[str | None, typer.Option("--space", help="One space. Default: all of them.")]


@notify.command()
def status(
    space: SpaceOption = None, json_: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False
) -> None:
    """How every channel of every team stands. Exits with 1 if something was given up."""
    from api.digests.outbox import State

    standings = _outbox().standings(None if space is None else [space])
    if json_:
        listed = [
            {
                "space": it.space, "team": it.team, "channel": it.channel,
                **{state.value: it.counts[state] for state in State}, "error": it.error,
                "last_sent": it.last_sent and it.last_sent.isoformat(), "next_attempt": it.since and it.since.isoformat(),
            }
            for it in standings
        ]  # fmt: skip
        typer.echo(json.dumps({"channels": listed}, ensure_ascii=False))
    for it in () if json_ else standings:
        counts = "  ".join(f"{state.value} {it.counts[state]}" for state in State)
        last = f"  last sent {it.last_sent:%Y-%m-%d %H:%M}Z" if it.last_sent else ""
        typer.echo(f"{it.space}/{it.team}  {it.channel}  {counts}{last}")
        if it.error:
            waits = f"; next attempt {it.since:%Y-%m-%d %H:%M}Z" if it.since else ""
            typer.echo(f"    {it.error}{waits}")
    if not standings and not json_:
        typer.echo("No digest was made for a channel yet. `kb serve` makes them; docs/digests.md says when.")
    if any(it.counts[State.DEAD] for it in standings):
        raise typer.Exit(1)


@notify.command()
def retry(
    space: SpaceOption = None,
    team: Annotated[str | None, typer.Option("--team", help="One team. Default: all of them.")] = None,
    channel: Annotated[
        str | None, typer.Option("--channel", help="One channel, as `kb notify status` names it. Default: all of them.")
    ] = None,
) -> None:
    """Let what was given up go out again; the running service sends it within seconds, with the same keys as before."""
    count = _outbox().retry(datetime.now(UTC), space, team, channel)
    typer.echo(f"{count} deliver{'y goes' if count == 1 else 'ies go'} out again.")


def _outbox() -> "Outbox":
    from api.composition import open_database
    from api.digests.outbox import Outbox

    return Outbox(open_database(read_settings()))
