"""How long a user waits for a new process: `kb search` to its answer, and `kb serve` to its first one.

    python benchmarks/cold_start.py [RUNS]

Whole processes on an index that is there already; medians of RUNS (default 7) after one run that does not count.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parent.parent
KB = [sys.executable, "-c", "from api.cli import main; main()"]
ENGLISH = "customer says she never authorised a debit from her account"
SPANISH = "la clienta dice que nunca autorizó el cargo en su cuenta"


def main(runs: int) -> None:
    """Print one line for each kind of start."""
    with tempfile.TemporaryDirectory() as data:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "KB_DATA_DIR": data,
            "KB_MODELS_DIR": os.environ.get("KB_MODELS_DIR") or str(ROOT / ".kb" / "models"),
        }
        subprocess.run([*KB, "index"], cwd=ROOT, env=environment, check=True, capture_output=True)
        for name, question in (("kb search, English", ENGLISH), ("kb search, Spanish", SPANISH)):
            times = [_search(question, environment) for _ in range(runs + 1)][1:]
            _print(name, times)
        _print("kb serve to its first answer", [_serve(environment) for _ in range(runs + 1)][1:])


def _search(question: str, environment: dict[str, str]) -> float:
    begun = perf_counter()
    command = [*KB, "search", question, "--jurisdiction", "US-CA", "--tier", "1", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    json.loads(done.stdout)["index"]["commit"]
    return perf_counter() - begun


def _serve(environment: dict[str, str]) -> float:
    begun = perf_counter()
    command = [*KB, "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as service:
        try:
            address = re.search(rb"http://\S+", service.stdout.readline() if service.stdout else b"")
            if address is None:
                raise RuntimeError("the service printed no address")
            body = json.dumps({"q": ENGLISH, "jurisdiction": "US-CA"}).encode()
            request = urllib.request.Request(  # noqa: S310 - the address that the service printed
                f"{address[0].decode()}/v1/search", body, {"Content-Type": "application/json"}
            )
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
                json.load(response)
            return perf_counter() - begun
        finally:
            service.terminate()


def _print(name: str, times: list[float]) -> None:
    print(
        f"{name:<30} median {statistics.median(times):.2f} s  (min {min(times):.2f}, max {max(times):.2f}, {len(times)} runs)"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=int, nargs="?", default=7, metavar="RUNS")
    main(parser.parse_args().runs)
