"""`kb diff`."""

from enum import StrEnum
from typing import Annotated

import typer

from api.change_report import as_lines, as_markdown, joined
from api.cli.options import FolderOption, KbOption, RefOption, RepoOption, SpaceOption, settings_of
from api.composition import open_timeline
from api.past_presentation import window_response


class Format(StrEnum):
    """How changes are printed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


def diff(
    old: Annotated[str, typer.Argument(help="A commit, branch or tag, a date, an instant, yesterday, or '3 days ago'.")],
    new: Annotated[str, typer.Argument(help="The same. Default: now.")] = "now",
    format_: Annotated[Format, typer.Option("--format", help="text, markdown or json.")] = Format.TEXT,
    repo: RepoOption = None,
    ref: RefOption = None,
    folder: FolderOption = None,
    kb: KbOption = None,
    space: SpaceOption = None,
) -> None:
    """What changed in each article between two moments, what matters most first: a changed rule with its figures old and new.

    An instant looks at what was live then, and at the day's dates: articles begin and expire without a commit. Needs no index.
    """
    timeline = open_timeline(settings_of(repo, ref, folder, kb), space)
    response = window_response(*timeline.changes(old, new), timeline.zone)
    if format_ is Format.JSON:
        typer.echo(response.model_dump_json(by_alias=True))
    else:
        report = as_markdown if format_ is Format.MARKDOWN else as_lines
        typer.echo(joined(report(response.from_, response.to, response.changes)))
    if not response.changes:
        typer.echo(f"No article changed between the two. {timeline.newest_change()}", err=True)
