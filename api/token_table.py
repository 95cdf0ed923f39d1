"""Tokens as the database keeps them: plain rows, no opinion on who may do what."""

import json
from dataclasses import dataclass
from datetime import datetime

from api.database import Database, RowValues, moment_of, moment_text, tokens


@dataclass(frozen=True, slots=True)
class KeptToken:
    """One token. hash: SHA-256 of the secret, in hexadecimal; the secret itself is 256 random bits and is kept nowhere.

    id:   26 characters, not secret: what people call it by. role: agent, writer, lead, auditor or admin.
    tier: the highest that may be asked at; None means the space's highest. origins: pages for which it may open sessions.
    """

    id: str
    name: str
    hash: str
    spaces: tuple[str, ...]
    tier: int | None
    teams: tuple[str, ...]
    role: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    lang: str | None = None
    origins: tuple[str, ...] = ()


def add_token(database: Database, token: KeptToken) -> None:
    """Keep a new token. Raises StoreError, also where the id or the hash is there already."""
    with database.writing() as connection:
        connection.execute(tokens.insert().values(**_row(token)))


def all_tokens(database: Database) -> list[KeptToken]:
    """Every token, oldest first, the expired and the revoked ones too."""
    return [_token(row) for row in database.rows(tokens.select().order_by(tokens.c.created_at, tokens.c.id))]


def find_token(database: Database, hash_: str) -> KeptToken | None:
    """The token of that hash, whatever its state; None if there is none."""
    return next((_token(row) for row in database.rows(tokens.select().where(tokens.c.hash == hash_))), None)


def token_named(database: Database, token_id: str) -> KeptToken | None:
    """The token of that id, whatever its state; None if there is none."""
    return next((_token(row) for row in database.rows(tokens.select().where(tokens.c.id == token_id))), None)


def revoke_token(database: Database, token_id: str, at: datetime) -> bool:
    """Let the token end at a moment; False if there is no such token, or it was revoked before."""
    with database.writing() as connection:
        live = (tokens.c.id == token_id) & tokens.c.revoked_at.is_(None)
        return connection.execute(tokens.update().where(live).values(revoked_at=moment_text(at))).rowcount == 1


def note_use(database: Database, token_id: str, at: datetime) -> None:
    """Note when the token was last used."""
    with database.writing() as connection:
        connection.execute(tokens.update().where(tokens.c.id == token_id).values(last_used_at=moment_text(at)))


def _row(token: KeptToken) -> RowValues:
    return {
        "id": token.id,
        "name": token.name,
        "hash": token.hash,
        "spaces": json.dumps(sorted(token.spaces)),
        "tier": token.tier,
        "teams": json.dumps(sorted(token.teams)),
        "role": token.role,
        "created_at": moment_text(token.created_at),
        "created_by": token.created_by,
        "expires_at": _text(token.expires_at),
        "revoked_at": _text(token.revoked_at),
        "last_used_at": _text(token.last_used_at),
        "lang": token.lang,
        "origins": json.dumps(sorted(token.origins)),
    }


def _token(row: RowValues) -> KeptToken:
    return KeptToken(
        id=row["id"],
        name=row["name"],
        hash=row["hash"],
        spaces=tuple(json.loads(row["spaces"])),
        tier=row["tier"],
        teams=tuple(json.loads(row["teams"])),
        role=row["role"],
        created_at=moment_of(row["created_at"]),
        created_by=row["created_by"],
        expires_at=_moment(row["expires_at"]),
        revoked_at=_moment(row["revoked_at"]),
        last_used_at=_moment(row["last_used_at"]),
        lang=row["lang"],
        origins=tuple(json.loads(row["origins"])),
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment_text(moment)


def _moment(kept: str | None) -> datetime | None:
    return None if kept is None else moment_of(kept)
