"""The keys by which a contact's words are found and erased: the host's id of it is never kept.

A key is an HMAC under a secret of the install: an id is often short, such as a telephone number, and whoever read the database
could find a plain hash of it by trying. Services that share a database share the secret; which ones were used is noted in it.
"""

import hashlib
import hmac
from collections.abc import Collection
from datetime import datetime

from api.database import Database, fetch, moment_text, ticket_secrets


class TicketKeys:
    """Turns the host's ids into keys."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.secret_id = self._mac("secret ")[:16]

    def of(self, ticket: str) -> str:
        """The one form of a ticket's id that is kept."""
        return self._mac(f"ticket {ticket}")

    def every(self, ticket: str) -> tuple[str, str]:
        """Under which a ticket may be found: its key, and the plain SHA-256 that was kept before keys had a secret."""
        return self.of(ticket), hashlib.sha256(_octets(ticket)).hexdigest()

    def _mac(self, text: str) -> str:
        return hmac.digest(self._secret, _octets(text), "sha256").hex()


def note_secret(database: Database, keys: TicketKeys, at: datetime) -> None:
    """Remember in the database that tickets are kept under this secret. Raises StoreError."""
    mine = ticket_secrets.select().where(ticket_secrets.c.id == keys.secret_id)
    if not database.rows(mine):
        with database.writing() as connection:
            if not fetch(connection, mine):
                values = {"id": keys.secret_id, "first_used_at": moment_text(at)}
                connection.execute(ticket_secrets.insert().values(**values))


def other_secrets(database: Database, keys: TicketKeys) -> Collection[str]:
    """Other secrets under which tickets of this database may be kept, by their ids. Raises StoreError."""
    rows = database.rows(ticket_secrets.select().order_by(ticket_secrets.c.first_used_at))
    return [row["id"] for row in rows if row["id"] != keys.secret_id]


def _octets(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
