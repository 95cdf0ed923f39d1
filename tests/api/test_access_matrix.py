"""Role × endpoint × space: the table in docs/access.md is what really happens."""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.access import ENDPOINTS, Action, Role, may
from retriever.snapshot import Models
from tests.conftest import ROOT
from tests.doors import Door
from tests.two_spaces import FOREIGN, NONE, OWN, Call, TwoSpaces, two_spaces, walk

COLUMNS = ("nobody", *Role)
ROW = re.compile(r"^\| `((?:GET|POST|PUT|PATCH|DELETE) [^`]+)` \| (.+) \|$", re.M)
VALUES = {"space": [OWN, FOREIGN, NONE], "q": ["lost card"], "id": ["lost-own"]}


@pytest.fixture(scope="module")
def spaces(tmp_path_factory: pytest.TempPathFactory, models: Models) -> Iterator[TwoSpaces]:
    """Two spaces behind one service."""
    with two_spaces(tmp_path_factory.mktemp("matrix"), models) as spaces:
        yield spaces


def documented() -> dict[str, list[str]]:
    """The table of docs/access.md: endpoint → one cell for nobody and for each role."""
    text = (ROOT / "docs" / "access.md").read_text()
    return {endpoint: [cell.strip() for cell in cells.split("|")] for endpoint, cells in ROW.findall(text)}


def expected_row(endpoint: str, action: Action) -> str:
    """The line that an endpoint needs."""
    cells = ["yes" if action is Action.ANYONE else "no", *("yes" if may(role, action) else "no" for role in Role)]
    return f"| `{endpoint}` | {' | '.join(cells)} |"


def test_every_endpoint_stands_in_the_table() -> None:
    """A new one: paste the line that is missing into docs/access.md."""
    text = (ROOT / "docs" / "access.md").read_text().split("\n")
    missing = [row for row in (expected_row(endpoint, action) for endpoint, action in ENDPOINTS.items()) if row not in text]

    assert missing == []
    assert set(documented()) == set(ENDPOINTS)


def _calls(client: TestClient) -> Iterator[tuple[str, Call]]:
    """One call of each endpoint of the contract for each space, with its line in the table."""
    lines = {re.sub(r"\{[^}]*\}", "[^/]+", endpoint): endpoint for endpoint in ENDPOINTS}
    seen = set()
    for call in walk(client, VALUES):
        line = next((entry for pattern, entry in lines.items() if re.fullmatch(pattern, f"{call.method} {call.path}")), None)
        if line is not None and (line, call.space) not in seen:
            seen.add((line, call.space))
            yield line, call


def test_every_line_of_the_table_is_tried(spaces: TwoSpaces) -> None:
    """In one's own space, in another, and in one that is not there, where the endpoint takes a space."""
    tried = {line for line, _ in _calls(spaces.client(spaces.reader(Role.ADMIN)))}

    assert set(ENDPOINTS) - tried == set()


@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_do_what_the_table_says(spaces: TwoSpaces, role: Role) -> None:
    """Real requests: where the table says no, the answer names the role; where it says yes, it does not."""
    client, table = spaces.client(spaces.reader(role)), documented()
    wrong = []
    for line, call in _calls(client):
        response = call.send(client)
        refused = response.status_code == 403 and f"The role '{role}' may not do this" in response.text
        if refused != (table[line][COLUMNS.index(role)] == "no"):
            wrong.append(f"{line} as {role} in {call.space}: {response.status_code}")

    assert wrong == []


@pytest.mark.parametrize("role", list(Role))
def test_no_role_reaches_into_another_space(spaces: TwoSpaces, role: Role) -> None:
    """Whatever the role may do at home; and a space that is not there is the same."""
    client = spaces.client(spaces.reader(role))
    statuses = {(line, call.space): call.send(client).status_code for line, call in _calls(client) if call.space is not None}

    assert {status for (_, space), status in statuses.items() if space != OWN} <= {403, 404, 422}
    assert [line for line, space in statuses if space == FOREIGN and statuses[line, FOREIGN] != statuses[line, NONE]] == []


def test_nobody_gets_in_where_the_table_says_no(spaces: TwoSpaces, door: Door) -> None:
    """Without a token: 401 everywhere but where the table says that anyone may."""
    table = documented()
    wrong = [
        f"{line}: {status}"
        for line, call in _calls(spaces.client(spaces.reader()))
        if ((status := call.send(door.client).status_code) == 401) != (table[line][0] == "no")
    ]

    assert wrong == []


@pytest.fixture
def door(spaces: TwoSpaces, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The same service behind tokens."""
    from api.database import Database

    database = Database(f"sqlite:///{tmp_path_factory.mktemp('door') / 'tokens.sqlite'}")
    yield Door(spaces.guidance, database)
    database.close()
