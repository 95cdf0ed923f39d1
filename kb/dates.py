"""Dates and times of day in plain text, each with one value for every language and spelling.

Every finder takes (text, base language) and yields what it finds from left to right.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from kb.figure import BLANK, DIGIT, Figure, before

_I: Final = re.IGNORECASE
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan enero ene janvier janv",
            "february feb febrero febr février févr",
            "march mar marzo mars",
            "april apr abril abr avril avr",
            "may mayo mai",
            "june jun junio juin",
            "july jul julio juillet juil",
            "august aug agosto ago août",
            "september sept sep septiembre setiembre septembre",
            "october oct octubre octobre",
            "november nov noviembre novembre",
            "december dec diciembre dic décembre déc",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH: Final = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b\.?"
_DATES: Final = (
    re.compile(r"\b(?P<year>(?:19|20)\d\d)-(?P<number>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12]\d|3[01])\b"),
    re.compile(
        rf"\b{_MONTH}{BLANK}+(?P<day>[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?\b(?:(?:,{BLANK}*|{BLANK}+)(?P<year>(?:19|20)\d\d)\b)?",
        _I,
    ),
    re.compile(
        rf"\b(?P<day>[12]\d|3[01]|0?[1-9])(?:\.?º|er|st|nd|rd|th)?{BLANK}+(?:de{BLANK}+|of{BLANK}+)?{_MONTH}"
        rf"(?:(?:,?{BLANK}+|{BLANK}+de(?:l)?{BLANK}+)(?P<year>(?:19|20)\d\d)\b)?",
        _I,
    ),
    re.compile(rf"\b(?P<day>primero){BLANK}+de{BLANK}+{_MONTH}(?:{BLANK}+de(?:l)?{BLANK}+(?P<year>(?:19|20)\d\d)\b)?", _I),
    re.compile(rf"\b{_MONTH}{BLANK}+(?:de{BLANK}+|of{BLANK}+)?(?P<year>(?:19|20)\d\d)\b", _I),
)
_NUMERIC_DATE: Final = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/((?:19|20)\d\d)(?![\d/])")
_STAMP: Final = re.compile(
    r"(?:updated|reviewed|revised|edited|actualizad[oa]|revisad[oa]|modificad[oa]|mise? à jour|modifiée?)"
    r"(?:\s+(?:on|el|le))?\s*:?\s*$",
    _I,
)


def dates(text: str, lang: str) -> Iterator[Figure]:
    """Dates, with or without a year or a day. When a page says it was updated is no fact of it."""
    if not DIGIT.search(text) and "primero" not in text:
        return
    for pattern in _DATES:
        for found in pattern.finditer(text):
            value = _date(found.groupdict())
            if not _is_verb(found, lang):
                yield Figure(found.start(), found.end(), "" if _STAMP.search(before(text, found)) else value)
    for found in _NUMERIC_DATE.finditer(text):
        first, second = int(found[1]), int(found[2])
        month, day = (first, second) if (lang == "en" and first <= 12) or second > 12 else (second, first)
        if 1 <= month <= 12 and 1 <= day <= 31:
            yield Figure(found.start(), found.end(), f"{found[3]}-{month:02}-{day:02}")


def _is_verb(found: re.Match[str], lang: str) -> bool:
    """Whether it is what one may do, as in "you may 2", and no month."""
    parts = found.groupdict()
    return lang == "en" and parts.get("month") == "may" and not parts["year"]


def _date(parts: dict[str, str | None]) -> str:
    month = int(parts["number"] or 0) if "number" in parts else _MONTHS[(parts["month"] or "").casefold()]
    day = parts.get("day")
    number = 1 if day == "primero" else int(day) if day else None
    return f"{parts['year'] or '-'}-{month:02}" + (f"-{number:02}" if number else "")


_ZONES: Final = {
    "et": "ET", "est": "ET", "edt": "ET", "eastern": "ET", "eastern time": "ET", "hora del este": "ET", "heure de l'est": "ET",
    "heure de l’est": "ET", "he": "ET", "hne": "ET",
    "ct": "CT", "cst": "CT", "cdt": "CT", "central time": "CT", "hora del centro": "CT", "heure du centre": "CT",
    "mt": "MT", "mst": "MT", "mdt": "MT", "mountain time": "MT", "hora de la montaña": "MT", "heure des rocheuses": "MT",
    "pt": "PT", "pst": "PT", "pdt": "PT", "pacific time": "PT", "hora del pacífico": "PT", "heure du pacifique": "PT",
    "utc": "UTC", "gmt": "UTC",
}  # fmt: skip
_ZONE: Final = rf"(?:{BLANK}*\(?(?P<zone>{'|'.join(sorted(_ZONES, key=len, reverse=True))})\b\)?)?"
_PARTS: Final = {"mañana": "a", "madrugada": "a", "tarde": "p", "noche": "p"}  # of the day
_HALF: Final = rf"{BLANK}*(?P<half>[ap])\.?{BLANK}?m(?:\.|\b)"
_TIMES: Final = (
    re.compile(rf"(?<![\d:.,$])(?P<hour>1[0-2]|0?[1-9])(?::(?P<minute>[0-5]\d))?{_HALF}{_ZONE}", _I),
    re.compile(
        rf"(?<![\d:.,$])(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?![\d:])(?:{BLANK}*(?:horas|hrs?|h)\b)?{_ZONE}", _I
    ),
    re.compile(rf"(?<![\d:.,$])(?P<hour>[01]?\d|2[0-3]){BLANK}?h{BLANK}?(?P<minute>[0-5]\d)(?!\d){_ZONE}", _I),
    re.compile(rf"\b(?P<word>noon|midday|midnight|mediodía|medianoche|midi|minuit)\b{_ZONE}", _I),
)
_IN_SPANISH: Final = re.compile(
    rf"(?<![\d:.,$])(?P<hour>1[0-2]|0?[1-9])(?::(?P<minute>[0-5]\d))?{BLANK}+(?:de|por){BLANK}+la{BLANK}+"
    rf"(?P<part>{'|'.join(_PARTS)})\b{_ZONE}",
    _I,
)
_ALWAYS: Final = re.compile(
    r"\b24\s?/\s?7\b|\b24 hours(?: a| per|/) ?day,? (?:and )?(?:7|seven) days(?: a| per|/) ?week"
    r"|\b(?:las )?24 horas(?: al| del| por)? (?:día|dia),? (?:y )?(?:los )?(?:7|siete) días (?:a|de|por) la semana"
    r"|\b24 ?h(?:eures)?(?: sur |/)24,? (?:et )?7 ?j(?:ours)?(?: sur |/)7",
    _I,
)
_MIDNIGHT: Final = frozenset({"midnight", "medianoche", "minuit"})
_COUNTING_TO_24: Final = frozenset({"es", "fr"})
_HOURS: Final = r"(?:heures?|horas?|hrs?|h)"
_FROM_TO: Final = re.compile(
    rf"(?<![\w:.,$/])(?P<opening>(?P<hour>[01]?\d|2[0-3])(?P<sign>{BLANK}?{_HOURS})?(?:(?(sign){BLANK}?|:)(?P<minute>[0-5]\d))?)"
    rf"{BLANK}?(?:[-–—]|à|a|et|y){BLANK}?(?:las{BLANK})?"
    rf"(?P<to_hour>1\d|2[0-4]|0?\d){BLANK}?{_HOURS}(?:{BLANK}?(?P<to_minute>[0-5]\d))?(?!\w){_ZONE}",
    _I,
)
_OPEN: Final = re.compile(
    r"(?:^|[,:;(.]|\b(?:de|du|des|entre|las|lundis?|mardis?|mercredis?|jeudis?|vendredis?|samedis?|dimanches?|lunes|martes"
    r"|miércoles|jueves|viernes|sábados?|domingos?|fériés?|ouvrables?|hábiles|laborables))\s*$",
    _I,
)
_LASTING: Final = re.compile(
    r"\b(?:délais?|durées?|attente|sous|dans|pendant|durant|passent?|passera|prend|plazos?|duración|espera|dentro|pasan?"
    r"|tardan?|demoran?|toman?|cada)\s*(?:\S+\s+)?$",
    _I,
)
_AT: Final = re.compile(
    rf"(?:(?<![\w'’])(?<![\dh]\s)(?:à|dès|avant)|\b(?:a|hasta|desde|antes{BLANK}de|después{BLANK}de){BLANK}las){BLANK}"
    rf"(?P<hour>[01]?\d|2[0-3]){BLANK}?{_HOURS}(?!\w)(?!{BLANK}?\d){_ZONE}",
    _I,
)


def times(text: str, lang: str) -> Iterator[Figure]:
    """Times of day, with the zone if one is named, and "24 hours a day, 7 days a week"."""
    for found in _ALWAYS.finditer(text):
        yield Figure(found.start(), found.end(), "24/7")
    if lang in _COUNTING_TO_24:
        yield from _hours(text)
    for pattern in (_IN_SPANISH, *_TIMES) if lang == "es" else _TIMES:
        for found in pattern.finditer(text):
            yield Figure(found.start(), found.end(), _zoned(_clock(found.groupdict()), found["zone"]))


def _hours(text: str) -> Iterator[Figure]:
    """Hours of the day that are counted to 24, as in `de 8 à 19 h` and `a las 19 horas`, which elsewhere are spans of time."""
    for found in _FROM_TO.finditer(text):
        said, parts = before(text, found), found.groupdict()
        if not _LASTING.search(said) and (parts["sign"] or parts["minute"] or _is_day(said, parts)):
            yield Figure(found.start(), found.end("opening"), _clock(parts))
            closing = {"hour": str(int(parts["to_hour"]) % 24), "minute": parts["to_minute"]}
            yield Figure(found.start("to_hour"), found.end(), _zoned(_clock(closing), parts["zone"]))
    for found in _AT.finditer(text):
        if not _LASTING.search(before(text, found)):
            yield Figure(found.start("hour"), found.end(), _zoned(_clock(found.groupdict()), found["zone"]))


def _is_day(said: str, parts: Mapping[str, str]) -> bool:
    """Whether bare hours are those of a day: the words before them say when, and the first comes before the second."""
    return bool(_OPEN.search(said)) and int(parts["hour"]) < int(parts["to_hour"])


def _zoned(clock: str, zone: str | None) -> str:
    return f"{clock} {_ZONES[zone.casefold()]}" if zone else clock


def _clock(parts: Mapping[str, str | None]) -> str:
    if word := parts.get("word"):
        return "00:00" if word.casefold() in _MIDNIGHT else "12:00"
    part = (parts.get("part") or "").casefold()
    hour, half = int(parts["hour"] or 0), (parts.get("half") or _PARTS.get(part, "")).casefold()
    if part == "noche" and hour == 12:
        hour = 0
    elif half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return f"{hour:02}:{parts.get('minute') or '00'}"
