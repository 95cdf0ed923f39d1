"""One search inside one mask: words and vectors side by side, fused into one score for each candidate row."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from retriever.arrays import BoolVector, FloatVector, IntVector
from retriever.confidence import Evidence
from retriever.fusion import ACROSS_LANGUAGES, LEXICAL_WEIGHT, between, convex
from retriever.lexical import index_language
from retriever.question import Query
from retriever.ranking import DEPTH, Ranking, top
from retriever.snapshot import SOURCE_LANGUAGE, Leg, Models, Snapshot


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The rows that any leg found, with every leg's raw score for them.

    rows:    (k,) int64, rising.
    score:   (k,) float32, 0 to 1, the fused score; comparable within this search only.
    exact:   (k,) int64, how strongly the row matches a code, an id or a quoted phrase.
    lexical: (k,) float32, BM25.
    dense:   (k,) float32, cosine by the model that serves the row.
    leg:     (k,) object, the name of that model's leg.
    lists:   each leg's own list, for `explain`.
    """

    rows: IntVector
    score: FloatVector
    exact: IntVector
    lexical: FloatVector
    dense: FloatVector
    leg: "np.ndarray[tuple[int], np.dtype[np.object_]]"
    lists: Mapping[str, Ranking]


class Search:
    """One query against one snapshot; its vectors and word scores are computed once, for however many masks."""

    def __init__(self, query: Query, snapshot: Snapshot, models: Models) -> None:
        self.query = query
        self._snapshot = snapshot
        self._models = models

    @cached_property
    def _words(self) -> FloatVector:
        return self._snapshot.lexical.scores(self.query.text)

    @cached_property
    def _english(self) -> FloatVector:
        return self._models.english.query(self.query.text)

    @cached_property
    def _multilingual(self) -> FloatVector:
        return self._models.multilingual.query(self.query.text)

    @cached_property
    def _word_weight(self) -> FloatVector:
        """(n,) how much a shared word counts in each row: less where row and question are in different languages."""
        own = np.zeros(self._snapshot.table.size, bool)
        for lang, rows in self._snapshot.table.languages.items():
            if index_language(lang) == index_language(self.query.lang):
                own |= rows
        return np.where(own, 1.0, ACROSS_LANGUAGES).astype(np.float32)

    def candidates(self, allowed: BoolVector) -> Candidates:
        """Search inside the mask. Every row of the answer is allowed."""
        english, other = self._split(allowed)
        lists = {"lexical": top(self._words, allowed & (self._words > 0), DEPTH)}
        dense = np.zeros(allowed.size, np.float32)
        raw = np.zeros(allowed.size, np.float32)
        legs = np.full(allowed.size, "", object)
        exact = self._snapshot.exact.strength(self.query.text, allowed)
        wanted = [lists["lexical"].rows, np.flatnonzero(exact)]
        served = [("english", self._snapshot.english, english), ("multilingual", self._snapshot.multilingual, other)]
        for name, leg, serves in served:
            if serves.any():
                lists[name] = leg.search(self._vector(name), serves, DEPTH)
                wanted.append(lists[name].rows)
        rows = np.unique(np.concatenate(wanted)).astype(np.int64)
        for name, leg, serves in served:
            if serves.any():
                mine = rows[serves[rows]]
                raw[mine] = leg.scores(self._vector(name), mine)
                dense[mine] = between(raw[mine], *self._scale(name, leg, serves, allowed, lists[name]))
                legs[mine] = name
        words = self._words[rows]
        lexical = between(words, 0.0, float(words.max(initial=0))) * self._word_weight[rows]
        fused = convex(lexical, dense[rows], weight=LEXICAL_WEIGHT)
        return Candidates(rows, fused, exact[rows], words, raw[rows], legs[rows], lists)

    def evidence(self, candidates: Candidates, index: int) -> Evidence:
        """What speaks for one of the candidates as the answer."""
        leg = str(candidates.leg[index])
        cosine = float(candidates.dense[index])
        return Evidence(
            leg=leg,
            cosine=cosine,
            lead=cosine - float(candidates.lists[leg].scores.mean()),
            coverage=self._snapshot.lexical.coverage(self.query.text, int(candidates.rows[index])),
            exact=float(candidates.exact[index] > 0),
        )

    def _scale(self, name: str, leg: Leg, serves: BoolVector, allowed: BoolVector, found: Ranking) -> tuple[float, float]:
        """The lowest and highest score of the leg's list: what 0 and 1 mean.

        The multilingual model's comes from all that the question may see, so that beside the English model's list its own
        best row is not the best of all only because it stands alone.
        """
        if name == "multilingual" and not np.array_equal(serves, allowed):
            found = leg.search(self._vector(name), allowed, DEPTH)
        return float(found.scores[-1]), float(found.scores[0])

    def _vector(self, leg: str) -> FloatVector:
        return self._english if leg == "english" else self._multilingual

    def _split(self, allowed: BoolVector) -> tuple[BoolVector, BoolVector]:
        """Which allowed rows the English model serves, and which the multilingual one.

        An English question needs the multilingual model only for articles that have no English text it may see: a
        translation is one hit with its source. Every other question needs it for everything.
        """
        table = self._snapshot.table
        english = table.languages.get(SOURCE_LANGUAGE)
        if english is None or self.query.lang != SOURCE_LANGUAGE:
            return np.zeros(allowed.size, bool), allowed
        spoken = np.zeros(len(table.group_names), bool)
        spoken[table.groups[allowed & english]] = True
        return allowed & english, allowed & ~english & ~spoken[table.groups]
