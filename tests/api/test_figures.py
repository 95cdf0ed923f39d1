"""The figures of several processes hold for all of them, whichever is asked."""

import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

SCRIPT = """
import sys
from types import SimpleNamespace
from api.health import Health, LegHealth
from api.metrics import Metrics

leads, behind, past, embedded = sys.argv[1] == "leads", float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
legs = {"multilingual": LegHealth(ready=False, embedded=embedded, passages=100)}
health = Health("c" * 40, None, 10, 100, behind, None, past, legs)
metrics = Metrics({"default": SimpleNamespace(health=lambda: health, listeners=[])}, updates=leads)
print(metrics.text(["default"]).decode())
"""


def figures(folder: Path, *told: str) -> dict[str, float]:
    """How the space stands, as a process tells that stands so itself and is asked."""
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SCRIPT, *told]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return {name: float(value) for name, value in re.findall(r'(kb_\w+)\{space="default"\} (\S+)', done.stdout)}


def test_how_a_space_stands_is_told_for_all_processes(tmp_path: Path) -> None:
    """The one that is furthest behind, all snapshots of the past, and of the leg what the one that embeds it knows."""
    leading = figures(tmp_path, "leads", "0", "1", "93")
    asked = figures(tmp_path, "follows", "5", "2", "0")

    assert {name: leading[f"kb_{name}"] for name in ("behind_seconds", "past_snapshots", "waiting_passages")} == {
        "behind_seconds": 0.0, "past_snapshots": 1.0, "waiting_passages": 7.0,
    }  # fmt: skip
    assert {name: value for name, value in asked.items() if name != "kb_snapshot_age_seconds"} == {
        "kb_behind_seconds": 5.0, "kb_articles": 10.0, "kb_passages": 100.0, "kb_past_snapshots": 3.0,
        "kb_waiting_passages": 7.0,
    }  # fmt: skip
