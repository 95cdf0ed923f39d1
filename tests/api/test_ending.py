"""A signal ends the service in order, a second one at once: real processes, alone and with workers."""

import http.client
import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import sleep
from typing import Final

import pytest

from api.ending import children, end_children
from api.events.event import Kind
from api.events.ledger import Ledger, Wanted
from benchmarks.served import offspring
from retriever.apertium import Apertium
from tests.api.test_workers import Service, ask, bearer, question
from tests.api.test_workers import serve as serve
from tests.events import told_faults
from tests.waiting import until

_NO_THREAD: Final = 2**22 + 1  # more than the system gives
_TICK: Final = 0.2  # seconds: more than the server sleeps, so that it wakes to the signal and not to what has arrived


def is_there(process: int) -> bool:
    """Whether it runs; one that has ended and that nobody has asked for is not."""
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def journals(service: Service) -> list[Path]:
    """What waits for the database."""
    return [*(service.world.root / "data" / "journal").rglob("*.journal")]


def is_open(port: int) -> bool:
    """Whether anybody takes callers."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


@pytest.mark.parametrize(
    ("wanted", "workers"),
    [(signal.SIGTERM, 1), pytest.param(signal.SIGINT, 2, marks=pytest.mark.proof)],
    ids=["alone", "workers"],
)
def test_a_signal_ends_the_service_in_order(serve: Callable[..., Service], wanted: signal.Signals, workers: int) -> None:
    """What was asked just before is answered and in the database, nothing that was started runs on, and no folder stays."""
    service = serve(workers, KB_TRANSLATOR="apertium" if Apertium.installed() else "none")
    token = service.token()
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    body = json.dumps({"q": "cuánto tarda en llegar la tarjeta de mi cliente"})
    if workers > 1:
        service.each()  # one that is killed while it begins leaves an empty journal to the next start
    first = ask(connection, "POST", "/v1/search", body, bearer(token))[1]
    started = offspring(service.process.pid)
    answering = [service.process.pid] if workers == 1 else service.workers()
    for process in answering:
        os.kill(process, signal.SIGSTOP)
    beside = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    for each in (connection, beside):  # one that was asked before, and one that is not even let in
        each.request("POST", "/v1/search", body, {"Content-Type": "application/json", **bearer(token)})
    service.process.send_signal(wanted)
    sleep(_TICK)
    for process in answering:
        os.kill(process, signal.SIGCONT)
    last = [json.loads(each.getresponse().read()) for each in (connection, beside)]

    assert service.process.wait(60) == -wanted
    until(lambda: not any(map(is_there, started)))
    ledger = Ledger(service.database)
    shown = {link.receipt for link in ledger.links(Wanted("default", kind=Kind.SHOWN))}
    assert shown == {it["receipt"] for it in [first, *last]}
    assert told_faults(ledger) == []
    assert journals(service) == []
    assert service.shared() == []


@pytest.mark.proof
@pytest.mark.parametrize("workers", [1, 2])
def test_a_second_signal_ends_the_service_at_once(serve: Callable[..., Service], workers: int) -> None:
    """While the first waits for a request whose end does not come; what was acknowledged is in the journal or the database."""
    service = serve(workers)
    token = service.token()
    receipt = question(http.client.HTTPConnection("127.0.0.1", service.port, timeout=30), token)["receipt"]
    with socket.create_connection(("127.0.0.1", service.port)) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"200 OK" in slow.recv(1000)  # it is taken, and not only waiting to be
        slow.sendall(f"POST /v1/search HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n".encode())
        slow.sendall(b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
        service.process.terminate()
        until(lambda: not is_open(service.port))
        service.process.terminate()

        assert service.process.wait(60) == -signal.SIGTERM
    assert journals(service) != []  # which an end in order removes
    again = serve(workers)
    connection = http.client.HTTPConnection("127.0.0.1", again.port, timeout=30)
    assert ask(connection, "GET", f"/v1/receipts/{receipt}", headers=bearer(token))[0] == 200


def test_a_thread_that_ends_meanwhile_keeps_no_child_from_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was listed, and is gone when its children are asked for."""
    listed, kill = Path.iterdir, os.kill
    monkeypatch.setattr(Path, "iterdir", lambda folder: iter([folder / str(_NO_THREAD), *listed(folder)]))
    with subprocess.Popen(["sleep", "30"]) as child:
        monkeypatch.setattr("api.ending.os.kill", lambda pid, wanted: kill(pid, wanted) if pid == child.pid else None)
        mine = children(os.getpid())
        end_children()

    assert child.pid in mine
    assert child.returncode == -signal.SIGTERM
    assert children(_NO_THREAD) == []
