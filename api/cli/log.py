"""`kb log`."""

import json
from collections import defaultdict
from typing import Annotated

import typer

from api.change_report import commit_line, joined, version_lines
from api.cli.options import FolderOption, JsonOption, KbOption, RefOption, RepoOption, SpaceOption, settings_of
from api.cli.served import outcome_lines, print_served
from api.composition import open_timeline, publish_log
from api.guidance import NotFoundError
from api.past_presentation import commit_out, version_out
from api.publish_log import Publication, PublishLog, as_json
from api.timeline import Timeline


def log(
    article: Annotated[str | None, typer.Argument(metavar="[ID]", help="An article. Default: every commit.")] = None,
    limit: Annotated[int, typer.Option(help="Most entries to print, the newest first.", min=1)] = 20,
    served: Annotated[bool, typer.Option("--served", help="What was live when: publications, refusals, rollbacks.")] = False,
    json_: JsonOption = False,
    repo: RepoOption = None,
    ref: RefOption = None,
    folder: FolderOption = None,
    kb: KbOption = None,
    space: SpaceOption = None,
) -> None:
    """The versions of an article, through its renames: who changed it, who approved it, which facts, which one is current.

    Without an article: commit by commit, with what became of each where this data folder knows it.
    """
    settings = settings_of(repo, ref, folder, kb)
    if served:
        print_served(publish_log(settings, space), limit, json_=json_)
        return
    timeline, told = open_timeline(settings, space), publish_log(settings, space)
    if article is None:
        _print_commits(timeline, told, limit, json_=json_)
    else:
        _print_versions(timeline, told, article, limit, json_=json_)


def _print_versions(timeline: Timeline, told: PublishLog, article: str, limit: int, *, json_: bool) -> None:
    found = timeline.versions(article, told.refused())
    if not found:
        raise NotFoundError(f"No commit here ever held an article {article!r}. Correct the id; `kb search` shows ids.")
    shown = [(version_out(article, version, timeline.zone, paths=True), version.subject) for version in found[:limit]]
    if json_:
        versions = [{**version.model_dump(mode="json"), "subject": subject} for version, subject in shown]
        typer.echo(json.dumps({"id": article, "found": len(found), "versions": versions}, ensure_ascii=False))
        return
    typer.echo(joined(line for version, subject in shown for line in [*version_lines(version, subject), ""]))


def _print_commits(timeline: Timeline, told: PublishLog, limit: int, *, json_: bool) -> None:
    commits = [(commit_out(part), part.subject, files) for part, files in timeline.commits(limit)]
    became = defaultdict[str, list[Publication]](list)
    for line in told.all():
        became[line.commit].append(line)
    if json_:
        listed = [
            {
                **commit.model_dump(mode="json"),
                "subject": said,
                "files": files,
                "publications": [as_json(line) for line in became[commit.commit]],
            }
            for commit, said, files in commits
        ]
        typer.echo(json.dumps({"commits": listed}, ensure_ascii=False))
        return
    for commit, said, files in commits:
        counted = f"+{files['added']} ~{files['changed']} -{files['removed']}"
        lines = [f"  {line}" for publication in became[commit.commit] for line in outcome_lines(publication)]
        typer.echo(joined([f"{commit_line(commit)}  {counted}", f"  {said}", *lines]))
