"""Drills of a team: the first try certifies, and leads see weak spots."""

from api.access import Role
from api.database import events
from api.events.event import Kind
from api.events.ledger import Ledger, Wanted
from tests.api.digests.floor import DAY, TEAMS, Floor
from tests.api.digests.office import BOTH
from tests.events import told_faults
from tests.world import TAXONOMY


def test_who_only_drills_stands_in_the_lists(floor: Floor) -> None:
    """A program of the client's may ask the drills and nothing else."""
    floor.world.write("kb.yml", TAXONOMY + TEAMS.replace("members: [ana, luis]", "roles: [agent]"))
    floor.publish()
    pia, lead = floor.client(floor.reader("pia")), floor.reader("eva", Role.LEAD, tier=3)
    (offer,) = pia.get("/v1/teams/front/drills").json()["drills"]
    body = {"article": "limit", "version": offer["version"], "answers": [0]}
    done = pia.post("/v1/teams/front/drills", json=body).status_code
    (drill,) = floor.get("/v1/teams/front/drill-results", lead).json()["drills"]

    assert (done, [member["name"] for member in drill["members"]]) == (201, ["ana", "luis", "pia"])


@BOTH
def test_the_first_try_of_a_drill_certifies_and_leads_see_weak_spots(floor: Floor) -> None:
    """Answers are shown by marking them alone; a newer version is asked anew."""
    ana, luis, lead = *(floor.client(floor.reader(name)) for name in ("ana", "luis")), floor.reader("eva", Role.LEAD, tier=3)
    (offer,) = ana.get("/v1/teams/front/drills").json()["drills"]
    (question,) = offer["questions"]
    right = question["options"].index("900 USD")
    body = {"article": "limit", "version": offer["version"]}
    wrong = ana.post("/v1/teams/front/drills", json={**body, "answers": [1 - right]}).json()
    practice = [
        ana.post("/v1/teams/front/drills", json={**body, "answers": [each]}).json() for each in (1 - right, right, right)
    ]
    marked = luis.post("/v1/teams/front/drills", json={**body, "answers": [right]}).json()
    kept = list(Ledger(floor.database).links(Wanted("default", kind=Kind.DRILLED)))
    (again,) = ana.get("/v1/teams/front/drills").json()["drills"]
    (result,) = floor.get("/v1/teams/front/drill-results", lead).json()["drills"]
    floor.limit(1200)
    stale = ana.post("/v1/teams/front/drills", json={**body, "answers": [right]})

    assert (question["before"], question["after"]) == ("A customer can pay ", " with the card each day.")
    assert sorted(question["options"]) == ["500 USD", "900 USD"]
    assert wrong == {"score": 0, "certified": False, "practice": False, "answers": [right]}
    assert [(it["score"], it["certified"], it["practice"]) for it in practice] == [
        (each, False, True) for each in (0, 100, 100)
    ]
    assert (marked["score"], marked["certified"], marked["practice"]) == (100, True, False)
    assert [(link.reader, link.facts()["score"]) for link in kept] == [("oidc:ana", 0), ("oidc:ana", 100), ("oidc:luis", 100)]
    assert (offer["practice"], again["best"], again["certified"], again["practice"]) == (False, 100, False, True)
    scores = [(it["name"], it["score"], it["certified"]) for it in result["members"]]
    assert scores == [("ana", 0, False), ("luis", 100, True)]
    assert [(it["question"]["before"], it["wrong"]) for it in result["weak_spots"]] == [("A customer can pay ", 1)]
    assert stale.status_code == 404
    assert '"answer"' not in floor.get("/v1/teams/front/digests", floor.reader("ana")).text


@BOTH
def test_a_rule_that_changed_in_two_languages_is_drilled_once_in_the_readers_own(floor: Floor) -> None:
    """Whoever has answered it in one has answered it, and leads see one drill."""
    floor.world.write("kb.yml", TAXONOMY + TEAMS.replace("languages: [en]", "languages: [en, es]"))
    keys = {"id": "limit-es", "lang": "es", "translation_of": "limit", "products": ["cards"], "title": "Cuánto se puede pagar"}
    for day, amount in ((2, 500), (3, 900)):
        spanish = f"## Límite diario\n\nEl cliente puede pagar {amount} USD con la tarjeta por día.\n\n## Horario\n\nSiempre."
        floor.world.article("limit.es.md", spanish, **keys)
        floor.publish()
        floor.clerk.work(floor.now + day * DAY)
    offered = [
        [it["article"] for it in floor.get("/v1/teams/front/drills", floor.reader("ana", lang=lang)).json()["drills"]]
        for lang in ("en", "es")
    ]
    ana = floor.client(floor.reader("ana", lang="es"))
    (offer,) = ana.get("/v1/teams/front/drills").json()["drills"]
    right = offer["questions"][0]["options"].index("900 USD")
    ana.post("/v1/teams/front/drills", json={"article": "limit-es", "version": offer["version"], "answers": [right]})
    (again,) = floor.get("/v1/teams/front/drills", floor.reader("ana", lang="en")).json()["drills"]
    (result,) = floor.get("/v1/teams/front/drill-results", floor.reader("lena", Role.LEAD, tier=2)).json()["drills"]

    assert offered == [["limit"], ["limit-es"]]
    assert (again["article"], again["practice"], again["certified"]) == ("limit-es", True, True)
    assert {it["name"]: it["score"] for it in result["members"]}["ana"] == 100


def test_a_score_that_somebody_edits_is_found_by_verifying_the_chain(floor: Floor) -> None:
    """Lists are made of the chain's events alone, so there is no other place in which one could become certified."""
    ana, lead = floor.client(floor.reader("ana")), floor.reader("eva", Role.LEAD, tier=3)
    (offer,) = ana.get("/v1/teams/front/drills").json()["drills"]
    wrong = 1 - offer["questions"][0]["options"].index("900 USD")
    ana.post("/v1/teams/front/drills", json={"article": "limit", "version": offer["version"], "answers": [wrong]})
    before = told_faults(Ledger(floor.database))
    (link,) = Ledger(floor.database).links(Wanted("default", kind=Kind.DRILLED))
    with floor.database.writing() as connection:
        forged = link.body.replace('"score":0', '"score":100')
        connection.execute(events.update().where(events.c.id == link.id).values(body=forged))
    (result,) = floor.get("/v1/teams/front/drill-results", lead).json()["drills"]

    assert before == []
    assert result["members"][0] == {"name": "ana", "score": 100, "certified": True}
    assert told_faults(Ledger(floor.database)) == [
        f"space default, event {link.seq}: its content does not fit its hash: it was changed"
    ]
