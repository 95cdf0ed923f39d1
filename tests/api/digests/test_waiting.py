"""What waits for delivery: withheld, cancelled or left to others when the team, its channels or the articles changed."""

from datetime import timedelta

from api.database import deliveries
from api.digests.clerk import Clerk
from api.digests.outbox import PAUSES
from api.live import LiveSpace
from api.space import Space
from tests.api.digests.office import WEBHOOK, Office
from tests.api.receivers import Hook, Mailbox


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
