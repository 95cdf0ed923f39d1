"""Card numbers and the security codes beside them.

A number is a card number if it has an issuer's prefix and length and the Luhn check digit, and stands in one of these forms:
on its own as 15 (American Express) or 16 digits; grouped as cards are embossed (4-4-4-4, 4-6-5, 4-6-4, 4-4-4-4-3); in groups
of one other size throughout; or, beside a word such as `card`, in any grouping and of every length an issuer uses.
"""

import re
from collections.abc import Iterator, Set
from typing import Final

from kb.redaction.check_digits import is_luhn
from kb.redaction.context import follows
from kb.redaction.digits import Chain, is_amount
from kb.redaction.found import Found
from kb.redaction.labels import LABELS, Label, last_words

_EMBOSSED: Final = ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3))
_SHORTEST, _LONGEST = 12, 19
_ALONE: Final = (15, 16)  # Visa's 13, Diners' 14 and UnionPay's 19 digits are as well times, barcodes and ids
_LIST: Final = 5  # groups of four digits in a row: more are a list of codes, unless they are whole cards
_CODE_DIGITS: Final = 4
_THOUSAND: Final = 3  # by threes, amounts are written
_CODE: Final = (3, 4)  # digits of a security code

# Prefix, as first and last, and the lengths that its issuer uses.
_ISSUERS: Final = (
    ("4", "4", (13, 16, 19)),  # Visa
    ("51", "55", (16,)),  # Mastercard
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),  # American Express
    ("37", "37", (15,)),
    ("6011", "6011", (16, 19)),  # Discover
    ("644", "649", (16, 19)),
    ("65", "65", (16, 19)),
    ("300", "305", (14, 16)),  # Diners Club
    ("3095", "3095", (14, 16)),
    ("36", "36", (14, 16)),
    ("38", "39", (14, 16)),
    ("3528", "3589", (16, 17, 18, 19)),  # JCB
    ("62", "62", (16, 17, 18, 19)),  # UnionPay
    ("2868", "2869", (16,)),  # Carnet (Mexico)
    ("5022", "5022", (16,)),
    ("5061", "5064", (16,)),
    ("6393", "6395", (16,)),
    ("5018", "5018", (12, 13, 14, 15, 16, 17, 18, 19)),  # Maestro
    ("5020", "5020", (12, 13, 14, 15, 16, 17, 18, 19)),
    ("5038", "5038", (12, 13, 14, 15, 16, 17, 18, 19)),
    ("5893", "5893", (12, 13, 14, 15, 16, 17, 18, 19)),
    ("6304", "6304", (12, 13, 14, 15, 16, 17, 18, 19)),
    ("6759", "6763", (12, 13, 14, 15, 16, 17, 18, 19)),
)
SECURITY_WORDS: Final = last_words(Label.SECURITY_CODE)
_CARD_WORDS: Final = last_words(Label.CARD)
_CARD_WORD: Final = re.compile(r"[a-z]+\Z")
_EXPIRY: Final = re.compile(
    r"[\s,;:|/.\"'-]{0,4}(?:(?:exp|valid|venc|caduc)[a-z.: ]{0,18})?"
    r"(?<![0-9])[0-9]{1,2}\s?[/-]\s?[0-9]{2}(?:[0-9]{2})?"
    r"[\s,;:|/.-]{1,4}(?:(?:and|y|et|con|with)\s)?([0-9]{3,4})(?![0-9/-]|[.,][0-9])"
)


def is_card_number(digits: str) -> bool:
    """Whether the digits have an issuer's prefix, its length, and the Luhn check digit."""
    return any(len(digits) in lengths and first <= digits[: len(first)] <= last for first, last, lengths in _ISSUERS) and (
        is_luhn(digits)
    )


def card_numbers(chain: Chain) -> Iterator[Found]:
    """Every card number of the chain, and a security code after its expiry date."""
    lists, first = _lists(chain), 0
    while first < len(chain.sizes):
        last = _card_from(chain, first, lists)
        if last is None:
            first += 1
            continue
        start, end = chain.span(first, last)
        yield Found(start, end, "card_number")
        if (code := _EXPIRY.match(chain.view.lower, end)) and not is_amount(chain.view, code.end(1)):
            yield Found(*code.span(1), "security_code")
        first = last + 1


def security_codes(chain: Chain) -> Iterator[Found]:
    """Three or four digits that are called a security code, before or after: `CVV: 123`, `123 es el cvv`."""
    first, last = int(_ends_a_word(chain)), len(chain.sizes) - 1
    if chain.sizes[first] not in _CODE and chain.sizes[last] not in _CODE:
        return
    if chain.sizes[first] in _CODE and chain.named_at(first).near(Label.SECURITY_CODE, between=0) and _is_code(chain, first):
        yield Found(*chain.groups[first], "security_code")
    elif chain.sizes[last] in _CODE and _is_code(chain, last) and _said_after(chain):
        yield Found(*chain.groups[last], "security_code")


def _ends_a_word(chain: Chain) -> bool:
    """Whether the first of several groups is one digit of a word, as in `cvv2 123`."""
    return len(chain.sizes) > 1 and chain.sizes[0] == 1 and chain.view.plain[max(0, chain.start - 1) : chain.start].isalpha()


def _is_code(chain: Chain, place: int) -> bool:
    end = chain.groups[place][1]
    return (
        chain.stands_alone(place, place, labelled=True)
        and chain.view.plain[end : end + 1] != "/"
        and not is_amount(chain.view, end)
    )


def _said_after(chain: Chain) -> bool:
    return follows(chain.view, chain.end, Label.SECURITY_CODE) or chain.after.near(Label.SECURITY_CODE, between=0)


def _card_from(chain: Chain, first: int, lists: Set[int]) -> int | None:
    """The last group of the card number that begins with the group `first`; None if none does.

    A usual form wins; among unusual ones the longest, because the first twelve of sixteen digits can be valid by chance.
    """
    digits, best = 0, None
    for last in range(first, min(first + _LONGEST, len(chain.sizes))):
        digits += chain.sizes[last]
        if digits > _LONGEST:
            break
        written = digits >= _SHORTEST and _is_written_as_card(chain, first, last, digits, lists)
        if written and is_card_number(chain.number(first, last)) and _stands_alone(chain, first, last):
            best = last
            if last == first or chain.sizes[first : last + 1] in _EMBOSSED:
                break
    return best


def _is_written_as_card(chain: Chain, first: int, last: int, digits: int, lists: Set[int]) -> bool:
    """Whether the groups have the form of a card number, or are called one."""
    sizes = chain.sizes[first : last + 1]
    if first == last and digits in _ALONE:
        return not _is_tracked(chain, first)
    if sizes in _EMBOSSED and first not in lists:
        return True
    whole = first == 0 and last == len(chain.sizes) - 1
    even = len(set(sizes[:-1])) == 1 and sizes[-1] <= sizes[0] and sizes[0] != _THOUSAND
    return (whole and even and digits in _ALONE) or _is_called_card(chain, first)


def _stands_alone(chain: Chain, first: int, last: int) -> bool:
    """Alone, or run together with words such as `card`, as in `visa4242424242424242exp`."""
    if chain.stands_alone(first, last):
        return True
    start, end = chain.span(first, last)
    lower = chain.view.lower
    if word := _CARD_WORD.search(lower, max(0, start - 12), start):
        return LABELS.get(word[0]) is Label.CARD and not lower[end : end + 1].isdigit()
    joined = lower.startswith(("exp", "cvv", "cvc", "vence"), end)
    return joined and not lower[max(0, start - 1) : start].isalnum()


def _is_called_card(chain: Chain, first: int) -> bool:
    return chain.mentions(_CARD_WORDS) and (chain.named_at(first).near(Label.CARD) or chain.after.near(Label.CARD))


def _is_tracked(chain: Chain, first: int) -> bool:
    """A carrier's, a network's or a device's number, by its label."""
    return chain.named_at(first).near(Label.TRACE, between=1)


def _lists(chain: Chain) -> Set[int]:
    """The groups of four digits that stand in lists of codes: in rows of six and more that are not cards."""
    lists: set[int] = set()
    if chain.sizes.count(_CODE_DIGITS) <= _LIST:
        return lists
    begin = 0
    for end in range(1, len(chain.sizes) + 1):
        if end < len(chain.sizes) and chain.sizes[end] == chain.sizes[begin] and not _ends_line(chain, end - 1):
            continue
        if chain.sizes[begin] == _CODE_DIGITS and end - begin > _LIST and not _are_cards(chain, begin, end):
            lists.update(range(begin, end))
        begin = end
    return lists


def _ends_line(chain: Chain, group: int) -> bool:
    return "\n" in chain.view.plain[chain.groups[group][1] : chain.groups[group + 1][0]]


def _are_cards(chain: Chain, begin: int, end: int) -> bool:
    size = len(_EMBOSSED[0])
    return (end - begin) % size == 0 and all(is_card_number(chain.number(at, at + size - 1)) for at in range(begin, end, size))
