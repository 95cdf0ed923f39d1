"""How many questions a second `kb serve` answers, and how long each waits: real HTTP, so many clients at once.

    python -m benchmarks.http_load [--clients 1,2,4,16] [--seconds 10] [--workers 1] [--repo REPO]

The service and the clients are processes of their own on one machine, so the clients' own work is part of the load. Every
client keeps one connection and asks distinct questions, the `answers:` of the articles, each with a number that makes it new.
Processor time and memory are the service's, of all its processes.
"""

import argparse
import asyncio
import itertools
import json
import re
import statistics
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from benchmarks.served import KB, ROOT, environment, served
from kb.reading import read_library
from kb.repository import open_repository
from retriever.language import language_of

WARM: Final = (8, 8.0)  # clients and seconds of questions that do not count, before the first that do


def english_questions(repo: Path) -> Iterator[str]:
    """Questions without end, no two the same."""
    with TemporaryDirectory() as scratch:
        repository = open_repository(str(repo), Path(scratch))
        library = read_library(repository.working_tree("articles"))
        repository.close()
    texts = [text for article in library.articles for text in article.answers if language_of(text) == "en"]
    for number in itertools.count(1):
        for text in texts:
            yield f"{text} (case {number})"


def request(question: str) -> bytes:
    """One question as it goes over the wire."""
    body = json.dumps({"q": question, "jurisdiction": "US-CA"}).encode()
    head = (
        f"POST /v1/search HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def client(port: int, questions: Iterator[str], until: float, times: list[float]) -> None:
    """Ask one question after another over one connection, and note how long each took in milliseconds."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while perf_counter() < until:
        begun = perf_counter()
        writer.write(request(next(questions)))
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if not head.startswith(b"HTTP/1.1 200") or length is None:
            raise RuntimeError(head.decode())
        await reader.readexactly(int(length[1]))
        times.append((perf_counter() - begun) * 1000)
    writer.close()


async def load(port: int, clients: int, seconds: float, questions: Iterator[str]) -> list[float]:
    """All clients at once; what each question took."""
    times: list[float] = []
    until = perf_counter() + seconds
    await asyncio.gather(*(client(port, questions, until, times) for _ in range(clients)))
    return times


def main() -> None:
    """Serve, load, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", default="1,2,4,16")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--repo", type=Path, default=ROOT)
    asked = parser.parse_args()
    questions = english_questions(asked.repo)
    with TemporaryDirectory() as data:
        settings = environment(Path(data), asked.repo, KB_WORKERS=str(asked.workers))
        subprocess.run([*KB, "index", "--json"], env=settings, check=True, stdout=subprocess.DEVNULL)  # nothing runs beside it
        measure(settings, map(int, asked.clients.split(",")), asked.seconds, questions)


def measure(settings: Mapping[str, str], counts: Iterable[int], seconds: float, questions: Iterator[str]) -> None:
    """Serve, and print a line for each number of clients."""
    with served(settings) as service:
        asyncio.run(load(service.port, *WARM, questions))
        for clients in counts:
            before = service.seconds()
            times = asyncio.run(load(service.port, clients, seconds, questions))
            each = (service.seconds() - before) * 1000 / len(times)
            p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
            print(
                f"{clients:>2} clients: {len(times) / seconds:3.0f} a second, p50 {p50:.1f} ms, p95 {p95:.1f} ms; "
                f"{each:.1f} ms of processor time a question; {service.megabytes():.0f} MB",
                flush=True,
            )


if __name__ == "__main__":
    main()
