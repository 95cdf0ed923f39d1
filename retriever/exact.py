"""Exact matches: codes, article ids and quoted phrases, which rank first."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np

from kb.article import Article
from retriever.arrays import IntVector
from retriever.passage import Passage

_Named: TypeAlias = tuple[tuple[str, ...], frozenset[str]]  # what an article is called by, and the names in it

# A code begins with letters and holds a digit: R10, ERR-4012, TERM-2291, 1005.11 is none ("401k" and "2FA" are words).
_CODE: Final = re.compile(
    r"\b[A-Za-z]{1,12}(?:[-_.][A-Za-z0-9]{1,12}){0,4}[-_]?\d[A-Za-z0-9]{0,12}(?:[-_.][A-Za-z0-9]{1,12}){0,4}\b"
)
_QUOTED: Final = re.compile(r"\"([^\"\n]{3,200})\"|“([^”\n]{3,200})”|«\s*([^»\n]{3,200}?)\s*»|`([^`\n]{2,200})`")
# A code or phrase that every tenth article holds, or more than ten, tells none of them apart: then it is words like any
# other. Without the ten, “rent” and “real” in fiqa-dev put over a thousand articles first, `v4` in mtrag-cloud 34, and
# COVID-19 in mtrag-govt 33 (nDCG@10 0.672; with it, as with no promotion at all, 0.674).
_COMMON: Final = 0.1
_FEW: Final = 5
_MANY: Final = 10
_PHRASES: Final = 8  # a pasted log quotes hundreds of strings, and each is looked for in every passage


def codes_in(text: str) -> set[str]:
    """The codes in a text, in one spelling."""
    return {match.casefold() for match in _CODE.findall(text)}


def phrases_in(question: str) -> list[str]:
    """The phrases that a question puts in quotes, in one spelling."""
    found = (next(part for part in match if part) for match in _QUOTED.findall(question))
    return [phrase for phrase in map(_one_spelling, found) if phrase]


def _one_spelling(text: str) -> str:
    return " ".join(text.casefold().split())


class ExactIndex:
    """Which passages hold which code, and which article has which id or keyword.

    A match in the id, title or keywords weighs two, one in the text weighs one. What an earlier index read of the same text
    is not read again.
    """

    def __init__(
        self, passages: Sequence[Passage], articles: Mapping[str, Article], before: "ExactIndex | None" = None
    ) -> None:
        known: Mapping[str, tuple[str, frozenset[str]]] = before.read if before else {}
        self.read: Mapping[str, tuple[str, frozenset[str]]] = {
            passage.text: known.get(passage.text) or _read(passage.text) for passage in passages
        }
        self._texts = [self.read[passage.text][0] for passage in passages]
        self._size = len(passages)
        self._in_text: dict[str, list[int]] = defaultdict(list)
        self._in_name: dict[str, list[int]] = defaultdict(list)
        self._holders: dict[str, set[str]] = defaultdict(set)
        named: Mapping[str, _Named] = before.names if before else {}
        self.names: Mapping[str, _Named] = {id_: _names_of(article, named.get(id_)) for id_, article in articles.items()}
        for row, passage in enumerate(passages):
            for code in self.read[passage.text][1]:
                self._in_text[code].append(row)
                self._holders[code].add(passage.article)
            for name in self.names[passage.article][1]:
                self._in_name[name].append(row)
                self._holders[name].add(passage.article)
        self._owners = [passage.article for passage in passages]
        self._many = min(_MANY, max(_FEW, _COMMON * len(articles)))

    def strength(self, question: str) -> IntVector:
        """(n,) int64: how strongly each passage matches exactly; 0 where it does not."""
        strength = np.zeros(self._size, np.int64)
        for code in _asked(question):
            if len(self._holders.get(code, ())) > self._many:
                continue
            strength[self._in_text.get(code, [])] += 1
            strength[self._in_name.get(code, [])] += 2
        for phrase in phrases_in(question)[:_PHRASES]:
            rows = [row for row, text in enumerate(self._texts) if phrase in text]
            if len({self._owners[row] for row in rows}) <= self._many:
                strength[rows] += 1
        return strength


def _read(text: str) -> tuple[str, frozenset[str]]:
    return _one_spelling(text), frozenset(codes_in(text))


def _names_of(article: Article, known: _Named | None) -> _Named:
    called = (article.id, article.group, article.title, *article.keywords)
    if known is not None and known[0] == called:
        return known
    coded = codes_in(" ".join([article.title, *article.keywords]))
    return called, frozenset({article.id.casefold(), article.group.casefold(), *coded})


def _asked(question: str) -> set[str]:
    """Codes of the question, and each of its words that could be an article's id."""
    words = {word.strip(".,;:!?¿¡()[]\"'").casefold() for word in question[:2000].split()}
    return codes_in(question[:2000]) | {word for word in words if "-" in word or "_" in word}
