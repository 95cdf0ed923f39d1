"""Delivery that can be trusted: one digest for each window and channel, whatever fails on the way."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from api.digests.outbox import HOLD, PAUSES
from api.metrics import Metrics
from tests.api.digests.office import BOTH, DAY, FILE, WEBHOOK, Office
from tests.api.receivers import Hook
from tests.conftest import ROOT


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
