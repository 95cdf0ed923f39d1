"""`kb eval`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.options import JsonOption
from api.cli.progress import announce, console, counting, watching
from api.evaluation import MEASURES, ask_all, publish, report
from api.evaluation_set import read_set
from api.loading import open_models
from api.settings import read_settings


def evaluate(
    folder: Annotated[Path, typer.Argument(help="Folder with corpus.jsonl[.gz], queries.jsonl and qrels.tsv.", metavar="DIR")],
    json_: JsonOption = False,
) -> None:
    """Measure ranking, abstention and latency on a labelled set of questions.

    The set's documents are committed to a temporary repository and published as any articles are; its questions are then
    asked one at a time. Vectors are kept in the data folder, so a second run embeds nothing.
    """
    settings = read_settings()
    evaluation_set = read_set(folder)
    models = open_models(settings, announce)
    with watching() as watch:
        published = publish(evaluation_set, models, settings.data_dir / "eval" / "vectors.sqlite", watch)
    with counting("Questions answered") as asked:
        found = report(ask_all(published, asked))
    for note in published.notes:
        console.print(note, style="yellow", markup=False, highlight=False, soft_wrap=True)
    typer.echo(json.dumps(found, ensure_ascii=False) if json_ else as_text(found))


def as_text(found: Mapping[str, Any]) -> str:
    """The figures as a small table."""
    groups = {"all": found["overall"], **found["by_lang"]}
    lines = [f"{found['dataset']:<12} {'questions':>9} " + " ".join(f"{name:>10}" for name in MEASURES)]
    for name, row in groups.items():
        lines.append(f"{name:<12} {row['queries']:>9} " + " ".join(f"{_figure(row[measure]):>10}" for measure in MEASURES))
    abstention, latency, index = found["abstention"], found["latency_ms"], found["index"]
    embedded = ", ".join(f"{count} {leg}" for leg, count in index["embedded"].items())
    reranked = (
        [f"reranked     {found['reranked']} of the questions, the others had no time left"] if "reranked" in found else []
    )
    return "\n".join(
        [
            *lines,
            "",
            f"abstention   auroc {_figure(abstention['auroc'])}, refused {_figure(abstention['refused'])} of the questions"
            f" that nothing answers, kept {_figure(abstention['kept'])} of the others",
            f"latency      p50 {latency['p50']} ms, p95 {latency['p95']} ms",
            *reranked,
            f"index        {index['articles']} articles, {index['passages']} passages in {index['seconds']} s;"
            f" embedded now: {embedded}, the rest from the cache",
        ]
    )


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
