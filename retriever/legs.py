"""One search inside one mask: words and vectors side by side, fused into one score for each candidate row."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from retriever.arrays import BoolVector, FloatVector, IntVector
from retriever.confidence import Evidence
from retriever.fusion import ACROSS_LANGUAGES, LEXICAL_WEIGHT, between, convex
from retriever.lexical import index_language
from retriever.question import Query
from retriever.ranking import DEPTH, Ranking, merged, top
from retriever.snapshot import SOURCE_LANGUAGE, Leg, Models, Snapshot

WORDS: Final = "lexical"
ENGLISH: Final = "english"
MULTILINGUAL: Final = "multilingual"


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The rows that any leg found, with every leg's raw score for them.

    rows:    (k,) int64, rising.
    score:   (k,) float32, 0 to 1, the fused score; comparable within this search only.
    exact:   (k,) int64, how strongly the row matches a code, an id or a quoted phrase.
    lexical: (k,) float32, BM25.
    dense:   (k,) float32, by the model that serves the row: its cosine, for the multilingual one above its language's mean.
    leg:     (k,) str, the name of that model's leg.
    lists:   each leg's own list, for `explain`.
    """

    rows: IntVector
    score: FloatVector
    exact: IntVector
    lexical: FloatVector
    dense: FloatVector
    leg: NDArray[np.str_]
    lists: Mapping[str, Ranking]


class Search:
    """One query against one snapshot; its vectors and word scores are computed once, for however many masks."""

    def __init__(self, query: Query, snapshot: Snapshot, models: Models) -> None:
        self.query = query
        self._snapshot = snapshot
        self._models = models
        self._searched: dict[str, list[tuple[BoolVector, Ranking]]] = {ENGLISH: [], MULTILINGUAL: []}

    @cached_property
    def _words(self) -> FloatVector:
        return self._snapshot.lexical.scores(self.query.text)

    @cached_property
    def _exact(self) -> IntVector:
        return self._snapshot.exact.strength(self.query.text)

    @cached_property
    def _english(self) -> FloatVector:
        return self._models.english.query(self.query.text)

    @cached_property
    def _multilingual(self) -> FloatVector:
        return self._models.multilingual.query(self.query.text)

    @cached_property
    def _own(self) -> BoolVector:
        """(n,) the rows in the question's language."""
        own = np.zeros(self._snapshot.table.size, bool)
        for lang, rows in self._snapshot.table.languages.items():
            if index_language(lang) == index_language(self.query.lang):
                own |= rows
        return own

    def _word_weight(self, allowed: BoolVector) -> FloatVector:
        """(n,) how much a shared word counts in each row.

        Where row and question are in different languages, a shared word is a name, a number or an accident. Where they are
        in one language it counts as far as the articles that may be shown could have shared it: if one in ten is written in
        the question's language, its words must not outweigh the nine that have none.
        """
        spoken = self._articles(allowed & self._own) / max(self._articles(allowed), 1)
        return np.where(self._own, ACROSS_LANGUAGES + (1 - ACROSS_LANGUAGES) * spoken, ACROSS_LANGUAGES).astype(np.float32)

    def _articles(self, rows: BoolVector) -> int:
        """How many articles have one of these rows, translations counted once."""
        table = self._snapshot.table
        having = np.zeros(len(table.group_names), bool)
        having[table.groups[rows]] = True
        return int(np.count_nonzero(having))

    def candidates(self, allowed: BoolVector) -> Candidates:
        """Search inside the mask. Every row of the answer is allowed."""
        english, other = self._split(allowed)
        served = english | other
        lists = {WORDS: top(self._words, served & (self._words > 0), DEPTH)}
        lists |= {
            name: self._nearest(name, serves) for name, serves in ((ENGLISH, english), (MULTILINGUAL, other)) if serves.any()
        }
        wanted = served & (self._exact > 0)
        for found in lists.values():
            wanted[found.rows] = True
        rows = np.flatnonzero(wanted).astype(np.int64)
        by_english = english[rows]
        raw, dense = np.zeros(rows.size, np.float32), np.zeros(rows.size, np.float32)
        for name, mine in ((ENGLISH, by_english), (MULTILINGUAL, ~by_english)):
            if name in lists:
                raw[mine] = self._leg(name).scores(self._vector(name), rows[mine])
                dense[mine] = between(raw[mine], *self._scale(name, allowed, other, lists[name]))
        words = self._words[rows]
        lexical = between(words, 0.0, float(words.max(initial=0))) * self._word_weight(allowed)[rows]
        fused = convex(lexical, dense, weight=LEXICAL_WEIGHT)
        legs = np.where(by_english, ENGLISH, MULTILINGUAL)
        return Candidates(rows, fused, self._exact[rows], words, raw, legs, lists)

    def evidence(self, candidates: Candidates, index: int) -> Evidence:
        """What speaks for one of the candidates as the answer."""
        leg = str(candidates.leg[index])
        row = int(candidates.rows[index])
        return Evidence(
            leg=leg,
            cosine=self._leg(leg).cosine(self._vector(leg), row),
            lead=float(candidates.dense[index]) - float(candidates.lists[leg].scores.mean()),
            coverage=self._snapshot.lexical.coverage(self.query.text, row),
            exact=float(candidates.exact[index] > 0),
        )

    def _scale(self, name: str, allowed: BoolVector, other: BoolVector, found: Ranking) -> tuple[float, float]:
        """The lowest and highest score of the leg's list: what 0 and 1 mean.

        The multilingual model's comes from all that the question may see, so that beside the English model's list its own
        best row is not the best of all only because it stands alone.
        """
        if name == MULTILINGUAL and not np.array_equal(other, allowed):
            found = self._nearest(name, allowed)
        return float(found.scores[-1]), float(found.scores[0])

    def _nearest(self, name: str, serves: BoolVector) -> Ranking:
        """The leg's list inside a mask. What was already searched for a narrower one is not searched again."""
        for known, found in self._searched[name]:
            if not (known & ~serves).any():
                rest = serves & ~known
                return merged(found, self._search(name, rest), DEPTH) if rest.any() else found
        ranking = self._search(name, serves)
        self._searched[name].append((serves, ranking))
        return ranking

    def _search(self, name: str, serves: BoolVector) -> Ranking:
        return self._leg(name).search(self._vector(name), serves, DEPTH)

    def _leg(self, name: str) -> Leg:
        return self._snapshot.english if name == ENGLISH else self._snapshot.multilingual

    def _vector(self, name: str) -> FloatVector:
        return self._english if name == ENGLISH else self._multilingual

    def _split(self, allowed: BoolVector) -> tuple[BoolVector, BoolVector]:
        """Which allowed rows the English model serves, and which the multilingual one. The rest is not searched.

        An English question needs the multilingual model only for articles that have no English text it may see: a
        translation is one hit with its source. It also reads a translation that alone holds a code or phrase of the
        question. Every other question needs it for everything.
        """
        table = self._snapshot.table
        if SOURCE_LANGUAGE not in table.languages or self.query.lang != SOURCE_LANGUAGE:
            return np.zeros(allowed.size, bool), allowed
        english = allowed & table.languages[SOURCE_LANGUAGE]
        other = allowed & ~english
        if not other.any():
            return english, other
        exact = self._exact > 0
        return english, other & (~self._has(english) | (exact & ~self._has(english & exact)))

    def _has(self, some: BoolVector) -> BoolVector:
        """(n,) bool: the rows whose article has one of these rows, in whatever language."""
        table = self._snapshot.table
        having = np.zeros(len(table.group_names), bool)
        having[table.groups[some]] = True
        return having[table.groups]
