"""One process of `kb serve` that answers: the only one, or one of several."""

import faulthandler
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import structlog
import typer

from api.authentication import open_readers
from api.cli.progress import announce, watching
from api.composition import (
    leaders_updates,
    open_courier,
    open_database,
    open_guidance,
    open_hooks,
    open_records,
    spaces_of,
    start_followers,
    start_updaters,
    ticket_keys,
)
from api.ending import LONGEST, end_by, end_children
from api.events.ticket_keys import note_secret
from api.guidance import Guidance
from api.listening import begin
from api.loading import load_for_service, load_later, open_models, open_translator, translation_notice
from api.settings import Settings, require_loopback
from api.updater import Updater, stop_all, wake
from api.workers import Worker
from retriever.apertium import LIVE_BUDGET
from retriever.snapshot import Models

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.digests.scheduler import Scheduler
    from api.events.records import Records


_BEHIND: Final = 2.0  # seconds for what works behind the answers, when it is time to end

log = structlog.get_logger()


def answer(worker: Worker, settings: Settings, listening: socket.socket) -> None:
    """Index or follow, and answer until a signal ends it; then close what is open. Raises what keeps it from beginning."""
    faulthandler.register(signal.SIGUSR1, all_threads=True)  # whoever asks is told where every thread is
    with ExitStack() as closing:
        app = _service(worker, settings, listening, closing)

        from api.server import run

        wanted = run(app, listening, worker.beat)
        log.info("ending", signal=signal.Signals(wanted).name)
        faulthandler.dump_traceback_later(LONGEST, exit=True)  # what does not end by itself says where it hangs
    end_children()
    end_by(wanted)


def _service(worker: Worker, settings: Settings, listening: socket.socket, closing: ExitStack) -> "FastAPI":
    """The application, and all that works behind it. closing: what is to be done in the end, the last first."""
    database = open_database(settings)
    closing.callback(database.close)
    readers = open_readers(settings, spaces_of(settings), database, demo=worker.demo)
    if readers.loopback_only:
        require_loopback(settings.host)
    records = open_records(settings, database)
    closing.callback(records.recorder.close)
    note_secret(database, ticket_keys(settings), datetime.now(UTC))
    models = open_models(settings, announce, translator=open_translator(settings, LIVE_BUDGET, _aside))
    closing.callback(models.translator.close)
    greets = worker.leads and worker.is_first
    if greets and (notice := translation_notice(settings, models)):
        typer.echo(notice, err=True)
    english = load_for_service(models)
    with watching() as watch:
        guidance = open_guidance(settings, models, watch, worker)

    from api.app import build_routes, create_app  # here and below, because the model loads meanwhile
    from api.digests.scheduler import Scheduler
    from api.edges import edges_of
    from api.machines import add_machines
    from api.metrics import Metrics
    from api.shared_window import SharedWindow

    english.result()
    if greets:
        begin(listening, settings.host, settings.port)  # before the address is printed: whoever reads it may ask at once
    updaters = start_updaters(settings, guidance) if worker.leads else {}
    followers = [] if worker.leads else start_followers(settings, guidance)
    closing.callback(stop_all, [*updaters.values(), *followers], _BEHIND)
    updates = updaters if worker.leads else leaders_updates(guidance, worker)
    if greets:
        _greet(settings.host, listening.getsockname()[1], demo=readers.loopback_only)
    window = SharedWindow(worker.folder / "requests.sqlite") if worker.folder else None
    app = create_app(guidance, readers, records, edges=edges_of(spaces_of(settings), settings), window=window)
    clerks, courier = open_courier(settings, guidance, database)
    metrics = Metrics(guidance.spaces, courier.outbox.standings, updates=worker.leads)
    if worker.folder:
        metrics.keep_standing()
        closing.callback(metrics.stop)
    add_machines(app, open_hooks(settings, updates), metrics)
    build_routes(app)
    app.state.leaving = courier.leaving
    app.state.site = settings.site
    app.state.replaced = worker.folder is not None
    if worker.leads:
        _lead(worker, updaters, records, Scheduler(clerks, courier), closing)
    worker.ready(demo=readers.loopback_only)
    _load_rest(models, updaters, guidance, closing)
    if not greets:
        begin(listening, settings.host, settings.port, alone=False)
    return app


def _lead(
    worker: Worker, updaters: Mapping[str, Updater], records: "Records", scheduler: "Scheduler", closing: ExitStack
) -> None:
    """Do what one of them does for all: write down what goes live, send digests, hear of pushes."""
    from api.events.publication import follow

    for updater in updaters.values():
        follow(updater.live, records)
    scheduler.start()
    closing.callback(scheduler.stop, _BEHIND)
    worker.hear(lambda space: wake(updaters, space))


def _load_rest(models: Models, updaters: Mapping[str, Updater], guidance: Guidance, closing: ExitStack) -> None:
    """Load what few questions need, and then embed what is still to come, where this process leads."""
    from api.second_leg import SecondLeg

    second = SecondLeg(updaters)
    closing.callback(second.stop, _BEHIND)
    places = [live.current().words.places for live in guidance.spaces.values() if live.serving]
    load_later(models, places, then=second.start)


def _aside() -> AbstractContextManager[None]:
    from api.answering_threads import aside  # loaded by the time a question waits for its translation

    return aside()


def _greet(host: str, port: int, *, demo: bool) -> None:
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    mode = "this machine only, no token: every request is the demo reader" if demo else "tokens are checked; put TLS in front"
    typer.echo(f"Fingerpost answers at {url} ({mode})")
    typer.echo("Try it:")
    token = "" if demo else '-H "Authorization: Bearer $TOKEN" '
    typer.echo(
        f"  curl -s {url}/v1/search {token}-H 'Content-Type: application/json' \\\n"
        """    -d '{"q": "customer says she never authorised a debit from her account", "jurisdiction": "US-CA"}'"""
    )
    typer.echo(f"Every endpoint: {url}/docs")
    sys.stdout.flush()
