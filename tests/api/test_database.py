"""The database: the same promises on SQLite and on PostgreSQL."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from api.database import Database, _metadata, chains, fetch, moment_of, moment_text
from api.store_error import StoreError
from api.token_table import KeptToken, add_token, all_tokens, find_token, note_use, revoke_token
from tests.conftest import ROOT

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def _token(number: int = 1, **changes: object) -> KeptToken:
    fields: dict[str, object] = {
        "id": f"{number:026d}", "name": "sidebar", "hash": f"{number:064x}", "spaces": ("acme", "zeta"), "tier": 2,
        "teams": ("payments",), "role": "agent", "created_at": NOON, "created_by": "admin",
    }  # fmt: skip
    return KeptToken(**{**fields, **changes})  # type: ignore[arg-type]


def test_a_token_comes_back_as_it_was_kept(database: Database) -> None:
    """Every field, also those that are empty."""
    whole = _token(1, expires_at=NOON + timedelta(days=30), tier=None, teams=())
    add_token(database, whole)
    add_token(database, _token(2))

    assert all_tokens(database) == [whole, _token(2)]
    assert find_token(database, whole.hash) == whole
    assert find_token(database, "0" * 64) is None


def test_a_token_is_revoked_once(database: Database) -> None:
    """The first moment stands; revoking again, or what is not there, changes nothing and says so."""
    add_token(database, _token())

    answers = [revoke_token(database, _token().id, NOON), revoke_token(database, _token().id, NOON + timedelta(days=1))]

    assert [*answers, revoke_token(database, "unknown", NOON)] == [True, False, False]
    assert [token.revoked_at for token in all_tokens(database)] == [NOON]


def test_the_last_use_of_a_token_is_noted(database: Database) -> None:
    """So that an operator sees which tokens nobody needs."""
    add_token(database, _token())

    note_use(database, _token().id, NOON)

    assert [token.last_used_at for token in all_tokens(database)] == [NOON]


def test_two_tokens_never_share_a_hash(database: Database) -> None:
    """The second is refused, and the refusal shows neither hash."""
    add_token(database, _token(1))

    with pytest.raises(StoreError, match="The database cannot hold what is to be stored") as refused:
        add_token(database, _token(2, hash=_token(1).hash, name="secret-name"))

    assert "secret-name" not in str(refused.value)


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(database: Database) -> None:
    """A column that only one of them knows would fail in a customer's upgrade, not here."""
    with database.writing() as connection:
        context = MigrationContext.configure(connection)

        assert compare_metadata(context, _metadata) == []


def test_opening_again_keeps_everything(database: Database) -> None:
    """A restart migrates nothing and loses nothing."""
    add_token(database, _token())
    again = Database(database.url.render_as_string(hide_password=False))

    assert all_tokens(again) == [_token()]
    again.close()


def test_many_processes_may_start_on_an_empty_database_at_once(empty_database: str) -> None:
    """One of them migrates; the others wait for it."""
    script = "import sys; from api.database import Database; Database(sys.argv[1]).close()"
    starts = [
        subprocess.Popen([sys.executable, "-c", script, empty_database], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]

    assert [(start.communicate()[1], start.returncode) for start in starts] == [("", 0)] * 4


def test_a_migration_that_fails_leaves_nothing_behind(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of its tables or none: a half-made schema could be neither used nor migrated again."""
    from alembic import op

    def fail(*_args: object, **_kwargs: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(op, "create_index", fail)
        with pytest.raises(StoreError, match="the disk is full"):
            Database(empty_database)
    mended = Database(empty_database)

    assert all_tokens(mended) == []
    mended.close()


def test_a_newer_schema_is_refused_with_the_cure(database: Database) -> None:
    """An older version would write rows that the newer one cannot trust."""
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreError, match="schema 9999, newer than this version's"):
        Database(database.url.render_as_string(hide_password=False))


def test_a_transaction_is_kept_whole_or_not_at_all(database: Database) -> None:
    """What was written before the error is gone too."""

    def write_half() -> None:
        with database.writing() as connection:
            connection.execute(chains.insert().values(space="default", seq=1, hash="0"))
            raise ValueError("half-way")

    with pytest.raises(ValueError, match="half-way"):
        write_half()

    assert database.rows(chains.select()) == []


def test_one_writer_at_a_time_loses_no_update(database: Database) -> None:
    """Ten threads read a number and write the next one; each sees what the one before it wrote."""
    with database.writing() as connection:
        connection.execute(chains.insert().values(space="default", seq=0, hash="0"))

    def count(_: int) -> None:
        with database.writing() as connection:
            seq = fetch(connection, chains.select())[0]["seq"]
            connection.execute(chains.update().values(seq=seq + 1))

    with ThreadPoolExecutor(10) as threads:
        list(threads.map(count, range(50)))

    assert database.rows(chains.select())[0]["seq"] == 50


@pytest.mark.parametrize("url", ["mysql://user:hunter2@host/name", "hunter2", "sqlite+aiosqlite:///x"])
def test_a_url_that_is_no_known_database_is_refused_without_its_password(url: str) -> None:
    """The message says what was expected."""
    with pytest.raises(StoreError, match="Expected sqlite") as refused:
        Database(url)

    assert "hunter2" not in str(refused.value)


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    """Port 1 of this machine answers nobody."""
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:1/name cannot be used") as refused:
        Database("postgresql://user:hunter2@127.0.0.1:1/name")

    assert "hunter2" not in str(refused.value)


def test_sqlite_runs_in_wal_mode_and_syncs_every_commit(tmp_path: Path) -> None:
    """Readers never wait for a writer, and what is committed survives a power cut."""
    database = Database(f"sqlite:///{tmp_path}/events.sqlite")
    with database.writing() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    database.close()

    assert found == ["wal", 2]


def test_the_file_and_those_beside_it_are_their_owners_alone(tmp_path: Path) -> None:
    """They hold what customers said."""
    database = Database(f"sqlite:///{tmp_path}/events.sqlite")
    add_token(database, _token())
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    database.close()

    assert set(modes.values()) == {0o600}


def test_a_file_that_is_no_database_is_an_error_not_a_new_database(tmp_path: Path) -> None:
    """It is left as it is."""
    path = tmp_path / "events.sqlite"
    path.write_bytes(b"something else entirely" * 100)

    with pytest.raises(StoreError, match="not a database"):
        Database(f"sqlite:///{path}")

    assert path.read_bytes().startswith(b"something else")


def test_erased_rows_leave_the_files_of_sqlite(tmp_path: Path) -> None:
    """Not in the database file, not in its log."""
    database = Database(f"sqlite:///{tmp_path}/events.sqlite")
    add_token(database, _token(1, name="needle-in-the-file"))
    with database.writing() as connection:
        connection.execute(text("UPDATE tokens SET name = 'gone'"))
    database.forget_erased()
    database.close()

    assert [path.name for path in tmp_path.iterdir() if b"needle-in-the-file" in path.read_bytes()] == []
    with sqlite3.connect(tmp_path / "events.sqlite") as connection:
        assert connection.execute("SELECT name FROM tokens").fetchall() == [("gone",)]


@pytest.mark.parametrize(
    "moment",
    [NOON, NOON.astimezone(timezone(timedelta(hours=-6))), NOON.replace(microsecond=0), datetime.min.replace(tzinfo=UTC)],
)
def test_a_moment_keeps_its_width_and_comes_back(moment: datetime) -> None:
    """In any zone it was given in, so that text sorts as time does."""
    assert len(moment_text(moment)) == 27
    assert moment_of(moment_text(moment)) == moment
