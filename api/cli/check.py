"""`kb check`."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.cli.options import FolderOption, KbOption, RefOption, RepoOption, SpaceOption, settings_of
from api.composition import source_of
from api.guidance import RequestError
from kb.library import examine
from kb.problem import Problem, Severity, errors
from kb.repository import open_repository


class Format(StrEnum):
    """How problems are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def check(
    path: Annotated[Path | None, typer.Argument(help="Report only what is in this file or folder.")] = None,
    format_: Annotated[Format, typer.Option("--format", help="text, json, or github annotations.")] = Format.TEXT,
    repo: RepoOption = None,
    ref: RefOption = None,
    folder: FolderOption = None,
    kb: KbOption = None,
    space: SpaceOption = None,
) -> None:
    """Check every article as a push would be: each problem with file, line, what was expected and the cure.

    Reads the working tree, so that a writer sees problems before the commit; with --ref, that commit. Exits with 1 if
    there is an error; warnings alone exit with 0.
    """
    settings = settings_of(repo, ref, folder, kb)
    source = source_of(settings, space)
    repository = open_repository(source.repo, settings.data_dir / "clones")
    from_disk = source.ref is None and repository.root is not None
    tree = (
        repository.working_tree(source.folder) if from_disk else repository.tree(repository.resolve(source.ref), source.folder)
    )
    library, problems = examine(tree, source.outside)
    root = repository.root if from_disk else None
    if path is not None and not any(_inside(file.path, path, root) for file in tree.files):
        raise RequestError(
            f"{path} holds no file of {source.folder or 'the repository'}; nothing was checked. Correct the path."
        )
    reported = [problem for problem in problems if path is None or _inside(problem.path, path, root)]
    articles = 0 if library is None else len(library.articles)
    skipped = () if library is None else library.skipped
    if format_ is Format.JSON:
        typer.echo(json.dumps(_as_json(reported, articles, len(skipped)), ensure_ascii=False))
    else:
        for problem in reported:
            typer.echo(_annotation(problem) if format_ is Format.GITHUB else str(problem))
        typer.echo(_summary(reported, articles))
    if errors(reported):
        raise typer.Exit(1)


def _inside(problem_path: str, path: Path, root: Path | None) -> bool:
    """Whether the problem's file is the path or lies below it. On disk, the path is as the user's shell sees it."""
    wanted = path.resolve() if root is not None else Path("/") / path
    return ((root or Path("/")) / problem_path).resolve().is_relative_to(wanted)


def _summary(problems: list[Problem], articles: int) -> str:
    wrong = len(errors(problems))
    warnings = len(problems) - wrong
    parts = [f"{wrong} error{'' if wrong == 1 else 's'}", f"{warnings} warning{'' if warnings == 1 else 's'}"]
    if articles:
        parts.insert(0, f"{articles} articles")
    return ", ".join(parts)


def _as_json(problems: list[Problem], articles: int, skipped: int) -> dict[str, object]:
    return {
        "problems": [
            {
                "path": problem.path,
                "line": problem.line,
                "rule": problem.rule,
                "severity": problem.severity.value,
                "message": problem.message,
            }
            for problem in problems
        ],
        "errors": len(errors(problems)),
        "articles": articles,
        "skipped": skipped,
    }


def _annotation(problem: Problem) -> str:
    """One workflow command: https://docs.github.com/actions/reference/workflow-commands-for-github-actions."""
    level = "error" if problem.severity is Severity.ERROR else "warning"
    message = problem.message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    path = problem.path.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{level} file={path},line={problem.line},title={problem.rule}::{message}"
