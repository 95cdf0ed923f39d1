"""Who belongs to a team, and who stands in its lists: by name, by token, by role."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.access import Role
from api.digests.roster import STAYS, known_readers, roster
from api.events.readers_table import Met
from api.membership import belongs
from api.reader import LOOPBACK, Reader
from api.token_table import KeptToken
from kb.taxonomy import Product, Taxonomy, Tier
from kb.teams import Team

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TAXONOMY = Taxonomy(
    "Testbank", "UTC", ("en", "es"), {"cards": Product({"en": "Cards"})}, ("US",), {1: Tier("One"), 2: Tier("Two")}
)
TEAM = Team("Desk", tier=2, languages=("es",), members=("ana",), roles=(Role.AGENT,))


def reader(name: str = "eva", **changes: Any) -> Reader:
    """An agent of tier 2 who reads Spanish, of a provider."""
    usual = {"id": f"oidc:{name}", "name": name, "role": Role.AGENT, "tier": 2, "lang": "es-MX"}
    return replace(LOOPBACK, **{**usual, **changes})


def token(number: str, name: str, **changes: Any) -> KeptToken:
    """An agent's token."""
    usual: dict[str, Any] = {
        "id": number, "name": name, "hash": number, "spaces": ("default",), "tier": 2, "teams": (), "role": "agent",
        "created_at": NOW, "created_by": "test", "lang": "es",
    }  # fmt: skip
    return KeptToken(**{**usual, **changes})


def names(
    tokens: list[KeptToken] = [],  # noqa: B006  # read
    met: list[Met] = [],  # noqa: B006
    team: Team = TEAM,
    read: Mapping[str, bool] | None = None,
) -> dict[str, list[str]]:
    """Each member with the ids that are counted as the person's."""
    people = roster("desk", team, TAXONOMY, known_readers("default", tokens, met, read or {}, NOW))
    return {person.name: sorted(person.readers) for person in people}


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (reader(), True),
        (reader("ana", role=Role.WRITER, tier=1, lang="en"), True),  # kb.yml names her
        (reader(lang=None), True),
        (reader(tier=None), True),
        (reader(lang="en"), False),
        (reader(tier=1), False),
        (reader(role=Role.LEAD), False),
        (reader(role=Role.LEAD, teams=frozenset({"desk"})), True),  # the token names the team
    ],
)
def test_a_role_belongs_to_a_team_whose_tier_and_language_fit(who: Reader, expected: bool) -> None:
    """Beside whom kb.yml or a token names."""
    assert belongs(who, "desk", TEAM, TAXONOMY) is expected


def test_a_team_without_roles_is_whom_it_names() -> None:
    """As it was before there were roles."""
    assert belongs(reader(), "desk", replace(TEAM, roles=()), TAXONOMY) is False


def test_the_list_has_everybody_of_a_role_and_no_lead_who_reads_along() -> None:
    """Tokens at once; a provider's and a page's readers once they came."""
    lead = token("t2", "Lead", role="lead", teams=("desk",))
    host = token("t3", "Host", origins=("https://host.example",))
    met = [Met(reader(), NOW), Met(reader("luis", id="token:t3:luis"), NOW), Met(reader("fr", lang="fr"), NOW)]

    assert names([token("t1", "Ben"), lead, host], met) == {
        "Ben": ["token:t1"],
        "ana": [],
        "eva": ["oidc:eva"],
        "luis": ["token:t3:luis"],
    }
    assert "Lead" in names([lead], [], replace(TEAM, roles=(Role.LEAD,)))


def test_who_left_stands_in_no_list() -> None:
    """A token that was taken back or ended, a page whose token was, a provider's user who was not met for a month."""
    gone = [
        token("t1", "Ben", revoked_at=NOW),
        token("t2", "Zoe", expires_at=NOW),
        token("t3", "H", revoked_at=NOW, origins=("x",)),
    ]
    met = [Met(reader("luis", id="token:t3:luis"), NOW), Met(reader(), NOW - STAYS), Met(reader("ana"), NOW - 9 * STAYS)]

    assert names(gone, met) == {"ana": ["oidc:ana"]}


def test_a_person_with_a_new_token_keeps_what_was_done_with_the_old_one() -> None:
    """Both ids are the same person's."""
    old = token("t1", "Ben", revoked_at=NOW, created_at=NOW - timedelta(days=90))

    assert names([old, token("t2", "Ben")]) == {"Ben": ["token:t1", "token:t2"], "ana": []}


def test_a_token_of_another_space_or_of_a_newer_versions_role_is_nobody_here() -> None:
    """It grants nothing here either."""
    assert names([token("t1", "Ben", spaces=("acme",)), token("t2", "Zoe", role="steward")]) == {"ana": []}


def test_who_has_read_and_was_never_met_keeps_what_was_read() -> None:
    """From before readers were met: by name; on a page whose token names the team, while that and the reading are of use."""
    host = token("t3", "Host", origins=("https://host.example",), teams=("desk",))
    lead = token("t4", "Other", origins=("https://host.example",))
    lately = {"oidc:ana": True, "oidc:zoe": True, "token:t3:luis": True, "token:t4:ben": True, "demo": True, "token:t9": True}
    long_ago = dict.fromkeys(lately, False)
    low = replace(TEAM, tier=1, roles=(Role.AGENT,))  # a role is known of nobody by the id

    assert names([host], [], TEAM, lately) == {"ana": ["oidc:ana"], "luis": ["token:t3:luis"]}
    assert names([host], [], TEAM, long_ago) == {"ana": ["oidc:ana"]}
    assert names([host, lead], [], low, lately) == {"ana": ["oidc:ana"], "ben": ["token:t4:ben"], "luis": ["token:t3:luis"]}
    assert names([replace(host, revoked_at=NOW)], [], TEAM, lately) == {"ana": ["oidc:ana"]}
