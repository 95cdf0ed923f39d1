"""Whether new words say the same: a corrected spelling is no news, a clearer sentence is, and a negation always."""

import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from enum import IntEnum
from functools import partial
from itertools import chain
from typing import Final

from rapidfuzz import fuzz

from kb.article import Article
from kb.facts import without_figures
from kb.plain import plain

_WORD: Final = re.compile(r"[^\W_]+")
_TYPO: Final = 80  # per cent alike, of words of four letters or more: `recieve` and `receive`
_LONG: Final = 4
_MOST_WORDS: Final = 6_000  # beyond that, different texts are taken as different in meaning
_DECISIVE: Final = frozenset(
    "not no never none neither nor without cannot must may might can could should shall will would only unless except before"
    " after until all any every always no nunca jamás ningún ninguna ninguno sin debe deben puede pueden podrá podrán deberá"
    " deberán solo sólo solamente excepto salvo antes después hasta todo todos toda todas siempre si pas jamais aucun aucune"
    " sans doit doivent peut peuvent pourra devra seulement sauf avant après tout tous toute toutes toujours".split()
)  # to add, drop or swap one of these is never a matter of spelling


class Wording(IntEnum):
    """How far two texts differ."""

    SAME = 0
    EDITORIAL = 1
    CLARIFIED = 2


def wording(old: Article, new: Article) -> Wording:
    """How far the words of two versions differ: titles, descriptions and bodies, without markup, case and punctuation."""
    before, after = _paragraphs(old), _paragraphs(new)
    if before == after:
        same = (old.title, old.description, old.body.split()) == (new.title, new.description, new.body.split())
        return Wording.SAME if same else Wording.EDITORIAL
    return Wording.EDITORIAL if _all_spellings(before, after) else Wording.CLARIFIED


def says_more_than_figures(old: Article, new: Article) -> bool:
    """Whether the words of two versions differ, in more than spelling, beside the figures that they hold."""
    before, after = (_paragraphs(it, partial(without_figures, lang=it.lang)) for it in (old, new))
    return not _all_spellings(before, after)


def _paragraphs(article: Article, shown: Callable[[str], str] = str) -> list[tuple[str, ...]]:
    """The words of title, description, headings and paragraphs, each on its own: most of two versions are the same."""
    texts = [article.title, article.description or ""]
    for section in article.sections:
        texts += [*section.heading, *map(plain, article.body[section.start : section.end].split("\n\n"))]
    return [words for text in texts if (words := tuple(word.casefold() for word in _WORD.findall(shown(text))))]


def _all_spellings(before: Sequence[tuple[str, ...]], after: Sequence[tuple[str, ...]]) -> bool:
    opcodes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return all(tag == "equal" or _are_spellings(before[a:b], after[c:d]) for tag, a, b, c, d in opcodes)


def _are_spellings(old: Sequence[tuple[str, ...]], new: Sequence[tuple[str, ...]]) -> bool:
    """Whether the paragraphs differ in spelling alone."""
    before, after = list(chain.from_iterable(old)), list(chain.from_iterable(new))
    if max(len(before), len(after)) > _MOST_WORDS:
        return before == after
    opcodes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return all(tag == "equal" or _is_spelling(before[a:b], after[c:d]) for tag, a, b, c, d in opcodes)


def _is_spelling(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether the words differ in spelling alone: joined, split, or each nearly its counterpart."""
    if "".join(old) == "".join(new):
        return True
    return len(old) == len(new) and all(map(_is_typo, old, new))


def _is_typo(old: str, new: str) -> bool:
    if {old, new} & _DECISIVE or not (old.isalpha() and new.isalpha()) or min(len(old), len(new)) < _LONG:
        return old == new
    negated = old.endswith(new) or new.endswith(old)  # `able`, `unable`
    return not negated and fuzz.ratio(old, new) >= _TYPO
