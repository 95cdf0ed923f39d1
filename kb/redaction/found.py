"""What was found, where, and what is written in its place."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

# In the order in which a kind wins where two overlap: what gives most away first.
PLACEHOLDERS: Final[Mapping[str, str]] = {
    "private_key": "[private key]",
    "seed_phrase": "[seed phrase]",
    "card_number": "[card number]",
    "api_key": "[API key]",
    "jwt": "[JWT]",
    "password": "[password]",
    "iban": "[IBAN]",
    "clabe": "[CLABE]",
    "ssn": "[SSN]",
    "itin": "[ITIN]",
    "sin": "[SIN]",
    "curp": "[CURP]",
    "rfc": "[RFC]",
    "passport_number": "[passport number]",
    "licence_number": "[licence number]",
    "routing_number": "[routing number]",
    "crypto_address": "[crypto address]",
    "email": "[e-mail]",
    "phone": "[phone number]",
    "account_number": "[account number]",
    "security_code": "[security code]",
    "pin": "[PIN]",
    "one_time_code": "[one-time code]",
}
_RANK: Final = {kind: rank for rank, kind in enumerate(PLACEHOLDERS)}


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """One secret: `text[start:end]`, in code points, and its kind, one of PLACEHOLDERS."""

    start: int
    end: int
    kind: str


def united(found: Iterable[Found]) -> list[Found]:
    """The same places without overlaps, in order: those that overlap become one.

    It is named for the one that holds the other, as an IBAN may hold sixteen digits like a card's; else for the kind that gives
    more away. Both are covered, because what stuck out of the better one would stay readable.
    """
    result: list[Found] = []
    for place in sorted(found, key=lambda place: (place.start, -place.end, _RANK[place.kind])):
        if not result or place.start >= result[-1].end:
            result.append(place)
        elif place.end > result[-1].end:
            kind = min(result[-1].kind, place.kind, key=_RANK.__getitem__)
            result[-1] = Found(result[-1].start, place.end, kind)
    return result
