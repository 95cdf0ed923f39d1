"""Exact matches: codes, article ids and quoted phrases, which rank first."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from kb.article import Article
from retriever.arrays import IntVector
from retriever.passage import Passage

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

    A match in the id, title or keywords weighs two, one in the text weighs one. What an earlier index knows of an article that
    is still the same is not looked up again.
    """

    def __init__(
        self,
        passages: Sequence[Passage],
        articles: Mapping[str, Article],
        rows_of: Mapping[str, range],
        before: "ExactIndex | None" = None,
    ) -> None:
        """rows_of: where each article's passages stand."""
        known: Mapping[str, tuple[str, frozenset[str]]] = before.read if before else {}
        self.read: Mapping[str, tuple[str, frozenset[str]]] = {
            passage.text: known.get(passage.text) or _read(passage.text) for passage in passages
        }
        self._passages = passages
        self._articles = articles
        self._rows_of = rows_of
        self._names: dict[str, frozenset[str]] = {}
        self._codes: dict[str, frozenset[str]] = {}  # of names and texts
        for id_, rows in rows_of.items():
            if before is not None and before._articles.get(id_) is articles[id_]:
                self._names[id_], self._codes[id_] = before._names[id_], before._codes[id_]
            else:
                self._names[id_] = _names_of(articles[id_])
                texts = (self.read[passages[row].text][1] for row in rows)
                self._codes[id_] = self._names[id_].union(*texts)
        self._holders: Mapping[str, frozenset[str]] = _holders(
            self._codes, before._codes if before else {}, before._holders if before else {}
        )
        self._many = min(_MANY, max(_FEW, _COMMON * len(articles)))

    def strength(self, question: str) -> IntVector:
        """(n,) int64: how strongly each passage matches exactly; 0 where it does not."""
        strength = np.zeros(len(self._passages), np.int64)
        for code in _asked(question):
            holders = self._holders.get(code, frozenset())
            if len(holders) > self._many:
                continue
            for id_ in holders:
                named = 2 * (code in self._names[id_])
                for row in self._rows_of[id_]:
                    strength[row] += named + (code in self.read[self._passages[row].text][1])
        for phrase in phrases_in(question)[:_PHRASES]:
            rows = [row for row, passage in enumerate(self._passages) if phrase in self.read[passage.text][0]]
            if len({self._passages[row].article for row in rows}) <= self._many:
                strength[rows] += 1
        return strength


def _holders(
    codes: Mapping[str, frozenset[str]], before: Mapping[str, frozenset[str]], known: Mapping[str, frozenset[str]]
) -> Mapping[str, frozenset[str]]:
    """Code → articles that hold it; by what was known of the articles before, whose codes these are."""
    nothing: frozenset[str] = frozenset()
    if not known:
        anew: dict[str, set[str]] = defaultdict(set)
        for id_, its in codes.items():
            for code in its:
                anew[code].add(id_)
        return {code: frozenset(ids) for code, ids in anew.items()}
    holders = dict(known)
    for id_ in [id_ for id_ in codes.keys() | before.keys() if codes.get(id_) is not before.get(id_)]:
        old, new = before.get(id_, nothing), codes.get(id_, nothing)
        for code in old - new:
            holders[code] -= {id_}
        for code in new - old:
            holders[code] = holders.get(code, nothing) | {id_}
    return holders


def _read(text: str) -> tuple[str, frozenset[str]]:
    return _one_spelling(text), frozenset(codes_in(text))


def _names_of(article: Article) -> frozenset[str]:
    coded = codes_in(" ".join([article.title, *article.keywords]))
    return frozenset({article.id.casefold(), article.group.casefold(), *coded})


def _asked(question: str) -> set[str]:
    """Codes of the question, and each of its words that could be an article's id."""
    words = {word.strip(".,;:!?¿¡()[]\"'").casefold() for word in question[:2000].split()}
    return codes_in(question[:2000]) | {word for word in words if "-" in word or "_" in word}
