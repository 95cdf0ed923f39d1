"""The one place where the floors are put together."""

import math
import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from api.data_folder import own_data_folder
from api.guidance import Guidance
from api.hooks import Deliveries, Hooks
from api.live import LiveSpace
from api.memory import freeze
from api.own_key import own_key
from api.past_snapshots import PastSnapshots
from api.publish_log import PublishLog, log_path
from api.settings import Settings, SettingsError
from api.source import Source
from api.space import DEFAULT, Space
from api.space_config import SpaceConfig, chosen, is_origin, read_spaces
from api.trouble import Trouble
from api.updater import LOCAL_POLL_SECONDS, REMOTE_POLL_SECONDS, Follower, LeadersUpdates, Updater, Updates
from api.watch import SILENT, Watch
from api.workers import ALONE, Worker
from kb.errors import KbError
from kb.mirror import is_bundle, is_remote
from kb.redaction import redact
from kb.repository import open_repository
from retriever.errors import RetrieverError
from retriever.snapshot import Models

if TYPE_CHECKING:
    from api.database import Database
    from api.digests.clerk import Clerk
    from api.digests.scheduler import Courier
    from api.events.records import Records
    from api.events.ticket_keys import TicketKeys
    from api.timeline import Timeline
log = structlog.get_logger()


def spaces_of(settings: Settings) -> Mapping[str, SpaceConfig]:
    """Every space of the service: those of KB_CONFIG, or the default one alone. Raises SettingsError."""
    if settings.config is None:
        taxonomy = None if settings.taxonomy is None else str(settings.taxonomy)
        if wrong := next((origin for origin in settings.own_origins if not is_origin(origin)), None):
            raise SettingsError(f"KB_ORIGINS names {wrong!r}; expected origins such as https://example.zendesk.com.")
        return {DEFAULT: SpaceConfig(settings.repo, settings.ref, settings.folder, taxonomy, origins=settings.own_origins)}
    if said := sorted(settings.model_fields_set & {"repo", "ref", "folder", "taxonomy", "origins"}):
        raise SettingsError(f"KB_CONFIG describes the spaces, and so does KB_{said[0].upper()} or its option. Unset one.")
    return read_spaces(settings.config)


def source_of(settings: Settings, space: str | None = None) -> Source:
    """Where the articles of a space come from; None means the only one, or `default`. Raises SettingsError."""
    return spaces_of(settings)[space_name(settings, space)].source()


def space_name(settings: Settings, space: str | None = None) -> str:
    """The space that a command means; None means the only one, or `default`. Raises SettingsError."""
    return chosen(spaces_of(settings), space)


def open_timeline(settings: Settings, space: str | None = None) -> "Timeline":
    """The past of one space, straight from its repository. Raises SettingsError or RepositoryError."""
    from api.timeline import Timeline  # what it imports would delay every other command

    source = source_of(settings, space)
    return Timeline(open_repository(source.repo, settings.data_dir / "clones"), source)


def require_commit(settings: Settings, space: str | None = None) -> None:
    """Refuse a repository or ref that is not there before a model is prepared, which can take a minute.

    Of what is copied first, a URL or a bundle, that is said when it is. Raises SettingsError or RepositoryError.
    """
    source = source_of(settings, space)
    if is_remote(source.repo) or is_bundle(source.repo):
        return
    with closing(open_repository(source.repo, settings.data_dir / "clones")) as repository:
        if source.ref is not None:  # which branch is the default one depends on what was served
            repository.resolve(source.ref)


def open_space(settings: Settings, models: Models, space: str | None = None) -> Space:
    """One space; None means the only one, or `default`. Raises SettingsError."""
    spaces = spaces_of(settings)
    name = chosen(spaces, space)
    share = settings.snapshots_megabytes // len(spaces)
    return Space(name, spaces[name].source(), settings.data_dir, models, megabytes=share)


def open_guidance(settings: Settings, models: Models, watch: Watch = SILENT, worker: Worker = ALONE) -> Guidance:
    """The service's use cases over every space, each published or, by a worker that follows, found published.

    A space that cannot be served answers with an error and keeps no other from being served. Raises what keeps the only one.
    """
    lives, past = {}, PastSnapshots(most=settings.past_snapshots)
    for name in spaces_of(settings):
        space = open_space(settings, models, name)
        lives[name] = LiveSpace(space, refresh_seconds=settings.refresh_seconds if worker.leads else math.inf, past=past)
        if worker.folder:
            lives[name].trouble = Trouble(worker.folder / f"{name}.trouble", tells=worker.leads)
    for name, live in lives.items():
        if not worker.leads:
            live.look()
            continue
        try:
            live.start(watch)
        except (KbError, RetrieverError) as error:
            if len(lives) == 1:
                raise
            log.error("a space is not served", space=name, reason=str(error))
    return Guidance(lives, models)


def publish_log(settings: Settings, space: str | None = None) -> PublishLog:
    """What was live when, without opening the repository. Raises SettingsError."""
    spaces = spaces_of(settings)
    name = chosen(spaces, space)
    return PublishLog(log_path(settings.data_dir / "spaces" / name, spaces[name].source().key))


def open_hooks(settings: Settings, updaters: Mapping[str, Updates]) -> Hooks:
    """The webhooks of the spaces: a secret of its own where spaces.yml names one, else KB_HOOK_SECRET."""
    common = settings.hook_secret.get_secret_value() if settings.hook_secret else ""
    secrets = {name: _hook_secret(config.hook_secret, common) for name, config in spaces_of(settings).items()}
    deliveries = Deliveries(settings.data_dir / "deliveries.txt")
    return Hooks({name: secret for name, secret in secrets.items() if secret}, updaters, deliveries)


def _hook_secret(variable: str | None, common: str) -> str:
    if variable is None:
        return common
    if file := os.environ.get(f"{variable}_FILE"):
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise SettingsError(f"{variable}_FILE is {file}: it cannot be read. Correct the path or its rights.") from None
    return os.environ.get(variable, "")


def start_updaters(settings: Settings, guidance: Guidance) -> Mapping[str, Updater]:
    """One updater for each space, running. A folder is looked at often, because it costs nothing; a URL is not."""
    updaters = {}
    for name, live in guidance.spaces.items():
        usual = REMOTE_POLL_SECONDS if is_remote(live.space.source.repo) else LOCAL_POLL_SECONDS
        seconds = usual if settings.poll_seconds is None else settings.poll_seconds
        updaters[name] = Updater(live, seconds=seconds)
        updaters[name].start()
    freeze()
    return updaters


def start_followers(settings: Settings, guidance: Guidance) -> list[Follower]:
    """One follower for each space, running: they serve what the worker that leads publishes."""
    followers = [Follower(live, seconds=settings.refresh_seconds) for live in guidance.spaces.values()]
    for follower in followers:
        follower.start()
    freeze()
    return followers


def leaders_updates(guidance: Guidance, worker: Worker) -> Mapping[str, Updates]:
    """Where a worker that follows tells the one that leads of pushes."""
    return {name: LeadersUpdates(live, worker.call) for name, live in guidance.spaces.items()}


def open_records(settings: Settings, database: "Database") -> "Records":
    """The event store, with the writer behind it, which must be closed in the end. Raises StoreError."""
    from api.events.ledger import Ledger
    from api.events.recorder import Recorder
    from api.events.records import Records

    journals = settings.data_dir / "journal" / database.key  # two databases must not take each other's events
    return Records(Recorder(journals, Ledger(database)), lambda text: redact(text).text, ticket_keys(settings))


def ticket_keys(settings: Settings) -> "TicketKeys":
    """The keys of tickets, under the secret of this install. Raises SettingsError."""
    from api.events.ticket_keys import TicketKeys

    said = settings.ticket_secret
    return TicketKeys(said.get_secret_value().encode() if said else own_key(settings.data_dir / "ticket.key"))


def open_database(settings: Settings) -> "Database":
    """The database of events and tokens, brought up to date. Raises StoreError."""
    from api.database import Database  # SQLAlchemy takes 0.3 s to import, which `kb search` should not pay

    own_data_folder(settings.data_dir)
    return Database(settings.database_url)


def open_courier(settings: Settings, guidance: Guidance, database: "Database") -> "tuple[list[Clerk], Courier]":
    """Who makes the digests of every space, and who takes them to their channels. Raises SettingsError."""
    from api.digests.clerk import Clerk
    from api.digests.desk import Desk
    from api.digests.leaving import Leaving
    from api.digests.mail import MailServer
    from api.digests.post import notifiers
    from api.digests.scheduler import Courier

    desk = Desk(guidance, database)
    clerks = [Clerk(live, desk, settings.site) for live in guidance.spaces.values()]
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    server = settings.smtp_host and MailServer(
        settings.smtp_host, settings.smtp_port, settings.mail_from, settings.smtp_tls, settings.smtp_user, password
    )
    leaving = Leaving(own_key(settings.data_dir / "session.key"), settings.site)
    ways = notifiers(settings.data_dir / "digests", server or None, settings.named_hosts)
    return clerks, Courier(desk.outbox, clerks, ways, leaving)
