"""How soon a first start answers English questions, and what questions notice of the multilingual leg that follows.

    python -m benchmarks.english_first DATA_FOLDER WORK_FOLDER [--articles 1000] [--words 200] [--whole]

`kb serve` over made articles with an empty data folder: real git, real models, real HTTP. One client asks distinct questions
without a pause; while the multilingual leg is embedded, one edited article is pushed. --whole measures a version that has no
first stage: until its first answer.
"""

import argparse
import http.client
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Any, Final

from benchmarks.live_updates import Client, Writer, spread
from benchmarks.many_articles import MADE, files
from benchmarks.served import Served, environment, served
from kb.new_repository import write_repository

AFTER_SECONDS: Final = 15.0  # of questions over the whole index, to compare with
WARM_SECONDS: Final = 5.0  # in which a service loads what later questions need


def ready(port: int) -> dict[str, Any]:
    """The space's legs, as /readyz tells them; none of a version that has no first stage."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/readyz")
    found: dict[str, Any] = json.loads(connection.getresponse().read())["spaces"]["default"].get("legs", {})
    connection.close()
    return found


def measure(service: Served, begun: float, writer: Writer, *, whole: bool) -> None:
    """Ask from the first moment on, push, and print."""
    port, client = service.port, Client(service.port)
    client.start()
    while not client.asked:
        sleep(0.005)
    first = f"first English answer after {client.asked[0][1] - begun:.1f} s"
    print(f"{first}; {service.seconds():.1f} s of processor time", flush=True)
    if whole:
        return
    sleep(WARM_SECONDS)
    pushing = perf_counter()
    path = writer.paths()[0]
    pushed = writer.commit({path: writer.text(path) + b"Edited beside the second leg.\n"})
    served = client.served(pushed, after=pushing)
    print(f"a push beside it is served after {served - pushing:.1f} s; {ready(port)['multilingual']}", flush=True)
    while not ready(port)["multilingual"]["ready"]:
        sleep(0.2)
    last = perf_counter()
    print(f"whole after {last - begun:.1f} s")
    sleep(AFTER_SECONDS + WARM_SECONDS)
    for name, window in (("beside the second leg", (pushing, last)), ("after it", (last + WARM_SECONDS, perf_counter()))):
        times = client.milliseconds([window])
        median, most = spread(times)
        print(f"question {name}: p50 {median:.1f} ms, p95 {most:.1f} ms, of {len(times):,}")
    client.ended.set()


def main() -> None:
    """Make the repository, serve, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--articles", type=int, default=1_000)
    parser.add_argument("--words", type=int, default=200)
    parser.add_argument("--whole", action="store_true")
    asked = parser.parse_args()
    repository = asked.work / f"many-{asked.articles}-{asked.words}.git"
    if not repository.exists():
        write_repository(repository, files(asked.data, asked.articles, asked.words), at=MADE)
    writer = Writer(repository)
    start = writer.commit({})
    try:
        with TemporaryDirectory() as data:
            begun = perf_counter()
            with served(environment(Path(data), repository)) as service:
                measure(service, begun, writer, whole=asked.whole)
    finally:
        writer.reset(start)


if __name__ == "__main__":
    main()
