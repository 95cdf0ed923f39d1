"""`kb token`."""

import getpass
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from api.access import Role
from api.cli.options import JsonOption
from api.composition import open_database, spaces_of
from api.guidance import NotFoundError, RequestError
from api.settings import read_settings
from api.space_config import is_origin
from api.token import digest_of, new_token
from api.token_table import KeptToken, add_token, all_tokens, revoke_token
from kb.problem import did_you_mean

token = typer.Typer(no_args_is_help=True, help="Make, list and revoke the tokens by which readers are known.")


@token.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose it is; shown in answers and receipts.")],
    space: Annotated[
        list[str] | None, typer.Option("--space", help="Space it may see; several times. Default: the only one.")
    ] = None,
    role: Annotated[Role, typer.Option(help="What it may do.")] = Role.AGENT,
    tier: Annotated[int, typer.Option(min=0, help="Highest tier it may ask at. Default: the least.")] = 0,
    team: Annotated[list[str] | None, typer.Option("--team", help="Team it belongs to; several times.")] = None,
    lang: Annotated[str | None, typer.Option(help="Language to show articles in, as es-MX. Default: the question's.")] = None,
    origin: Annotated[
        list[str] | None, typer.Option("--origin", help="Page for which it may open sessions, as https://example.zendesk.com.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days until it expires.")] = 90,
    json_: JsonOption = False,
) -> None:
    """Make a token and show it, once: only its SHA-256 is kept. A service that runs as a demo checks tokens after a restart."""
    settings = read_settings()
    served = spaces_of(settings)
    spaces = space or (list(served) if len(served) == 1 else [])
    if not spaces or not set(spaces) <= set(served):
        wrong = next(iter(sorted(set(spaces) - set(served))), "")
        said = f"There is no space {wrong!r}.{did_you_mean(wrong, served)}" if wrong else "A token needs a space."
        raise RequestError(f"{said} Name some of {', '.join(sorted(served))} with --space.")
    if wrong_origin := next((entry for entry in origin or [] if not is_origin(entry) or "*" in entry), None):
        raise RequestError(f"{wrong_origin} is no origin; expected one such as https://example.zendesk.com, without a path.")
    secret, now = new_token(), datetime.now(UTC)
    kept = KeptToken(
        id=secrets.token_hex(13), name=name, hash=digest_of(secret), spaces=tuple(spaces), tier=tier, teams=tuple(team or []),
        role=role.value, created_at=now, created_by=getpass.getuser(), expires_at=now + timedelta(days=days), lang=lang,
        origins=tuple(origin or []),
    )  # fmt: skip
    add_token(open_database(settings), kept)
    if json_:
        typer.echo(json.dumps({"token": secret, **_facts(kept)}, ensure_ascii=False))
        return
    typer.echo(secret)
    typer.echo(
        f"id {kept.id}, expires {kept.expires_at:%Y-%m-%d}. It is shown this once; keep it where secrets are kept.", err=True
    )


@token.command("list")
def list_(json_: JsonOption = False) -> None:
    """Every token: whose, what for, until when, and when it was last used; never the secret."""
    tokens = all_tokens(open_database(read_settings()))
    if json_:
        typer.echo(json.dumps({"tokens": [_facts(kept) for kept in tokens]}, ensure_ascii=False))
        return
    for kept in tokens:
        facts = _facts(kept)
        tier = {None: "every tier", 0: "least tier"}.get(kept.tier, f"tier {kept.tier}")
        used = f"last used {kept.last_used_at:%Y-%m-%d %H:%M}" if kept.last_used_at else "never used"
        typer.echo(f"{kept.id}  {facts['state']:<8} {kept.role:<8} {tier}  {', '.join(kept.spaces)}  {kept.name}  ({used})")


@token.command()
def revoke(token_id: Annotated[str, typer.Argument(metavar="ID", help="The id that `kb token list` shows.")]) -> None:
    """End a token, and every session behind it, within a second on every worker."""
    if not revoke_token(open_database(read_settings()), token_id, datetime.now(UTC)):
        raise NotFoundError(f"There is no token {token_id!r} that could be revoked. `kb token list` shows them all.")
    typer.echo(f"revoked {token_id}")


def _facts(kept: KeptToken) -> dict[str, object]:
    return {
        "id": kept.id,
        "name": kept.name,
        "state": _state(kept),
        "role": kept.role,
        "spaces": list(kept.spaces),
        "tier": kept.tier,
        "teams": list(kept.teams),
        "lang": kept.lang,
        "origins": list(kept.origins),
        "created_at": kept.created_at.isoformat(),
        "created_by": kept.created_by,
        "expires_at": kept.expires_at and kept.expires_at.isoformat(),
        "last_used_at": kept.last_used_at and kept.last_used_at.isoformat(),
    }


def _state(kept: KeptToken) -> str:
    if kept.revoked_at is not None:
        return "revoked"
    return "expired" if kept.expires_at is not None and kept.expires_at <= datetime.now(UTC) else "live"
