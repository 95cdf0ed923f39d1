"""Amounts, percentages, spans of time and other numbers in plain text, each with one value for every language and spelling.

Every finder takes (text, base language) and yields what it finds from left to right.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from kb.figure import BLANK, Figure, before
from kb.number_words import DIGITS, WORDS, in_digits, in_words, written

_I: Final = re.IGNORECASE
_NUMBER: Final = rf"(?:{DIGITS})"
_COUNT: Final = rf"(?:{DIGITS}|\b{WORDS}{BLANK}?\(\d{{1,3}}\)|\b{WORDS}\b)"  # also "ten (10)", as contracts have it
_DECIMAL_COMMA: Final = frozenset({"es", "fr"})  # a single comma before three digits is a fraction of a percentage there
_CURRENCIES: Final = {
    "us$": "USD", "usd": "USD", "u.s. dollars": "USD", "us dollars": "USD", "dólares estadounidenses": "USD",
    "dollars américains": "USD", "dollars us": "USD", "ca$": "CAD", "c$": "CAD", "cad": "CAD", "cad$": "CAD",
    "canadian dollars": "CAD", "dólares canadienses": "CAD", "dollars canadiens": "CAD", "mx$": "MXN", "mxn": "MXN",
    "mexican pesos": "MXN", "pesos mexicanos": "MXN", "pesos": "MXN", "peso": "MXN", "€": "EUR", "eur": "EUR", "euros": "EUR",
    "euro": "EUR", "£": "GBP", "gbp": "GBP", "pounds": "GBP", "libras": "GBP", "$": "$", "dollars": "$", "dollar": "$",
    "dólares": "$", "dólar": "$", "btc": "BTC", "eth": "ETH", "usdc": "USDC", "usdt": "USDT",
}  # fmt: skip
_SIGNS: Final = "|".join(re.escape(sign) for sign in sorted(_CURRENCIES, key=len, reverse=True) if not sign[-1].isalpha())
_NAMES: Final = "|".join(re.escape(name) for name in sorted(_CURRENCIES, key=len, reverse=True) if name[-1].isalpha())
_CODES: Final = "|".join(
    sign for sign in _CURRENCIES if sign.isalpha() and len(sign) in (3, 4) and sign not in ("euro", "peso")
)
_MANY: Final = (
    rf"(?:{BLANK}?(?P<many>thousand|million|billion|mil millones|mil|millones|millón|mille|millions?|milliards?|[kKmM])\b)?"
)
_TIMES_AS_MUCH: Final = {
    "k": 10**3, "thousand": 10**3, "mil": 10**3, "mille": 10**3, "m": 10**6, "million": 10**6, "millions": 10**6,
    "millón": 10**6, "millones": 10**6, "mil millones": 10**9, "billion": 10**9, "milliard": 10**9, "milliards": 10**9,
}  # fmt: skip
_AMOUNTS: Final = (
    re.compile(
        rf"(?<![\w$])(?P<sign>{_SIGNS}|(?:{_CODES})\b){BLANK}?(?P<number>{_NUMBER}){_MANY}"
        rf"(?:{BLANK}?(?P<name>(?:{_CODES})\b))?",
        _I,
    ),
    re.compile(
        rf"(?<![\w.,])(?P<number>{_COUNT}){_MANY}{BLANK}?(?:de{BLANK})?(?P<name>(?:{_NAMES})\b|{_SIGNS}(?!{BLANK}?\d))",
        _I,
    ),
)


_MONEY: Final = re.compile(rf"{_SIGNS}|\b(?:{_NAMES})\b", _I)  # a quick look that spares most texts the slow ones


def amounts(text: str, _lang: str) -> Iterator[Figure]:
    """Money: the number and its currency; `$` where the text does not say whose dollars or pesos."""
    if not _MONEY.search(text):
        return
    for pattern in _AMOUNTS:
        for found in pattern.finditer(text):
            number = _number(found["number"])
            if number is not None:
                named = found["name"] or (found["sign"] if "sign" in pattern.groupindex else "")
                many = _TIMES_AS_MUCH.get((found["many"] or "").casefold(), 1)
                yield Figure(found.start(), found.end(), f"{written(number * many)} {_CURRENCIES[named.casefold()]}")


_PERCENTAGE: Final = re.compile(
    rf"(?<![\w.,])(?P<number>{_COUNT}){BLANK}?(?P<unit>%|per{BLANK}?cent\b|por{BLANK}ciento\b|pour{BLANK}cent\b"
    rf"|(?:basis{BLANK}points|puntos{BLANK}(?:básicos|base)|points{BLANK}de{BLANK}base)\b)",
    _I,
)


_PER_CENT: Final = re.compile(r"%|cent|ciento|basis|puntos|points", _I)


def percentages(text: str, lang: str) -> Iterator[Figure]:
    """Percentages; a hundred basis points are one."""
    if not _PER_CENT.search(text):
        return
    for found in _PERCENTAGE.finditer(text):
        number = _number(found["number"], decimal_comma=lang in _DECIMAL_COMMA)
        if number is not None:
            hundredth = found["unit"][:5].casefold() in ("basis", "punto", "point")
            yield Figure(found.start(), found.end(), f"{written(number / 100 if hundredth else number)} %")


_UNITS: Final = (
    ("s", 1, r"seconds?|secs?|segundos?|secondes?|秒"),
    ("min", 1, r"minutes?|mins?|minutos?|分钟"),
    ("h", 1, r"hours?|hrs?|horas?|heures?|小时|h"),
    (
        "business d",
        1,
        r"(?:bank(?:ing)? |full |consecutive )*(?:business|working|bank(?:ing)?)[ -]days?"
        r"|días? (?:bancarios?|hábil(?:es)?|laborables?|laborales?)(?: bancarios?)?"
        r"|jours? (?:bancaires?|ouvrables?|ouvrés?)|个?工作日",
    ),
    (
        "d",
        1,
        r"(?:calendar |consecutive |full |straight )?days?|días?(?: naturales| corridos| calendario)?"
        r"|jours?(?: civils?)?|天|日",
    ),
    ("d", 7, r"weeks?|semanas?|semaines?|周|个星期"),
    ("months", 1, r"(?:calendar |full )?months?|mes(?:es)?|mois|个月"),
    ("months", 12, r"(?:calendar |full )?years?|años?|ans?|années?|年"),
)
_UNIT: Final = "|".join(f"(?P<u{number}>{words})" for number, (_, _, words) in enumerate(_UNITS))
_TO: Final = rf"(?:{BLANK}?[-–—]{BLANK}?|{BLANK}(?:to|a|y|à|and|et|o|or|ou){BLANK})"
_TIME_LIMIT: Final = re.compile(
    rf"(?<![\w.,$/])(?P<low>{_COUNT})(?:{_TO}(?P<high>{_COUNT}))?(?:{BLANK}?-{BLANK}?|{BLANK}?)(?:{_UNIT})(?!\w)(?!{BLANK}?/)",
    _I,
)
_CJK_LIMIT: Final = re.compile(rf"(?P<low>{DIGITS})(?:[-–~至到](?P<high>{DIGITS}))?{BLANK}?(?:{_UNIT})")


# "un segundo intento" is the second one; "un segundo", "en un segundo de espera" is a span
_SECOND: Final = re.compile(rf"une?{BLANK}+(?:segundo|seconde?)", _I)
_OF_SECONDS: Final = frozenset(
    "de d antes después por para en como más si que cuando mientras avant après par pour à plus quand".split()
)
_NEXT_WORD: Final = re.compile(rf"{BLANK}+([^\W\d_]+)")


def time_limits(text: str, lang: str) -> Iterator[Figure]:
    """Spans of time: weeks are days, years are months; business days are neither days nor hours."""
    for found in (_CJK_LIMIT if lang == "zh" else _TIME_LIMIT).finditer(text):
        if _is_ordinal(text, found):
            continue
        low = _number(found["low"])
        high = _number(found["high"]) if found["high"] else None
        if low is None or (found["high"] and high is None):
            continue
        unit, size, _ = next(_UNITS[number] for number in range(len(_UNITS)) if found[f"u{number}"])
        span = written(low * size) + (f"-{written(high * size)}" if high is not None else "")
        yield Figure(found.start(), found.end(), f"{span} {unit}")


def _is_ordinal(text: str, found: re.Match[str]) -> bool:
    """Whether a second is the one after the first, which is so where what it is the second of follows."""
    following = _NEXT_WORD.match(text, found.end()) if _SECOND.fullmatch(found[0]) else None
    return following is not None and following[1].casefold() not in _OF_SECONDS


_CARDINAL: Final = re.compile(rf"(?<![\w.,/:#$€£-])(?:{DIGITS}|\b{WORDS}\b)(?![\w%/:-])(?![.,]\d)", _I)
_ORDINAL: Final = re.compile(
    r"(?:step|steps|part|section|page|figure|chapter|level|tier|option|version|row|line|question|paso|parte|sección|página|nivel"
    r"|opción|étape|partie|niveau|article|№|no\.|n\.º|#)\s*$",
    _I,
)
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_ARTICLES: Final = 1  # "one", "un", "une": more often an article than a number


def numbers(text: str, _lang: str) -> Iterator[Figure]:
    """Other numbers from two on that count something; not a step's, a page's or a year's."""
    for found in _CARDINAL.finditer(text):
        number = _number(found[0])
        if number is None or number <= _ARTICLES or _YEAR.fullmatch(found[0]) or _ORDINAL.search(before(text, found)):
            continue
        yield Figure(found.start(), found.end(), written(number))


def _number(text: str, *, decimal_comma: bool = False) -> Decimal | None:
    if text[0].isdigit():
        return in_digits(text, decimal_comma=decimal_comma)
    words = in_words(text.partition("(")[0])
    return None if words is None else Decimal(words)
