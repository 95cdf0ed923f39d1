"""All rules together: find every secret of a text, and write placeholders in their places."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Final

from kb.redaction.bank import clabes, ibans, routing_and_accounts
from kb.redaction.cards import card_numbers, security_codes
from kb.redaction.contact import emails, phones
from kb.redaction.credentials import named_keys, passwords, spoken_codes
from kb.redaction.digits import Chain, chains
from kb.redaction.found import PLACEHOLDERS, Found, united
from kb.redaction.identity import codes_of_letters_and_digits, social_numbers
from kb.redaction.pem import private_key_blocks
from kb.redaction.seeds import seed_phrases
from kb.redaction.tokens import tokens
from kb.redaction.view import View, view_of

_ChainRule = Callable[[Chain], Iterator[Found]]
# Each rule with the digits that a chain needs at least, and may have at most: most chains are short, and asked little.
_CHAIN_RULES: Final[tuple[tuple[int, float, _ChainRule], ...]] = (
    (12, inf, card_numbers),
    (3, inf, security_codes),
    (2, inf, ibans),
    (18, inf, clabes),
    (6, inf, routing_and_accounts),
    (9, inf, social_numbers),
    (2, inf, codes_of_letters_and_digits),
    (10, inf, phones),
    (4, 12, spoken_codes),
)
_MANY: Final = 19  # digits: from here on every rule is asked that has no upper bound
_RULES_FOR: Final[tuple[tuple[_ChainRule, ...], ...]] = tuple(
    tuple(rule for least, most, rule in _CHAIN_RULES if least <= digits <= most) for digits in range(_MANY + 1)
)
_TEXT_RULES: Final[tuple[Callable[[View], Iterator[Found]], ...]] = (
    private_key_blocks,
    seed_phrases,
    tokens,
    emails,
    passwords,
    named_keys,
)


_MOST_PASSES: Final = 6  # one finds nothing in nearly every text, two in nearly every other


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

    What is left is read again until nothing is found in it, because a placeholder can bare what clung to a secret. A text that
    goes on yielding is made to do so, and is replaced whole.
    """
    found = find(text)
    if not found:
        return Redacted(text, ())
    for _ in range(_MOST_PASSES):
        written = _Written(text, found)
        fresh = [written.origin(place) for place in find(written.text) if not written.holds(place)]
        if not fresh:
            return Redacted(written.text, tuple(found))
        found = united([*found, *fresh])
    whole = Found(0, len(text), found[0].kind)
    return Redacted(PLACEHOLDERS[whole.kind], (whole,))


def find(text: str) -> list[Found]:
    """Every secret of the text, in order, without overlaps."""
    view = view_of(text)
    places = (Found(*view.span(place.start, place.end), place.kind) for place in _all(view))
    return united(places)


def _all(view: View) -> Iterator[Found]:
    for rule in _TEXT_RULES:
        yield from rule(view)
    for chain in chains(view):
        for chain_rule in _RULES_FOR[min(chain.digits, _MANY)]:
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
