"""API tokens: shown once, kept as a hash, checked at every request, ended within a second."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from api.authentication import CheckedReaders, open_readers
from api.cli import command_line
from api.database import Database
from api.guidance import NotFoundError
from api.reader import Credentials, DemoReaders
from api.settings import SettingsError, read_settings
from api.token import digest_of, is_well_formed, new_token
from api.token_readers import BELIEVED
from api.token_table import all_tokens, find_token, revoke_token
from retriever.snapshot import Models
from tests.doors import ORIGIN, Door, bearer, three_tiers


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, models: Models) -> Iterator[Door]:
    """A service with an article for each of three tiers."""
    with three_tiers(tmp_path_factory.mktemp("door"), models) as door:
        yield door


def test_a_token_is_what_lets_a_reader_in(door: Door) -> None:
    """With it, its name stands in the answer; without it nothing does."""
    answer = door.ask(door.token(name="Ana Ruiz"))
    refused = door.ask(None)

    assert (answer.status_code, answer.json()["scope"]["reader"]) == (200, "Ana Ruiz")
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert refused.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/v1/search?q=card", "/v1/articles/card-1", "/articles/card-1"])
def test_every_way_to_guidance_needs_a_token(door: Door, path: str) -> None:
    """JSON and pages alike; what is open to anyone says nothing of any space."""
    assert door.client.get(path).status_code == 401
    assert door.client.get("/healthz").status_code == 200
    assert door.client.get("/readyz").json()["spaces"] == {}


def test_a_token_sees_its_tier_and_asks_at_it(door: Door) -> None:
    """Its own tier is the default; a lower one may be asked, a higher one not."""
    secret = door.token(tier=2)

    assert {hit["id"] for hit in door.ask(secret).json()["hits"]} == {"card-1", "card-2"}
    assert {hit["id"] for hit in door.ask(secret, tier=1).json()["hits"]} == {"card-1"}
    assert door.ask(secret, tier=3).status_code == 403
    assert door.client.get("/v1/articles/card-3", headers=bearer(secret)).status_code == 404


@pytest.mark.parametrize(("tier", "seen"), [(0, 1), (1, 1), (99, 3), (None, 3)])
def test_a_tier_that_the_space_does_not_know_is_the_highest_below_it(door: Door, tier: int | None, seen: int) -> None:
    """Below the lowest it is the lowest, which everybody with the space may read."""
    assert door.ask(door.token(tier=tier)).json()["scope"]["tier"] == seen


def test_a_token_of_another_space_sees_none_of_this_one(door: Door) -> None:
    """As if this one did not exist."""
    assert door.ask(door.token(spaces=("zenith",))).status_code == 404


@pytest.mark.parametrize("granted", [{"role": "owner"}, {"role": ""}, {"revoked_at": datetime(2026, 1, 1, tzinfo=UTC)}])
def test_a_token_that_cannot_be_believed_is_refused(door: Door, granted: dict[str, object]) -> None:
    """Of an unknown role, or revoked."""
    assert door.ask(door.token(**granted)).status_code == 401


def test_an_expired_token_is_refused_at_its_second(door: Door) -> None:
    """Not before, and without a restart."""
    own = Door(door.guidance, door.database)
    secret = own.token(expires_at=own.now() + timedelta(minutes=1))
    before = own.ask(secret).status_code
    own.ahead = timedelta(minutes=1)

    assert (before, own.ask(secret).status_code) == (200, 401)


def test_a_revoked_token_ends_within_a_second_on_every_worker(door: Door) -> None:
    """Both had just used it, and neither is told."""
    secret = door.token()
    workers = [Door(door.guidance, door.database), Door(door.guidance, door.database)]
    before = [worker.ask(secret).status_code for worker in workers]
    revoke_token(door.database, door.id_of(secret), datetime.now(UTC))
    sleep(BELIEVED)

    assert BELIEVED < 1
    assert (before, [worker.ask(secret).status_code for worker in workers]) == ([200, 200], [401, 401])


def test_only_a_hash_of_a_token_is_kept(door: Door, tmp_path: Path) -> None:
    """Who reads the database can use nothing in it."""
    database = Database(f"sqlite:///{tmp_path / 'own.sqlite'}")
    secret = Door(door.guidance, database).token()
    kept = find_token(database, digest_of(secret))
    database.close()

    assert kept is not None
    assert not any(secret[3:30].encode() in path.read_bytes() for path in tmp_path.iterdir())
    assert door.ask(kept.hash).status_code == 401
    assert door.ask(f"fp_{kept.hash}").status_code == 401


def test_the_last_use_is_noted_without_making_an_answer_wait(door: Door) -> None:
    """Another thread writes it, at most once a minute."""
    secret = door.token()
    readers = door.readers
    readers.recognise(Credentials(secret))
    readers.tokens.close()
    noted = find_token(door.database, digest_of(secret))

    assert noted is not None
    assert noted.last_used_at is not None


def test_a_database_that_cannot_be_asked_lets_nobody_in(door: Door, tmp_path: Path) -> None:
    """503 and not 200; the reason stands in the log alone."""
    database = Database(f"sqlite:///{tmp_path / 'gone.sqlite'}")
    own = Door(door.guidance, database)
    secret = own.token()
    with database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE tokens")

    answer = own.ask(secret)

    assert (answer.status_code, "tokens" in answer.text, str(tmp_path) in answer.text) == (503, False, False)
    database.close()


def test_tokens_are_recognisable_and_never_alike() -> None:
    """A prefix for scanners, and 256 random bits."""
    made = {new_token() for _ in range(1000)}

    assert len(made) == 1000
    assert all(re.fullmatch(r"fp_[0-9A-Za-z]{49}", secret) and is_well_formed(secret) for secret in made)


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_a_typo_is_found_before_anything_is_looked_up(data: st.DataObject) -> None:
    """One character changed, lost, doubled or swapped with its neighbour never has a fitting checksum."""
    secret = new_token()
    at = data.draw(st.integers(0, len(secret) - 2))
    other = data.draw(st.sampled_from("abcXYZ019_-é "))
    changed = data.draw(
        st.sampled_from(
            [
                secret[:at] + other + secret[at + 1 :],
                secret[:at] + secret[at + 1 :],
                secret[:at] + secret[at] + secret[at:],
                secret[:at] + secret[at + 1] + secret[at] + secret[at + 2 :],
            ]
        )
    )

    assert is_well_formed(changed) == (changed == secret)


@given(raw=st.binary(max_size=200))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_other_text_is_taken_for_a_token(door: Door, raw: bytes) -> None:
    """Whatever is sent as one: 401, and never an error of ours."""
    header = b"Bearer " + raw.translate(None, b"\r\n\0")

    response = door.client.get("/v1/search", params={"q": "card"}, headers={b"Authorization": header})

    assert response.status_code == 401


def test_a_new_token_is_shown_once_and_can_be_listed_and_revoked(tmp_path: Path) -> None:
    """The whole life on the command line."""

    def run(*arguments: str) -> Result:
        return CliRunner(env={"KB_DATA_DIR": str(tmp_path)}).invoke(command_line(["token"]), ["token", *arguments])

    made = json.loads(run("create", "Host server", "--tier", "2", "--origin", ORIGIN, "--days", "30", "--json").stdout)
    run("create", "Ana")
    listed = run("list").stdout
    revoked = run("revoke", made["id"])
    again = run("revoke", made["id"])
    database = Database(f"sqlite:///{tmp_path / 'fingerpost.sqlite'}")
    kept, _ = sorted(all_tokens(database), key=lambda it: it.name, reverse=True)
    database.close()

    assert is_well_formed(made["token"])
    assert made["token"] not in listed
    assert [" ".join(line.split()[1:]) for line in sorted(listed.splitlines(), key=lambda it: "Ana" in it)] == [
        "live agent tier 2 default Host server (never used)",
        "live agent least tier default Ana (never used)",
    ]
    assert kept.expires_at is not None
    assert kept.expires_at - kept.created_at == timedelta(days=30)
    assert kept.revoked_at is not None
    assert (revoked.exit_code, type(again.exception)) == (0, NotFoundError)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--space", "zenit"], "There is no space 'zenit'"),
        (["--origin", "https://host.example.com/path"], "is no origin"),
        (["--origin", "https://*.example.com"], "is no origin"),
    ],
)
def test_a_token_for_nothing_that_is_there_is_not_made(tmp_path: Path, arguments: list[str], message: str) -> None:
    """A space that is not served, or a page that is none."""
    runner = CliRunner(env={"KB_DATA_DIR": str(tmp_path)})

    done = runner.invoke(command_line(["token"]), ["token", "create", "Ana", *arguments])

    assert message in str(done.exception)


def test_a_demo_ends_with_the_first_token(door: Door, tmp_path: Path) -> None:
    """Also when that one is revoked: an install that had readers never opens itself again."""
    configured = read_settings(data_dir=tmp_path)
    database = Database(configured.database_url)
    fresh = open_readers(configured, ["default"], database)
    strict = open_readers(read_settings(data_dir=tmp_path, auth="tokens"), ["default"], database)
    own = Door(door.guidance, database)
    revoke_token(database, own.id_of(own.token()), datetime.now(UTC))
    later = open_readers(configured, ["default"], database)
    database.close()

    assert isinstance(fresh, DemoReaders)
    assert isinstance(strict, CheckedReaders)
    assert isinstance(later, CheckedReaders)


def test_a_secret_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`KB_DATABASE_FILE` names it; both at once, or a file that is not there, are refused without showing anything."""
    (tmp_path / "secret").write_text("postgresql+psycopg://kb:hunter2@db/kb\n")
    monkeypatch.setenv("KB_DATABASE_FILE", str(tmp_path / "secret"))
    read = read_settings()

    assert read.database_url == "postgresql+psycopg://kb:hunter2@db/kb"
    assert "hunter2" not in repr(read)
    monkeypatch.setenv("KB_DATABASE", "sqlite://")
    with pytest.raises(SettingsError, match="KB_DATABASE and KB_DATABASE_FILE are both set"):
        read_settings()
    monkeypatch.delenv("KB_DATABASE")
    monkeypatch.setenv("KB_DATABASE_FILE", str(tmp_path / "missing"))
    with pytest.raises(SettingsError, match="it cannot be read: No such file"):
        read_settings()


def test_a_setting_that_is_no_secret_has_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that nobody reads is an error, as ever."""
    monkeypatch.setenv("KB_PORT_FILE", "x")

    with pytest.raises(SettingsError, match="KB_PORT_FILE is no setting"):
        read_settings()
