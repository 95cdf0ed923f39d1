"""A team, an outbox, and a clock that the test moves."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.database import Database
from api.digests.clerk import Clerk
from api.digests.desk import Desk
from api.digests.leaving import Leaving
from api.digests.mail import MailServer
from api.digests.outbox import Outbox
from api.digests.post import notifiers
from api.digests.scheduler import Courier
from tests.world import TAXONOMY, World

TEAM = """
teams:
  front:
    name: Frontline
    languages: [en]
    digest:
      schedule: daily
      at: "08:00"
      time_zone: UTC
      must_read: rule
      channels: [{channels}]
"""
WEBHOOK = "{kind: webhook, url: CRM, sign: [NEW, OLD]}"
FILE = "{kind: file}"
KEYS = {"DIGEST_DEFAULT__NEW": "whsec_" + "bmV3" * 8, "DIGEST_DEFAULT__OLD": "whsec_" + "b2xk" * 8}
DAY = timedelta(days=1)


@dataclass
class Office:
    """A world with a team, an outbox, and a clock that the test moves."""

    world: World
    database: Database
    folder: Path
    mail: MailServer | None = None
    now: datetime = datetime(2026, 3, 2, 9, tzinfo=UTC)
    limit: int = 500
    channels: list[str] = field(default_factory=list)

    def team(self, *channels: str, more: str = "") -> None:
        """Describe the team, and let it be told from now on."""
        self.world.write("kb.yml", TAXONOMY + TEAM.replace("{channels}", ", ".join(channels)) + more)
        self.change()
        self.clerk.work(self.now)

    def change(self) -> None:
        """Let a rule change and go live."""
        self.limit += 100
        self.world.article("limit.md", f"The limit is {self.limit} USD.", id="limit", title="Limit")
        self.world.commit(at=self.now.isoformat())
        self.world.live.update()

    @property
    def outbox(self) -> Outbox:
        """What a process of its own would have."""
        return Outbox(self.database)

    @property
    def clerk(self) -> Clerk:
        """The same."""
        return Clerk(self.world.live, Desk(self.world.guidance, self.database), "https://help.example")

    @property
    def courier(self) -> Courier:
        """The same."""
        ways = notifiers(self.folder, self.mail, ["127.0.0.1"])
        return Courier(self.outbox, [self.clerk], ways, Leaving(b"k" * 32, "https://help.example"), lambda: self.now)

    def morning(self, days: int = 1) -> int:
        """Let the next morning come; how many digests were made."""
        self.now = (self.now + days * DAY).replace(hour=9)
        return self.clerk.work(self.now)

    def send(self) -> int:
        """Send what is due; how many attempts."""
        attempts, courier = 0, self.courier
        while courier.send_next():
            attempts += 1
        return attempts

    def states(self) -> dict[str, dict[str, int]]:
        """How each channel stands."""
        return {
            it.channel: {state.value: count for state, count in it.counts.items() if count} for it in self.outbox.standings()
        }


BOTH = pytest.mark.parametrize("empty_database", ["sqlite", "postgresql"], indirect=True)
