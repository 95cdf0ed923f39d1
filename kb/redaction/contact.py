"""E-mail addresses and telephone numbers.

A telephone number is taken with a plus sign; in the forms of the US, Canada and Mexico if its area and exchange are given out;
or, as bare digits, beside a word such as `phone` or `celular`. Short codes such as 911 and 988 never are.
"""

import re
from collections.abc import Iterator
from typing import Final

from kb.redaction.digits import Chain
from kb.redaction.found import Found
from kb.redaction.labels import Label, last_words
from kb.redaction.phone_numbers import is_phone_number
from kb.redaction.view import View

_LOCAL: Final = 64  # characters before the @
_LOCAL_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._%+-'&")
_DOMAIN: Final = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![a-z0-9])")
_CREDENTIALS: Final = re.compile(r"://[^\s/:@]{1,64}:\Z")  # a password before a host is not a name before a domain
_NORTH_AMERICA: Final = ((3, 3, 4), (1, 3, 3, 4), (3, 7), (1, 3, 7))
_MEXICO: Final = ((2, 4, 4), (2, 8))
_NATIONAL: Final = 10  # digits
_MOST: Final = 15
_WORDS: Final = last_words(Label.PHONE)
_GROUPS: Final = 7


def emails(view: View) -> Iterator[Found]:
    """Every address with a name, an @ and a domain that ends in letters."""
    lower, at = view.lower, view.lower.find("@")
    while at != -1:
        start = at
        while start > max(0, at - _LOCAL) and lower[start - 1] in _LOCAL_LETTERS:
            start -= 1
        while start < at and lower[start] in ".-'&%":
            start += 1
        domain = _DOMAIN.match(lower, at + 1, at + 1 + 255)
        if start < at and domain and not _CREDENTIALS.search(lower, max(0, start - 2 * _LOCAL), start):
            yield Found(start, domain.end(), "email")
        at = lower.find("@", at + 1)


def phones(chain: Chain) -> Iterator[Found]:
    """Telephone numbers in the chain: from longer to shorter groupings, each group used once."""
    first = 0
    while first < len(chain.sizes):
        last = next(
            (
                last
                for last in range(min(first + _GROUPS, len(chain.sizes)) - 1, first - 1, -1)
                if _is_phone(chain, first, last)
            ),
            None,
        )
        if last is None:
            first += 1
            continue
        start, end = chain.span(first, last)
        yield Found(_with_marks(chain.view, start), end, "phone")
        first = last + 1


def _is_phone(chain: Chain, first: int, last: int) -> bool:
    digits = sum(chain.sizes[first : last + 1])
    if not _NATIONAL <= digits <= _MOST:
        return False
    if _has_plus(chain.view, chain.groups[first][0]):
        return is_phone_number("+" + chain.number(first, last))
    called = chain.mentions(_WORDS) and (chain.named_at(first).near(Label.PHONE) or chain.after.near(Label.PHONE))
    if not (called or _is_written_as_phone(chain, first, last)) or not chain.stands_alone(first, last, labelled=called):
        return False
    if not called and chain.named_at(first).near(Label.REFERENCE, Label.TRACE, between=1):
        return False
    return is_phone_number(chain.number(first, last))


def _is_written_as_phone(chain: Chain, first: int, last: int) -> bool:
    sizes, joints = chain.sizes[first : last + 1], chain.separators(first, last)
    if sizes not in _NORTH_AMERICA and sizes not in _MEXICO:
        return False
    if any(len(joint.strip(" ")) > 1 and ")" not in joint for joint in joints) or any(
        "\n" in joint or "/" in joint for joint in joints
    ):
        return False
    if set(joints) <= {" "} or len(sizes) == 2:  # by blanks alone, amounts and codes are listed too
        whole = (first, last) == (0, len(chain.sizes) - 1)
        marked = any(")" in joint for joint in joints)
        return marked or (whole and sizes in ((3, 3, 4), (1, 3, 3, 4), (2, 4, 4)))
    return True


def _has_plus(view: View, start: int) -> bool:
    return view.plain[max(0, start - 1) : start] == "+" or view.plain[max(0, start - 2) : start] == "+("


def _with_marks(view: View, start: int) -> int:
    """The start, with the plus sign and the bracket before it."""
    while start > 0 and view.plain[start - 1] in "+(":
        start -= 1
    return start
