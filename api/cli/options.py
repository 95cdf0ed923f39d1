"""The options that several commands share."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from api.settings import Settings, read_settings

RepoOption: TypeAlias = Annotated[
    str | None, typer.Option("--repo", help="Repository: a path, a bundle, or an https or ssh URL. [KB_REPO]")
]
RefOption: TypeAlias = Annotated[str | None, typer.Option("--ref", help="Branch, tag or commit. [KB_REF]")]
FolderOption: TypeAlias = Annotated[
    str | None, typer.Option("--folder", help="Folder of the articles in the repository; '' for its root. [KB_FOLDER]")
]
KbOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--kb", help="A kb.yml outside the repository, for one that was not written for us. [KB_TAXONOMY]"),
]
SpaceOption: TypeAlias = Annotated[
    str | None, typer.Option("--space", help="Space of KB_CONFIG. Default: the only one, or `default`.")
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
WorktreeOption: TypeAlias = Annotated[
    bool, typer.Option("--worktree", help="Read the files as they lie on the disk instead of a commit.")
]


def settings_of(
    repo: str | None,
    ref: str | None,
    folder: str | None,
    kb: Path | None,
    *,
    host: str | None = None,
    port: int | None = None,
) -> Settings:
    """The settings, with what the command line says before the environment."""
    return read_settings(repo=repo, ref=ref, folder=folder, taxonomy=kb, host=host, port=port)
