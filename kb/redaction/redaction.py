"""All rules together: find every secret of a text, and write placeholders in their places."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import Final, NamedTuple

from kb.redaction.bank import ACCOUNT_WORDS, CLABE_WORDS, clabes, ibans, routing_and_accounts
from kb.redaction.cards import SECURITY_WORDS, card_numbers, security_codes
from kb.redaction.contact import emails, phones
from kb.redaction.credentials import CODE_WORDS, named_keys, passwords, spoken_codes
from kb.redaction.digits import Chain, chains
from kb.redaction.found import PLACEHOLDERS, Found, united
from kb.redaction.identity import PAPER_WORDS, codes_of_letters_and_digits, social_numbers
from kb.redaction.pem import private_key_blocks
from kb.redaction.seeds import seed_phrases
from kb.redaction.tokens import tokens
from kb.redaction.view import View, view_of


class _Rule(NamedTuple):
    """A rule for chains, and the chains that it has to be asked of: most are asked little.

    least, most: digits. words: one of them has to stand near. in_word: or letters right before.
    """

    find: Callable[[Chain], Iterator[Found]]
    least: int
    most: float = inf
    words: frozenset[bytes] = frozenset()
    in_word: bool = False

    def fits(self, digits: int, near: frozenset[bytes], *, in_word: bool) -> bool:
        """Whether it may find something in such a chain."""
        asks = self.words or self.in_word
        given = not asks or (self.in_word and in_word) or not self.words.isdisjoint(near)
        return given and self.least <= digits <= self.most


_CHAIN_RULES: Final = (
    _Rule(card_numbers, 12),
    _Rule(security_codes, 3, words=SECURITY_WORDS),
    _Rule(ibans, 2, in_word=True),
    _Rule(clabes, 18, words=CLABE_WORDS),
    _Rule(routing_and_accounts, 9),
    _Rule(routing_and_accounts, 6, 8, words=ACCOUNT_WORDS),
    _Rule(social_numbers, 9),
    _Rule(codes_of_letters_and_digits, 2, words=PAPER_WORDS, in_word=True),
    _Rule(phones, 10),
    _Rule(spoken_codes, 4, 12, words=CODE_WORDS),
)


@lru_cache(maxsize=4096)
def _rules(digits: int, near: frozenset[bytes], in_word: bool) -> tuple[Callable[[Chain], Iterator[Found]], ...]:  # noqa: FBT001
    return tuple(rule.find for rule in _CHAIN_RULES if rule.fits(digits, near, in_word=in_word))


_TEXT_RULES: Final[tuple[Callable[[View], Iterator[Found]], ...]] = (
    private_key_blocks,
    seed_phrases,
    tokens,
    emails,
    passwords,
    named_keys,
)


_MANY: Final = 19  # digits: from here on every rule is asked that has no upper bound
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
        for chain_rule in _rules(min(chain.digits, _MANY), chain.near, chain.in_word):
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
