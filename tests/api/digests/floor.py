"""A service with two teams that were told of a changed rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from fastapi.testclient import TestClient

from api.access import Role
from api.app import create_app
from api.database import Database
from api.digests.clerk import Clerk
from api.digests.desk import Desk
from api.digests.leaving import Leaving
from api.events.records import Records
from api.reader import LOOPBACK, DemoReaders, Reader
from tests.world import TAXONOMY, World

TEAMS = """
teams:
  front:
    name: Frontline
    products: [cards]
    languages: [en]
    members: [ana, luis]
    digest: {schedule: daily, at: "00:00", time_zone: UTC, must_read: rule}
  desk: {name: Resolution desk, tier: 3, digest: {schedule: daily, at: "00:00", time_zone: UTC}}
"""
FEE = """\
---
{{id: fee, title: Fee of a card, products: [cards], jurisdictions: [all], lang: en}}
---
The fee is {} USD a month.
"""
DAY = timedelta(days=1)


class Later(datetime):
    """Two hours ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Later":
        """See datetime."""
        return super().now(tz) + timedelta(hours=2)


class Floor:
    """A service with two teams, and a changed rule that both were told of this morning."""

    def __init__(self, world: World, database: Database, records: Records) -> None:
        self.world, self.database, self.records = world, database, records
        self.now = datetime.now(UTC)
        world.write("kb.yml", TAXONOMY + TEAMS)
        self.limit(500)
        self.client(self.reader("ana"))  # what is asked before the change
        for _ in range(3):
            self.search("ana")
        self.search("luis")
        self.clerk.work(self.now)
        self.limit(900)
        self.clerk.work(self.now + DAY)

    def publish(self) -> None:
        """Let what was written go live."""
        self.world.commit()
        self.world.live.update()

    def limit(self, amount: int) -> None:
        """Let the rule say another figure, and go live."""
        body = f"## Daily limit\n\nA customer can pay {amount} USD with the card each day.\n\n## Opening hours\n\nAlways."
        self.world.article("limit.md", body, id="limit", title="How much can be paid with a card", products=["cards"])
        self.publish()

    @property
    def clerk(self) -> Clerk:
        """Closes windows."""
        self.records.recorder.flush()
        return Clerk(self.world.live, Desk(self.world.guidance, self.database), "https://help.example")

    def reader(self, name: str, role: Role = Role.AGENT, **granted: Any) -> Reader:
        """Somebody of the provider's."""
        return replace(LOOPBACK, id=f"oidc:{name}", name=name, role=role, tier=granted.pop("tier", 1), **granted)

    def client(self, reader: Reader) -> TestClient:
        """The service as that reader meets it."""
        app = create_app(self.world.guidance, DemoReaders(reader), self.records)
        app.state.leaving = Leaving(b"k" * 32, "http://127.0.0.1")
        app.state.site = "https://help.example"
        return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)

    def search(self, name: str) -> None:
        """Ask for the rule."""
        assert (
            self.client(self.reader(name))
            .get("/v1/search", params={"q": "how much can the customer pay by card each day"})
            .json()["hits"]
        )

    def get(self, path: str, reader: Reader) -> Any:
        """One answer."""
        return self.client(reader).get(path)

    def acknowledge(self, name: str) -> None:
        """Let somebody acknowledge the rule as it stands now."""
        commit = self.world.git("rev-parse", "HEAD")
        done = self.client(self.reader(name)).post("/v1/acknowledgements", json={"article": "limit", "commit": commit})
        assert done.status_code == 201, done.text
