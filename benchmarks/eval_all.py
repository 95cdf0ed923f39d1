"""`kb eval` on every labelled set, into the table of docs/benchmarks.md.

    python -m benchmarks.eval_all ../shared/data [SET ...] [--first]

The row of a set is replaced when the set is done, so a run can be stopped, and single sets can be measured again. Each
row carries the day and the commit it was measured at; `+` means with changes that were not committed.
--first: of the first stage, which has the English leg alone; printed, and written nowhere.
"""

import argparse
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from api.evaluation import MEASURES, Published, ask_all, publish, report
from api.evaluation_set import read_set
from api.guidance import Guidance
from api.live import LiveSpace
from api.loading import open_models
from api.settings import read_settings
from api.space import DEFAULT
from retriever.leg import FIRST
from retriever.snapshot import Models
from retriever.snapshot_build import build
from retriever.vector_cache import VectorCache

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs" / "benchmarks.md"
BEGIN: Final = "<!-- written by benchmarks/eval_all.py: begin -->"
END: Final = "<!-- written by benchmarks/eval_all.py: end -->"
HEAD: Final = (
    "set", "language", "questions", *MEASURES, "auroc", "refused", "kept", "p50 ms", "p95 ms", "articles", "passages",
    "index s", "measured",
)  # fmt: skip
# small sets first, so that a fault shows before an hour of embedding
SETS: Final = (
    "clinc-finance-oos", "nlupp-banking", "banking77-es", "banking77", "logingov-help", "votegov-jurisdiction",
    "xquad-es-en", "mtrag-govt", "fiqa-dev", "mtrag-cloud",
)  # fmt: skip


def main() -> None:
    """Measure the sets and write each one's rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("sets", nargs="*", metavar="SET")
    parser.add_argument("--first", action="store_true")
    asked = parser.parse_args()
    settings = read_settings()
    models = open_models(settings)
    vectors = settings.data_dir / "eval" / "vectors.sqlite"
    for name in asked.sets or SETS:
        published = publish(read_set(asked.data / name), models, vectors)
        if asked.first:
            published = first_stage(published, models, vectors)
        found: Any = report(ask_all(published))
        rows = rows_of(found, f"{datetime.now(UTC):%Y-%m-%d} {_commit()}")
        if not asked.first:
            PAGE.write_text(with_rows(PAGE.read_text(), rows))
        print("\n".join(rows), flush=True)


def first_stage(published: Published, models: Models, vectors: Path) -> Published:
    """The same documents, answered by words and the English leg alone, also where a service would begin with both."""
    with VectorCache(vectors) as cache:
        snapshot = build(published.indexed.snapshot.library, models, cache, legs=FIRST)
    live = LiveSpace.held(published.guidance.spaces[DEFAULT].space, snapshot)
    return replace(published, guidance=Guidance({DEFAULT: live}, models))


def rows_of(found: Mapping[str, Any], measured: str) -> list[str]:
    """One row for the whole set; where it has several languages, one for each below it."""
    abstention, latency, index = found["abstention"], found["latency_ms"], found["index"]
    languages = sorted(found["by_lang"])
    embedded = sum(index["embedded"].values()) > index["passages"] / 2
    whole = [
        *(_figure(abstention[name]) for name in ("auroc", "refused", "kept")),
        f"{latency['p50']:.1f}",
        f"{latency['p95']:.1f}",
        f"{index['articles']:,}",
        f"{index['passages']:,}",
        f"{index['seconds']:.1f}" if embedded else "cached",
        measured,
    ]
    rows = [_row([found["dataset"], " + ".join(languages), *_measured(found["overall"]), *whole])]
    if len(languages) > 1:
        rows += [_row([found["dataset"], lang, *_measured(found["by_lang"][lang]), *[""] * len(whole)]) for lang in languages]
    return rows


def with_rows(page: str, rows: Sequence[str]) -> str:
    """The page with these rows in place of those of the same set."""
    before, _, rest = page.partition(BEGIN)
    table, _, after = rest.partition(END)
    name = rows[0].split("|")[1]
    kept = [line for line in table.splitlines()[3:] if line.startswith("|") and line.split("|")[1] != name]
    lines = sorted([*kept, *rows], key=lambda line: SETS.index(line.split("|")[1].strip()))
    return "\n".join([f"{before}{BEGIN}", _row(HEAD), _row(["---"] * len(HEAD)), *lines, f"{END}{after}"])


def _measured(group: Mapping[str, Any]) -> list[str]:
    return [f"{group['queries']:,}", *(_figure(group[name]) for name in MEASURES)]


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _commit() -> str:
    sha = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    changed = subprocess.run(["git", "status", "--porcelain", "-uno"], cwd=ROOT, capture_output=True, text=True, check=True)
    return sha.strip() + ("+" if changed.stdout else "")


if __name__ == "__main__":
    main()
