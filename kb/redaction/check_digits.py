"""The one door to python-stdnum: which numbers are valid by their own arithmetic.

It is imported when the first candidate stands in a text: 0.1 s that a question without long numbers should not pay.
"""

import re
from functools import cache
from typing import Final

_CLABE_WEIGHTS: Final = (3, 7, 1) * 5 + (3, 7)


def is_luhn(digits: str) -> bool:
    """Whether the last digit is the Luhn check digit of the others."""
    from stdnum import luhn

    return luhn.is_valid(digits)


def is_ssn(digits: str) -> bool:
    """Nine digits whose area, group and serial the US gives out."""
    from stdnum.us import ssn

    return ssn.is_valid(digits)


def is_itin(digits: str) -> bool:
    """Nine digits in the range of US individual taxpayer numbers."""
    from stdnum.us import itin

    return itin.is_valid(digits)


def is_sin(digits: str) -> bool:
    """Nine digits with a Canadian social insurance number's first digit and Luhn check digit."""
    from stdnum.ca import sin

    return sin.is_valid(digits)


def is_routing_number(digits: str) -> bool:
    """Nine digits with the ABA check digit and a Federal Reserve prefix."""
    from stdnum.us import rtn

    return rtn.is_valid(digits)


def is_curp(text: str) -> bool:
    """Eighteen letters and digits with a date, a state and the check digit of a Mexican CURP."""
    from stdnum.mx import curp

    return curp.is_valid(text)


def is_rfc(text: str, *, check_digit: bool) -> bool:
    """A Mexican RFC with a date; with its check digit if asked. Some that are in use carry a wrong one."""
    from stdnum.mx import rfc

    return rfc.is_valid(text, validate_check_digits=check_digit)


def is_clabe(digits: str) -> bool:
    """Eighteen digits with the check digit of a Mexican CLABE (weights 3, 7, 1 modulo 10); stdnum does not know it."""
    if len(digits) != len(_CLABE_WEIGHTS) + 1:
        return False
    total = sum(int(digit) * weight % 10 for digit, weight in zip(digits, _CLABE_WEIGHTS, strict=False))
    return int(digits[-1]) == -total % 10


def is_iban(text: str) -> bool:
    """An IBAN, upper case without blanks, of a known country: structure, and check digits modulo 97."""
    from stdnum import iban

    return iban.is_valid(text, check_country=False)


@cache
def iban_length(country: str) -> int | None:
    """How many characters an IBAN of the country has; None if it has none. The registry writes it as `4!a6!n8!n`."""
    from stdnum import numdb

    structure = numdb.get("iban").info(country)[0][1].get("bban")
    return None if structure is None else 4 + sum(map(int, re.findall(r"[0-9]+", structure)))
