"""Several processes behind one address are one service: real processes, of which each can be reached alone."""

import hashlib
import hmac
import http.client
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.database import Database
from api.events.event import Kind
from api.events.ledger import Ledger, Wanted
from api.token import digest_of, new_token
from api.token_table import KeptToken, add_token
from retriever.snapshot import Models
from tests.conftest import ROOT
from tests.events import told_faults
from tests.waiting import until
from tests.world import TAXONOMY, World

SECRET = "of the git host"  # noqa: S105 - a test's
MOST = 30  # requests of one reader a minute


@dataclass
class Service:
    """A running `kb serve`."""

    world: World
    process: "subprocess.Popen[bytes]"
    port: int
    held: list[http.client.HTTPConnection] = field(default_factory=list)

    @property
    def database(self) -> Database:
        """Where its events and tokens are."""
        return Database(f"sqlite:///{self.world.root}/data/fingerpost.sqlite")

    def shared(self) -> list[Path]:
        """The folders that workers share."""
        return [it for it in (self.world.root / "data" / "workers").glob("*") if it.is_dir()]

    def workers(self) -> list[int]:
        """Its processes that answer."""
        return [int(it) for it in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]

    def each(self) -> list[http.client.HTTPConnection]:
        """One connection to each worker: while the others stand still, only that one answers."""
        for connection in [*self.held, *map(self._only, self.workers())]:  # by the second round both answer at once
            connection.close()
        self.held = [self._only(worker) for worker in self.workers()]
        return self.held

    def _only(self, worker: int) -> http.client.HTTPConnection:
        others = [it for it in self.workers() if it != worker]
        for other in others:
            os.kill(other, signal.SIGSTOP)
        try:
            return self._answered()
        finally:
            for other in others:
                os.kill(other, signal.SIGCONT)

    def _answered(self) -> http.client.HTTPConnection:
        """A connection that whoever does not stand still has taken: the system chooses for each anew."""
        for _ in range(100):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=0.3)
            with suppress(OSError):
                ask(connection, "GET", "/healthz")
                assert connection.sock is not None
                connection.sock.settimeout(30)
                return connection
            connection.close()
        raise AssertionError("no worker answers")

    def token(self) -> str:
        """A new administrator's."""
        secret, now, database = new_token(), datetime.now(UTC), self.database
        kept = KeptToken(
            id=digest_of(secret)[:26], name="Ana", hash=digest_of(secret), spaces=("default",), tier=1, teams=(), role="admin",
            created_at=now, created_by="test", expires_at=now + timedelta(days=1),
        )  # fmt: skip
        add_token(database, kept)
        database.close()
        return secret

    def push(self, connection: http.client.HTTPConnection, body: str) -> str:
        """Commit, and let the git host call one worker; the commit."""
        self.world.article("card.md", body, id="card")
        commit = self.world.commit()
        said = json.dumps({"ref": "refs/heads/main"})
        signature = hmac.new(SECRET.encode(), said.encode(), hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={signature}", "X-GitHub-Event": "push", "X-GitHub-Delivery": commit}
        assert ask(connection, "POST", "/hooks/git/default", said, headers)[0] == 202
        return commit


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: str | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, Any]:
    """Status and body."""
    connection.request(method, path, body, {"Content-Type": "application/json", **(headers or {})})
    response = connection.getresponse()
    content = response.read()
    with suppress(ValueError):
        return response.status, json.loads(content)
    return response.status, content.decode()


def question(connection: http.client.HTTPConnection, token: str) -> Any:
    """The answer to one question."""
    status, answer = ask(connection, "POST", "/v1/search", json.dumps({"q": "when does the card arrive"}), bearer(token))
    assert status == 200, answer
    return answer


def bearer(token: str) -> dict[str, str]:
    """The header."""
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def serve(tmp_path: Path, models: Models) -> Iterator[Callable[..., Service]]:
    """Starts a service over one article, of two workers if not told otherwise; whatever is left in the end is killed.

    before: Python that its process runs first.
    """
    world = World(tmp_path, models)
    world.repo.mkdir()
    world.git("init", "--quiet", "--initial-branch=main")
    world.write("kb.yml", TAXONOMY)
    world.article("card.md", "Cards arrive in 7 days.", id="card")
    world.commit()
    begun: list[Service] = []

    def start(workers: int = 2, before: str = "", **settings: str) -> Service:
        folder = os.environ.get("KB_MODELS_DIR") or str(ROOT / ".kb" / "models")
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("KB_")},
            "KB_DATA_DIR": str(tmp_path / "data"), "KB_MODELS_DIR": folder, "PYTHONPATH": str(ROOT), "KB_REPO": str(world.repo),
            "KB_PORT": "0", "KB_AUTH": "tokens", "KB_WORKERS": str(workers), "KB_HOOK_SECRET": SECRET, "KB_POLL_SECONDS": "0",
            "KB_REFRESH_SECONDS": "0.1", "KB_TRANSLATOR": "none", "KB_REQUESTS_PER_MINUTE": str(MOST),
            **settings,
        }  # fmt: skip
        command = [sys.executable, "-c", f"{before}\nfrom api.cli import main; main()", "serve"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
        address = re.search(rb"http://[\d.]+:(\d+)", process.stdout.readline() if process.stdout else b"")
        assert address is not None
        begun.append(Service(world, process, int(address[1])))
        until(lambda: workers == 1 or len(begun[-1].workers()) == workers)
        return begun[-1]

    yield start
    for service in begun:
        service.process.kill()  # whose end the workers notice
        service.process.wait()


@pytest.mark.proof
def test_workers_are_one_service(serve: Callable[..., Service]) -> None:
    """A receipt, a limit, a figure and a push count for all of them, whichever was asked; and one signal ends them all."""
    service = serve()
    token, other = service.token(), service.token()
    each = service.each()
    answers = [question(connection, token) for connection in each * 3]
    receipts = [
        ask(connection, "GET", f"/v1/receipts/{answer['receipt']}", headers=bearer(token))[0]
        for answer, connection in zip(answers, reversed(each * 3), strict=True)
    ]
    statuses = [ask(each[number % 2], "GET", "/v1/taxonomy", headers=bearer(other))[0] for number in range(MOST + 6)]
    figures = [ask(connection, "GET", "/metrics", headers=bearer(token))[1] for connection in each]
    asked = [re.search(r'kb_request_seconds_count\{endpoint="/v1/search",status="200"\} (\S+)', it) for it in figures]
    first, *pushed = [service.world.git("rev-parse", "HEAD")] + [
        service.push(connection, f"Cards arrive in {days} days.") for days, connection in enumerate(each, 4)
    ]

    def serving() -> set[str]:
        return {ask(it, "GET", "/readyz", headers=bearer(service.token()))[1]["spaces"]["default"]["commit"] for it in each}

    until(lambda: serving() == {pushed[-1]})
    workers, folders = service.workers(), service.shared()
    service.process.terminate()

    assert receipts == [200] * 6
    assert statuses == [200] * MOST + [429] * 6
    assert [it and float(it[1]) for it in asked] == [6.0, 6.0]
    assert service.process.wait(30) == -signal.SIGTERM
    assert [Path(f"/proc/{worker}").exists() for worker in workers] == [False, False]
    assert (len(folders), service.shared()) == (1, [])
    ledger = Ledger(service.database)
    published = [link.facts()["commit"] for link in ledger.links(Wanted("default", kind=Kind.PUBLISHED))]
    assert (published[0], published[-1], len(set(published))) == (first, pushed[-1], len(published))
    assert told_faults(ledger) == []


@pytest.mark.proof
@pytest.mark.parametrize("number", [0, 1], ids=["the one that leads", "one that follows"])
def test_a_killed_worker_is_replaced_and_nothing_is_lost(serve: Callable[..., Service], number: int) -> None:
    """What it had acknowledged is read through the other one at once, and pushes go on being served by both."""
    service = serve()
    token = service.token()
    each, before = service.each(), service.workers()
    receipts = [question(each[number], token)["receipt"] for _ in range(5)]
    os.kill(before[number], signal.SIGKILL)
    kept = [ask(each[1 - number], "GET", f"/v1/receipts/{it}", headers=bearer(token))[0] for it in receipts]
    until(lambda: len(service.workers()) == 2 and before[number] not in service.workers())
    each = service.each()
    commit = service.push(each[0], "Cards arrive in 4 days.")
    fresh = service.token()
    until(lambda: {question(it, service.token())["index"]["commit"] for it in each} == {commit})

    assert kept == [200] * 5
    assert [question(it, fresh)["hits"][0]["snippet"] for it in each] == ["Cards arrive in 4 days."] * 2
    assert told_faults(Ledger(service.database)) == []


@pytest.mark.proof
def test_workers_end_with_the_process_above_them(serve: Callable[..., Service]) -> None:
    """However that ends: nobody answers any more, and the next start has the port and what was acknowledged."""
    service = serve()
    token, workers = service.token(), service.workers()
    receipt = question(service.each()[1], token)["receipt"]
    service.process.kill()
    until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))
    again = serve()

    assert ask(again.each()[0], "GET", f"/v1/receipts/{receipt}", headers=bearer(token))[0] == 200


def test_a_start_that_fails_says_why_once(kb: Callable[..., "subprocess.CompletedProcess[str]"], tmp_path: Path) -> None:
    """As with one process: the message, the exit code, and nothing left running."""
    done = kb("serve", KB_WORKERS="2", KB_PORT="0", KB_REPO=str(tmp_path))

    said = [line for line in done.stderr.splitlines() if not line.startswith("{")]  # what is no line of the log

    assert done.returncode == 2
    assert said == [f"{tmp_path}: this is no git repository. Run `git init` there, or correct --repo or KB_REPO."]
