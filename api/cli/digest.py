"""`kb digest`."""

from typing import Annotated

import typer

from api.cli.options import FolderOption, KbOption, RefOption, RepoOption, SpaceOption, settings_of
from api.composition import open_timeline, space_name
from api.digests.formats import Format, drawn
from api.digests.printed import made_for_print
from api.guidance import RequestError


def digest(
    old: Annotated[str | None, typer.Argument(help="A commit, branch or tag, a date, an instant, or '3 days ago'.")] = None,
    new: Annotated[str, typer.Argument(help="The same. Default: now.")] = "now",
    team: Annotated[str | None, typer.Option("--team", help="A team of kb.yml. Default: the only one.")] = None,
    since: Annotated[str | None, typer.Option("--since", help="Instead of OLD: everything since then.")] = None,
    format_: Annotated[
        Format, typer.Option("--format", help="text, markdown, html, slack, teams, atom or json.")
    ] = Format.TEXT,
    repo: RepoOption = None,
    ref: RefOption = None,
    folder: FolderOption = None,
    kb: KbOption = None,
    space: SpaceOption = None,
) -> None:
    """What a team is told of what changed between two moments, as its channels would send it. Sends nothing, needs no index.

    Without OLD and --since: since yesterday.
    """
    settings = settings_of(repo, ref, folder, kb)
    if since is not None and old is not None:
        raise RequestError("OLD and --since both say where the digest begins. Leave one out.")
    timeline = open_timeline(settings, space)
    made = made_for_print(
        timeline, since or old or "yesterday", new, team, space=space_name(settings, space), site=settings.site
    )
    typer.echo(drawn(made, format_))
    if not made.news:
        typer.echo(f"No article between the two is news to this team. {timeline.newest_change()}", err=True)
