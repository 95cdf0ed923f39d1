"""Who has read what was told: lists for leads, reminders, and the reader's own list."""

import csv
from io import StringIO

from api.access import Role
from api.database import met_readers
from api.digests.desk import Desk
from tests.api.digests.floor import DAY, TEAMS, Floor
from tests.api.digests.office import BOTH
from tests.world import TAXONOMY


def test_a_lead_sees_who_has_read_and_a_reminder_stops_when_read(floor: Floor) -> None:
    """The next digest names who has not; once all have, it says nothing more."""
    floor.acknowledge("ana")
    lead = floor.reader("eva", Role.LEAD, tier=3)
    (article,) = floor.get("/v1/teams/front/acknowledgements", lead).json()["articles"]
    table = floor.get("/v1/teams/front/acknowledgements?format=csv", lead)
    rows = list(csv.DictReader(StringIO(table.text)))
    reminded = floor.clerk.work(floor.now + 2 * DAY)
    floor.acknowledge("luis")
    silent = floor.clerk.work(floor.now + 3 * DAY)
    document = Desk(floor.world.guidance, floor.database).outbox.documents("default", "front")[0]

    assert ([read["name"] for read in article["read"]], article["waiting"]) == (["ana"], ["luis"])
    assert [(row["member"], bool(row["acknowledged_at"])) for row in rows] == [("ana", True), ("luis", False)]
    assert table.headers["content-type"].startswith("text/csv")
    assert (reminded, silent) == (1, 0)
    assert [(section.name, section.lines[0].waits_for) for section in document.sections] == [("unread", ["luis"])]


def test_a_team_with_nothing_else_new_is_reminded_after_one_three_and_seven_days(floor: Floor) -> None:
    """And not every morning; another digest names what is unread all the same, for two weeks."""
    alone = [floor.clerk.work(floor.now + day * DAY) for day in range(2, 12)]
    floor.world.article("new.md", "Be kind.", id="new", products=["cards"])
    floor.publish()
    floor.clerk.work(floor.now + 12 * DAY)
    document = Desk(floor.world.guidance, floor.database).outbox.documents("default", "front")[0]

    assert alone == [1, 0, 1, 0, 0, 0, 1, 0, 0, 0]
    assert [section.name for section in document.sections] == ["added", "unread"]


def test_a_must_read_of_a_digest_waits_in_the_readers_own_list(floor: Floor) -> None:
    """Until that version is acknowledged; a newer version waits again."""
    ana = floor.reader("ana")
    before = floor.get("/v1/acknowledgements", ana).json()["waiting"]
    floor.acknowledge("ana")
    after = floor.get("/v1/acknowledgements", ana).json()["waiting"]
    floor.limit(1200)
    floor.clerk.work(floor.now + 2 * DAY)
    again = floor.get("/v1/acknowledgements", ana).json()["waiting"]

    assert (before, after, again) == (1, 0, 1)


def test_a_role_is_a_membership_in_every_list(floor: Floor) -> None:
    """Exposure, must-reads, drills, acknowledgements and reminders, of readers that no file and no token names."""
    floor.acknowledge("ana")
    floor.world.write("kb.yml", TAXONOMY + TEAMS.replace("members: [ana, luis]", "roles: [agent]"))
    floor.publish()
    floor.get("/v1/acknowledgements", floor.reader("rosa", lang="fr"))  # reads none of the team's languages
    lead = floor.reader("eva", Role.LEAD, tier=3)
    (article,) = floor.get("/v1/teams/front/acknowledgements", lead).json()["articles"]
    (drill,) = floor.get("/v1/teams/front/drill-results", lead).json()["drills"]
    own = floor.get("/v1/acknowledgements", floor.reader("luis")).json()
    foreign = floor.get("/v1/acknowledgements", floor.reader("rosa", lang="fr")).json()
    floor.clerk.work(floor.now + 2 * DAY)
    document = Desk(floor.world.guidance, floor.database).outbox.documents("default", "front")[0]
    taxonomy = floor.world.live.current().library.taxonomy
    shown = floor.clerk.desk.showings("default", "front", taxonomy.teams["front"], floor.world.live.current(), floor.now)

    assert ([read["name"] for read in article["read"]], article["waiting"]) == (["ana"], ["luis"])
    assert [member["name"] for member in drill["members"]] == ["ana", "luis"]
    assert (own["teams"], own["waiting"], foreign["teams"], foreign["waiting"]) == (["front"], 1, [], 0)
    assert [(section.name, section.lines[0].waits_for) for section in document.sections] == [("unread", ["luis"])]
    assert shown.of("limit", ()) == 4


@BOTH
def test_who_acknowledged_before_readers_were_met_has_read_it(floor: Floor) -> None:
    """An upgrade, or policy that forgets, empties the list of who was met, not that of who has read."""
    floor.acknowledge("ana")
    with floor.database.writing() as connection:
        connection.execute(met_readers.delete())
    (article,) = floor.get("/v1/teams/front/acknowledgements", floor.reader("eva", Role.LEAD, tier=3)).json()["articles"]

    assert ([read["name"] for read in article["read"]], article["waiting"]) == (["ana"], ["luis"])
