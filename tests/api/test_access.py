"""Who may do what: the tables, and the one door that reads them."""

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from structlog.testing import capture_logs

from api.access import ENDPOINTS, ROLES, Action, Role, UnlistedError, action_of
from api.app import create_app
from api.reader import LOOPBACK, DemoReaders
from tests.world import World


def test_every_endpoint_has_a_line_in_the_table(world: World) -> None:
    """One that has none answers nobody: add it to ENDPOINTS in api/access.py and to docs/access.md."""
    world.article("card.md")
    app = create_app(world.guidance, DemoReaders(LOOPBACK))
    served = {
        f"{method} {context.path}"
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute)
        for method in context.methods or ()
    }

    assert {endpoint for endpoint in served if not _is_listed(endpoint)} == set()


def _is_listed(endpoint: str) -> bool:
    try:
        action_of(*endpoint.split(" ", 1))
    except UnlistedError:
        return False
    return True


def test_an_endpoint_without_a_line_answers_nobody(world: World) -> None:
    """Forgetting it is a bug that shows, never an open door."""
    world.article("card.md")
    client = world.client()
    client.app.add_api_route("/v1/forgotten", lambda: "everything")  # type: ignore[attr-defined]

    with capture_logs():
        assert client.get("/v1/forgotten").status_code == 500


def test_every_role_has_a_line_and_none_but_the_administrator_everything() -> None:
    """Written out for each; an auditor changes nothing."""
    assert set(ROLES) == set(Role)
    assert [role for role, actions in ROLES.items() if actions == set(Action)] == [Role.ADMIN]
    assert ROLES[Role.AUDITOR].isdisjoint({Action.REPORT, Action.WORK_FEEDBACK, Action.OPERATE, Action.OPEN_SESSION})
    assert set(ENDPOINTS.values()) <= set(Action)


@pytest.mark.parametrize("header", ["Bearer something", "Basic dXNlcjpwdw==", "something", "", "Bearer"])
def test_the_demo_refuses_credentials_that_it_does_not_check(world: World, header: str) -> None:
    """Whoever sends some believes that they count."""
    world.article("card.md")

    response = world.client().get("/v1/search", params={"q": "card"}, headers={"Authorization": header})

    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
