"""Delivery that can be trusted: one digest for each window and channel, whatever fails on the way."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from api.database import Database, deliveries
from api.digests.clerk import Clerk
from api.digests.desk import Desk
from api.digests.leaving import Leaving
from api.digests.mail import MailServer
from api.digests.outbox import HOLD, PAUSES, Outbox
from api.digests.post import notifiers
from api.digests.scheduler import Courier
from api.live import LiveSpace
from api.metrics import Metrics
from api.space import Space
from tests.api.receivers import Hook, Mailbox, hook_server, mail_server
from tests.conftest import ROOT
from tests.postgres import Postgres
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


@pytest.fixture
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """SQLite; PostgreSQL too for the tests that ask for both."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return f"sqlite:///{tmp_path}/events.sqlite"
    server: Postgres = request.getfixturevalue("postgres")
    return server.database()


BOTH = pytest.mark.parametrize("empty_database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def office(world: World, database: Database, tmp_path: Path) -> Office:
    """An office in which nothing happened yet."""
    return Office(world, database, tmp_path / "digests")


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """A receiver whose address and keys the service has."""
    with hook_server() as running:
        for name, value in {"DIGEST_DEFAULT__CRM": running.url, **KEYS}.items():
            monkeypatch.setenv(name, value)
        yield running


@pytest.fixture
def mailbox(office: Office) -> Iterator[Mailbox]:
    """A mail server that the service knows."""
    with mail_server() as running:
        office.mail = MailServer("127.0.0.1", running.port, "kb@help.example", "none")
        yield running


def test_a_webhook_is_signed_and_verifies_with_either_key_while_they_rotate(office: Office, hook: Hook) -> None:
    """By the library that receivers use."""
    office.team(WEBHOOK)
    office.change()
    made, attempts = office.morning(), office.send()
    (headers, body), = hook.got  # fmt: skip
    bodies = [Webhook(key).verify(body, headers) for key in KEYS.values()]

    assert (made, attempts, office.states()) == (1, 1, {"webhook:CRM": {"sent": 1}})
    assert [body["type"] for body in bodies] == ["digest.released"] * 2
    assert bodies[0]["data"]["sections"][0]["lines"][0]["facts"][0]["new"] == "700 USD"


@BOTH
def test_one_digest_for_each_window_even_after_days_of_downtime(office: Office, hook: Hook) -> None:
    """Five silent mornings are one window, and a restart on the same day makes none."""
    office.team(WEBHOOK)
    office.change()
    made = [office.morning(days=5), office.clerk.work(office.now), office.clerk.work(office.now + timedelta(hours=3))]
    office.send()

    assert (made, len(hook.got)) == ([1, 0, 0], 1)


def test_nothing_to_say_sends_nothing_and_the_window_is_recorded(office: Office, hook: Hook) -> None:
    """The next one begins where this one ended."""
    office.team(WEBHOOK)
    quiet = office.morning()
    office.change()
    told = office.morning()

    assert (quiet, told, office.send()) == (0, 1, 1)
    assert office.outbox.documents("default", "front")[0].from_.at == office.now.replace(hour=8) - DAY


def test_a_receiver_that_fails_for_hours_gets_it_once_it_is_back(office: Office, hook: Hook) -> None:
    """With the same id at every attempt, and less and less often."""
    hook.answers = [500, 503, 429, 500]
    office.team(WEBHOOK)
    office.change()
    office.morning()
    attempts = []
    for _ in range(40):
        attempts.append(office.send())
        office.now += timedelta(minutes=15)

    assert (sum(attempts), attempts[0]) == (5, 1)
    assert len({headers["webhook-id"] for headers, _ in hook.got}) == 1
    assert office.states() == {"webhook:CRM": {"sent": 1}}


def test_a_receiver_says_how_long_to_wait(office: Office, hook: Hook) -> None:
    """`Retry-After` goes before the usual pause, if it is longer."""
    hook.answers, hook.retry_after = [429], "7200"
    office.team(WEBHOOK)
    office.change()
    office.morning()
    tries = [office.send()]
    for minutes in (60, 70):
        office.now += timedelta(minutes=minutes)
        tries.append(office.send())

    assert tries == [1, 0, 1]


@BOTH
def test_what_was_given_up_is_kept_and_goes_out_again_on_request(office: Office, hook: Hook) -> None:
    """A receiver that was away for days loses nothing, if somebody asks."""
    hook.answers = [500] * (len(PAUSES) + 1)
    office.team(WEBHOOK)
    office.change()
    office.morning()
    for _ in range(len(PAUSES) + 1):
        office.send()
        office.now += PAUSES[-1] * 1.3
    dead, again = office.states(), office.outbox.retry(office.now, team="front")
    office.send()

    assert (dead, again, office.states()) == ({"webhook:CRM": {"dead": 1}}, 1, {"webhook:CRM": {"sent": 1}})


def test_one_channels_trouble_is_its_own(office: Office, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that is missing, a receiver that is down: the file is there, and the errors name no secret."""
    hook.answers = [500]
    office.team(WEBHOOK, FILE, "{kind: slack, url: NOWHERE}", "{kind: teams, url: DOWN}")
    monkeypatch.setenv("DIGEST_DEFAULT__DOWN", "http://127.0.0.1:1/secret-path")
    office.change()
    office.morning()
    office.send()
    errors = {it.channel: it.error for it in office.outbox.standings()}

    assert office.states() == {
        "file": {"sent": 1},
        "slack:NOWHERE": {"waiting": 1},
        "teams:DOWN": {"waiting": 1},
        "webhook:CRM": {"waiting": 1},
    }
    assert "600 USD → 700 USD" in next((office.folder / "default" / "front").glob("*.md")).read_text()
    assert (
        errors["slack:NOWHERE"]
        == "DIGEST_DEFAULT__NOWHERE is not set. Set it, or DIGEST_DEFAULT__NOWHERE_FILE, for the service."
    )
    assert "secret-path" not in str(errors)


def test_a_slow_receiver_holds_up_nobody_but_itself(office: Office, hook: Hook) -> None:
    """While it thinks, the others are served, and it gets nothing twice."""
    hook.slow = True
    office.team(WEBHOOK, FILE)
    office.change()
    office.morning()
    courier = office.courier
    with ThreadPoolExecutor(2) as pool:
        under_way = pool.submit(lambda: [courier.send_next() for _ in range(1)])
        while not hook.got and not office.states().get("file", {}).get("sent"):
            under_way.done() and under_way.result()
        rest = [office.courier.send_next() for _ in range(2)]
        hook.gate.set()

    assert (rest[-1], len(hook.got), office.states()) == (False, 1, {"file": {"sent": 1}, "webhook:CRM": {"sent": 1}})


@BOTH
def test_two_schedulers_at_once_make_and_send_one_digest(office: Office, hook: Hook) -> None:
    """Eight of them, on SQLite and on PostgreSQL."""
    office.team(WEBHOOK, FILE)
    office.change()
    office.now += DAY
    office.world.live.current()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: office.clerk.work(office.now), range(8)))
        sent = list(pool.map(lambda _: office.send(), range(8)))

    assert (sum(made), sum(sent), len(hook.got)) == (1, 2, 1)


def test_who_looked_first_and_came_second_takes_nothing_that_is_held(office: Office) -> None:
    """Four senders look at the clock, and then wait for each other: the one that waited has the older moment."""
    office.team(FILE)
    office.change()
    office.morning()
    taken = [office.outbox.claim(office.now + timedelta(seconds=second), ["default"]) for second in (1, 0)]

    assert (taken[0] is not None, taken[1]) == (True, None)


@BOTH
def test_killed_between_sending_and_noting_it_goes_out_again_with_the_same_key(
    office: Office, hook: Hook, tmp_path: Path
) -> None:
    """At least once; the receiver knows it again by its id."""
    office.team(WEBHOOK)
    office.change()
    office.morning()
    script = """
import os, signal, sys
from datetime import datetime
from api.database import Database
from api.digests import hooks, outbox
from api.digests.notifier import Message
from kb.teams import Channel, ChannelKind
box = outbox.Outbox(Database(sys.argv[1]))
taken = box.claim(datetime.fromisoformat(sys.argv[2]), ["default"])
channel = Channel(ChannelKind.WEBHOOK, url="CRM", sign=("NEW", "OLD"))
hooks.HookNotifier(["127.0.0.1"]).send(Message(taken.id, box.document(taken.digest), channel, ""))
os.kill(os.getpid(), signal.SIGKILL)
"""
    url = office.database.url.render_as_string(hide_password=False)
    done = subprocess.run([sys.executable, "-c", script, url, office.now.isoformat()], cwd=ROOT, env=os.environ, check=False)
    held = office.send()
    office.now += HOLD
    after = office.send()
    ids = [headers["webhook-id"] for headers, _ in hook.got]

    assert done.returncode == -signal.SIGKILL
    assert (held, after, len(ids), len(set(ids))) == (0, 1, 2, 1)


@pytest.mark.parametrize("jump", [timedelta(days=400), timedelta(days=-400), timedelta(hours=-30)])
def test_a_clock_that_jumps_and_comes_back_loses_no_digest(office: Office, hook: Hook, jump: timedelta) -> None:
    """What changed after it is told on the next morning, and what was told stays told once."""
    office.team(WEBHOOK)
    office.change()
    office.morning()
    office.send()
    right = office.now
    office.now += jump
    office.clerk.work(office.now)
    office.send()
    office.now = right
    office.clerk.work(office.now)
    office.change()
    office.morning()
    office.morning()
    office.send()
    figures = [
        (fact.old, fact.new)
        for document in office.outbox.documents("default", "front")
        for _, line in document.lines()
        for fact in line.facts
    ]

    assert sorted(figures) == [("600 USD", "700 USD"), ("700 USD", "800 USD")]
    assert len(hook.got) == 2


def test_a_wait_that_was_noted_by_a_wrong_clock_ends_with_it(office: Office, hook: Hook) -> None:
    """A delivery that should go out in a year goes out now."""
    hook.answers = [500]
    office.team(WEBHOOK)
    office.change()
    office.morning()
    right = office.now
    office.now += timedelta(days=365)
    office.send()
    office.now = right

    assert (office.send(), office.states()) == (1, {"webhook:CRM": {"sent": 1}})


def test_rules_are_told_at_once_and_not_again_in_the_morning(office: Office, hook: Hook) -> None:
    """But a clarification waits for it, and nothing rings in quiet hours."""
    office.team(WEBHOOK, more='      immediately: true\n      quiet: ["21:00", "07:00"]\n')
    office.now = office.now.replace(hour=22)
    office.change()
    night = office.clerk.work(office.now)
    office.now += timedelta(hours=9, minutes=30)
    early = office.clerk.work(office.now)
    office.world.article("note.md", "Be kind.", id="note")
    office.world.commit(at=office.now.isoformat())
    office.world.live.update()
    morning = office.morning(days=0)
    documents = office.outbox.documents("default", "front")

    assert (night, early, morning) == (0, 1, 1)
    assert [(it.kind, [section.name for section in it.sections], it.told) for it in documents] == [
        ("regular", ["added"], 1),
        ("immediate", ["rules"], 0),
    ]


def test_what_waits_tells_nothing_that_its_team_may_see_no_more(office: Office, hook: Hook) -> None:
    """A receiver was down; meanwhile one article was withdrawn and a figure of another one moved above the team's tier."""
    office.team(WEBHOOK)
    for fee in (20, 30):
        office.world.article("fee.md", f"The fee is {fee} USD.", id="fee", title="Fee")
        office.world.article("gone.md", f"It takes {fee} days.", id="gone", title="Gone")
        office.change()
        office.morning()
        hook.answers = [500] * (fee == 30)
        office.send()
    office.world.article("fee.md", "Nothing.\n\n:::tier 2\nThe fee is 30 USD.\n:::", id="fee", title="Fee")
    office.world.article("gone.md", "It takes 30 days.", id="gone", title="Gone", status="retired")
    office.world.commit(at=office.now.isoformat())
    office.world.live.update()
    office.now += timedelta(hours=1)
    office.send()
    made, sent = (body.decode() for _, body in hook.got[-2:])
    (row,) = [it for it in office.database.rows(deliveries.select()) if it["error"]]

    assert ("30 days" in made, "30 USD" in made, "800 USD" in made) == (True, True, True)
    assert ("30 days" in sent, "30 USD" in sent, "800 USD" in sent) == (False, False, True)
    assert (row["state"], row["error"]) == ("sent", "without 1 of 3 articles, which its team may see no more")


def test_a_worker_that_has_not_come_to_a_digests_commit_leaves_it_to_those_that_have(office: Office, hook: Hook) -> None:
    """To it, what is new is not there, and so would be withdrawn. What was taken back since is not waited for."""
    office.team(WEBHOOK)
    old = office.world.live.current()
    for number, name in enumerate(("new", "newer"), start=1):
        office.world.article(f"{name}.md", "Be kind.", id=name, title=name)
        office.change()
        office.morning()
        late = office.courier
        late._clerks = {"default": Clerk(LiveSpace.held(office.world.space, old), office.clerk.desk, "https://help.example")}
        waits = [late.send_next(), late.send_next(), len(hook.got), office.states()["webhook:CRM"].get("waiting")]
        if name == "newer":
            office.world.git("reset", "--quiet", "--hard", "HEAD~1")
            office.world.live.update()
        office.now += timedelta(minutes=2)
        office.send()

        assert waits == [True, False, number - 1, 1]
        assert len(hook.got) == number
    bodies = [body.decode() for _, body in hook.got]

    assert ('"new"' in bodies[0], '"newer"' in bodies[1], "800 USD" in bodies[1]) == (True, False, True)


def test_a_space_that_cannot_be_read_costs_no_attempt(office: Office, hook: Hook) -> None:
    """However often it is looked at; once it can, the digest goes out."""
    office.team(WEBHOOK)
    office.change()
    office.morning()
    early = office.courier
    space = office.world.space
    unread = LiveSpace(Space(space.name, space.source, office.folder, space.models), refresh_seconds=0.0)
    early._clerks = {"default": Clerk(unread, office.clerk.desk, "https://help.example")}
    for _ in range(len(PAUSES) + 2):
        early.send_next()
        office.now += timedelta(minutes=2)
    (row,) = office.database.rows(deliveries.select())
    office.send()

    assert (row["attempts"], row["state"], row["error"]) == (0, "waiting", None)
    assert office.states() == {"webhook:CRM": {"sent": 1}}


def test_what_waits_for_a_team_that_was_lowered_is_cancelled(office: Office, hook: Hook) -> None:
    """The record says so, and nobody can let it go out again."""
    hook.answers = [500]
    office.team(WEBHOOK, more="    tier: 2\n")
    office.change()
    office.morning()
    office.send()
    taxonomy = office.world.repo / "articles" / "kb.yml"
    taxonomy.write_text(taxonomy.read_text().replace("    tier: 2\n", "    tier: 1\n"))
    office.world.commit(at=office.now.isoformat())
    office.world.live.update()
    office.now += timedelta(hours=1)
    office.send()
    (standing,) = office.outbox.standings()

    assert (office.states(), office.outbox.retry(office.now), len(hook.got)) == ({"webhook:CRM": {"cancelled": 1}}, 0, 1)
    assert standing.error == "its team may see nothing of it any more"


def test_an_address_that_was_taken_out_gets_nothing_that_waits(office: Office, mailbox: Mailbox) -> None:
    """kb.yml as it stands now says who is told."""
    office.team("{kind: email, to: [ana@acme.example, gone@acme.example]}")
    office.change()
    office.morning()
    taxonomy = office.world.repo / "articles" / "kb.yml"
    taxonomy.write_text(taxonomy.read_text().replace(", gone@acme.example", ""))
    office.world.commit(at=office.now.isoformat())
    office.world.live.update()
    office.send()

    assert ([mail["To"] for mail in mailbox.got], office.states()) == (["ana@acme.example"], {"email": {"sent": 1, "dead": 1}})


def test_nothing_goes_out_again_in_quiet_hours(office: Office, hook: Hook) -> None:
    """A receiver that comes back in the night rings in the morning, however long the quiet hours are."""
    hook.answers = [500]
    office.team(WEBHOOK, more='      quiet: ["09:30", "07:00"]\n')
    office.change()
    office.morning()
    office.send()
    got = []
    for hours in (1, 6, 15, 21.9, 22.1):
        moment, office.now = office.now, office.now + timedelta(hours=hours)
        office.send()
        got.append(len(hook.got))
        office.now = moment

    assert got == [1, 1, 1, 1, 2]


def test_an_email_has_text_html_and_a_way_out(office: Office, mailbox: Mailbox) -> None:
    """Each address gets its own; one that bounces for good stops no other."""
    mailbox.refused["gone@acme.example"] = "550 no such user"
    office.team("{kind: email, to: [ana@acme.example, gone@acme.example, luis@acme.example]}")
    office.change()
    office.morning()
    office.send()
    mails = {mail["To"]: mail for mail in mailbox.got}
    mail = mails["ana@acme.example"]
    parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}

    assert sorted(mails) == ["ana@acme.example", "luis@acme.example"]
    assert office.states() == {"email": {"sent": 2, "dead": 1}}
    assert mail["Subject"] == "Frontline: 1 rule changed"
    assert mail["List-Id"] == "<front.default.digests.help.example>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Unsubscribe"].startswith("<https://help.example/digests/front/leave?")
    assert all(b"\nList-Unsubscribe: <https://help.example/digests/front/leave?" in raw for raw in mailbox.raw)  # never encoded
    assert mails["luis@acme.example"]["Message-ID"] != mail["Message-ID"]
    assert "600 USD → 700 USD" in parts["text/plain"]
    assert "<del" in parts["text/html"]


def test_who_left_gets_no_more(office: Office, mailbox: Mailbox) -> None:
    """Neither the next digest nor what still waits."""
    office.team("{kind: email, to: [ana@acme.example, luis@acme.example]}")
    office.change()
    office.morning()
    office.outbox.leave("default", "front", "ana@acme.example", office.now)
    office.send()
    office.change()
    office.morning()
    office.send()

    assert [mail["To"] for mail in mailbox.got] == ["luis@acme.example"] * 2


def test_the_figures_tell_how_channels_stand(office: Office, hook: Hook) -> None:
    """To who looks at that space alone."""
    hook.answers = [500]
    office.team(WEBHOOK, FILE)
    office.change()
    office.morning()
    office.send()
    metrics = Metrics({"default": office.world.live}, office.outbox.standings)
    text = metrics.text(["default"]).decode()

    assert 'kb_digest_deliveries{channel="webhook:CRM",space="default",state="waiting",team="front"} 1.0' in text
    assert 'kb_digest_deliveries{channel="file",space="default",state="sent",team="front"} 1.0' in text
    assert 'team="front"' not in metrics.text([]).decode()


def test_apprise_takes_it_anywhere(office: Office, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Here to a JSON receiver; its services are its own concern."""
    monkeypatch.setenv("DIGEST_DEFAULT__ANY", hook.url.replace("http://", "json://"))
    office.team("{kind: apprise, url: ANY}")
    office.change()
    office.morning()
    office.send()

    assert office.states() == {"apprise:ANY": {"sent": 1}}
    assert b"600 USD" in hook.got[0][1]


def test_the_command_shows_what_waits_and_sends_again(
    office: Office, hook: Hook, kb: Callable[..., "subprocess.CompletedProcess[str]"]
) -> None:
    """`kb notify status` ends with 1 while something was given up."""
    hook.answers = [410]
    office.team(WEBHOOK)
    office.change()
    office.morning()
    office.send()
    environment = {"KB_DATABASE": office.database.url.render_as_string(hide_password=False)}
    status = kb("notify", "status", **environment)
    retry = kb("notify", "retry", "--team", "front", **environment)

    assert (status.returncode, retry.stdout, office.states()) == (
        1,
        "1 delivery goes out again.\n",
        {"webhook:CRM": {"waiting": 1}},
    )
    assert "default/front  webhook:CRM  waiting 0  sent 0  dead 1  cancelled 0\n    it answered 410" in status.stdout
