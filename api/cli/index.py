"""`kb index`."""

import json
from datetime import UTC, datetime
from time import perf_counter

import typer

from api.cli.options import FolderOption, JsonOption, KbOption, RefOption, RepoOption, SpaceOption, settings_of
from api.cli.progress import announce, console, watching
from api.composition import open_models, open_space
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

    Only passages whose text was never seen before are embedded. A commit with errors is refused whole: every problem is
    printed, and what was served before stays.
    """
    begun, now = perf_counter(), datetime.now(UTC).isoformat(timespec="seconds")
    settings = settings_of(repo, ref, folder, kb)
    models = open_models(settings, announce)
    with watching() as watch:
        _, snapshot = open_space(settings, models, space).publish(watch)
    if json_:
        facts = _as_json(snapshot, perf_counter() - begun, built=snapshot.manifest.built_at >= now)
        typer.echo(json.dumps(facts, ensure_ascii=False))
    else:
        _print(snapshot, perf_counter() - begun)


def _as_json(snapshot: Snapshot, seconds: float, *, built: bool) -> dict[str, object]:
    manifest, library = snapshot.manifest, snapshot.library
    return {
        "commit": manifest.commit,
        "fingerprint": manifest.fingerprint,
        "articles": manifest.articles,
        "passages": manifest.passages,
        "embedded": {leg: count if built else 0 for leg, count in manifest.embedded.items()},
        "skipped": [{"path": entry.path, "reason": entry.reason} for entry in library.skipped],
        "warnings": [str(problem) for problem in library.warnings],
        "seconds": round(seconds, 2),
    }


def _print(snapshot: Snapshot, seconds: float) -> None:
    manifest, library = snapshot.manifest, snapshot.library
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
    typer.echo(f"seconds   {seconds:.1f}")
