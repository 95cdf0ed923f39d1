"""Signs that no keyboard types, in every text that any endpoint takes: an answer or a refusal, on both databases."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from fastapi.testclient import TestClient

from api.access import Role
from api.database import Database
from api.events.readers_table import met_in
from api.reader import SessionWanted
from retriever.snapshot import Models
from tests.doors import ORIGIN, Door, bearer, recording, three_tiers

SIGNS = {"NUL": "\0", "escape": "\x1b[2J", "C1": "\x85", "half a surrogate": "\ud800", "line breaks": "a\r\nX-Evil: 1"}
SAMPLES = ("card-1", "0" * 26, "0" * 40)  # the first that fits a text's pattern is its value
KNOWN = {"origin": ORIGIN, "space": "default"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, models: Models) -> Iterator[Door]:
    """A service with a few articles."""
    with three_tiers(tmp_path_factory.mktemp("control"), models) as door:
        yield door


@pytest.fixture
def door(world: Door, database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The same over each kind of database."""
    made = Door(world.guidance, database)
    with recording(made, tmp_path_factory.mktemp("journal")):
        yield made


class _Contract:
    """The OpenAPI document as requests that fit it."""

    def __init__(self, client: TestClient) -> None:
        self._document = client.get("/openapi.json").json()

    def requests(self, *, whole: bool) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Method, path, and what is sent in path, query and body. whole: with everything that may be left out, too."""
        for path, operations in self._document["paths"].items():
            for method, operation in operations.items():
                sent: dict[str, Any] = {"path": {}, "query": {}}
                for entry in operation.get("parameters", []):
                    if entry["in"] in sent and (whole or entry.get("required")):
                        sent[entry["in"]][entry["name"]] = self._sample(entry["schema"], entry["name"], whole=whole)
                if content := operation.get("requestBody", {}).get("content", {}).get("application/json"):
                    sent["body"] = self._sample(content["schema"], "", whole=whole)
                yield method.upper(), path, sent

    def _sample(self, schema: Mapping[str, Any], name: str, *, whole: bool) -> Any:
        if "$ref" in schema:
            return self._sample(self._document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], name, whole=whole)
        if "anyOf" in schema:
            return self._sample(schema["anyOf"][0], name, whole=whole)
        if "enum" in schema or "const" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        kind = schema.get("type")
        if kind == "object":
            keys = schema.get("properties", {}).items()
            return {key: self._sample(it, key, whole=whole) for key, it in keys if whole or key in schema.get("required", ())}
        if kind == "array":
            return [self._sample(schema["items"], name, whole=whole)]
        if kind in ("integer", "number", "boolean"):
            return schema.get("minimum", 1) if kind != "boolean" else False
        return next(text for text in (KNOWN.get(name, ""), *SAMPLES) if text and re.search(schema.get("pattern", ""), text))


def _texts(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Where each text of a JSON value stands, and the text."""
    if isinstance(value, str):
        yield place, value
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield from _texts(entry, (*place, key))


def _with(value: Any, place: tuple[Any, ...], text: str) -> Any:
    """The value with that text at the place, which may be one that it does not have yet."""
    if not place:
        return text
    if isinstance(place[0], int):
        return [_with(value[0] if value else None, place[1:], text)]
    return {**(value or {}), place[0]: _with((value or {}).get(place[0]), place[1:], text)}


def _send(client: TestClient, method: str, path: str, sent: Mapping[str, Any]) -> Any:
    for name, value in sent["path"].items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe="", errors="surrogatepass"))
    query = urlencode(sent["query"], doseq=True, errors="surrogatepass")
    body = json.dumps(sent["body"]) if "body" in sent else None
    return client.request(method, f"{path}?{query}", content=body, headers={"Content-Type": "application/json"} if body else {})


def _answers(client: TestClient, sign: str) -> Iterator[tuple[str, Any]]:
    """What each operation says to each text that it takes, with the sign in the middle of the text."""
    contract = _Contract(client)
    for (method, path, least), (_, _, whole) in zip(contract.requests(whole=False), contract.requests(whole=True), strict=True):
        for place, text in _texts(whole):
            sent = _with(least, place, f"{text[:3]}{sign}{text[3:]}")
            yield f"{method} {path} {place}", _send(client, method, path, sent)


@pytest.fixture
def client(door: Door) -> TestClient:
    """Somebody who may do everything."""
    door.client.headers.update(bearer(door.token(role=Role.ADMIN, tier=3, origins=(ORIGIN,))))
    return door.client


@pytest.mark.parametrize("sign", SIGNS.values(), ids=SIGNS.keys())
def test_no_sign_in_any_text_of_any_endpoint_breaks_it(client: TestClient, sign: str) -> None:
    """Never 500 or 503, and nothing of it in a header. Taken from the contract, so that a new endpoint is asked too."""
    answers = list(_answers(client, sign))
    wrong = [f"{said}: {it.status_code} {it.text[:200]}" for said, it in answers if it.status_code >= 500]
    leaked = [said for said, it in answers if "X-Evil" in it.headers or "\x1b" in str(it.headers)]

    assert len(answers) > 100
    assert (wrong, leaked) == ([], [])


def test_the_same_requests_without_a_sign_are_understood(client: TestClient) -> None:
    """So that it is the sign that is refused. Yesterday, where a list of changes begins, this repository was not there yet."""
    refused = {
        f"{method} {path}"
        for method, path, sent in _Contract(client).requests(whole=False)
        if _send(client, method, path, sent).status_code in (400, 422)
    }

    assert refused == {"GET /v1/changes"}


def test_a_language_that_no_database_can_hold_keeps_nobody_from_being_met(door: Door) -> None:
    """No session is opened for one; of one that was, the reader is written down all the same."""
    assert door.records is not None
    secret = door.token(origins=(ORIGIN,))
    refused = door.session(secret, lang="e\0s").status_code
    parent = door.readers.tokens.recognise(secret)
    session = door.readers.sessions.open(SessionWanted("ana", ORIGIN, 1, None, "e\0s"), parent).text
    asked = door.ask(session, headers={"Origin": ORIGIN}).status_code
    door.records.recorder.flush()
    met = met_in(door.database, "default")

    assert (refused, asked, door.records.recorder.damaged.count()) == (422, 200, 0)
    assert [(it.reader.name, it.reader.lang) for it in met] == [("ana", "e\ufffds")]
