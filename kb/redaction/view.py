"""A text as the rules read it: one shape for each digit, blank, dash and letter, however it was typed or pasted."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_DASHES: Final = frozenset("‐‑‒–—―−﹘﹣－⁃")
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]+")
_NOTHING: Final = frozenset(("Mn", "Me", "Cf"))  # accents on their own, keycaps, zero-width and direction marks


@dataclass(frozen=True, slots=True)
class View:
    """The text folded: ASCII digits, blanks and dashes, letters without accents; invisible characters are left out.

    plain:  keeps upper and lower case.
    lower:  the same length, lower case.
    origin: for each character of `plain` its offset in the text; None where the two run in step.
    length: of the text, in code points.
    """

    plain: str
    lower: str
    origin: tuple[int, ...] | None
    length: int

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The offsets in the text of `plain[start:end]`, with the invisible characters that belong to it."""
        if self.origin is None:
            return start, end
        return self.origin[start], self.origin[end] if end < len(self.origin) else self.length


def view_of(text: str) -> View:
    """Fold a text. Most of it in C: plain ASCII not at all, Latin-1 by a table of bytes, anything else by code point."""
    if "\\" in text:  # line breaks as JSON writes them
        text = text.replace("\\n", "  ").replace("\\r", "  ").replace("\\t", "  ")
    if text.isascii():
        return View(text, text.lower(), None, len(text))
    try:
        octets = text.encode("latin-1")
    except UnicodeEncodeError:
        return _any_view(text)
    if b"\xad" in octets:  # a soft hyphen is invisible
        return _any_view(text)
    plain = octets.translate(_LATIN).decode("latin-1")
    return View(plain, _lower(plain), None, len(text))


def _any_view(text: str) -> View:
    plain = _FOREIGN.sub(_folded, text)
    if len(plain) == len(text):
        return View(plain, _lower(plain), None, len(text))
    origin = tuple(place for place, character in enumerate(text) if _FOLDS[ord(character)])
    return View(plain, _lower(plain), origin, len(text))


def _folded(run: re.Match[str]) -> str:
    return run[0].translate(_FOLDS)


def _lower(plain: str) -> str:
    """Lower case of the same length: folding has left no letter that would become two, but a later Unicode may add one."""
    lower = plain.lower()
    return lower if len(lower) == len(plain) else "".join(c.lower() if len(c.lower()) == 1 else c for c in plain)


def _fold(character: str) -> str:
    """One character folded to one or none."""
    category = unicodedata.category(character)
    if category in _NOTHING:
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Zs":
        return " "
    if category in ("Zl", "Zp"):
        return "\n"
    if character in _DASHES:
        return "-"
    if character == "İ":
        return "I"
    if category[0] == "L" or "\uff01" <= character <= "\uff5e":  # letters with accents, and the wide forms of ASCII
        base = unicodedata.normalize("NFKD", character)[0]
        return character if unicodedata.category(base) in _NOTHING else base
    return character


class _Folds(dict[int, str]):
    """The fold of each code point, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold(chr(code))
        return folded


_FOLDS: Final = _Folds({code: chr(code) for code in range(128)})
_LATIN: Final = bytes(folded if (folded := ord(_FOLDS[code] or chr(code))) < 256 else code for code in range(256))
