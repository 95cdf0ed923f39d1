"""The list of a team's members: those that kb.yml names, and the readers whom the service knows and who belong to it."""

from collections.abc import Iterable, Mapping
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
_TOKEN, _OIDC = "token:", "oidc:"  # what a reader's id begins with
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


def known_readers(
    space: str, tokens: Iterable[KeptToken], met: Iterable[Met], read: Mapping[str, bool], now: datetime
) -> list[Known]:
    """Every reader of the space: who holds a token of its own, and who came by a provider or by a page.

    read: the id of each who has read something → whether within STAYS. Who did before readers were met, or was met so long ago
    that policy forgot it, has read it all the same.
    """
    met = list(met)
    kept = {f"{_TOKEN}{token.id}": token for token in tokens if space in token.spaces and token.role in _ROLES}
    live = {id_ for id_, it in kept.items() if it.revoked_at is None and (it.expires_at is None or it.expires_at > now)}
    own = [Known(reader_of(it, frozenset({space})), id_ in live) for id_, it in kept.items() if not it.origins]
    others = [Known(it.reader, now - it.at < STAYS and _may_come(it.reader, live)) for it in met if it.reader.id not in kept]
    unmet = read.keys() - kept.keys() - {it.reader.id for it in met}
    by_id = [
        Known(
            reader, read[reader.id] and reader.id.startswith(_TOKEN) and _may_come(reader, live)
        )  # of a user the role is unknown
        for reader in (_of_id(space, id_, kept) for id_ in sorted(unmet))
        if reader is not None
    ]
    return own + others + by_id


def _of_id(space: str, id_: str, kept: Mapping[str, KeptToken]) -> Reader | None:
    """What an id alone tells of a page's agent or a provider's user, at the least level; None for any other."""
    if id_.startswith(_OIDC):
        return Reader(id_, id_.removeprefix(_OIDC), Role.AGENT, frozenset({space}), tier=0)
    number, _, name = id_.removeprefix(_TOKEN).partition(":")
    if not id_.startswith(_TOKEN) or not name:
        return None
    token = kept.get(f"{_TOKEN}{number}")
    teams, lang = (frozenset(token.teams), token.lang) if token else (frozenset[str](), None)
    return Reader(id_, name, Role.AGENT, frozenset({space}), tier=0, teams=teams, lang=lang)


def _may_come(reader: Reader, live: Iterable[str]) -> bool:
    """Whether nobody took back what the reader came by. A page's reader leans on a token: token:ID:NAME."""
    token = ":".join(reader.id.split(":", 2)[:2])
    return not reader.id.startswith(_TOKEN) or token in live
