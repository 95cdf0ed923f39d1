"""One process of `kb serve` that answers: the only one, or one of several."""

import socket
import sys
from datetime import UTC, datetime

import typer

from api.authentication import open_readers
from api.cli.progress import announce, watching
from api.composition import (
    follow_leader,
    open_courier,
    open_database,
    open_guidance,
    open_hooks,
    open_records,
    spaces_of,
    start_updaters,
    ticket_keys,
)
from api.events.ticket_keys import note_secret
from api.listening import begin
from api.loading import load_for_service, load_later, open_models, translation_notice
from api.settings import Settings, require_loopback
from api.workers import Worker


def answer(worker: Worker, settings: Settings, listening: socket.socket) -> None:
    """Index or follow, and answer, until stopped. Raises what keeps it from beginning."""
    database = open_database(settings)
    readers = open_readers(settings, spaces_of(settings), database, demo=worker.demo)
    if readers.loopback_only:
        require_loopback(settings.host)
    records = open_records(settings, database)
    note_secret(database, ticket_keys(settings), datetime.now(UTC))
    models = open_models(settings, announce)
    greets = worker.leads and worker.is_first
    if greets and (notice := translation_notice(settings, models)):
        typer.echo(notice, err=True)
    english = load_for_service(models)
    with watching() as watch:
        guidance = open_guidance(settings, models, watch, worker)

    from api.app import create_app  # here and below, because the model loads meanwhile
    from api.digests.scheduler import Scheduler
    from api.edges import edges_of
    from api.events.publication import follow
    from api.machines import add_machines
    from api.metrics import Metrics
    from api.second_leg import SecondLeg
    from api.server import run
    from api.shared_window import SharedWindow

    english.result()
    if greets:
        begin(listening, settings.host, settings.port)  # before the address is printed: whoever reads it may ask at once
    updaters = start_updaters(settings, guidance) if worker.leads else {}
    updates = updaters if worker.leads else follow_leader(settings, guidance, worker)
    if greets:
        shown = f"[{settings.host}]" if ":" in settings.host else settings.host
        _greet(f"http://{shown}:{listening.getsockname()[1]}", demo=readers.loopback_only)
    window = SharedWindow(worker.folder / "requests.sqlite") if worker.folder else None
    app = create_app(guidance, readers, records, edges=edges_of(spaces_of(settings), settings), window=window)
    clerks, courier = open_courier(settings, guidance, database)
    metrics = Metrics(guidance.spaces, courier.outbox.standings, updates=worker.leads)
    add_machines(app, open_hooks(settings, updates), metrics)
    app.state.leaving = courier.leaving
    app.state.site = settings.site
    scheduler = Scheduler(clerks, courier)
    if worker.leads:
        for live in guidance.spaces.values():
            follow(live, records)
        scheduler.start()
        worker.hear(lambda space: updaters[space].wake())
    worker.ready(demo=readers.loopback_only)
    second = SecondLeg(updaters)  # of no space where this one follows
    places = [live.current().words.places for live in guidance.spaces.values() if live.serving]
    load_later(models, places, then=second.start)
    run(app, listening)
    second.stop()
    for updater in updaters.values():
        updater.stop()
    if worker.leads:
        scheduler.stop()
    records.recorder.close()


def _greet(url: str, *, demo: bool) -> None:
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
