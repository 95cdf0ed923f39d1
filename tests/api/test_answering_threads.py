"""A live question is answered in time, or the caller and the log are told; none keeps the others waiting."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from pathlib import Path
from threading import Event, Lock, Semaphore

import pytest

from api import answering_threads
from api.answering import respond
from api.answering_threads import LIVE, aside
from api.database import Database
from api.events.event import Kind
from api.events.ledger import Ledger, Wanted
from api.events.recorder import Recorder
from api.events.records import Records
from api.guidance import Guidance
from retriever.apertium import Apertium
from tests.doors import TICKETS
from tests.hung_apertium import Gate, hang
from tests.world import World


def test_a_question_that_hangs_is_given_up_and_the_log_tells_where(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """More of them than there are threads: each caller is told, and the next question is answered."""
    world.article("card.md", "Cards arrive in 7 days.", id="card")
    client, ask, lock, go = world.client(), Guidance.ask, Lock(), Event()
    hanging = [LIVE + 1]

    def sometimes(*args: object) -> object:
        with lock:
            hanging[0] -= 1
            hangs = hanging[0] >= 0
        if hangs:
            go.wait()
        return ask(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(Guidance, "ask", sometimes)
    monkeypatch.setattr(answering_threads, "LONGEST", 0.2)
    with client:  # one event loop for all
        given_up = [client.post("/v1/search", json={"q": "when does the card arrive"}) for _ in range(LIVE + 1)]
        monkeypatch.setattr(answering_threads, "LONGEST", 60.0)
        after = client.post("/v1/search", json={"q": "when does the card arrive"})
        go.set()

    told = capsys.readouterr().out.split("a question has no answer")

    assert {answer.status_code for answer in given_up} == {503}
    assert given_up[0].json()["detail"] == "No answer after 0 seconds. Ask again; the log of the service tells why."
    assert after.json()["hits"][0]["snippet"] == "Cards arrive in 7 days."
    assert len(told) == 2  # once, however many
    assert told[1].count(" sometimes") == 1  # of the first, which alone hung then


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
