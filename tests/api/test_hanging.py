"""A service in which every question hangs says so to whoever can restart it: real processes, alone and with workers."""

import http.client
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api.test_workers import Service, ask, bearer, question
from tests.api.test_workers import serve as serve
from tests.waiting import until

# In a process whose number is in the file, questions hang until it is removed, and are given up soon. With workers that is done
# in each, because what is imported for it starts a thread; and patience with a silent one ends while the other file is there.
HANGS = """
import sys, time
from pathlib import Path
from api.workers import ALONE, Crew
folder = Path({folder!r})

def hang(worker):
    from api import answering_threads
    from api.guidance import Guidance
    answering_threads.LONGEST, ask = 0.5, Guidance.ask
    def asked(*args):
        while (folder / f"hangs-{{worker.number}}").exists():
            time.sleep(0.02)
        return ask(*args)
    Guidance.ask = asked
    return worker

divide, look = Crew.divide, Crew._look
def looked(crew, passed):
    crew.silence = 5.0 if (folder / "impatient").exists() else 600.0
    look(crew, passed)
Crew.divide, Crew._look = lambda crew: hang(divide(crew)), looked
"""


def connected(service: Service) -> http.client.HTTPConnection:
    """A caller of its own."""
    return http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)


def searched(connection: http.client.HTTPConnection, token: str) -> tuple[int, Any]:
    """Status and body of one question."""
    return ask(connection, "POST", "/v1/search", json.dumps({"q": "when does the card arrive"}), bearer(token))


def test_a_service_that_hangs_fails_its_check_and_ends_when_it_is_told_to(
    serve: Callable[..., Service], tmp_path: Path
) -> None:
    """As a supervisor sees it; what it starts instead answers."""
    service = serve(1, HANGS.format(folder=str(tmp_path)) + "hang(ALONE)")
    token, watching = service.token(), connected(service)
    before = ask(watching, "GET", "/healthz")[0]
    (tmp_path / "hangs-0").touch()
    until(lambda: searched(watching, token)[0] == 503 and ask(watching, "GET", "/healthz")[0] == 503)
    refused, ready, guest = (
        searched(watching, token),
        ask(watching, "GET", "/readyz"),
        ask(watching, "GET", "/v1/search?q=card"),
    )
    service.process.terminate()
    ended = service.process.wait(60)
    again = serve(1)

    assert (before, ready[0], ready[1]["hanging"]) == (200, 503, True)
    assert refused[1]["detail"].startswith("Earlier questions hang here")
    assert guest[0] == 401  # whoever may not ask learns nothing
    assert ended == -signal.SIGTERM
    assert question(connected(again), token)["hits"][0]["snippet"] == "Cards arrive in 7 days."


@pytest.mark.proof
def test_a_worker_that_hangs_is_replaced_and_the_service_is_not(serve: Callable[..., Service], tmp_path: Path) -> None:
    """One cure, and not two at once: its own check goes on telling that nothing has to be restarted from outside."""
    service = serve(2, HANGS.format(folder=str(tmp_path)))
    token, (well, hanging), before = service.token(), service.each(), service.workers()
    until(lambda: searched(well, token)[0] == 200)  # a first question loads what the others use, and may be given up
    (tmp_path / "hangs-1").touch()
    until(lambda: searched(hanging, token)[0] == 503 and ask(hanging, "GET", "/readyz")[0] == 503)
    health, other = ask(hanging, "GET", "/healthz")[0], searched(well, token)[0]
    (tmp_path / "impatient").touch()
    until(lambda: before[1] not in service.workers())
    (tmp_path / "hangs-1").unlink()
    (tmp_path / "impatient").unlink()
    until(lambda: len(service.workers()) == 2)
    each = service.each()
    until(lambda: {searched(connection, token)[0] for connection in each} == {200})

    assert (health, other) == (200, 200)
    assert service.workers()[0] == before[0]
