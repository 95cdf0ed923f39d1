"""`kb index`."""

import json

import typer

from api.cli.options import FolderOption, JsonOption, KbOption, RefOption, RepoOption, SpaceOption, settings_of
from api.cli.progress import announce, console, watching
from api.composition import open_space, require_commit
from api.indexing import Indexed
from api.indexing import index as index_space
from api.loading import open_models
from retriever.snapshot import Snapshot


def index(
    repo: RepoOption = None,
    ref: RefOption = None,
    folder: FolderOption = None,
    kb: KbOption = None,
    space: SpaceOption = None,
    json_: JsonOption = False,
) -> None:
    """Index the articles of a commit and let them be what is served.

    Only passages whose text was never seen before are embedded. Where nothing is served yet, English questions are answered
    as soon as the English model has read them; the multilingual one follows. A commit with errors is refused whole: every
    problem is printed, and what was served before stays.
    """
    settings = settings_of(repo, ref, folder, kb)
    require_commit(settings, space)
    models = open_models(settings, announce)
    with watching() as watch:
        indexed = index_space(open_space(settings, models, space), watch, _announce_first)
    if json_:
        typer.echo(json.dumps(_as_json(indexed), ensure_ascii=False))
    else:
        _print(indexed)


def _announce_first(first: Snapshot, seconds: float) -> None:
    announce(
        f"English questions are answered after {seconds:.1f} s. "
        f"The multilingual model goes on with {first.manifest.passages:,} passages."
    )


def _as_json(indexed: Indexed) -> dict[str, object]:
    manifest, library = indexed.snapshot.manifest, indexed.snapshot.library
    return {
        "commit": manifest.commit,
        "fingerprint": manifest.fingerprint,
        "articles": manifest.articles,
        "passages": manifest.passages,
        "embedded": dict(indexed.embedded),
        "skipped": [{"path": entry.path, "reason": entry.reason} for entry in library.skipped],
        "warnings": [str(problem) for problem in library.warnings],
        "english_seconds": round(indexed.english_seconds, 2),
        "seconds": round(indexed.seconds, 2),
    }


def _print(indexed: Indexed) -> None:
    manifest, library = indexed.snapshot.manifest, indexed.snapshot.library
    for problem in library.warnings:
        console.print(str(problem), style="yellow", markup=False, highlight=False)
    typer.echo(f"commit    {manifest.commit}")
    typer.echo(f"articles  {manifest.articles}")
    typer.echo(f"passages  {manifest.passages}")
    typer.echo(f"skipped   {len(library.skipped)}")
    reasons: dict[str, int] = {}
    for entry in library.skipped:
        reasons[entry.reason] = reasons.get(entry.reason, 0) + 1
    for reason, count in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
        typer.echo(f"          {count} x {reason}")
    first = indexed.seconds - indexed.english_seconds > 0.1  # else it was there in one go
    typer.echo(
        f"seconds   {indexed.seconds:.1f}{f', {indexed.english_seconds:.1f} to the first English answer' if first else ''}"
    )
