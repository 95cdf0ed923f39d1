"""Who belongs to a team: those that kb.yml names, and those whose token names the team."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from api.access import Role
from api.token_table import KeptToken
from kb.teams import Team

_TOKEN, _OIDC = "token:", "oidc:"


@dataclass(frozen=True, slots=True)
class Person:
    """One member. readers: the ids by which the service has met that person; empty if it has not yet."""

    name: str
    readers: frozenset[str]


def roster(
    space: str, team_id: str, team: Team, tokens: Iterable[KeptToken], met: Iterable[str], now: datetime
) -> list[Person]:
    """The members by name. met: ids of readers that the service has met; sessions are known by nothing else."""
    kept = {f"{_TOKEN}{token.id}": token for token in tokens if space in token.spaces}
    ids: dict[str, set[str]] = {name: set() for name in team.members}
    for reader, token in kept.items():
        live = token.revoked_at is None and (token.expires_at is None or token.expires_at > now)
        own = team_id in token.teams and live and not token.origins and token.role == Role.AGENT
        if own or token.name in ids:
            ids.setdefault(token.name, set()).add(reader)
    for reader in met:
        behind, _, agent = reader.removeprefix(_TOKEN).partition(":")
        name = agent if reader.startswith(_TOKEN) else reader.removeprefix(_OIDC)
        token_of = kept.get(f"{_TOKEN}{behind}") if agent else None
        if name in ids or (token_of and team_id in token_of.teams):
            ids.setdefault(name, set()).add(reader)
    return [Person(name, frozenset(readers)) for name, readers in sorted(ids.items())]
