"""Numbers that governments give to people: SSN, ITIN, SIN, CURP, RFC, passports and driving licences.

Alone, these are taken: 123-45-6789 (also with dots) in the ranges that are given out; 123-456-782 with dashes and the SIN's
check digit; a CURP; an RFC with its check digit. Anything else needs a word: nine bare digits are a valid SIN with probability
one in ten. Beside `ticket`, `order` and the like nothing is taken without the word for it.
"""

import re
from collections.abc import Iterator
from string import ascii_letters, digits
from typing import Final

from kb.redaction.check_digits import is_curp, is_itin, is_luhn, is_rfc, is_sin, is_ssn
from kb.redaction.digits import Chain
from kb.redaction.found import Found
from kb.redaction.labels import Label, last_words

_DIGITS: Final = 9
_US: Final = (3, 2, 4)
_CANADA: Final = (3, 3, 3)
_SOCIAL: Final = (Label.SSN, Label.TAX, Label.SIN)
_WORDS: Final = last_words(*_SOCIAL)
_WORD: Final = re.compile(r"[A-Za-z0-9&]+(?:[-.][A-Za-z0-9&]+)*")
_CURP_LENGTH: Final = 18
_RFC: Final = re.compile(r"[A-Z&]{3,4}[0-9]{6}(?:[A-Z0-9]{3})?")
_PASSPORT: Final = re.compile(r"[A-Z]{0,2}[0-9]{6,9}[A-Z]{0,2}")
_LICENCE: Final = re.compile(r"(?=(?:[^0-9]*[0-9]){5})[A-Z0-9*-]{5,25}")
PAPER_WORDS: Final = last_words(Label.CURP, Label.PASSPORT, Label.LICENCE)
_WORD_SIGNS: Final = f"{ascii_letters}{digits}-&"
_REACH: Final = 30  # characters of a word that are looked at


def social_numbers(chain: Chain) -> Iterator[Found]:
    """SSN, ITIN and SIN."""
    for first in range(len(chain.sizes)):
        last, digits = first, chain.sizes[first]
        while digits < _DIGITS and last + 1 < len(chain.sizes):
            last += 1
            digits += chain.sizes[last]
        if digits == _DIGITS and (kind := _social_kind(chain, first, last)):
            yield Found(*chain.span(first, last), kind)


def _social_kind(chain: Chain, first: int, last: int) -> str | None:
    sizes = chain.sizes[first : last + 1]
    if chain.mentions(_WORDS) and (named := _social_label(chain, first, last)):
        return _named_kind(chain, first, last, named) if chain.stands_alone(first, last, labelled=True) else None
    if sizes not in (_US, _CANADA) or not chain.stands_alone(first, last):
        return None
    joints = set(chain.separators(first, last))
    if chain.named_at(first).near(Label.REFERENCE, Label.TRACE, Label.OTHER, between=1):
        return None
    number = chain.number(first, last)
    if sizes == _US and joints in ({"-"}, {"."}):
        return "ssn" if is_ssn(number) else "itin" if is_itin(number) else None
    return "sin" if sizes == _CANADA and joints == {"-"} and is_sin(number) else None


def _social_label(chain: Chain, first: int, last: int) -> Label | None:
    before = chain.named_at(first)
    if before.near(*_SOCIAL):
        return before.label
    return chain.after.label if last == len(chain.sizes) - 1 and chain.after.near(*_SOCIAL) else None


def _named_kind(chain: Chain, first: int, last: int, label: Label) -> str | None:
    """The kind of nine digits that the words call a social or tax number; a mistyped one is one all the same."""
    number = chain.number(first, last)
    if is_itin(number):
        return "itin"
    if label is Label.SIN or (is_sin(number) and chain.sizes[first : last + 1] == _CANADA):
        return "sin" if is_luhn(number) else None
    return "ssn"


def codes_of_letters_and_digits(chain: Chain) -> Iterator[Found]:
    """CURP and RFC by their check digits; passports, licences and unchecked RFCs by their words."""
    start, end = _word_around(chain)
    given = chain.view.plain[start:end]
    word = given.upper()
    compact = word.replace("-", "").replace(".", "")
    if len(compact) == _CURP_LENGTH and (is_curp(compact) or (_is_named(chain, start, Label.CURP) and compact.isalnum())):
        yield Found(start, end, "curp")
    elif _RFC.fullmatch(compact) and _is_rfc(chain, start, compact, written=given == word):
        yield Found(start, end, "rfc")
    elif _PASSPORT.fullmatch(compact) and _is_named(chain, start, Label.PASSPORT):
        yield Found(start, end, "passport_number")
    elif _LICENCE.fullmatch(word) and _is_named(chain, start, Label.LICENCE):
        yield Found(start, end, "licence_number")


def _is_rfc(chain: Chain, start: int, compact: str, *, written: bool) -> bool:
    """written: in capitals, as an RFC is; without them an address on the web has the same shape."""
    if _is_named(chain, start, Label.RFC):
        return is_rfc(compact, check_digit=False)
    alone = written and len(compact) > len("AAAA000000") and is_rfc(compact, check_digit=True)
    return alone and not _is_named(chain, start, Label.REFERENCE)


def _is_named(chain: Chain, start: int, label: Label) -> bool:
    before = chain.before if start == chain.start else chain.named_from(start)
    return before.near(label) or (before.label is Label.OTHER and chain.after.near(label, between=0))


def _word_around(chain: Chain) -> tuple[int, int]:
    """The letters, digits, dots and dashes that the chain's first group stands in."""
    plain, (first, _) = chain.view.plain, chain.groups[0]
    head = plain[max(0, first - _REACH) : first]
    begin = first - len(head[len(head.rstrip(_WORD_SIGNS)) :].lstrip("-&"))
    match = _WORD.match(plain, begin, min(len(plain), begin + 2 * _REACH))
    return match.span() if match else (begin, begin)
