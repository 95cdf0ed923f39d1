"""The contract under fire: what schemathesis makes of every endpoint, for every kind of reader."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.access import Role
from api.edges import Edges
from retriever.snapshot import Models
from tests.doors import ORIGIN, Door, bearer, recording, three_tiers, whole_app

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_ALL = list(HealthCheck)
PATIENCE = 120  # seconds: a loaded machine must not change what is found
READERS = [*Role, "session", "nobody", "forger"]


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, models: Models) -> Iterator[Door]:
    """A service with a few articles and no rate limit that a test could reach."""
    root = tmp_path_factory.mktemp("contract")
    with (
        three_tiers(root, models, edges=Edges({}, {}, 1_000_000)) as quiet,
        recording(quiet, root / "journal") as door,
    ):
        yield door


def _headers(door: Door, reader: str) -> dict[str, str]:
    if reader == "nobody":
        return {}
    if reader == "forger":
        return bearer("fp_" + "0" * 49)
    if reader == "session":
        return {**bearer(door.session(door.token(origins=(ORIGIN,))).json()["session"]), "Origin": ORIGIN}
    return bearer(door.token(role=reader, origins=(ORIGIN,)))


def _fire(door: Door, reader: str, examples: int) -> None:
    app = whole_app(door.guidance, door.readers, door.records, edges=door.edges)
    app.state.rates = None
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    headers = _headers(door, reader)
    found: list[Any] = list(schema.get_all_operations())
    for operation in (result.ok() for result in found):

        @given(case=operation.as_strategy())
        @settings(max_examples=examples, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=_ALL)
        @seed(examples)
        def attack(case: Any) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS, timeout=PATIENCE)

        attack()


@pytest.mark.parametrize("reader", [Role.AGENT, Role.ADMIN, "nobody"])
def test_no_endpoint_answers_what_it_does_not_document(door: Door, reader: str) -> None:
    """A small run: no 500, no status, type or shape that the contract does not name."""
    _fire(door, reader, 4)


@pytest.mark.proof
@pytest.mark.parametrize("reader", READERS)
def test_no_endpoint_answers_what_it_does_not_document_however_long_one_tries(door: Door, reader: str) -> None:
    """The long run, for every kind of reader."""
    _fire(door, reader, 200)
