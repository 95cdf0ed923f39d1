"""`kb serve`."""

import logging
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Final, TextIO, cast

import typer

from api.cli.options import FolderOption, KbOption, RefOption, RepoOption, settings_of
from api.cli.progress import announce, watching
from api.composition import (
    open_courier,
    open_database,
    open_guidance,
    open_hooks,
    open_records,
    spaces_of,
    start_second_leg,
    start_updaters,
    ticket_keys,
)
from api.loading import load_for_service, load_later, open_models, translation_notice
from api.settings import SettingsError, require_loopback

LARGEST_HEAD: Final = 16_384  # bytes of a request's line and headers
SWITCH_SECONDS: Final = 0.0005  # a question that comes back from numpy or a model waits so long for an update's thread


def serve(
    host: Annotated[str | None, typer.Option(help="Address to serve on; only loopback without tokens. [KB_HOST]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to serve on; 0 lets the system choose. [KB_PORT]")] = None,
    repo: RepoOption = None,
    ref: RefOption = None,
    folder: FolderOption = None,
    kb: KbOption = None,
) -> None:
    """Index the articles and answer questions over HTTP, on this machine only, until stopped.

    If the newest commit has errors, what was served before keeps serving, and /readyz says why.
    """
    from api.authentication import open_readers  # here and below: what no other command should pay for importing
    from api.events.ticket_keys import note_secret

    sys.setswitchinterval(SWITCH_SECONDS)
    settings = settings_of(repo, ref, folder, kb, host=host, port=port)
    database = open_database(settings)
    readers = open_readers(settings, spaces_of(settings), database)
    if readers.loopback_only:
        require_loopback(settings.host)
    listening = listen(settings.host, settings.port)
    log_as_json()
    records = open_records(settings, database)
    note_secret(database, ticket_keys(settings), datetime.now(UTC))
    models = open_models(settings, announce)
    if notice := translation_notice(settings, models):
        typer.echo(notice, err=True)
    english = load_for_service(models)
    with watching() as watch:
        guidance = open_guidance(settings, models, watch)

    import uvicorn  # here, because the model loads meanwhile

    from api.app import create_app
    from api.digests.scheduler import Scheduler
    from api.edges import edges_of
    from api.events.publication import follow
    from api.machines import add_machines
    from api.metrics import Metrics

    english.result()
    _begin(listening, settings.host, settings.port)  # before the address is printed: whoever reads it may ask at once
    updaters = start_updaters(settings, guidance)
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    _greet(f"http://{shown}:{listening.getsockname()[1]}", demo=readers.loopback_only)
    app = create_app(guidance, readers, records, edges=edges_of(spaces_of(settings), settings))
    for live in guidance.spaces.values():
        follow(live, records)
    clerks, courier = open_courier(settings, guidance, database)
    add_machines(app, open_hooks(settings, updaters), Metrics(guidance.spaces, courier.outbox.standings))
    app.state.leaving = courier.leaving
    app.state.site = settings.site
    scheduler = Scheduler(clerks, courier)
    scheduler.start()
    # no access log: addresses of GET requests hold what customers said
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False,
        http="h11", h11_max_incomplete_event_size=LARGEST_HEAD, timeout_keep_alive=10, limit_concurrency=1000,
    )  # fmt: skip
    load_later([live.current().words.places for live in guidance.spaces.values() if live.serving])
    second = start_second_leg(updaters)
    uvicorn.Server(config).run(sockets=[listening])
    second.stop()
    for updater in updaters.values():
        updater.stop()
    scheduler.stop()
    records.recorder.close()


def listen(host: str, port: int) -> socket.socket:
    """Take the port before the index is built: a port in use is said at once, not after a minute."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named, asyncio sends each piece at once; without, the body waits 40 ms for the head's acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with _ours(host, port):
        listening.bind((host, port))
    return listening


def _begin(listening: socket.socket, host: str, port: int) -> None:
    """Let callers in. Of two that started at once both took the port, and the second learns it here."""
    with _ours(host, port):
        listening.listen(2048)


@contextmanager
def _ours(host: str, port: int) -> Iterator[None]:
    """Say it if the port is another's."""
    try:
        yield
    except OSError as error:
        raise SettingsError(
            f"KB_PORT is {port}: {host} cannot be served on it: {error.strerror}. Choose another, or 0 for a free one."
        ) from None


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


def log_as_json() -> None:
    """Lines for programs, on standard error."""
    import structlog

    from api.log_lines import LineWithoutSecrets, LogStream, without_secrets

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            without_secrets,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, LogStream(sys.stderr))),
    )
    lines = logging.StreamHandler(LogStream(sys.stderr))
    lines.setFormatter(LineWithoutSecrets(logging.BASIC_FORMAT))
    logging.basicConfig(level=logging.WARNING, handlers=[lines])
