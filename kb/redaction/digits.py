"""Runs of digits, alone or grouped by blanks, dashes, dots and line breaks, as people write and paste long numbers."""

import re
from collections.abc import Iterator
from itertools import pairwise
from string import ascii_letters
from typing import Final

from kb.redaction.context import REACH, Named, named_after, named_before
from kb.redaction.labels import Label, last_words
from kb.redaction.view import View

# One set of characters at the front lets the engine look for it at memory speed; nothing in it can be tried twice.
_CHAIN: Final = re.compile(r"[0-9](?:[ \t\r\n./()-]{0,3}+[0-9])++")
_GROUP: Final = re.compile(r"[0-9]+")
_LEAST: Final = 3  # digits: the shortest secret is a card's security code
_FEW: Final = 8  # digits: from nine on, some numbers are secrets by themselves
_WORD: Final = 30  # characters of a word before its digits
_WORD_SIGNS: Final = frozenset(f"{ascii_letters}&-")
_LABEL_WORDS: Final = last_words(*(label for label in Label if label not in (Label.TRACE, Label.REFERENCE, Label.OTHER)))
_THOUSAND: Final = 3  # digits between the separators of an amount
_ZERO: Final = re.compile(r"(?<![0-9])0,\Z")
_LARGEST: Final = 11  # digits of an amount without separators
_PART_OF_AMOUNT: Final = re.compile(r",[0-9]{2,3}(?![0-9])")
_CENTS: Final = re.compile(r",[0-9]{2}(?![0-9,])")
_MONEY: Final = frozenset("$€£¥₿%")
_UNITS: Final = re.compile(
    r"\s?(?:%|(?:usd|mxn|cad|eur|dollars?|dolares|pesos|euros|bucks|times|veces|days|dias|points|puntos|km|kg)\b)"
)


class Chain:
    """Groups of digits with at most three separators between neighbours: `view.plain[start:end]`.

    near:   the words near that may end a label; none in most texts, and then nothing can be called a secret.
    in_word: whether letters come right before, as in an IBAN, a CURP and an RFC.
    groups: start and end of each.
    sizes:  how many digits each has.
    digits: how many they have together.
    """

    def __init__(self, view: View, start: int, end: int, near: frozenset[bytes], *, in_word: bool) -> None:
        self.view, self.start, self.end, self.near, self.in_word = view, start, end, near, in_word
        if view.plain[start:end].isdigit():
            self.groups: list[tuple[int, int]] = [(start, end)]
        else:
            self.groups = [match.span() for match in _GROUP.finditer(view.plain, start, end)]
        self.sizes = tuple([last - first for first, last in self.groups])
        self.digits = sum(self.sizes)
        self._before: Named | None = None  # a cached_property would take a lock, which costs more than the reading
        self._after: Named | None = None

    @property
    def before(self) -> Named:
        """The label before the first group."""
        if self._before is None:
            self._before = named_before(self.view, self.start)
        return self._before

    @property
    def after(self) -> Named:
        """The label after the last group."""
        if self._after is None:
            self._after = named_after(self.view, self.end)
        return self._after

    def mentions(self, words: frozenset[bytes]) -> bool:
        """Whether a label that ends with one of the words may stand near."""
        return not words.isdisjoint(self.near)

    def named_from(self, start: int) -> Named:
        """The label before an offset, for a word that begins before its digits."""
        return named_before(self.view, start)

    def named_at(self, first: int) -> Named:
        """The label before a group."""
        return self.before if first == 0 else named_before(self.view, self.groups[first][0])

    def number(self, first: int, last: int) -> str:
        """The digits of the groups `first` to `last`, both included."""
        return "".join(self.view.plain[start:end] for start, end in self.groups[first : last + 1])

    def span(self, first: int, last: int) -> tuple[int, int]:
        """From the first group's start to the last group's end."""
        return self.groups[first][0], self.groups[last][1]

    def separators(self, first: int, last: int) -> list[str]:
        """What stands between the neighbours of `first` to `last`."""
        ends = self.groups[first : last + 1]
        return [self.view.plain[one[1] : two[0]] for one, two in pairwise(ends)]

    def stands_alone(self, first: int, last: int, *, labelled: bool = False) -> bool:
        """Whether these groups are a number of their own: no letter, other digit, decimal or amount clings to them.

        labelled: whether the words say what it is; then a dash may join it to a word, as in `SSN-123456789`.
        """
        (start, end), (last_start, last_end) = self.groups[first], self.groups[last]
        if clings_before(self.view, start, end - start, labelled=labelled):
            return False
        return not clings_after(self.view, last_end, last_end - last_start)


def chains(view: View) -> Iterator[Chain]:
    """Every chain that may hold a secret, in order: not those of few digits without a label near or letters before."""
    plain = view.plain
    for match in _CHAIN.finditer(plain):
        start, end = match.span()
        in_word = _WORD_SIGNS.issuperset(plain[start - 2 : start]) if start > 1 else False
        near = _LABEL_WORDS.intersection(view.words(max(0, start - REACH - _WORD), end + REACH))
        if in_word or (near and end - start >= _LEAST) or end - start > _FEW:
            yield Chain(view, start, end, near, in_word=in_word)


def clings_before(view: View, start: int, size: int, *, labelled: bool = False) -> bool:
    """Whether something before the offset makes the number a part of something else: a letter, a decimal, an amount, an id.

    size: digits of the group that begins here.
    """
    plain = view.plain
    if start == 0:
        return False
    last, two = plain[start - 1], plain[max(0, start - 2) : start]
    if last.isalnum() or last == "_":
        return True
    if last in _MONEY or (last == " " and two[0] in _MONEY):
        return True
    if last == ",":
        return two[0].isdigit() and (size == _THOUSAND or _ZERO.search(plain, max(0, start - 3), start) is not None)
    if last == "-":
        return two[0].isdigit() or (two[0].isalpha() and not labelled)
    return last == "." and two[0].isdigit()


def clings_after(view: View, end: int, size: int) -> bool:
    """Whether something after the offset makes the number a part of something else.

    size: digits of the group that ends here.
    """
    plain = view.plain
    following = plain[end : end + 2]
    if not following:
        return False
    if following[0].isalnum() or following[0] in "_%":
        return True
    if following[0] == ",":
        return size <= _LARGEST and (_PART_OF_AMOUNT if size <= _THOUSAND else _CENTS).match(plain, end) is not None
    return len(following) > 1 and (
        (following[0] == "." and following[1].isdigit()) or (following[0] == "-" and following[1].isalnum())
    )


def is_amount(view: View, end: int) -> bool:
    """Whether a unit follows, as in `1500000 pesos`."""
    return _UNITS.match(view.lower, end) is not None
