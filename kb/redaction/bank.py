"""Bank accounts: IBAN, CLABE, US routing numbers and account numbers.

An IBAN is valid by itself. A CLABE needs its check digit and a word such as `CLABE` or `cuenta`. A routing number needs its
check digit and a word such as `routing`, or an account number behind a slash. An account number needs a word such as `account`.
"""

import re
from collections.abc import Iterator
from typing import Final

from kb.redaction.check_digits import iban_length, is_clabe, is_iban, is_routing_number
from kb.redaction.digits import Chain, is_amount
from kb.redaction.found import Found
from kb.redaction.labels import Label, last_words

_CLABE_DIGITS: Final = 18
_ROUTING_DIGITS: Final = 9
_ACCOUNT: Final = (6, 17)  # digits
_HELD: Final = (Label.ACCOUNT, Label.ACCOUNT_NUMBER, Label.CARD)
CLABE_WORDS: Final = last_words(Label.CLABE, *_HELD)
ACCOUNT_WORDS: Final = last_words(Label.ACCOUNT, Label.ACCOUNT_NUMBER, Label.ROUTING)
_JOINTS: Final = frozenset("/|⑈⑆")
_PAIRED: Final = re.compile(
    r"[\s,;:|/⑆⑈-]{1,4}(?:(?:and|y|et|account|acct|cuenta|compte)[ :#.]{1,3}){0,2}([0-9]{4,17})(?![0-9/-]|[.,][0-9])"
)


def ibans(chain: Chain) -> Iterator[Found]:
    """An IBAN whose check digits begin the chain, solid or in groups."""
    plain, start = chain.view.plain, chain.start - 2
    if start < 0 or not plain[start : chain.start].isalpha() or chain.sizes[0] < 2:
        return
    if start > 0 and (plain[start - 1].isalnum() or plain[start - 1] == "_"):
        return
    length = iban_length(plain[start : chain.start].upper())
    if length is None:
        return
    end, compact = _letters_and_digits(plain, start, length)
    if len(compact) == length and not plain[end : end + 1].isalnum() and is_iban(compact.upper()):
        yield Found(start, end, "iban")


def _letters_and_digits(plain: str, start: int, count: int) -> tuple[int, str]:
    """The next so many letters and digits, over blanks, dots and dashes; and where they end."""
    taken: list[str] = []
    end = start
    for place in range(start, min(len(plain), start + 2 * count)):
        character = plain[place]
        if character.isascii() and character.isalnum():
            taken.append(character)
            end = place + 1
            if len(taken) == count:
                break
        elif character not in " .-\n":
            break
    return end, "".join(taken)


def clabes(chain: Chain) -> Iterator[Found]:
    """Eighteen digits in any grouping: with the word CLABE always, with `account` if the check digit agrees."""
    last, digits = len(chain.sizes) - 1, 0
    for first in range(last, -1, -1):
        digits += chain.sizes[first]
        if digits >= _CLABE_DIGITS:
            break
    else:
        return
    if digits == _CLABE_DIGITS and _is_clabe(chain, first, last) and chain.stands_alone(first, last, labelled=True):
        yield Found(*chain.span(first, last), "clabe")


def _is_clabe(chain: Chain, first: int, last: int) -> bool:
    named = chain.named_at(first)
    if named.near(Label.CLABE) or chain.after.near(Label.CLABE):
        return True
    return (named.near(*_HELD) or chain.after.near(*_HELD)) and is_clabe(chain.number(first, last))


def routing_and_accounts(chain: Chain) -> Iterator[Found]:
    """A routing number by its word or by the account behind it; account numbers by their word."""
    for place, size in enumerate(chain.sizes):
        if (
            size == _ROUTING_DIGITS
            and is_routing_number(chain.number(place, place))
            and chain.stands_alone(place, place, labelled=True)
        ):
            yield from _routing(chain, place)
    yield from _account(chain)


def _routing(chain: Chain, place: int) -> Iterator[Found]:
    start, end = chain.groups[place]
    pair = _PAIRED.match(chain.view.lower, end)
    called = chain.named_at(place).near(Label.ROUTING) or chain.after.near(Label.ROUTING)
    joined = pair is not None and not _JOINTS.isdisjoint(chain.view.plain[end : pair.start(1)]) and len(pair[1]) >= _ACCOUNT[0]
    if called or joined:
        yield Found(start, end, "routing_number")
        if pair is not None and not is_amount(chain.view, pair.end(1)):
            yield Found(*pair.span(1), "account_number")


def _account(chain: Chain) -> Iterator[Found]:
    least, most = _ACCOUNT
    if not least <= chain.digits <= most or not _is_called_account(chain):
        return
    if chain.stands_alone(0, len(chain.sizes) - 1, labelled=True) and not is_amount(chain.view, chain.end):
        yield Found(chain.start, chain.end, "account_number")


def _is_called_account(chain: Chain) -> bool:
    if not chain.mentions(ACCOUNT_WORDS):
        return False
    before, solid = chain.before, len(chain.sizes) == 1
    if before.near(Label.ACCOUNT_NUMBER) and (solid or _is_grouped(chain)):
        return True
    beside = before.near(Label.ACCOUNT, between=0) or chain.after.near(Label.ACCOUNT, Label.ACCOUNT_NUMBER, between=0)
    behind = before.near(Label.ROUTING, between=0) and not is_routing_number(chain.number(0, 0))
    return solid and (beside or behind)


def _is_grouped(chain: Chain) -> bool:
    """In groups of two digits and more, joined by single blanks or dashes; and not a date."""
    joints = set(chain.separators(0, len(chain.sizes) - 1))
    date = len(chain.sizes) == 3 and max(chain.sizes) <= 4 and min(chain.sizes) <= 2
    return joints in ({" "}, {"-"}) and min(chain.sizes) >= 2 and not date
