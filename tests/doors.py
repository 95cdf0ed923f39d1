"""A service that checks whoever comes: tokens in a real database, sessions, and a provider of identities on this machine."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_hex
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.authentication import CheckedReaders
from api.database import Database
from api.edges import Edges
from api.events.ledger import Ledger
from api.events.recorder import Recorder
from api.events.records import Records
from api.events.ticket_keys import TicketKeys
from api.guidance import Guidance
from api.hooks import Deliveries, Hooks
from api.machines import add_machines
from api.metrics import Metrics
from api.oidc import KeySet, OidcReaders, Provider
from api.rate import Rates
from api.reader import Readers
from api.session import Sessions
from api.token import digest_of, new_token
from api.token_readers import TokenReaders
from api.token_table import KeptToken, add_token
from api.updater import Updater
from retriever.snapshot import Models
from tests.world import TAXONOMY, World

ISSUER, AUDIENCE = "https://idp.example.com", "fingerpost"
CLAIMS = {"spaces": "fp_spaces", "tier": "fp_tier", "role": "realm.role", "teams": "fp_teams", "lang": "locale"}
ORIGIN = "https://host.example.com"
SECRET = "t" * 32
TICKETS = TicketKeys(SECRET.encode())
FOREVER = 10**9  # requests a minute


@dataclass
class Door:
    """The service behind its door. `at` moves its clock."""

    guidance: Guidance
    database: Database
    provider: OidcReaders | None = None
    ahead: timedelta = timedelta(0)
    key: bytes = b"k" * 32
    edges: Edges | None = None
    records: Records | None = None
    commits: list[str] = field(default_factory=list)
    _client: TestClient | None = field(default=None, init=False)

    def now(self) -> datetime:
        """The service's clock."""
        return datetime.now(UTC) + self.ahead

    @property
    def readers(self) -> CheckedReaders:
        """A fresh worker's view."""
        tokens = TokenReaders(self.database, self.guidance.spaces, now=self.now)
        return CheckedReaders(tokens, Sessions(self.key, tokens.parent, now=self.now), self.provider)

    @property
    def client(self) -> TestClient:
        """One worker, reached from anywhere."""
        if self._client is None:
            app = whole_app(self.guidance, self.readers, self.records, edges=self.edges)
            if self.edges is None:  # a test that forges hundreds of tokens is about the tokens
                app.state.rates = Rates(usual=FOREVER, failures=FOREVER)
            self._client = TestClient(app, base_url="https://kb.example.com", raise_server_exceptions=False)
        return self._client

    def token(self, **granted: Any) -> str:
        """A new token; by default an agent's of tier 1 for the default space."""
        secret = new_token()
        number = digest_of(secret)[:26]
        usual = {
            "id": number, "name": "Ana", "hash": digest_of(secret), "spaces": ("default",), "tier": 1, "teams": (),
            "role": "agent", "created_at": self.now(), "created_by": "test", "expires_at": self.now() + timedelta(days=1),
        }  # fmt: skip
        add_token(self.database, KeptToken(**{**usual, **granted}))
        return secret

    def id_of(self, secret: str) -> str:
        """What the token is called by."""
        return digest_of(secret)[:26]

    def session(self, secret: str, **wanted: Any) -> Any:
        """What the endpoint answers to a host's server."""
        body = {"agent": "ana@host", "origin": ORIGIN, "tier": 1, **wanted}
        return self.client.post("/v1/sessions", json=body, headers=bearer(secret))

    def ask(self, secret: str | None, *, headers: dict[str, str] | None = None, **asked: Any) -> Any:
        """One question."""
        sent = {**({} if secret is None else bearer(secret)), **(headers or {})}
        return self.client.post("/v1/search", json={"q": "lost card", **asked}, headers=sent)


def whole_app(guidance: Guidance, readers: Readers, records: Records | None, *, edges: Edges | None = None) -> FastAPI:
    """Everything that `kb serve` serves, with the webhooks and the metrics; no delivery is signed with their secret."""
    app = create_app(guidance, readers, records, edges=edges)
    secrets = {name: token_hex(16) for name in guidance.spaces}
    updaters = {name: Updater(live, seconds=60.0) for name, live in guidance.spaces.items()}  # never started
    add_machines(app, Hooks(secrets, updaters, Deliveries(Path("never-written"))), Metrics(guidance.spaces))
    return app


@contextmanager
def three_tiers(root: Path, models: Models, **made: Any) -> Iterator[Door]:
    """A service with an article for each of three tiers."""
    world = World(root, models)
    world.repo.mkdir()
    world.git("init", "--quiet", "--initial-branch=main")
    world.write("kb.yml", TAXONOMY)
    for tier in (1, 2, 3):
        world.article(f"card-{tier}.md", f"Freeze the lost card, secret{tier}.", id=f"card-{tier}", tier=tier)
    database = Database(f"sqlite:///{root / 'tokens.sqlite'}")
    yield Door(world.guidance, database, **made)
    database.close()


@contextmanager
def recording(door: Door, folder: Path) -> Iterator[Door]:
    """The same service with an event store, whose journal is in the folder."""
    door.records = Records(Recorder(folder, Ledger(door.database)), str, TICKETS)
    try:
        yield door
    finally:
        door.records.recorder.close()


def bearer(secret: str) -> dict[str, str]:
    """The header that carries it."""
    return {"Authorization": f"Bearer {secret}"}


class Issuer:
    """A provider of identities with real keys. Its key set can be written to a file or served on loopback."""

    def __init__(self) -> None:
        self.keys: dict[str, Any] = {}
        self.rotate("one")

    def rotate(self, kid: str, *, keep: bool = True, curve: bool = False) -> None:
        """A new key, beside the old ones or instead of them."""
        made: Any = ec.generate_private_key(ec.SECP256R1()) if curve else rsa.generate_private_key(65537, 2048)
        self.keys = {**(self.keys if keep else {}), kid: made}

    def key_set(self) -> dict[str, Any]:
        """The public keys."""
        entries = []
        for kid, key in self.keys.items():
            kind = "ECAlgorithm" if isinstance(key, ec.EllipticCurvePrivateKey) else "RSAAlgorithm"
            algorithm: Any = getattr(jwt.algorithms, kind)
            entries.append({**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig"})
        return {"keys": entries}

    def sign(self, *, kid: str = "one", algorithm: str = "RS256", key: Any = None, headers: Any = None, **claims: Any) -> str:
        """A token; a claim given as None is left out."""
        now = datetime.now(UTC)
        usual = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": "ana", "iat": now, "exp": now + timedelta(minutes=5),
            "fp_spaces": ["default"], "fp_tier": 1,
        }  # fmt: skip
        said = {name: value for name, value in {**usual, **claims}.items() if value is not None}
        return jwt.encode(said, self.keys[kid] if key is None else key, algorithm, headers={"kid": kid, **(headers or {})})

    def readers(self, location: str | Path, *, clock: Any = None, algorithms: Any = ("RS256", "ES256")) -> OidcReaders:
        """Readers of this issuer whose keys are at a URL or in a file."""
        keys = KeySet(str(location), ["127.0.0.1"], **({} if clock is None else {"clock": clock}))
        return OidcReaders(Provider(ISSUER, AUDIENCE, algorithms, CLAIMS, 60.0), keys, ["default"])


@contextmanager
def served(answers: Any) -> Iterator[tuple[str, list[str]]]:
    """An HTTP server on loopback: its address, and the paths that were asked. answers: path → (status, headers, body)."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, headers, body = answers(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815  # the name is http.server's

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def as_answer(document: Any) -> tuple[int, dict[str, str], bytes]:
    """A JSON answer."""
    return 200, {"Content-Type": "application/json"}, json.dumps(document).encode()
