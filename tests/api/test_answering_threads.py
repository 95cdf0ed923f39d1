"""A live question is answered in time, or the caller and the log are told; none keeps the others waiting.

Where so many hang that none is answered any more, everybody is told at once, also whoever may restart the service.
"""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Semaphore
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import answering_threads
from api.answering import respond
from api.answering_threads import LIVE, aside
from api.authentication import CheckedReaders
from api.database import Database
from api.events.event import Kind
from api.events.ledger import Ledger, Wanted
from api.events.recorder import Recorder
from api.events.records import Records
from api.guidance import Guidance
from api.reader import Credentials, Reader
from retriever.apertium import Apertium
from retriever.snapshot import Models
from tests.doors import TICKETS, three_tiers
from tests.hung_apertium import Gate, hang
from tests.waiting import until
from tests.world import World

ASKED = {"q": "when does the card arrive"}
THREADS = 40  # that every endpoint has


@dataclass
class Hung:
    """The real answering, in which questions hang while it is shut: each by itself, until it is let go."""

    shut: bool = True
    gates: list[Event] = field(default_factory=list)

    def ask(self, client: TestClient, most: int) -> list[Any]:
        """Until so many hang, whatever the machine bears: one that has no thread yet when it is given up never hangs."""
        answers = []
        while len(self.gates) < most:
            answers.append(client.post("/v1/search", json=ASKED))
        return answers

    def let_go(self) -> None:
        """All of them, and those that come."""
        self.shut = False
        for gate in self.gates:
            gate.set()


@pytest.fixture
def hung(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hung]:
    """Questions hang, and are given up soon. In the end all are let go: a test that fails waits for none."""
    hung, ask = Hung(), Guidance.ask

    def asked(*args: object) -> object:
        if hung.shut:
            gate = Event()
            hung.gates.append(gate)
            gate.wait()
        return ask(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(Guidance, "ask", asked)
    monkeypatch.setattr(answering_threads, "LONGEST", 0.2)
    yield hung
    hung.let_go()


def test_a_question_that_hangs_is_given_up_and_the_log_tells_where(
    world: World, hung: Hung, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One fewer than are answered at once: each caller is told, and the next question is answered."""
    world.article("card.md", "Cards arrive in 7 days.", id="card")
    with world.client() as client:  # one event loop for all
        given_up = hung.ask(client, LIVE - 1)
        hung.shut = False
        monkeypatch.setattr(answering_threads, "LONGEST", 600.0)
        after = client.post("/v1/search", json=ASKED)
        hung.let_go()

    told = capsys.readouterr().out.split("a question has no answer")

    assert {answer.status_code for answer in given_up} == {503}
    assert given_up[0].json()["detail"] == "No answer after 0 seconds. Ask again; the log of the service tells why."
    assert after.json()["hits"][0]["snippet"] == "Cards arrive in 7 days."
    assert len(told) == 2  # once, however many
    assert told[1].count(" asked") == 1  # of the first, which alone hung then


def test_while_all_places_hang_everybody_is_told_at_once(
    world: World, records: Records, hung: Hung, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Questions, live or not, and whoever watches the service. Once one of them ends, questions are answered again."""
    world.article("card.md", "Cards arrive in 7 days.", id="card")
    commit = world.commit()
    with world.client(records) as client:
        given_up = hung.ask(client, LIVE)
        monkeypatch.setattr(answering_threads, "LONGEST", 600.0)  # seconds: whoever waited for them would be seen to
        refused = [client.post("/v1/search", json={**ASKED, **moment}) for moment in ({}, {"as_of": commit})]
        health, ready = client.get("/healthz"), client.get("/readyz")
        client.app.state.replaced = True  # type: ignore[attr-defined]
        among_workers = client.get("/healthz"), client.get("/readyz")
        client.app.state.replaced = False  # type: ignore[attr-defined]
        hung.shut = False
        hung.gates[1].set()
        until(lambda: client.get("/healthz").status_code == 200)
        shown, again = client.post("/v1/search", json=ASKED).json(), client.get("/readyz").json()
        hung.let_go()
    records.recorder.flush()
    links = list(records.recorder.ledger.links(Wanted("default", kind=Kind.SHOWN)))
    told = "Earlier questions hang here, so no more are taken. Ask again in 5 seconds; if it stays so, "
    told += "the service has to be restarted."

    assert {answer.status_code for answer in given_up} == {503}
    assert [(it.status_code, it.headers["Retry-After"], it.json()["detail"]) for it in (*refused, health)] == [
        (503, "5", told)
    ] * 3
    assert health.headers["Content-Type"] == "application/problem+json"
    assert (ready.status_code, ready.json()["ready"], ready.json()["hanging"]) == (503, False, True)
    assert [it.status_code for it in among_workers] == [200, 503]  # the process above replaces it
    assert (again["ready"], again["hanging"]) == (True, False)
    assert [link.receipt for link in links] == [shown["receipt"]]
    assert len(hung.gates) == LIVE  # no more threads hang
    assert capsys.readouterr().out.count("questions hang and no more are taken") == 1


def test_a_question_that_waits_for_its_turn_is_not_begun_once_the_others_hang(
    world: World, hung: Hung, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would hang too, on one thread more."""
    world.article("card.md", "Cards arrive in 7 days.", id="card")
    with world.client() as client, ThreadPoolExecutor(LIVE + 1) as pool:

        def ask(seconds: float, hanging: int) -> Future[Any]:
            monkeypatch.setattr(answering_threads, "LONGEST", seconds)
            asked = pool.submit(client.post, "/v1/search", json=ASKED)
            until(lambda: len(hung.gates) == hanging)
            return asked

        try:
            hung.ask(client, LIVE - 1)
            slow = [ask(600.0, number) for number in range(LIVE, 2 * LIVE - 1)]
            last = ask(2.0, 2 * LIVE - 1)  # in the last place
            waiting = ask(600.0, 2 * LIVE - 1)
            refused, hanging = waiting.result(timeout=60), len(hung.gates)
        finally:
            hung.let_go()
        answered = [it.result(timeout=60).status_code for it in slow]

    assert (last.result().status_code, "Retry-After" in last.result().headers) == (503, False)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert hanging == 2 * LIVE - 1
    assert answered == [200] * (LIVE - 1)


def test_health_is_told_while_every_thread_waits_for_the_table_of_tokens(
    tmp_path: Path, models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no reader to look up and needs no thread: a service that is only slow is not taken for one that is gone."""
    recognise, entered, go = CheckedReaders.recognise, Semaphore(0), Event()

    def slowly(readers: CheckedReaders, credentials: Credentials) -> Reader:
        entered.release()
        go.wait()
        return recognise(readers, credentials)

    monkeypatch.setattr(CheckedReaders, "recognise", slowly)
    with three_tiers(tmp_path, models) as door, door.client as client, ThreadPoolExecutor(THREADS) as pool:
        try:
            waiting = [pool.submit(door.ask, "fp_no-token") for _ in range(THREADS)]
            all_wait = all(entered.acquire(timeout=60) for _ in waiting)
            health = client.get("/healthz")
        finally:
            go.set()
        refused = [it.result(timeout=60).status_code for it in waiting]

    assert (all_wait, health.status_code, refused) == (True, 200, [401] * THREADS)


def test_what_was_given_up_is_never_written_down_as_shown(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its thread goes on, and has an answer that nobody was shown: the chain holds only what was."""
    world.article("card.md", "Cards arrive in 7 days.", id="card")
    recorder = Recorder(tmp_path / "journal", Ledger(Database(f"sqlite:///{tmp_path}/events.sqlite")))
    client = world.client(Records(recorder, str, TICKETS))
    ask, go, went_on = Guidance.ask, Event(), Event()

    def late(*args: object) -> object:
        go.wait()
        return ask(*args)  # type: ignore[arg-type]

    def told(*args: object, **named: object) -> object:
        try:
            return respond(*args, **named)  # type: ignore[arg-type]
        finally:
            went_on.set()

    with client:
        with monkeypatch.context() as hung:
            hung.setattr(Guidance, "ask", late)
            hung.setattr("api.routes.respond", told)
            hung.setattr(answering_threads, "LONGEST", 0.2)
            given_up = client.post("/v1/search", json={"q": "when does the card arrive"})
            go.set()
            ended = went_on.wait(60)
        shown = client.post("/v1/search", json={"q": "when does the card arrive"}).json()
    recorder.close()
    links = list(recorder.ledger.links(Wanted("default", kind=Kind.SHOWN)))
    recorder.ledger.database.close()

    assert (given_up.status_code, ended) == (503, True)
    assert [link.receipt for link in links] == [shown["receipt"]]


def test_english_questions_wait_for_no_translation(world: World, tmp_path: Path) -> None:
    """More Spanish ones than there are places wait for a stage that hangs; it is answered, and so are they in the end."""
    if not Apertium.installed():
        pytest.skip("apertium-eng-spa is not installed: apt-get install apertium-eng-spa")
    waits = Semaphore(0)

    def counted() -> AbstractContextManager[None]:
        waits.release()
        return aside()

    translator = Apertium(Gate(tmp_path).mode, budget=600.0, aside=counted)  # seconds: nobody's is spent
    translator.start()
    while waits.acquire(blocking=False):
        """The start has waited too."""
    world.article("card.md", "Cards arrive in 7 days.", id="card")
    world.models = replace(world.models, translator=translator)
    group, asked = hang(translator), {"q": "la clienta no recibe su tarjeta de débito"}
    with closing(translator), world.client() as client, ThreadPoolExecutor(2 * LIVE) as pool:
        waiting = [pool.submit(client.post, "/v1/search", json=asked) for _ in range(LIVE + 1)]
        all_wait = all(waits.acquire(timeout=60) for _ in waiting)
        beside = client.post("/v1/search", json={"q": "when does the card arrive"}).json()
        before = [it.done() for it in waiting]
        os.killpg(group, signal.SIGCONT)
        translated = [it.result(timeout=60).json()["query"]["translated"] for it in waiting]

    assert beside["hits"][0]["snippet"] == "Cards arrive in 7 days."
    assert (all_wait, before, translated) == (True, [False] * (LIVE + 1), [True] * (LIVE + 1))
