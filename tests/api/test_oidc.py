"""Bearer tokens of an identity provider: real keys, a real key set on a real server, and every way to cheat."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from api.access import Role
from api.database import Database
from api.oidc import AGAIN, FRESH, STALE, OidcReaders
from api.reader import KeysError, NotAuthenticatedError, Reader
from api.settings import SettingsError, read_settings
from tests.doors import AUDIENCE, ISSUER, Door, Issuer, as_answer, served
from tests.world import World


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    """One key, made once."""
    return Issuer()


@pytest.fixture
def readers(issuer: Issuer, tmp_path: Path) -> OidcReaders:
    """Readers of that issuer, with its keys in a file."""
    (tmp_path / "jwks.json").write_text(json.dumps(issuer.key_set()))
    return issuer.readers(tmp_path / "jwks.json")


def refused(readers: OidcReaders, text: str) -> bool:
    """Whether nobody is recognised."""
    try:
        readers.recognise(text)
    except NotAuthenticatedError:
        return True
    return False


def test_a_provider_s_token_is_a_reader(world: World, issuer: Issuer, tmp_path: Path, readers: OidcReaders) -> None:
    """Over HTTP, with everything that its claims say."""
    world.article("card.md", "Freeze the lost card.", id="card", tier=2)
    database = Database(f"sqlite:///{tmp_path / 'tokens.sqlite'}")
    door = Door(world.guidance, database, readers)

    answer = door.ask(issuer.sign(fp_tier=2))
    wrong = door.ask(issuer.sign(fp_tier=2, aud="another"))
    database.close()

    assert (answer.json()["scope"]["reader"], answer.json()["hits"][0]["id"], wrong.status_code) == ("ana", "card", 401)


def test_claims_become_what_is_granted(issuer: Issuer, readers: OidcReaders) -> None:
    """Nested ones too; spaces as a list or as OAuth writes scopes."""
    token = issuer.sign(
        fp_spaces="default zenith", fp_tier=3, realm={"role": "auditor"}, fp_teams=["payments", 7], locale="es-MX", sub="a|1"
    )

    assert readers.recognise(token) == Reader(
        id="oidc:a|1", name="a|1", role=Role.AUDITOR, spaces=frozenset({"default"}), tier=3, asks=3,
        teams=frozenset({"payments"}), lang="es-MX",
    )  # fmt: skip


@pytest.mark.parametrize("tier", [None, "2", 2.5, True, -1, [2], {"a": 1}])
def test_a_tier_that_is_none_grants_the_least(issuer: Issuer, readers: OidcReaders, tier: object) -> None:
    """Never a guess upwards."""
    assert readers.recognise(issuer.sign(fp_tier=tier)).tier == 0


@pytest.mark.parametrize("lang", [None, 7, "", "x" * 50, "es; DROP", ["es"]])
def test_a_language_that_is_none_is_none(issuer: Issuer, readers: OidcReaders, lang: object) -> None:
    """Then the question's own counts."""
    assert readers.recognise(issuer.sign(locale=lang)).lang is None


def test_no_role_is_an_agent_and_an_unknown_one_nobody(issuer: Issuer, readers: OidcReaders) -> None:
    """Unknown anything is refused."""
    assert readers.recognise(issuer.sign()).role == "agent"
    for role in ("owner", "", 7, ["admin"], {"role": "admin"}, True):
        assert refused(readers, issuer.sign(realm={"role": role})), role


@pytest.mark.parametrize("spaces", [None, [], "", "zenith", ["zenith"], {"default": 1}, [["default"]], 7, True, "Default"])
def test_a_token_without_a_space_that_is_served_is_nobody(issuer: Issuer, readers: OidcReaders, spaces: object) -> None:
    """Whatever else it says."""
    assert refused(readers, issuer.sign(fp_spaces=spaces))


NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example.com"},
        {"iss": None},
        {"iss": ISSUER + "/"},
        {"aud": "another"},
        {"aud": None},
        {"aud": []},
        {"exp": None},
        {"exp": NOW - timedelta(seconds=61)},
        {"exp": "tomorrow"},
        {"nbf": NOW + timedelta(hours=1)},
        {"iat": NOW + timedelta(hours=1)},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 201},
        {"sub": 7},
        {"sub": "an\0a"},
    ],
)
def test_a_claim_that_does_not_fit_is_refused(issuer: Issuer, readers: OidcReaders, claims: dict[str, Any]) -> None:
    """Issuer, audience, time and subject, each alone."""
    assert refused(readers, issuer.sign(**claims))


def test_clocks_may_differ_by_a_minute(issuer: Issuer, readers: OidcReaders) -> None:
    """And by no more."""
    readers.recognise(issuer.sign(exp=datetime.now(UTC) - timedelta(seconds=50)))
    readers.recognise(issuer.sign(nbf=datetime.now(UTC) + timedelta(seconds=50)))

    assert refused(readers, issuer.sign(exp=datetime.now(UTC) - timedelta(seconds=70)))


def test_one_of_several_audiences_is_enough(issuer: Issuer, readers: OidcReaders) -> None:
    """As the standard has it."""
    assert not refused(readers, issuer.sign(aud=["another", AUDIENCE]))


def _encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
def test_a_token_without_a_signature_is_refused(issuer: Issuer, readers: OidcReaders, algorithm: str) -> None:
    """However `none` is written."""
    _, payload, signature = issuer.sign().split(".")
    header = _encoded({"alg": algorithm, "typ": "JWT", "kid": "one"})

    assert refused(readers, f"{header}.{payload}.")
    assert refused(readers, f"{header}.{payload}.{signature}")


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_the_public_key_is_no_shared_secret(issuer: Issuer, readers: OidcReaders, algorithm: str) -> None:
    """The oldest trick: sign with what everybody may read."""
    public = issuer.keys["one"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    import hashlib
    import hmac

    payload = issuer.sign().split(".")[1]
    signed = f"{_encoded({'alg': algorithm, 'kid': 'one'})}.{payload}"
    mac = hmac.digest(public, signed.encode(), getattr(hashlib, f"sha{algorithm[2:]}"))

    assert refused(readers, f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")


def test_a_key_that_the_token_brings_along_counts_for_nothing(issuer: Issuer, readers: OidcReaders) -> None:
    """Neither `jwk`, nor `jku`, nor `x5u`: keys come from the operator's address alone."""
    own = rsa.generate_private_key(65537, 2048)
    brought = jwt.algorithms.RSAAlgorithm.to_jwk(own.public_key(), as_dict=True)

    for headers in ({"jwk": brought}, {"jku": "https://evil.example.com/keys"}, {"x5u": "https://evil.example.com/x"}, {}):
        assert refused(readers, issuer.sign(key=own, headers=headers))


def test_another_algorithm_than_those_allowed_is_refused(issuer: Issuer, tmp_path: Path) -> None:
    """Even with the right key."""
    (tmp_path / "jwks.json").write_text(json.dumps(issuer.key_set()))

    assert refused(issuer.readers(tmp_path / "jwks.json", algorithms=["ES256"]), issuer.sign())
    assert refused(issuer.readers(tmp_path / "jwks.json"), issuer.sign(algorithm="RS512"))


def test_a_symmetric_key_in_the_set_signs_nothing(issuer: Issuer, tmp_path: Path) -> None:
    """Whoever reads the set could use it."""
    secret = b"s" * 32
    entry = {"kty": "oct", "kid": "shared", "alg": "HS256", "k": base64.urlsafe_b64encode(secret).rstrip(b"=").decode()}
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [*issuer.key_set()["keys"], entry]}))

    assert refused(
        issuer.readers(tmp_path / "jwks.json"), issuer.sign(kid="one", key=secret, algorithm="HS256", headers={"kid": "shared"})
    )


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_token_that_was_changed_is_nobody(
    issuer: Issuer, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any character of it, any claim under an old signature, and any text at all."""
    path = tmp_path_factory.getbasetemp() / "forgery.json"
    path.write_text(json.dumps(issuer.key_set()))
    readers = issuer.readers(path)
    token = issuer.sign()
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    name, value = data.draw(st.sampled_from([("fp_tier", 99), ("realm", {"role": "admin"}), ("sub", "boss"), ("exp", 2**33)]))
    at = data.draw(st.integers(0, len(header) + len(payload)))
    flipped = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
    forged = f"{header}.{_encoded({**claims, name: value})}.{signature}"
    cut = [f"{header}.{payload}", f"{header}.{payload}.", f"..{signature}", "..", "a.b.c"]
    tried = data.draw(st.sampled_from([flipped, forged, *cut]))

    assert refused(readers, tried)
    assert refused(readers, data.draw(st.text(max_size=60)))


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        """Now."""
        return self.at


def test_a_new_key_is_fetched_when_it_is_first_used(issuer: Issuer) -> None:
    """Rotation needs no restart; the old key counts until the provider takes it away."""
    provider, clock = Issuer(), Clock()
    with served(lambda _path: as_answer(provider.key_set())) as (address, asked):
        readers = provider.readers(f"{address}/keys", clock=clock)
        readers.recognise(provider.sign())
        provider.rotate("two", curve=True)
        clock.at += AGAIN
        readers.recognise(provider.sign(kid="two", algorithm="ES256"))
        readers.recognise(provider.sign())
        old = provider.sign()
        provider.keys.pop("one")
        clock.at += FRESH

        assert refused(readers, old)
        assert len(asked) == 3


def test_unknown_key_ids_do_not_make_us_ask_the_provider_each_time(issuer: Issuer) -> None:
    """Nobody turns this service against its provider."""
    with served(lambda _path: as_answer(issuer.key_set())) as (address, asked):
        readers = issuer.readers(f"{address}/keys", clock=Clock())
        readers.recognise(issuer.sign())
        for number in range(50):
            assert refused(readers, issuer.sign(headers={"kid": f"made-up-{number}"}))

        assert len(asked) == 1


def test_keys_that_are_still_good_wait_for_no_fetch() -> None:
    """One request asks a slow provider for newer keys; the others go on with what is there."""
    provider, clock = Issuer(), Clock()
    asked, may_answer, answered = Event(), Event(), Event()

    def slow(_path: str) -> Any:
        if clock.at > Clock().at:
            asked.set()
            may_answer.wait(3)
            answered.set()
        return as_answer(provider.key_set())

    with served(slow) as (address, _asked):
        readers = provider.readers(f"{address}/keys", clock=clock)
        readers.recognise(provider.sign())
        clock.at += FRESH
        fetching = Thread(target=readers.recognise, args=(provider.sign(),))
        fetching.start()
        asked.wait(3)
        readers.recognise(provider.sign())
        waited = answered.is_set()
        may_answer.set()
        fetching.join()

    assert asked.is_set()
    assert not waited


def test_the_last_keys_serve_while_the_provider_is_away_and_not_for_ever() -> None:
    """An hour; then nobody can be recognised, which is said as 503."""
    provider, clock = Issuer(), Clock()
    states: list[Any] = [as_answer(provider.key_set())]
    with served(lambda _path: states[-1]) as (address, _asked):
        readers = provider.readers(f"{address}/keys", clock=clock)
        readers.recognise(provider.sign())
        states.append((500, {}, b""))
        clock.at += FRESH
        readers.recognise(provider.sign())
        clock.at += STALE

        with pytest.raises(KeysError):
            readers.recognise(provider.sign())


@pytest.mark.parametrize(
    "answer",
    [(200, {}, b"not json"), (200, {}, b"[]"), (200, {}, b'{"keys": 7}'), (302, {"Location": "/keys"}, b""), (404, {}, b"")],
)
def test_what_is_no_key_set_recognises_nobody(issuer: Issuer, answer: Any) -> None:
    """A redirect is not followed either: where it leads was never checked."""
    with served(lambda _path: answer) as (address, asked), pytest.raises(KeysError):
        issuer.readers(f"{address}/first", clock=Clock()).recognise(issuer.sign())

    assert asked == ["/first"]


def test_keys_that_cannot_be_had_are_said_without_the_address(world: World, issuer: Issuer, tmp_path: Path) -> None:
    """503, and where the provider lives stands in the log alone."""
    world.article("card.md")
    database = Database(f"sqlite:///{tmp_path / 'tokens.sqlite'}")
    door = Door(world.guidance, database, issuer.readers("http://127.0.0.1:1/secret-path"))

    answer = door.ask(issuer.sign())
    database.close()

    assert (answer.status_code, "127.0.0.1" in answer.text, "secret-path" in answer.text) == (503, False, False)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"oidc_issuer": "x"}, "KB_OIDC_AUDIENCE and KB_OIDC_JWKS is missing"),
        ({"oidc_algorithms": "RS256,HS256"}, "names 'HS256'"),
        ({"oidc_algorithms": "none"}, "names 'none'"),
        ({"oidc_claims": "spaces=a"}, "expected name=claim for lang, role, spaces, teams, tier"),
        ({"oidc_skew_seconds": 3600}, "KB_OIDC_SKEW_SECONDS is 3600"),
    ],
)
def test_settings_that_would_weaken_the_check_are_refused(said: dict[str, Any], message: str) -> None:
    """At the start, by name."""
    with pytest.raises(SettingsError) as wrong:
        read_settings(**said)

    assert message in str(wrong.value)
