"""Made-up numbers of cards, banks and governments, as people write and paste them. Nobody's."""

import string
from datetime import date, timedelta
from random import Random
from typing import Final

from stdnum.mx import curp, rfc

from tests.kb.drawing import DIGITS, pick

WIDE: Final = str.maketrans(DIGITS, "０１２３４５６７８９")
ARABIC: Final = str.maketrans(DIGITS, "٠١٢٣٤٥٦٧٨٩")


def luhn_digit(digits: str) -> str:
    """The check digit, worked out apart from the code under test."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


def card_digits(draw: Random) -> str:
    """Sixteen digits, or fifteen of American Express."""
    start = draw.choice(["4", str(draw.randint(51, 55)), str(draw.randint(2221, 2720)), "34", "37", "6011", "65", "3530", "62"])
    length = 15 if start in ("34", "37") else 16
    body = start + pick(draw, DIGITS, length - 1 - len(start))
    return body + luhn_digit(body)


def card_number(draw: Random) -> str:
    """A card number as people write and paste it."""
    digits = card_digits(draw)
    if len(digits) == 15:
        return draw.choice([digits, f"{digits[:4]} {digits[4:10]} {digits[10:]}", f"{digits[:4]}-{digits[4:10]}-{digits[10:]}"])
    groups = [digits[place : place + 4] for place in range(0, 16, 4)]
    return draw.choice(
        [
            digits,
            *(joint.join(groups) for joint in (" ", "-", ".", "\u00a0", "\u2009", "\u202f", " - ", "\u2013", "\u200b")),
            f"{' '.join(groups[:2])}\n{' '.join(groups[2:])}",
            " ".join(digits),
            f"{digits[:8]} {digits[8:]}",
            digits.translate(WIDE),
            " ".join(groups).translate(ARABIC),
        ]
    )


def iban(draw: Random) -> str:
    """An IBAN of one of six countries, solid or in fours."""
    country, structure = draw.choice(
        [
            ("GB", "AAAANNNNNNNNNNNNNN"),
            ("DE", "N" * 18),
            ("ES", "N" * 20),
            ("FR", "N" * 23),
            ("NL", "AAAANNNNNNNNNN"),
            ("CH", "N" * 17),
        ]
    )
    bban = "".join(draw.choice(string.ascii_uppercase if kind == "A" else DIGITS) for kind in structure)
    check = 98 - int("".join(str(int(c, 36)) for c in f"{bban}{country}00")) % 97
    whole = f"{country}{check:02}{bban}"
    return whole if draw.random() < 0.5 else " ".join(whole[place : place + 4] for place in range(0, len(whole), 4))


def clabe(draw: Random) -> str:
    """A CLABE, solid or as bank, place, account and check digit."""
    body = draw.choice(["002", "012", "014", "021", "072", "127", "646"]) + pick(draw, DIGITS, 14)
    total = sum(int(digit) * weight % 10 for digit, weight in zip(body, (3, 7, 1) * 6, strict=False))
    whole = body + str(-total % 10)
    return draw.choice(
        [whole, f"{whole[:3]} {whole[3:6]} {whole[6:17]} {whole[17]}", f"{whole[:3]}-{whole[3:6]}-{whole[6:17]}-{whole[17]}"]
    )


def routing_number(draw: Random) -> str:
    """Nine digits with a Federal Reserve prefix and the ABA check digit."""
    body = f"{draw.choice([*range(1, 13), *range(21, 33)]):02}" + pick(draw, DIGITS, 6)
    total = sum(int(digit) * weight for digit, weight in zip(body, (3, 7, 1, 3, 7, 1, 3, 7), strict=True))
    return body + str(-total % 10)


def account_number(draw: Random) -> str:
    """Eight to seventeen digits, not those of another kind."""
    return draw.choice("123456789") + pick(draw, DIGITS, draw.choice([7, 9, 10, 11, 16]))


def ssn(draw: Random) -> str:
    """A social security number with dashes or dots."""
    area = draw.choice([n for n in range(1, 900) if n not in (666, 78, 219, 457)])
    joint = draw.choice("-.")
    return joint.join((f"{area:03}", f"{draw.randint(1, 99):02}", f"{draw.randint(1, 9999):04}"))


def itin(draw: Random) -> str:
    """An individual taxpayer number."""
    group = draw.choice([*range(70, 89), 90, 91, 92, *range(94, 100)])
    return f"9{pick(draw, DIGITS, 2)}-{group}-{pick(draw, DIGITS, 4)}"


def sin(draw: Random) -> str:
    """A Canadian social insurance number with dashes."""
    body = draw.choice("1234567") + pick(draw, DIGITS, 7)
    whole = body + luhn_digit(body)
    return f"{whole[:3]}-{whole[3:6]}-{whole[6:]}"


def _birthday(draw: Random) -> str:
    return f"{date(1950, 1, 1) + timedelta(days=draw.randint(0, 17_000)):%y%m%d}"


def curp_code(draw: Random) -> str:
    """A CURP: letters, birthday, sex, state, consonants, check digit."""
    name = pick(draw, "BCDFGHJKLMNPRSTVZ", 1) + pick(draw, "AEIOU", 1) + pick(draw, "BCDFGHJKLMNPRSTVZ", 2)
    state = draw.choice(["DF", "JC", "NL", "MC", "PL", "HG", "OC"])
    body = f"{name}{_birthday(draw)}{draw.choice('HM')}{state}{pick(draw, 'BCDFGHJKLMNPRSTVZ', 3)}0"
    return body + curp.calc_check_digit(body)


def rfc_code(draw: Random) -> str:
    """An RFC of a person with its check digit."""
    name = pick(draw, "BCDFGHJKLMNPRSTVZ", 1) + pick(draw, "AEIOU", 1) + pick(draw, "BCDFGHJKLMNPRSTVZ", 2)
    body = f"{name}{_birthday(draw)}{draw.choice('ABCDEFGHIJKLMNPQRSTUV')}{draw.choice('123456789ABCDEFGHIJKLMNP')}"
    return body + rfc.calc_check_digit(body)


def passport_number(draw: Random) -> str:
    """US, Canadian and Mexican forms."""
    return draw.choice(
        [
            pick(draw, DIGITS, 9),
            pick(draw, "ABCG", 1) + pick(draw, DIGITS, 8),
            pick(draw, "GHJ", 2) + pick(draw, DIGITS, 6),
        ]
    )


def licence_number(draw: Random) -> str:
    """Californian, Ontarian and Floridian forms."""
    letter = draw.choice(string.ascii_uppercase)
    return draw.choice(
        [
            letter + pick(draw, DIGITS, 7),
            f"{letter}{pick(draw, DIGITS, 4)}-{pick(draw, DIGITS, 5)}-{pick(draw, DIGITS, 5)}",
            letter + pick(draw, DIGITS, 12),
        ]
    )
