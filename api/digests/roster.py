"""The list of a team's members: those that kb.yml names, and the readers whom the service knows and who belong to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from api.access import Role
from api.events.readers_table import Met
from api.membership import counts
from api.reader import Reader
from api.token_readers import reader_of
from api.token_table import KeptToken
from kb.taxonomy import Taxonomy
from kb.teams import Team

STAYS: Final = timedelta(days=30)  # who was not met for so long is a member by kb.yml alone
_TOKEN: Final = "token:"  # noqa: S105  # what a reader's id begins with
_ROLES: Final = frozenset(Role)  # a token of a newer version may have another one, and is nobody here


@dataclass(frozen=True, slots=True)
class Person:
    """One member. readers: the ids by which the service has met that person; empty if it has not yet."""

    name: str
    readers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Known:
    """One reader that the service knows. current: whether it can come back, as far as we know."""

    reader: Reader
    current: bool


def roster(team_id: str, team: Team, taxonomy: Taxonomy, known: Iterable[Known]) -> list[Person]:
    """The members by name, each with every id that the person ever had."""
    known = list(known)
    named = {it.reader.name for it in known if it.current and counts(it.reader, team_id, team, taxonomy)}
    ids: dict[str, set[str]] = {name: set() for name in {*team.members, *named}}
    for it in known:
        if it.reader.name in ids:
            ids[it.reader.name].add(it.reader.id)
    return [Person(name, frozenset(readers)) for name, readers in sorted(ids.items())]


def known_readers(space: str, tokens: Iterable[KeptToken], met: Iterable[Met], now: datetime) -> list[Known]:
    """Every reader of the space: who holds a token of its own, and who came by a provider or by a page."""
    kept = {f"{_TOKEN}{token.id}": token for token in tokens if space in token.spaces and token.role in _ROLES}
    live = {id_ for id_, it in kept.items() if it.revoked_at is None and (it.expires_at is None or it.expires_at > now)}
    own = [Known(reader_of(it, frozenset({space})), id_ in live) for id_, it in kept.items() if not it.origins]
    others = [Known(it.reader, now - it.at < STAYS and _may_come(it.reader, live)) for it in met if it.reader.id not in kept]
    return own + others


def _may_come(reader: Reader, live: Iterable[str]) -> bool:
    """Whether nobody took back what the reader came by. A page's reader leans on a token: token:ID:NAME."""
    token = ":".join(reader.id.split(":", 2)[:2])
    return not reader.id.startswith(_TOKEN) or token in live
