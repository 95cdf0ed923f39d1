"""`kb new`."""

from pathlib import Path
from typing import Annotated

import typer

from api.cli.options import FolderOption, RefOption, RepoOption, settings_of
from api.guidance import RequestError
from api.templates import ARTICLE, TAXONOMY
from kb.adoption import identifier
from kb.adoption_proposal import propose
from kb.repository import open_repository


def new(
    path: Annotated[Path | None, typer.Argument(help="File to write. Default: print it.")] = None,
    taxonomy: Annotated[bool, typer.Option("--taxonomy", help="A kb.yml for a new repository.")] = False,
    adopt: Annotated[bool, typer.Option("--adopt", help="A kb.yml for a repository that was not written for us.")] = False,
    title: Annotated[str, typer.Option(help="The article's title.")] = "What the article settles, in one line",
    repo: RepoOption = None,
    ref: RefOption = None,
    folder: FolderOption = None,
) -> None:
    """Write the beginning of an article, or of a kb.yml. A file that is there already is never overwritten."""
    if taxonomy and adopt:
        raise RequestError("--taxonomy and --adopt are two different files. Ask for one of them.")
    if adopt:
        settings = settings_of(repo, ref, folder if folder is not None else "", None)
        repository = open_repository(settings.repo, settings.data_dir / "clones")
        text = propose(repository.tree(repository.resolve(settings.ref), settings.folder))
    elif taxonomy:
        text = TAXONOMY
    else:
        text = ARTICLE.format(id=identifier(path.stem) if path else "new-article", title=title.replace('"', "'"))
    _write(path, text)


def _write(path: Path | None, text: str) -> None:
    if path is None:
        typer.echo(text, nl=False)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise RequestError(f"{path} is there already; nothing was written. Choose another name.") from None
    except OSError as error:
        raise RequestError(f"{path} cannot be written: {error.strerror}.") from None
    typer.echo(f"wrote {path}; `kb check` says what is still missing")
