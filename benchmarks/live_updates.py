"""How soon a push is served, and what questions notice of it: `kb serve` over 10,000 articles, real git, real HTTP.

    python -m benchmarks.live_updates DATA_FOLDER WORK_FOLDER [--edits 40] [--deleted 500]

Makes the repository in the work folder, if it is not there, and embeds it once; the vectors stay there for the next run. One
client asks distinct questions without a pause. A push counts from the moment the ref has moved, and is served when the first
answer from its commit has come. Questions count as asked during an update from the push until the snapshot lies on the disk.
"""

import argparse
import hashlib
import hmac
import http.client
import json
import re
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import perf_counter, sleep, time
from typing import Final

from benchmarks.many_articles import MADE, files
from benchmarks.served import KB, environment, served
from kb.new_repository import write_repository

ARTICLES: Final = 10_000
SECRET: Final = "of the benchmark"  # noqa: S105 - of no other service
IDLE_SECONDS: Final = 20.0
PAUSE_SECONDS: Final = 1.0  # between two pushes, so that each is an update of its own
PATIENCE_SECONDS: Final = 60.0
TOPICS: Final = ("dividends", "a mortgage", "an index fund", "the licence plate", "a cluster", "taxes", "a card", "a loan")


class Client(Thread):
    """Asks one question after another over one connection, and notes when each was asked, answered, and from which commit."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.asked: list[tuple[float, float, str]] = []
        self.ended = Event()

    def run(self) -> None:
        """See Thread."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        number = 0
        while not self.ended.is_set():
            number += 1
            text = f"how does {TOPICS[number % len(TOPICS)]} work in case {number}"
            begun = perf_counter()
            body = json.dumps({"q": text, "jurisdiction": "US-CA"})
            connection.request("POST", "/v1/search", body, {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())
            self.asked.append((begun, perf_counter(), answer["index"]["commit"]))

    def served(self, commit: str, *, after: float) -> float:
        """The moment at which the first answer from this commit had come."""
        seen = 0
        while perf_counter() - after < PATIENCE_SECONDS:
            for _begun, ended, told in self.asked[seen:]:
                seen += 1
                if ended >= after and told == commit:
                    return ended
            sleep(0.005)
        raise RuntimeError(f"commit {commit} was not served within {PATIENCE_SECONDS} seconds")

    def milliseconds(self, windows: Sequence[tuple[float, float]]) -> list[float]:
        """What questions took that ran, at least in part, in one of these windows."""
        return [
            (ended - begun) * 1000
            for begun, ended, _commit in self.asked
            if any(begun <= last and ended >= first for first, last in windows)
        ]


class Writer:
    """Commits straight to the branch of a bare repository, as a push does."""

    def __init__(self, repository: Path) -> None:
        self._repository = repository

    def commit(self, changes: dict[str, bytes | None]) -> str:
        """Change or (None) delete files in one commit; its id."""
        stream = f"commit refs/heads/main\ncommitter Writer <w@example.com> {int(time())} +0000\ndata 4\nEdit\n".encode()
        stream += b"from refs/heads/main^0\n"
        for path, content in changes.items():
            gone = content is None
            stream += f"D {path}\n".encode() if gone else b"M 100644 inline %s\ndata %d\n%s\n" % (
                path.encode(), len(content or b""), content or b"",
            )  # fmt: skip
        self._git("fast-import", "--quiet", "--force", stdin=stream)
        return self._git("rev-parse", "main").decode().strip()

    def paths(self) -> list[str]:
        """Every article there is."""
        listed = self._git("ls-tree", "-r", "--name-only", "main", "articles/").decode().split("\n")
        return [path for path in listed if path.endswith(".md")]

    def text(self, path: str) -> bytes:
        """An article as it is."""
        return self._git("show", f"main:{path}")

    def reset(self, commit: str) -> None:
        """Move the branch back."""
        self._git("update-ref", "refs/heads/main", commit)

    def _git(self, *args: str, stdin: bytes = b"") -> bytes:
        done = subprocess.run(["git", "-C", str(self._repository), *args], input=stdin, capture_output=True, check=True)
        return done.stdout


@dataclass
class Service:
    """A running `kb serve` over the repository."""

    port: int
    data: Path
    client: Client
    writer: Writer
    windows: list[tuple[float, float]] = field(default_factory=list)

    def push(self, changes: dict[str, bytes | None], *, hook: bool) -> float:
        """Push, wait until it is served and lies on the disk; seconds until it was served."""
        before = self._published()
        commit = self.writer.commit(changes)
        begun = perf_counter()
        if hook:
            self._call()
        served = self.client.served(commit, after=begun)
        while self._published() == before:
            sleep(0.005)
        self.windows.append((begun, perf_counter()))
        return served - begun

    def _published(self) -> str:
        return next((self.data / "spaces" / "default").glob("published-*.json")).read_text()

    def _call(self) -> None:
        """Call the webhook, as a git host does."""
        body = json.dumps({"ref": "refs/heads/main"}).encode()
        signature = f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature, "X-GitHub-Event": "push"}
        connection.request("POST", "/hooks/git/default", body, headers)
        if (status := connection.getresponse().status) != 202:
            raise RuntimeError(f"the webhook answered {status}")

    def lag(self) -> str:
        """What /metrics says of the last publication."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        return ", ".join(re.findall(r"^kb_(?:publish_lag_seconds|update_stage_milliseconds)\{.*\} .*$", text, re.MULTILINE))


def spread(times: Sequence[float]) -> tuple[float, float]:
    """The median, and what 95 of a hundred stay below."""
    return statistics.median(times), statistics.quantiles(times, n=20, method="inclusive")[-1]


def measure(service: Service, edits: int, deleted: int) -> None:
    """Edit, delete, print."""
    sleep(IDLE_SECONDS)
    idle = spread(service.client.milliseconds([(perf_counter() - IDLE_SECONDS, perf_counter())]))
    print(f"search while nothing is pushed: p50 {idle[0]:.1f} ms, p95 {idle[1]:.1f} ms")
    paths = service.writer.paths()
    for name, hook in (("by a webhook", True), ("found by polling", False)):
        times = []
        for number in range(edits):
            path = paths[(number * 37) % (len(paths) - deleted)]
            edited = service.writer.text(path) + f"Edited in round {number}, {name}, at {time():.0f}.\n".encode()
            times.append(service.push({path: edited}, hook=hook))
            sleep(PAUSE_SECONDS)
        median, most = spread(times)
        print(f"push of a one-article edit {name} → served, {edits} times: p50 {median:.2f} s, p95 {most:.2f} s", flush=True)
        print(f"  {service.lag()}")
    busy = spread(service.client.milliseconds(service.windows))
    print(f"search during these updates: p50 {busy[0]:.1f} ms, p95 {busy[1]:.1f} ms, {busy[1] / idle[1]:.1f} times idle")
    taken = service.push(dict.fromkeys(paths[-deleted:]), hook=True)
    print(f"push of a deletion of {deleted} articles in one commit → served: {taken:.2f} s")


def main() -> None:
    """Make what is missing, serve, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--edits", type=int, default=40)
    parser.add_argument("--deleted", type=int, default=500)
    asked = parser.parse_args()
    repository, data = asked.work / "many.git", asked.work / "data"
    if not repository.exists():
        write_repository(repository, files(asked.data, ARTICLES, words=80), at=MADE)
    writer = Writer(repository)
    settings = environment(data, repository, KB_HOOK_SECRET=SECRET, KB_SNAPSHOTS_MEGABYTES="500")
    subprocess.run([*KB, "index", "--json"], env=settings, check=True, stdout=subprocess.DEVNULL)
    began = writer.commit({})
    try:
        with served(settings) as service:
            client = Client(service.port)
            client.start()
            measure(Service(client.port, data, client, writer), asked.edits, asked.deleted)
            client.ended.set()
    finally:
        writer.reset(began)


if __name__ == "__main__":
    main()
