"""`kb check`."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from api.answer_check import problems as broken_promises
from api.answer_check import rates
from api.cli.options import FolderOption, KbOption, RefOption, RepoOption, SpaceOption, settings_of
from api.cli.progress import announce, watching
from api.composition import open_space, source_of
from api.guidance import RequestError
from api.loading import open_models
from api.settings import Settings
from api.source import Source
from kb.library import Library
from kb.problem import Problem, Severity, errors
from kb.reading import examine
from kb.repository import Repository, open_repository
from kb.tree import Tree
from retriever.promises import Outcome, Promise, affected, keep, promises


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
    answers: Annotated[
        bool, typer.Option("--answers", help="Ask every `answers:` question; its article must be in the first three.")
    ] = False,
    changed: Annotated[
        str | None, typer.Option("--changed", help="With --answers: only what the change since this commit can affect.")
    ] = None,
) -> None:
    """Check every article as a push would be: each problem with file, line, what was expected and the cure.

    Reads the working tree, so that a writer sees problems before the commit; with --ref, that commit. Exits with 1 if
    there is an error; warnings alone exit with 0. With --answers, a question that does not find its article is an error.
    """
    if changed is not None and not answers:
        raise RequestError("--changed chooses among the questions that --answers asks. Add --answers.")
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
    outcomes: list[Outcome] | None = None
    if answers and library is not None:
        asked = _asked(library, _base(changed, repository, source))
        wanted = [it for it in asked if path is None or _inside(it.article.path, path, root)]
        outcomes = _kept(wanted, settings, tree, space)
        problems += broken_promises(outcomes, tree)
    reported = sorted(problem for problem in problems if path is None or _inside(problem.path, path, root))
    articles = None if library is None else len(library.articles)  # not told where some cannot be read
    skipped = () if library is None else library.skipped
    if format_ is Format.JSON:
        typer.echo(json.dumps(_as_json(reported, articles, len(skipped), outcomes), ensure_ascii=False))
    else:
        for problem in reported:
            typer.echo(_annotation(problem) if format_ is Format.GITHUB else str(problem))
        for line in _rates(outcomes):
            typer.echo(line)
        typer.echo(_summary(reported, articles))
    if errors(reported):
        raise typer.Exit(1)


def _base(changed: str | None, repository: Repository, source: Source) -> Library | None:
    """What the commit says that the change began from; None if it had errors, or none was named: then all is asked."""
    if changed is None:
        return None
    return examine(repository.tree(repository.resolve(changed), source.folder), source.outside)[0]


def _asked(library: Library, base: Library | None) -> list[Promise]:
    every = promises(library, datetime.now(UTC))
    return every if base is None else list(affected(every, library, base))


def _kept(wanted: Sequence[Promise], settings: Settings, tree: Tree, space: str | None) -> list[Outcome]:
    """Ask them of the index of what was checked. Without a question no model is opened and nothing is embedded."""
    if not wanted:
        return []
    models = open_models(settings, announce)
    snapshots = open_space(settings, models, space).snapshots
    with watching() as watch:
        snapshot = snapshots.working_tree(watch) if tree.commit is None else snapshots.of(tree.commit, watch)
    return [keep(promise, snapshot, models.unhurried) for promise in wanted]


def _inside(problem_path: str, path: Path, root: Path | None) -> bool:
    """Whether the problem's file is the path or lies below it. On disk, the path is as the user's shell sees it."""
    wanted = path.resolve() if root is not None else Path("/") / path
    return ((root or Path("/")) / problem_path).resolve().is_relative_to(wanted)


def _rates(outcomes: Sequence[Outcome] | None) -> list[str]:
    """One line for each language; what was not asked for is not counted."""
    if outcomes is None:
        return []
    return [
        f"answers, {lang}: {rate.questions} questions, first {rate.first:.1%}, first three {rate.kept:.1%}, "
        f"called answerable {rate.answerable:.1%}"
        for lang, rate in rates(outcomes).items()
    ] or ["answers: no question asked"]


def _summary(problems: list[Problem], articles: int | None) -> str:
    wrong = len(errors(problems))
    warnings = len(problems) - wrong
    parts = [f"{wrong} error{'' if wrong == 1 else 's'}", f"{warnings} warning{'' if warnings == 1 else 's'}"]
    if articles:
        parts.insert(0, f"{articles} articles")
    return ", ".join(parts)


def _as_json(
    problems: list[Problem], articles: int | None, skipped: int, outcomes: Sequence[Outcome] | None
) -> dict[str, object]:
    asked = {} if outcomes is None else {"answers": {lang: asdict(rate) for lang, rate in rates(outcomes).items()}}
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
        **asked,
    }


def _annotation(problem: Problem) -> str:
    """One workflow command: https://docs.github.com/actions/reference/workflow-commands-for-github-actions."""
    level = "error" if problem.severity is Severity.ERROR else "warning"
    message = problem.message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    path = problem.path.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    return f"::{level} file={path},line={problem.line},title={problem.rule}::{message}"
