"""A host of the sidebar for a test: its own server with a page, beside a service with tokens that knows its origin."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from api.database import Database
from api.edges import Edges
from retriever.snapshot import Models
from tests import browser as browsers
from tests.doors import Door, served
from tests.world import TAXONOMY, World

SAY = ":::say\nI am sorry about this debit.\n:::\n"


@dataclass
class Desk:
    """The service, and a host's page beside it.

    page: its HTML. port: of the host's server. service: the service's address. handed: the session that `/session` gives; where
    there is none, it answers 401.
    """

    port: str
    page: str = ""
    service: str = ""
    handed: str = ""
    door: Door | None = None
    asked: list[str] = field(default_factory=list)

    def at(self, name: str) -> str:
        """The origin of the host's page by one of its names."""
        return f"http://{name}:{self.port}"

    def token(self, origin: str) -> str:
        """A token that opens sessions for the origin: what the host keeps."""
        assert self.door is not None
        return self.door.token(origins=(origin,), spaces=("acme",))

    def session(self, origin: str) -> str:
        """What the host's server asks for, to hand it to its page."""
        assert self.door is not None
        return str(self.door.session(self.token(origin), origin=origin).json()["session"])


@contextmanager
def host_desk(root: Path, models: Models, *origins: str) -> Iterator[Desk]:
    """A service whose one space names `http://*.localhost`, one exact origin of the host's server, and these origins."""
    world = World(root, models, name="acme")
    world.repo.mkdir()
    world.git("init", "--quiet", "--initial-branch=main")
    world.write("kb.yml", TAXONOMY)
    world.article("debit.md", SAY, id="debit", title="Customer did not authorise a debit", products=["transfers"])
    world.article("fee.md", "The late fee is 25 USD.", id="fee", title="Late fee", products=["accounts"], jurisdictions=["US"])
    database = Database(f"sqlite:///{world.root / 'tokens.sqlite'}")
    desk = Desk("")

    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        if path == "/session":
            return 200 if desk.handed else 401, {"Content-Type": "text/plain"}, desk.handed.encode()
        return 200, {"Content-Type": "text/html"}, desk.page.encode()

    with served(answer) as (address, desk.asked):
        desk.port = address.rpartition(":")[2]
        edges = Edges({"acme": (desk.at("localhost"), desk.at("*.localhost"), *origins)}, {}, 100_000)
        desk.door = Door(world.guidance, database, edges=edges)
        with browsers.served(desk.door.client.app) as desk.service:  # type: ignore[arg-type]  # it holds what it was given
            yield desk
    database.close()
