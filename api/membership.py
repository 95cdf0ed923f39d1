"""Who belongs to a team: whom kb.yml names, whose token names the team, and who has one of its roles, tier and language."""

from api.access import Role
from api.reader import Reader
from kb.taxonomy import Taxonomy
from kb.teams import Team


def teams_of(reader: Reader, taxonomy: Taxonomy) -> dict[str, Team]:
    """The reader's teams that the space knows."""
    return {name: team for name, team in sorted(taxonomy.teams.items()) if belongs(reader, name, team, taxonomy)}


def belongs(reader: Reader, name: str, team: Team, taxonomy: Taxonomy) -> bool:
    """Whether the team's digests, drills and must-reads are the reader's own."""
    return name in reader.teams or counts(reader, name, team, taxonomy)


def counts(reader: Reader, name: str, team: Team, taxonomy: Taxonomy) -> bool:
    """Whether the reader stands in the team's lists of who has read and who is certified.

    A lead whose token names the team reads along and is not counted, unless kb.yml says so.
    """
    by_role = reader.role in team.roles and high_enough(reader, team, taxonomy) and _understands(reader, team)
    return reader.name in team.members or by_role or (name in reader.teams and reader.role is Role.AGENT)


def high_enough(reader: Reader, team: Team, taxonomy: Taxonomy) -> bool:
    """Whether the reader may read everything that the team is told."""
    return reader.tier is None or team.tier <= taxonomy.granted_tier(reader.tier)


def _understands(reader: Reader, team: Team) -> bool:
    """Who names no language can have any."""
    return reader.lang is None or team.reads(reader.lang)
