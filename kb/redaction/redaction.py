"""All rules together: find every secret of a text, and write placeholders in their places."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from kb.redaction import bank, cards, contact, credentials, identity, pem, seeds, tokens
from kb.redaction.digits import Chain, chains
from kb.redaction.found import PLACEHOLDERS, Found, united
from kb.redaction.view import View, view_of

_CHAIN_RULES: Final[tuple[Callable[[Chain], Iterator[Found]], ...]] = (
    cards.card_numbers,
    cards.security_codes,
    bank.ibans,
    bank.clabes,
    bank.routing_and_accounts,
    identity.social_numbers,
    identity.codes_of_letters_and_digits,
    contact.phones,
    credentials.spoken_codes,
)
_TEXT_RULES: Final[tuple[Callable[[View], Iterator[Found]], ...]] = (
    pem.private_key_blocks,
    seeds.seed_phrases,
    tokens.tokens,
    contact.emails,
    credentials.passwords,
    credentials.named_keys,
)


@dataclass(frozen=True, slots=True)
class Redacted:
    """A text without its secrets. `found`: each secret's place in the text as it was given, in order, without overlaps."""

    text: str
    found: tuple[Found, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """What was found, each kind once, by name."""
        return tuple(sorted({place.kind for place in self.found}))


def redact(text: str) -> Redacted:
    """Replace every secret by the placeholder of its kind. Any text; linear in its length; redacting twice changes nothing.

    What is left is read again until nothing is found in it, because a placeholder can name what stands beside it.
    """
    found = find(text)
    written = _Written(text, found)
    while fresh := [written.origin(place) for place in (find(written.text) if found else ()) if not written.holds(place)]:
        found = united([*found, *fresh])
        written = _Written(text, found)
    return Redacted(written.text, tuple(found))


def find(text: str) -> list[Found]:
    """Every secret of the text, in order, without overlaps."""
    view = view_of(text)
    places = (Found(*view.span(place.start, place.end), place.kind) for place in _all(view))
    return united(places)


def _all(view: View) -> Iterator[Found]:
    for rule in _TEXT_RULES:
        yield from rule(view)
    for chain in chains(view):
        for chain_rule in _CHAIN_RULES:
            yield from chain_rule(chain)


class _Written:
    """A text with placeholders in the found places, and the way back to the text as it was given."""

    def __init__(self, given: str, found: Iterable[Found]) -> None:
        parts: list[str] = []
        self._pieces: list[tuple[int, int, int, bool]] = []  # start here, start and end there, whether it is a placeholder
        cursor = length = 0
        for place in found:
            for part, start, end, replaced in (
                (given[cursor : place.start], cursor, place.start, False),
                (PLACEHOLDERS[place.kind], place.start, place.end, True),
            ):
                self._pieces.append((length, start, end, replaced))
                parts.append(part)
                length += len(part)
            cursor = place.end
        self._pieces.append((length, cursor, len(given), False))
        self._starts = [piece[0] for piece in self._pieces]
        self.text = "".join([*parts, given[cursor:]])

    def holds(self, place: Found) -> bool:
        """Whether a placeholder holds the whole place."""
        first, last = self._piece(place.start), self._piece(place.end - 1)
        return first is last and first[3]

    def origin(self, place: Found) -> Found:
        """The place in the text as it was given; a placeholder that it touches counts whole."""
        first, last = self._piece(place.start), self._piece(place.end - 1)
        start = first[1] if first[3] else first[1] + place.start - first[0]
        end = last[2] if last[3] else last[1] + place.end - last[0]
        return Found(start, end, place.kind)

    def _piece(self, offset: int) -> tuple[int, int, int, bool]:
        return self._pieces[bisect_right(self._starts, offset) - 1]
