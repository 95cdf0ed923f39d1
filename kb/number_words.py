"""Numbers as people write them: digits with either sort of separator, and words in English, Spanish and French."""

import re
from decimal import Decimal
from typing import Final

_UNITS: Final = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
    "eighty": 80, "ninety": 90,
    "cero": 0, "un": 1, "uno": 1, "una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8,
    "nueve": 9, "diez": 10, "once": 11, "doce": 12, "trece": 13, "catorce": 14, "quince": 15, "dieciséis": 16,
    "diecisiete": 17, "dieciocho": 18, "diecinueve": 19, "veinte": 20, "veintiún": 21, "veintiuno": 21, "veintiuna": 21,
    "veintidós": 22, "veintitrés": 23, "veinticuatro": 24, "veinticinco": 25, "veintiséis": 26, "veintisiete": 27,
    "veintiocho": 28, "veintinueve": 29, "treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70,
    "ochenta": 80, "noventa": 90, "cien": 100, "ciento": 100, "doscientos": 200, "trescientos": 300, "cuatrocientos": 400,
    "quinientos": 500, "seiscientos": 600, "setecientos": 700, "ochocientos": 800, "novecientos": 900,
    "zéro": 0, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "sept": 7, "huit": 8, "neuf": 9, "dix": 10,
    "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16, "vingt": 20, "vingts": 20,
    "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70, "huitante": 80, "nonante": 90,
}  # fmt: skip
_HUNDREDS: Final = frozenset({"hundred", "cent", "cents"})
_THOUSANDS: Final = frozenset({"thousand", "mil", "mille"})
ORDINALS: Final = {
    word: number
    for number, words in enumerate(
        "second segundo|third tercer|fourth cuarto|fifth quinto|sixth sexto|seventh séptimo|eighth octavo|ninth noveno"
        "|tenth décimo".split("|"),
        start=2,
    )
    for word in words.split()
}
# words of one language that are numbers in another: "once the", "seize the card", "50 cents"; the back of a card in French
FALSE_FRIENDS: Final = {"en": frozenset({"once", "dos", "seize", "sept", "cent", "cents"}), "fr": frozenset({"once", "dos"})}
_JOINING: Final = frozenset({"y", "et", "and"})
_WORD: Final = "|".join(sorted({*_UNITS, *_HUNDREDS, *_THOUSANDS}, key=lambda word: (-len(word), word)))

_SMALL: Final = "|".join(sorted((word for word, value in _UNITS.items() if value < 20), key=lambda word: (-len(word), word)))
# what may be a number in words: "treinta y uno" is one, "tres y siete" are two
WORDS: Final = rf"(?:(?:{_SMALL})(?![\w-])(?![\s-]+(?:{_WORD})\b)|(?:{_WORD})(?:[\s-]+(?:(?:y|et|and)[\s-]+)?(?:{_WORD}))*)"
DIGITS: Final = r"\d{1,3}(?:[\u00a0\u202f ]\d{3})+(?:[.,]\d{1,2})?(?![\d.,]*\d)|\d+(?:[.,]\d+)*"
# a group of three after a separator is thousands, but after a zero; anything else is a fraction
_GROUPED: Final = re.compile(r"[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*")


def in_words(text: str) -> int | None:
    """The number that the words say, up to 999,999; None if they say none, or several one after the other."""
    total = current = 0
    below: int | None = None  # the next word has to say less than this
    for word in re.split(r"[\s-]+", text.casefold().strip()):
        if word in _JOINING:
            continue
        if word in _THOUSANDS and not total:
            total, current, below = max(1, current) * 1000, 0, 1000
        elif word in _HUNDREDS and current < 10:
            current, below = max(1, current) * 100, 100
        elif word in ("vingt", "vingts") and current % 100 == 4:
            current, below = current + 76, 20
        elif word in _UNITS and _fits(_UNITS[word], current, below):
            current, below = current + _UNITS[word], _scale(_UNITS[word])
        else:
            return None
    return total + current


def _fits(value: int, current: int, below: int | None) -> bool:
    """Whether the word can follow: a smaller one, or ten to nineteen after the French sixty and eighty."""
    return below is None or value < below or (10 <= value < 20 and current % 100 in (60, 80))


def _scale(value: int) -> int:
    return 100 if value >= 100 else 10 if value >= 20 else 1


def in_digits(text: str, *, decimals: str = "") -> Decimal:
    """The number that digits with separators say: `1,000.50`, `1.000,50` and `1 000,50` are one number.

    decimals: the separators after which a group of three is a fraction here, as in `1.125 %`; otherwise it is thousands.
    """
    plain = re.sub(r"[\s\u00a0\u202f]", "", text)
    points, commas = plain.count("."), plain.count(",")
    if points and commas:
        decimal = "." if plain.rindex(".") > plain.rindex(",") else ","
        whole, _, rest = plain.rpartition(decimal)
        return Decimal(f"{re.sub('[.,]', '', whole)}.{rest}")
    fraction = points + commas == 1 and ("." if points else ",") in decimals
    if points + commas > 1 or (_GROUPED.fullmatch(plain) and not fraction):
        return Decimal(re.sub("[.,]", "", plain))
    return Decimal(plain.replace(",", "."))


def written(number: Decimal | int) -> str:
    """The number in one spelling: no group separators, no trailing zeros."""
    text = f"{Decimal(number):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
