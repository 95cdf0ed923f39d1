"""Two client companies on one install, each with texts that only it may ever see, and a walk over every endpoint."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from api.access import Role
from api.composition import open_database, open_guidance, open_records
from api.digests.clerk import Clerk
from api.digests.desk import Desk
from api.events.records import Records
from api.guidance import Guidance
from api.reader import LOOPBACK, DemoReaders, Reader
from api.settings import Settings, read_settings
from retriever.snapshot import Models
from tests.doors import whole_app
from tests.world import World

OWN, FOREIGN, NONE = "acme", "zenith", "nobody"  # the reader's space, another one, and one that does not exist
MARK = "zquorn"  # stands in everything that the foreign space holds

_TAXONOMY = """\
name: Bank {mark}
time_zone: America/New_York
languages: [en, es]
products:
  cards{mark}: {{name: {{en: Cards {mark}}}, escalate_to: queue{mark}}}
jurisdictions: [US, US-CA, {place}]
tiers:
  1: {{name: Frontline, escalate_to: queue{mark}}}
  2: {{name: Specialist}}
queues:
  queue{mark}: {{name: Queue {mark}}}
owners:
  owner{mark}: {{name: Owner {mark}}}
teams:
  team{mark}: {{name: Team {mark}, tier: 2, products: [cards{mark}], members: [reader, member{mark}], {digest}}}
  floor: {{name: Floor of {mark}, tier: 2, products: [cards{mark}], members: [reader, member{mark}], {digest}}}
"""
_DIGEST = 'digest: {schedule: daily, at: "00:00", time_zone: UTC, must_read: rule}'


@dataclass(frozen=True)
class TwoSpaces:
    """The service over both. commits: the last one of each space; first: the one before it."""

    root: Path
    worlds: Mapping[str, World]
    settings: Settings
    guidance: Guidance
    commits: Mapping[str, str]
    first: Mapping[str, str]
    records: Records

    def reader(self, role: Role = Role.AGENT, **granted: Any) -> Reader:
        """A reader of its own space alone."""
        own = replace(LOOPBACK, id="reader", name="reader", role=role, spaces=frozenset({OWN}), tier=2)
        return replace(own, **granted)

    def client(self, reader: Reader) -> TestClient:
        """The service as that reader meets it."""
        app = whole_app(self.guidance, DemoReaders(reader), self.records)
        return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False, follow_redirects=False)


@contextmanager
def two_spaces(root: Path, models: Models) -> Iterator[TwoSpaces]:
    """Both repositories, their spaces.yml, and the service, with its event store."""
    worlds = {name: _world(root / name, models, mark) for name, mark in ((OWN, "own"), (FOREIGN, MARK))}
    first = {name: world.commit(at="2026-01-01T00:00:00Z") for name, world in worlds.items()}
    entries = "\n".join(f"  {name}: {{repo: {name}/repo}}" for name in worlds)
    (root / "spaces.yml").write_text(f"spaces:\n{entries}\n")
    settings = read_settings(config=root / "spaces.yml", data_dir=root / "data", refresh_seconds=0.1)
    database = open_database(settings)
    records, guidance = open_records(settings, database), open_guidance(settings, models)
    clerks = [Clerk(live, Desk(guidance, database), "https://help.example") for live in guidance.spaces.values()]
    now = datetime.now(UTC)
    try:
        for clerk in clerks:
            clerk.work(now)
        commits = {name: _change(world, MARK if name == FOREIGN else "own") for name, world in worlds.items()}
        for clerk in clerks:
            clerk.live.update()
            clerk.work(now + timedelta(days=1))
        yield TwoSpaces(root, worlds, settings, guidance, commits, first, records)
    finally:
        records.recorder.close()


def _limit(world: World, mark: str, amount: int) -> None:
    keys = {"id": f"limit-{mark}", "title": f"Daily limit of {mark}", "products": [f"cards{mark}"]}
    world.article(f"limit-{mark}.md", f"## Daily limit\n\nA customer of {mark} can pay {amount} USD each day.", **keys)


def _change(world: World, mark: str) -> str:
    """A new text, and a rule that says another figure: what digests and drills are made of."""
    world.article(f"later-{mark}.md", f"Later {mark} guidance on lost cards.", id=f"later-{mark}", tier=2)
    _limit(world, mark, 900)
    return world.commit(at="2026-02-01T00:00:00Z")


def _world(root: Path, models: Models, mark: str) -> World:
    world = World(root, models)
    world.repo.mkdir(parents=True)
    world.git("init", "--quiet", "--initial-branch=main")
    place = "MX" if mark == MARK else "CA"
    world.write("kb.yml", _TAXONOMY.format(mark=mark, place=place, digest=_DIGEST))
    keys = {"products": [f"cards{mark}"], "jurisdictions": ["US"], "owner": f"owner{mark}"}
    world.article(f"lost-{mark}.md", f"Freeze the lost card in the {mark} console.", id=f"lost-{mark}", **keys)
    world.article(f"deep-{mark}.md", f"Raise the wire limit, {mark}.", id=f"deep-{mark}", **{**keys, "tier": 2})
    _limit(world, mark, 500)
    return world


@dataclass(frozen=True)
class Call:
    """One request of the walk. `space` is the one it names, None where the endpoint takes none."""

    method: str
    path: str
    params: Mapping[str, Any]
    body: Mapping[str, Any] | None
    space: str | None

    def send(self, client: TestClient) -> Any:
        """What comes back."""
        return client.request(self.method, self.path, params=dict(self.params), json=self.body)

    @property
    def said(self) -> list[str]:
        """Every text that the request holds itself, which an answer may echo. Longest first."""
        texts = [
            self.path,
            *self.path.split("/"),
            json.dumps(dict(self.params)),
            *(str(value).strip('"') for value in self.params.values()),
        ]
        texts += [str(value).strip('"') for value in (self.body or {}).values()]
        return sorted({text for text in texts if len(text) > 3}, key=len, reverse=True)


def walk(client: TestClient, values: Mapping[str, list[Any]]) -> Iterator[Call]:
    """Every operation of the contract and every hidden page, once for each value of each parameter that `values` names."""
    document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield from _calls(document, method.upper(), path, operation, values)
    for page in ("/sidebar", "/sidebar/zendesk", "/demo"):  # they say the same of every space, but for who may frame them
        yield from (Call("GET", page, {"space": space} if page != "/demo" else {}, None, None) for space in values["space"])
    for path in ("/openapi.json", "/docs", "/favicon.ico", "/", "/static/page.css", "/no/such/address"):
        yield Call("GET", path, {}, None, None)
    for space in values["space"]:
        for name in values["id"]:
            yield Call("GET", f"/articles/{name}", {"space": space}, None, space)


def _calls(
    document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any], values: Mapping[str, list[Any]]
) -> Iterator[Call]:
    declared = operation.get("parameters", [])
    places = {entry["name"]: entry["in"] for entry in declared}
    schema = _body(document, operation)
    body = schema.get("properties", {})
    names = {*places, *body}
    needed = {entry["name"] for entry in declared if entry.get("required")} | {"q", *schema.get("required", ())}
    base = {name: values.get(_plain(name), ["some"])[0] for name in sorted(names & needed)}
    varied = [{name: value} for name in sorted(names) for value in values.get(_plain(name), []) if name != "space"]
    for space in values["space"] if "space" in names else [None]:
        for changed in [{}, *varied]:
            said = {**base, **changed, **({} if space is None else {"space": space})}
            filled = path
            for name in said:
                filled = filled.replace(f"{{{name}}}", str(said[name]))
            query = {name: value for name, value in said.items() if places.get(name) == "query"}
            yield Call(method, filled, query, {name: said[name] for name in said if name in body} or None, space)


def _plain(name: str) -> str:
    return "id" if name.endswith("id") else name


def _body(document: Mapping[str, Any], operation: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of what the operation takes as its body."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    found: Mapping[str, Any] = document["components"]["schemas"].get(content.get("$ref", "").rpartition("/")[2], content)
    return found
