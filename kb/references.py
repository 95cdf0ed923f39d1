"""Links, mail addresses, telephone numbers and codes in plain text, each with one value for every spelling.

Every finder takes (text, base language) and yields what it finds from left to right.
"""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from kb.figure import BLANK, DIGIT, Figure

_I: Final = re.IGNORECASE

_ADDRESS: Final = re.compile(
    r"\b(?:https?://|www\.)[^\s<>()\[\]\"'“”]+|(?:mailto:)?[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\btel:\+?[\d().-]+", _I
)


def addresses(text: str, _lang: str) -> Iterator[Figure]:
    """Links to other hosts and e-mail addresses, without scheme, `www.`, fragment and final slash. `tel:` is left to phones."""
    for found in _ADDRESS.finditer(text):
        written_ = found[0].rstrip(".,;:!?*_")
        if not written_.casefold().startswith("tel:"):
            yield Figure(found.start(), found.start() + len(written_), _address(written_))


def _address(text: str) -> str:
    bare = re.sub(r"^mailto:", "", text, flags=_I)
    if "://" not in bare and not bare.casefold().startswith("www."):
        return bare.casefold()
    try:
        parts = urlsplit(bare if "://" in bare else f"https://{bare}")
    except ValueError:
        return bare
    host = parts.netloc.casefold().removeprefix("www.")
    return f"{host}{parts.path.rstrip('/')}" + (f"?{parts.query}" if parts.query else "")


_PHONE: Final = re.compile(
    r"(?<![\w.])(?:tel:)?(?:\+?1[-. \u00a0\u2011\u202f]?)?"
    r"\(?\d{3}\)?[-./ \u00a0\u2011\u202f]{0,2}\d{3}[-. \u00a0\u2011\u202f]\d{4}(?![\w-])"
    r"|(?<![\w.])(?<!\d[ -])\d{2}([ -])\d{4}\1\d{4}(?![\w-])(?! ?\d)"  # in Mexico City, Guadalajara and Monterrey
    r"|(?<![\w-])[2-9]-(?:1-1|8-8)(?![\w-])"
    r"|(?<![\w.])(?:1-)?8\d{2}-(?=[A-Z0-9-]*[A-Z])[A-Z0-9]{3}-?[A-Z0-9]{4,6}\b"
    r"|(?<![\w.])(?:tel:)?\+\d[\d() .\u00a0\u2011\u202f-]{6,18}\d(?!\w)"
    r"|\btel:\+?\d[\d().-]{6,18}",
    _I,
)
_KEYS: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")  # of a telephone


def phones(text: str, _lang: str) -> Iterator[Figure]:
    """Telephone numbers, also with letters; the value is the digits, without the 1 of the US and Canada."""
    for found in _PHONE.finditer(text):
        digits = re.sub(r"\D", "", re.sub("^tel:", "", found[0], flags=_I).upper().translate(_KEYS))
        yield Figure(found.start(), found.end(), digits[1:] if len(digits) == 11 and digits[0] == "1" else digits)


_CODE: Final = re.compile(
    rf"\b\d+{BLANK}(?:CFR|C\.F\.R\.|U\.?S\.?C\.?|Stat\.){BLANK}(?:parts?{BLANK}|§+{BLANK}?)?\d+[a-z]?(?:[.-]\d+)*(?:\([A-Za-z0-9]+\))*"
    rf"|§+{BLANK}?\d+(?:[.-]\d+)*(?:\([A-Za-z0-9]+\))*"
    r"|\b(?!(?:USD|CAD|MXN|EUR|GBP|BTC|ETH|USDC|USDT)\d)[A-Z]{1,8}[-_]?\d{1,8}(?:[-_.]\d+)*(?:\([a-z0-9]+\))*(?![\w%])"
    r"|\b[A-Z]{2,8}(?:[-_][A-Z0-9]{2,12})+\b"
    r"|\b\d{3,4}-[A-Z]{1,5}\b"
)


def codes(text: str, _lang: str) -> Iterator[Figure]:
    """Error and return codes, forms and citations: `R10`, `ERR-4012`, `12 CFR 1005.6`, `1099-INT`."""
    for found in _CODE.finditer(text):
        if DIGIT.search(found[0]):
            yield Figure(found.start(), found.end(), re.sub(rf"{BLANK}|§|(?<=[A-Z])\.", "", found[0]).upper().replace("_", "-"))
