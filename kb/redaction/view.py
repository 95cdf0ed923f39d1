"""A text as the rules read it: one shape for each digit, blank, dash and letter, however it was typed or pasted."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_DASHES: Final = frozenset("‐‑‒–—―−﹘﹣－⁃")
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]+")
_LETTERS: Final = bytes(ord(chr(code).lower()) if chr(code).isascii() and chr(code).isalpha() else 32 for code in range(256))
_NOTHING: Final = frozenset(("Mn", "Me", "Cf"))  # accents on their own, keycaps, zero-width and direction marks


@dataclass(frozen=True, slots=True)
class View:
    """The text folded: ASCII digits, blanks and dashes, letters without accents; invisible characters are left out.

    plain:  keeps upper and lower case.
    lower:  the same length, lower case.
    octets: one for each character of `plain`, `?` where it is not of Latin-1: what is looked for at the speed of memory.
    origin: for each character of `plain` its offset in the text; None where the two run in step.
    length: of the text, in code points.
    """

    plain: str
    lower: str
    octets: bytes
    origin: tuple[int, ...] | None
    length: int

    def words(self, start: int = 0, end: int | None = None) -> list[bytes]:
        """Every run of letters of `lower[start:end]`, in order; all in C."""
        return self.octets[start:end].translate(_LETTERS).split()

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The offsets in the text of `plain[start:end]`, with the invisible characters that belong to it."""
        if self.origin is None:
            return start, end
        return self.origin[start], self.origin[end] if end < len(self.origin) else self.length


def view_of(text: str) -> View:
    """Fold a text. Plain ASCII not at all, what Western keyboards type by a table in C, anything else by code point."""
    if "\\" in text:  # line breaks as JSON writes them
        text = text.replace("\\n", "  ").replace("\\r", "  ").replace("\\t", "  ")
    if text.isascii():
        return _view(text, None, len(text))
    for codec, table in _TABLES.items():
        try:
            octets = text.encode(codec)
        except UnicodeEncodeError:
            continue
        if b"\xad" not in octets:  # a soft hyphen is invisible, and one octet has to stay one
            return _view(octets.translate(table).decode(codec), None, len(text))
    plain = _FOREIGN.sub(_folded, text)
    if len(plain) == len(text):
        return _view(plain, None, len(text))
    return _view(plain, tuple(place for place, character in enumerate(text) if _FOLDS[ord(character)]), len(text))


def _view(plain: str, origin: tuple[int, ...] | None, length: int) -> View:
    return View(plain, _lower(plain), plain.encode("latin-1", "replace"), origin, length)


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


def _table(codec: str) -> bytes:
    """For each octet of the codec the one that it folds to."""
    octets = [bytes((code,)) for code in range(256)]
    folds = [_FOLDS[ord(octet.decode(codec, "replace"))] for octet in octets]
    return b"".join(
        fold.encode(codec, "replace")[:1] if fold and fold.encode(codec, "ignore") else octet
        for octet, fold in zip(octets, folds, strict=True)
    )


_TABLES: Final = {codec: _table(codec) for codec in ("latin-1", "cp1252")}
