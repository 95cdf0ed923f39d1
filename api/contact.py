"""Where a question comes from, as the host of the sidebar says it. It changes no answer."""

import hashlib
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Contact:
    """One customer's contact. ticket: the key by which its questions are found and erased, never the host's id itself."""

    ticket: str | None = None
    host: str | None = None
    channel: str | None = None
    segment: str | None = None


def ticket_key(ticket: str) -> str:
    """SHA-256 of the host's id of a contact: the only form of it that is kept."""
    return hashlib.sha256(ticket.encode(errors="surrogatepass")).hexdigest()


UNKNOWN: Final = Contact()
