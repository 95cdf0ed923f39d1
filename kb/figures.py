"""Amounts, percentages, spans of time and other numbers in plain text, each with one value for every language and spelling.

Every finder takes (text, base language) and yields what it finds from left to right. The large patterns are made when they
are first needed: together they take 0.1 s, which no start should wait for.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Final

from kb.figure import BLANK, Figure, before
from kb.number_words import DIGITS, FALSE_FRIENDS, ORDINALS, WORDS, in_digits, in_words, written

_I: Final = re.IGNORECASE
_NUMBER: Final = rf"(?:{DIGITS})"
# also "ten (10)" and "10 (ten)", as contracts have it
_COUNT: Final = rf"(?:(?:{DIGITS})(?:{BLANK}?\({WORDS}\))?|\b{WORDS}{BLANK}?\(\d{{1,3}}\)|\b{WORDS}\b)"
_DECIMALS: Final = {"es": ".,", "fr": ".,"}  # a point in percentages, and in Spanish and French a comma, begins a fraction
_LOW: Final = rf"(?:(?P<low>{DIGITS})(?:[-–—]|{BLANK}(?:to|a|à|o|or|ou){BLANK}))?"  # of "5-10 USD" and "2 to 3 %"
_ENDS: Final = ("low", "number", "high")
_COINS: Final = frozenset({"BTC", "ETH"})  # nobody has thousands of them
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


@cache
def _amount_patterns() -> tuple[re.Pattern[str], ...]:
    return (
        re.compile(
            rf"(?<![\w$])(?P<sign>{_SIGNS}|(?:{_CODES})(?![a-z])(?:{BLANK}?\$)?){BLANK}?(?P<number>{_NUMBER})"
            rf"(?:[-–](?P<high>{_NUMBER})(?!-|%|(?![km]\b)\w))?{_MANY}(?:{BLANK}?(?P<name>(?:{_CODES})\b))?",
            _I,
        ),
        re.compile(
            rf"(?<![\w.,]){_LOW}(?P<number>{_COUNT}){_MANY}{BLANK}?(?:de{BLANK})?(?P<name>(?:{_NAMES})\b|{_SIGNS}(?!{BLANK}?\d))",
            _I,
        ),
    )


_MONEY: Final = re.compile(rf"{_SIGNS}|\b(?:{_NAMES})(?![a-z])", _I)  # a quick look that spares most texts the slow ones


_ORDINAL: Final = re.compile(
    r"(?:step|steps|part|section|page|figure|chapter|level|tier|option|version|row|line|question|paso|parte|sección|página|nivel"
    r"|opción|étape|partie|niveau|article|№|no\.|n\.º|#)\s*$",
    _I,
)


def amounts(text: str, _lang: str) -> Iterator[Figure]:
    """Money: the number and its currency; `$` where the text does not say whose dollars or pesos."""
    if not _MONEY.search(text):
        return
    for pattern in _amount_patterns():
        for found in pattern.finditer(text):
            parts = found.groupdict()
            currency = _currency(parts["name"] or parts.get("sign") or "")
            many = _TIMES_AS_MUCH.get((parts["many"] or "").casefold(), 1)
            if figure := _span(text, found, many, currency, decimals="." if currency in _COINS else ""):
                yield figure


def _currency(named: str) -> str:
    """Also of `USD$` and `MXN $`."""
    folded = named.casefold()
    return _CURRENCIES.get(folded) or _CURRENCIES[folded.rstrip("$ \u00a0\u202f")]


def _span(text: str, found: re.Match[str], size: Decimal | int, unit: str, *, decimals: str = "") -> Figure | None:
    """The number that was found, or both of a range, so many times as much; None if it is no number."""
    said = [(found.start(name), value) for name, value in found.groupdict().items() if name in _ENDS and value]
    values = [number for _, value in said if (number := _number(value, decimals=decimals)) is not None]
    if len(values) < len(said):
        return None
    start, parts = found.start(), found.groupdict()
    apart = len(said) > 1 and parts.get("number") and (values[0] >= values[1] or _ORDINAL.search(before(text, found)))
    if apart and parts.get("low"):
        start, values = said[1][0], values[1:]  # "raise tier 2 to 500 USD", "from 900 to 500 USD"
    elif apart:
        values = values[:1]
    return Figure(start, found.end(), f"{'-'.join(written(number * size) for number in values)} {unit}")


@cache
def _percentage() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w.,]){_LOW}(?P<number>{_COUNT}){BLANK}?(?P<unit>%|pct\b|per{BLANK}?cent\b|por{BLANK}ciento\b|pour{BLANK}cent\b"
        rf"|(?:basis{BLANK}points|puntos{BLANK}(?:básicos|base)|points{BLANK}de{BLANK}base)\b)",
        _I,
    )


_HUNDREDTH: Final = Decimal("0.01")
_PER_CENT: Final = re.compile(r"%|pct|cent|ciento|basis|puntos|points", _I)


def percentages(text: str, lang: str) -> Iterator[Figure]:
    """Percentages; a hundred basis points are one."""
    if not _PER_CENT.search(text):
        return
    for found in _percentage().finditer(text):
        hundredth = found["unit"][:5].casefold() in ("basis", "punto", "point")
        if figure := _span(text, found, _HUNDREDTH if hundredth else 1, "%", decimals=_DECIMALS.get(lang, ".")):
            yield figure


_UNITS: Final = (
    ("s", 1, r"seconds?|secs?|segundos?|secondes?|秒"),
    ("min", 1, r"minutes?|mins?|minutos?|分钟"),
    (
        "business h",
        1,
        r"(?:business|working)[ -]hours?|horas? (?:hábil(?:es)?|laborables?|laborales?)|heures? (?:ouvrables?|ouvrées?)",
    ),
    ("h", 1, r"hours?|hrs?|horas?|heures?|小时|h"),
    (
        "business d",
        1,
        r"(?:bank(?:ing)? |full |consecutive |more )*(?:business|working|bank(?:ing)?)[ -]days?"
        r"|días? (?:bancarios?|hábil(?:es)?|laborables?|laborales?)(?: bancarios?)?"
        r"|jours? (?:bancaires?|ouvrables?|ouvrés?)|个?工作日",
    ),
    (
        "d",
        1,
        r"(?:calendar |consecutive |full |straight |more )?days?|días?(?: naturales| corridos| calendario)?"
        r"|jours?(?: civils?)?|天|日",
    ),
    ("d", 7, r"weeks?|wks?|semanas?|semaines?|周|个星期"),
    ("months", 1, r"(?:calendar |full )?months?|mes(?:es)?|mois|个月"),
    ("months", 12, r"(?:calendar |full )?years?|yrs?|años?|ans?|années?|年"),
)
_UNIT: Final = "|".join(f"(?P<u{number}>{words})" for number, (_, _, words) in enumerate(_UNITS))
_TO: Final = rf"(?:{BLANK}?[-–—]{BLANK}?|{BLANK}(?:to|a|y|à|and|et|o|or|ou){BLANK})"


@cache
def _time_limit() -> re.Pattern[str]:
    return re.compile(
        rf"(?<![\w.,$/])(?P<low>{_COUNT})(?:{_TO}(?P<high>{_COUNT}))?"
        rf"(?:(?:st|nd|rd|th|\.?[ºª])?{BLANK}?-?{BLANK}?|\+{BLANK}?)(?:{_UNIT})(?!\w)(?!{BLANK}?/)",
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
    for found in (_CJK_LIMIT if lang == "zh" else _time_limit()).finditer(text):
        if _is_ordinal(text, found) or (lang != "fr" and found[0].endswith(" an")):  # "15 an hour" is no span of years
            continue
        unit, size, _ = next(_UNITS[number] for number in range(len(_UNITS)) if found[f"u{number}"])
        if figure := _span(text, found, size, unit):
            yield figure
    yield from _nth_days(text)


def _is_ordinal(text: str, found: re.Match[str]) -> bool:
    """Whether a second is the one after the first, which is so where what it is the second of follows."""
    following = _NEXT_WORD.match(text, found.end()) if _SECOND.fullmatch(found[0]) else None
    return following is not None and following[1].casefold() not in _OF_SECONDS


_DAY: Final = re.compile(r"(?:[Dd](?:ay|ía)|[Jj]our)(?!\w)")  # found soon, because every way begins with a letter of few
_BEFORE_DAY: Final = re.compile(
    rf"(?:(?<!\w)(?P<word>{'|'.join(ORDINALS)}){BLANK})?(?:(?<!\w)(?P<kind>business|banking|working|calendar){BLANK})?$", _I
)
_AFTER_DAY: Final = re.compile(
    rf"(?:{BLANK}(?P<kind>hábil)\b)?(?:{BLANK}(?P<number>\d{{1,3}})\b(?!{BLANK}(?:de|of)\b|[\w.,:/–-]*\d))?", _I
)
_EACH: Final = re.compile(r"\b(?:each|per|a|every|one|same|cada|por|un|al|mismo|par|chaque)\s*$", _I)  # "each day 3 tries"


def _nth_days(text: str) -> Iterator[Figure]:
    """`the tenth business day` and `day 91`: as long as it takes until then."""
    for day in _DAY.finditer(text):
        said, after = text[max(0, day.start() - 40) : day.start()], _AFTER_DAY.match(text, day.end())
        ahead = None if said[-1:].isalnum() else _BEFORE_DAY.search(said)
        if ahead is None or after is None or _EACH.search(said[: ahead.start()]):
            continue
        number = ORDINALS[ahead["word"].casefold()] if ahead["word"] else after["number"]
        if number is not None:
            start, end = day.start() - len(said) + ahead.start(), after.end("kind") if ahead["word"] else after.end()
            is_business = after["kind"] or (ahead["kind"] or "calendar").casefold() != "calendar"
            yield Figure(start, max(end, day.end()), f"{number} {'business d' if is_business else 'd'}")


@cache
def _cardinal() -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.,/:#$€£-])(?P<number>{DIGITS}|\b{WORDS}\b)(?:st|nd|rd|th|\.?[ºª])?(?![\w%/:-])(?![.,]\d)", _I)


_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_ARTICLES: Final = 1  # "one", "un", "une": more often an article than a number; but 0.10 is one


def numbers(text: str, lang: str) -> Iterator[Figure]:
    """Other numbers from two on, and any with a fraction, that count something; not a step's, a page's or a year's."""
    for found in _cardinal().finditer(text):
        number = None if found["number"].casefold() in FALSE_FRIENDS.get(lang, ()) else _number(found["number"])
        named = _YEAR.fullmatch(found["number"]) or _ORDINAL.search(before(text, found))
        if number is None or named or (number <= _ARTICLES and found["number"].isalnum()):
            continue
        yield Figure(found.start(), found.end(), written(number))


def _number(text: str, *, decimals: str = "") -> Decimal | None:
    said = text.partition("(")[0]
    if said[0].isdigit():
        return in_digits(said, decimals=decimals)
    words = in_words(said)
    return None if words is None else Decimal(words)
