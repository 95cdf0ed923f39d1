"""Where a question comes from, as the host of the sidebar says it. It changes no answer."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Contact:
    """One customer's contact. ticket: the host's id of it, of which only a key is ever kept."""

    ticket: str | None = None
    host: str | None = None
    channel: str | None = None
    segment: str | None = None


UNKNOWN: Final = Contact()
