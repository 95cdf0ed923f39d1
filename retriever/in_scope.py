"""What one scope sees of a snapshot, worked out once for all the questions that are asked in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from kb.article import Article
from retriever.arrays import BoolVector
from retriever.fusion import ACROSS_LANGUAGES
from retriever.leg import ENGLISH, MULTILINGUAL, SOURCE_LANGUAGE
from retriever.scope import PassageTable, Scope, anywhere, mask, replacements


@dataclass(frozen=True, eq=False)
class Reads:
    """Which rows of a mask each model reads for a question. The rest is not searched."""

    english: BoolVector
    multilingual: BoolVector

    @cached_property
    def by_leg(self) -> Mapping[str, BoolVector]:
        """The models that read any row, and which."""
        both = {ENGLISH: self.english, MULTILINGUAL: self.multilingual}
        return {name: rows for name, rows in both.items() if rows.any()}

    @cached_property
    def served(self) -> BoolVector:
        """(n,) the rows that any of them reads."""
        return self.english | self.multilingual

    @cached_property
    def is_read_twice(self) -> bool:
        """Whether both read some row."""
        return bool((self.english & self.multilingual).any())


class Mask:
    """Some rows of the passage table, and what follows from them for every question."""

    def __init__(self, rows: BoolVector, table: PassageTable) -> None:
        """rows: (n,)."""
        self.rows = rows
        self._table = table
        self._weights: dict[frozenset[str], np.float32] = {}

    @cached_property
    def _english(self) -> BoolVector:
        return self.rows & self._table.languages.get(SOURCE_LANGUAGE, np.zeros(self.rows.size, bool))

    @cached_property
    def _untold(self) -> Reads:
        return Reads(np.zeros(self.rows.size, bool), self.rows)

    @cached_property
    def _translated(self) -> Reads:
        return Reads(self._english, self.rows)

    @cached_property
    def _asked_in_english(self) -> Reads:
        return Reads(self._english, self.rows & ~self._table.with_groups_of(self._english))

    def reads(self, *, asked_in_english: bool, in_english: bool, exact: BoolVector | None) -> Reads:
        """Which of the rows each model reads.

        The English one reads every English text, if the question is there in English. The multilingual one reads everything
        for a question in another language. For an English question it is needed only for articles that have no English text
        the question may see: a translation is one hit with its source. It also reads a translation that alone holds a code
        or phrase of the question.

        exact: (n,) the rows that hold one; None if none does.
        """
        if not in_english:
            return self._untold
        if not asked_in_english or not self._english.any():
            return self._translated
        if exact is None:
            return self._asked_in_english
        alone = self.rows & ~self._english & exact & ~self._table.with_groups_of(self._english & exact)
        return Reads(self._english, self._asked_in_english.multilingual | alone)

    def word_weight(self, spoken: frozenset[str], own: BoolVector) -> np.float32:
        """How much a word counts that a question shares with a row in one of its own languages.

        spoken, own: those languages, as they are indexed; (n,) the rows in them.

        It counts as far as the articles that may be shown could have shared it: if one in ten is written in the question's
        language, its words must not outweigh the nine that have none.
        """
        if spoken not in self._weights:
            mine, every = (int(np.count_nonzero(self._table.groups_with(some))) for some in (self.rows & own, self.rows))
            self._weights[spoken] = np.float32(ACROSS_LANGUAGES + (1 - ACROSS_LANGUAGES) * (mine / max(every, 1)))
        return self._weights[spoken]


class InScope:
    """The masks of one scope, and what is replaced there. The same for every instant until an article begins or ends."""

    def __init__(self, table: PassageTable, overriding: Iterable[Article], highest_tier: int, scope: Scope) -> None:
        """overriding: see replacements."""
        self._table = table
        self._highest_tier = highest_tier
        self.scope = scope
        self.replaced: Mapping[str, Article] = replacements(overriding, scope)
        self.allowed = Mask(mask(table, scope, self.replaced), table)

    @cached_property
    def at_every_tier(self) -> Mask | None:
        """What a reader of the highest tier sees; None if it is no more."""
        wider = mask(self._table, self.scope.at_tier(self._highest_tier), self.replaced)
        return None if np.array_equal(wider, self.allowed.rows) else Mask(wider, self._table)

    @cached_property
    def in_every_place(self) -> Mask:
        """What could be seen in the right place."""
        wider = anywhere(self._table, self.scope)
        return self.allowed if np.array_equal(wider, self.allowed.rows) else Mask(wider, self._table)

    @cached_property
    def beside(self) -> Mask:
        """What lies outside the asked product or place. A text that another one replaces does not, whatever its product."""
        wider = anywhere(self._table, replace(self.scope, products=None))
        return Mask(wider & ~self.allowed.rows & ~self._table.in_groups(set(self.replaced)), self._table)
