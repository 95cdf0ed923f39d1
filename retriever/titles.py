"""The words of titles and keywords, by how they begin."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final

from kb.article import Article
from kb.language import without_accents

WORD: Final = re.compile(r"\w+")
_LAST: Final = "\U0010ffff"


class TitleIndex:
    """The words of every title and keyword, in order, so that what begins with some letters is one cut of a list.

    Over 10,000 articles a prefix is found in microseconds, without a look at each title.
    """

    def __init__(self, articles: Iterable[Article]) -> None:
        self._articles = tuple(articles)
        self._titles = [words_of(article.title) for article in self._articles]
        entries = sorted(
            {
                (word, number)
                for number, article in enumerate(self._articles)
                for text in (article.title, *article.keywords)
                for word in words_of(text)
            }
        )
        self._words = [word for word, _ in entries]
        self._numbers = [number for _, number in entries]

    def find(self, typed: str) -> list[tuple[Article, int]]:
        """Every article of which each typed word begins a word of its title or keywords, with how many do so in the title.

        No typed word finds nothing. The order is the articles'.
        """
        beginnings = words_of(typed)
        if not beginnings:
            return []
        common = set.intersection(*(self._beginning_with(word) for word in beginnings))
        return [(self._articles[number], _beginning(self._titles[number], beginnings)) for number in sorted(common)]

    def _beginning_with(self, word: str) -> set[int]:
        return set(self._numbers[bisect_left(self._words, word) : bisect_left(self._words, word + _LAST)])


def _beginning(words: Sequence[str], beginnings: Sequence[str]) -> int:
    return sum(any(word.startswith(beginning) for word in words) for beginning in beginnings)


def words_of(text: str) -> list[str]:
    """Its words in order, folded."""
    return WORD.findall(folded(text))


def folded(text: str) -> str:
    """Without accents and case: `Depósito` is `deposito`."""
    return without_accents(text.casefold())
