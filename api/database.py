"""The database: SQLite beside the data by default, PostgreSQL by URL. The one file that knows SQLAlchemy.

Moments are kept as text of one width in UTC: SQLite knows no time zones, and both must sort them alike.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

from sqlalchemy import BigInteger, Column, Engine, Index, Integer, MetaData, String, Table, Text, create_engine, inspect, text
from sqlalchemy import event as engine_event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine import Connection as Connection
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from sqlalchemy.sql import Executable

from api.store_error import RefusedError, StoreError

HEAD: Final = "0006"  # the newest script in api/migrations/versions
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_ONE_WRITER: Final = 0x6670  # the advisory lock that every write takes on PostgreSQL; SQLite has one writer by nature
_PATIENCE: Final = 30  # seconds to wait for another writer, or for a statement
_POSTGRESQL: Final = "postgresql+psycopg"

RowValues: TypeAlias = Mapping[str, Any]

_metadata: Final = MetaData()

tokens: Final = Table(
    "tokens",
    _metadata,
    Column("id", String(26), primary_key=True),
    Column("name", Text, nullable=False),
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256: a token is 256 random bits, nothing to guess
    Column("spaces", Text, nullable=False),  # JSON list
    Column("tier", Integer),
    Column("teams", Text, nullable=False),  # JSON list
    Column("role", String(16), nullable=False),
    Column("created_at", String(27), nullable=False),
    Column("expires_at", String(27)),
    Column("revoked_at", String(27)),
    Column("last_used_at", String(27)),
    Column("created_by", Text, nullable=False),
    Column("lang", String(35)),
    Column("origins", Text, nullable=False, server_default="[]"),  # JSON list
)

events: Final = Table(
    "events",
    _metadata,
    Column("space", String(200), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),  # from 1, without a gap, in each space
    Column("id", String(26), nullable=False, unique=True),
    Column("at", String(27), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("reader", Text, nullable=False),
    Column("receipt", String(26)),
    Column("body", Text, nullable=False),  # canonical JSON, never a customer's words
    Column("commitment", String(64)),  # HMAC-SHA256 of `words` under `salt`: what the chain covers of them
    Column("words", Text),  # canonical JSON; null once erased
    Column("salt", String(64)),  # null once erased, so that nobody can guess the words by their commitment
    Column("ticket", String(64)),  # a keyed hash of the ticket's id; null once erased
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("events_by_receipt", "space", "receipt"),
    Index("events_by_ticket", "space", "ticket"),
    Index("events_by_kind", "space", "kind", "seq"),
    Index("events_by_moment", "space", "at"),
)

chains: Final = Table(
    "chains",
    _metadata,
    Column("space", String(200), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
)

feedback: Final = Table(
    "feedback",
    _metadata,
    Column("id", String(26), primary_key=True),  # of the event that opened it
    Column("space", String(200), nullable=False),
    Column("reader", Text, nullable=False),
    Column("receipt", String(26)),
    Column("article", Text),
    Column("verdict", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("assignee", Text),
    Column("commit", String(64)),
    Column("opened_at", String(27), nullable=False),
    Column("changed_at", String(27), nullable=False),
    Index("feedback_by_state", "space", "state", "id"),
    Index("feedback_by_reader", "space", "reader", "id"),
)

readings: Final = Table(
    "readings",
    _metadata,
    Column("space", String(200), primary_key=True),
    Column("reader", Text, primary_key=True),
    Column("article", String(200), primary_key=True),
    Column("version", String(64), primary_key=True),  # the commit that last changed the article
    Column("read_at", String(27)),  # the last time
    Column("acknowledged_at", String(27)),  # the first time
    Index("readings_by_article", "space", "article", "version"),
)

_KEY: Final[dict[str, Any]] = {"primary_key": True}
_SET: Final[dict[str, Any]] = {"nullable": False}

digest_windows: Final = Table(  # how far each team was told
    "digest_windows", _metadata,
    Column("space", String(200), **_KEY), Column("team", String(200), **_KEY), Column("kind", String(16), **_KEY),
    Column("until", String(27), **_SET), Column("commit", String(64), **_SET),
)  # fmt: skip

digests: Final = Table(
    "digests", _metadata,
    Column("id", String(26), **_KEY), Column("space", String(200), **_SET), Column("team", String(200), **_SET),
    Column("kind", String(16), **_SET), Column("until", String(27), **_SET), Column("document", Text, **_SET),
    Index("digests_by_team", "space", "team", "until"),
)  # fmt: skip

deliveries: Final = Table(  # the outbox
    "deliveries", _metadata,
    Column("id", String(26), **_KEY), Column("digest", String(26), **_SET), Column("space", String(200), **_SET),
    Column("team", String(200), **_SET), Column("channel", Text, **_SET), Column("recipient", Text, **_SET),
    Column("state", String(16), **_SET), Column("attempts", Integer, **_SET), Column("next_at", String(27), **_SET),
    Column("held_until", String(27)), Column("error", Text), Column("done_at", String(27)),
    Index("deliveries_by_state", "state", "next_at"),
)  # fmt: skip

departures: Final = Table(  # who wants no more e-mails of a team
    "departures", _metadata,
    Column("space", String(200), **_KEY), Column("team", String(200), **_KEY), Column("address", String(254), **_KEY),
    Column("at", String(27), **_SET),
)  # fmt: skip

met_readers: Final = Table(  # who came to a space, with the rights of the last time
    "met_readers", _metadata,
    Column("space", String(200), **_KEY), Column("reader", Text, **_KEY), Column("name", Text, **_SET),
    Column("role", String(16), **_SET), Column("tier", Integer), Column("teams", Text, **_SET), Column("lang", String(35)),
    Column("at", String(27), **_SET),
)  # fmt: skip

ticket_secrets: Final = Table(  # the id tells nothing of the secret
    "ticket_secrets", _metadata, Column("id", String(16), **_KEY), Column("first_used_at", String(27), **_SET)
)  # fmt: skip


class Database:
    """One database, migrated to what this version expects. Safe to share between threads."""

    def __init__(self, url: str) -> None:
        """Open it and bring it up to date, one process at a time. Raises StoreError."""
        self.url = _parsed(url)
        self._engine = _engine(self.url)
        with _translated(self.url):
            _migrate(self)

    @property
    def is_postgresql(self) -> bool:
        """Whether it is PostgreSQL rather than SQLite."""
        return self.url.get_backend_name() == "postgresql"

    @property
    def shown(self) -> str:
        """The URL as it may be shown: without its password."""
        return self.url.render_as_string(hide_password=True)

    @property
    def key(self) -> str:
        """The database as twelve digits, whatever its password."""
        return hashlib.sha256(self.shown.encode()).hexdigest()[:12]

    def rows(self, statement: Executable) -> Sequence[RowValues]:
        """All rows of a query. Raises StoreError."""
        with _translated(self.url), self._engine.connect() as connection:
            return fetch(connection, statement)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction in which nobody else writes; kept as a whole, on disk, or not at all. Raises StoreError."""
        with _translated(self.url), self._engine.connect().execution_options(writes=True) as connection, connection.begin():
            if self.is_postgresql:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_WRITER})"))
            yield connection

    def forget_erased(self) -> None:
        """Let nothing of erased rows remain in SQLite's write-ahead log. PostgreSQL's VACUUM is its operator's."""
        if not self.is_postgresql:
            with _translated(self.url), self._engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def fetch(connection: Connection, statement: Executable) -> list[RowValues]:
    """All rows of a query inside a transaction."""
    return [dict(row) for row in connection.execute(statement).mappings()]


def moment_text(moment: datetime) -> str:
    """An aware instant as it is kept: UTC, microseconds, always 27 characters, so that text sorts as time does."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment_of(kept: str) -> datetime:
    """The instant that was kept."""
    return datetime.fromisoformat(kept)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except SQLAlchemyError:
        raise StoreError("KB_DATABASE is not a database URL." + _CURE) from None
    if parsed.drivername in ("postgres", "postgresql"):
        return parsed.set(drivername=_POSTGRESQL)
    if parsed.drivername not in ("sqlite", _POSTGRESQL):
        raise StoreError(f"KB_DATABASE begins with {parsed.drivername!r}." + _CURE)
    return parsed


_CURE: Final = " Expected sqlite:////path/to/file or postgresql+psycopg://user@host/name. Correct it, or unset it for SQLite."


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        options = f"-c statement_timeout={_PATIENCE}s -c timezone=UTC"
        return create_engine(
            url, hide_parameters=True, pool_pre_ping=True, connect_args={"connect_timeout": 5, "options": options}
        )
    _private(url.database)
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _PATIENCE, "check_same_thread": False})
    engine_event.listen(engine, "connect", _set_up_sqlite)
    engine_event.listen(engine, "begin", _begin_sqlite)
    return engine


def _private(path: str | None) -> None:
    """Make the file for its owner's eyes alone; SQLite's files beside it take its rights over."""
    if path:
        with suppress(OSError):  # what cannot be made is said by the first connection
            Path(path).touch(0o600)


def _set_up_sqlite(connection: Any, _record: object) -> None:
    """FULL costs one fsync a commit, and commits come in groups. What is erased is overwritten, not only unlinked."""
    connection.isolation_level = None  # the driver's own BEGIN comes too late to keep reads and writes of one transaction whole
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its turn at once: a read that becomes a write later would fail instead of waiting."""
    options = connection.get_execution_options()
    if options.get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")


def _migrate(database: Database) -> None:
    """Run the migrations that are missing. alembic takes 0.2 s to import, so it is asked only where there is one."""
    with database.writing() as connection:
        found = _revision(connection)
        if found == HEAD:
            return
        if found is not None and found > HEAD:
            raise StoreError(
                f"The database {database.shown} has schema {found}, newer than this version's {HEAD}. "
                "Install the newer version again; a schema never goes back."
            )
        _upgrade(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _upgrade(connection: Connection, to: str = HEAD) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


@contextmanager
def _translated(url: URL) -> Iterator[None]:
    """Every database error as a StoreError, RefusedError if what is stored is at fault; never with what was being stored."""
    try:
        yield
    except (DataError, IntegrityError, UnicodeError) as error:
        raise RefusedError(f"The database cannot hold what is to be stored ({type(error).__name__}).") from None
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        shown = url.render_as_string(hide_password=True)
        raise StoreError(
            f"The database {shown} cannot be used: {reason}. Correct KB_DATABASE, or let the database run."
        ) from None
    except OSError as error:
        raise StoreError(f"The database {url.render_as_string(hide_password=True)} cannot be used: {error}.") from None
