"""One search inside one mask: words and vectors side by side, fused into one score for each candidate row."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import Final

import numpy as np

from retriever.arrays import BoolVector, FloatVector, IntVector
from retriever.confidence import UNSURE, Evidence, confidence
from retriever.fusion import (
    ACROSS_LANGUAGES,
    CLOSE,
    CLOSE_UNTOLD,
    FORETOLD,
    ONE_MODEL,
    SECOND_OPINION,
    TRANSLATED,
    between,
    blend,
)
from retriever.in_scope import Mask, Reads
from retriever.leg import ENGLISH, MULTILINGUAL, SOURCE_LANGUAGE, AskedLeg, Leg
from retriever.lexical import index_language
from retriever.question import Query
from retriever.question_vectors import QuestionVectors
from retriever.ranking import DEPTH, Ladder, Ranking
from retriever.snapshot import Models, Snapshot

WORDS: Final = "lexical"
ALIGNED: Final = "aligned"  # what the multilingual model is foretold to say of an English question


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The rows that any leg found, with every leg's raw score for them.

    rows:    (k,) int64, rising.
    score:   (k,) float32, 0 to 1, the fused score; comparable within this search only.
    exact:   (k,) int64, how strongly the row matches a code, an id or a quoted phrase.
    raw:     for each leg (k,) float32: BM25, or the model's cosine, for the multilingual one above its language's mean;
             nan for a row that the leg does not read. Of an English question also what the multilingual one is foretold to say.
    lists:   each leg's own list, for `explain`.
    """

    rows: IntVector
    score: FloatVector
    exact: IntVector
    raw: Mapping[str, FloatVector]
    lists: Mapping[str, Ranking]

    def read_by(self, leg: str, index: int) -> bool:
        """Whether the leg has a score for this candidate."""
        return leg in self.raw and not isnan(self.raw[leg][index])


class Search:
    """One query against one snapshot; its vectors and word scores are computed once, for however many masks."""

    def __init__(self, query: Query, snapshot: Snapshot, models: Models, vectors: QuestionVectors | None = None) -> None:
        self.query = query
        self._vectors = vectors or QuestionVectors()
        self._snapshot = snapshot
        self._models = models
        self._asked: dict[str, AskedLeg] = {}

    @cached_property
    def _words(self) -> FloatVector:
        return self._snapshot.lexical.scores(self.query.in_language)

    @cached_property
    def _exact(self) -> IntVector:
        return self._snapshot.exact.strength(self.query.text)

    @cached_property
    def _exact_rows(self) -> IntVector:
        """The rows that match exactly, rising: hardly ever any, so they are not looked for again inside each mask."""
        return np.flatnonzero(self._exact).astype(np.int64)

    @cached_property
    def _word_ladder(self) -> Ladder:
        return Ladder(self._words)

    def _sharing(self, served: BoolVector) -> Ranking:
        """The best rows that share a word with the question."""
        found = self._word_ladder.search(served, DEPTH)
        some = int(np.count_nonzero(found.scores > 0))
        return Ranking(found.rows[:some], found.scores[:some])

    @cached_property
    def _english(self) -> FloatVector:
        return self._vectors.get(self._models.english, self.query.in_language(SOURCE_LANGUAGE))

    @cached_property
    def _multilingual(self) -> FloatVector:
        return self._vectors.get(self._models.multilingual, self.query.issue)

    @cached_property
    def _spoken(self) -> frozenset[str]:
        """The languages, as they are indexed, in which the question is there: its own, and English if it was translated."""
        english = [SOURCE_LANGUAGE] if self.query.english is not None else []
        return frozenset([index_language(self.query.lang), *english])

    @cached_property
    def _own(self) -> BoolVector:
        """(n,) the rows in a language in which the question is there: its own, and those it was translated into."""
        return self._rows_in(self._spoken)

    @cached_property
    def _typed(self) -> BoolVector:
        """(n,) the rows in the language in which the question was typed."""
        return self._rows_in({index_language(self.query.lang)})

    def _rows_in(self, languages: Collection[str]) -> BoolVector:
        """(n,) the rows in these languages, as they are indexed."""
        found = np.zeros(self._snapshot.table.size, bool)
        for lang, rows in self._snapshot.table.languages.items():
            if index_language(lang) in languages:
                found |= rows
        return found

    def _word_share(self, rows: IntVector) -> FloatVector:
        """(k,) the words' share of each row of a translated question: what was typed tells more than a translation of it."""
        return np.where(self._typed[rows], np.float32(ONE_MODEL.words), np.float32(TRANSLATED.words))

    def _word_weight(self, mask: Mask, rows: IntVector) -> FloatVector:
        """(k,) how much a shared word counts in each of these rows.

        Where row and question are in different languages, a shared word is a name, a number or an accident.
        """
        within = mask.word_weight(self._spoken, self._own)
        return np.where(self._own[rows], within, np.float32(ACROSS_LANGUAGES))

    def candidates(self, mask: Mask, *, second_opinion: bool = True) -> Candidates:
        """Search inside the mask. Every row of the answer is in it.

        second_opinion: ask the multilingual model too where the first two articles of an English question are close.
        """
        reads = self._reads(mask)
        lists = {WORDS: self._sharing(reads.served)}
        legs = {name: serves for name, serves in reads.by_leg.items() if name in self._snapshot.legs}
        lists |= {name: self._nearest(name, serves) for name, serves in legs.items()}
        found = [ranking.rows for ranking in lists.values()]
        if self._exact_rows.size:
            found.append(self._exact_rows[reads.served[self._exact_rows]])
        rows = _distinct(np.concatenate(found))
        raw = {WORDS: self._words[rows]} | {name: self._raw(name, rows, serves) for name, serves in legs.items()}
        scaled = {name: between(raw[name], *self._scale(name, mask, serves, lists[name])) for name, serves in legs.items()}
        lexical = between(raw[WORDS], 0.0, float(raw[WORDS].max(initial=0))) * self._word_weight(mask, rows)
        whole = self._snapshot.is_whole
        shares = TRANSLATED if whole and reads.is_read_twice else ONE_MODEL
        alone = whole and ENGLISH in lists and shares is ONE_MODEL  # the English model has had its say by itself
        other = scaled.get(MULTILINGUAL)
        if alone and MULTILINGUAL not in lists and self._aligned is not None:
            raw[ALIGNED] = self._aligned.scores(rows)
            other, shares = _spread(raw[ALIGNED]), FORETOLD
        score = blend(lexical, scaled.get(ENGLISH), other, shares, self._word_share(rows) if shares is TRANSLATED else None)
        if alone and (MULTILINGUAL in lists or (second_opinion and self._close(rows, score))):
            raw[MULTILINGUAL] = self._ask(MULTILINGUAL).scores(rows)
            score = blend(lexical, scaled[ENGLISH], _spread(raw[MULTILINGUAL]), SECOND_OPINION)
        return Candidates(rows, score, self._exact[rows], raw, lists)

    @cached_property
    def _aligned(self) -> AskedLeg | None:
        """The multilingual leg, asked by the English model's vector."""
        alignment = self._snapshot.alignment
        return None if alignment is None else self._leg(MULTILINGUAL).asked(alignment.foretold(self._english))

    def _close(self, rows: IntVector, score: FloatVector) -> bool:
        """Whether the two best articles are so near to each other that the multilingual model should be asked too."""
        groups = self._snapshot.table.groups[rows]
        leader = int(score.argmax())
        others = score[groups != groups[leader]]
        close = CLOSE_UNTOLD if self._aligned is None else CLOSE
        return bool(others.size) and float(score[leader] - others.max()) < close

    def evidence(self, candidates: Candidates, index: int, *, second_opinion: bool = False) -> Evidence:
        """What speaks for one of the candidates as the answer. second_opinion: ask the multilingual model of an English one."""
        row = int(candidates.rows[index])
        read = [name for name in (ENGLISH, MULTILINGUAL) if candidates.read_by(name, index)]
        if self.query.lang == SOURCE_LANGUAGE and ENGLISH in read:
            read = [ENGLISH, MULTILINGUAL] if second_opinion else [ENGLISH]
        values = {
            "coverage": self._snapshot.lexical.coverage(self.query.in_language, row),
            "exact": float(candidates.exact[index] > 0),
        }
        for name in read:
            values[f"{name}_cosine"] = self._cosine(name, candidates, index)
            values[f"{name}_lead"] = self._lead(name, candidates, index)
        if self.query.translation is not None and ENGLISH in read:
            return Evidence("translated" if MULTILINGUAL in read else "translated, english", values)
        return Evidence("+".join(read) or "words", values)

    def first_opinion(self, candidates: Candidates, index: int) -> float:
        """The probability, 0 to 1, that the candidate answers, by what has been asked of it."""
        return confidence(self.evidence(candidates, index))

    def says_too_little(self, allowed: BoolVector) -> bool:
        """Whether the question is one word that a third of the allowed passages hold: "customer", "la la la"."""
        return not self._exact_rows.size and not self._snapshot.lexical.tells(self.query.in_language, self._spoken, allowed)

    def confidence(self, candidates: Candidates, index: int) -> float:
        """The probability, 0 to 1, that the candidate answers. Where the English model is unsure the other one is asked too."""
        first = self.first_opinion(candidates, index)
        asks = self._snapshot.is_whole and self.query.lang == SOURCE_LANGUAGE and candidates.read_by(ENGLISH, index)
        unsure = asks and UNSURE[0] < first < UNSURE[1]
        return confidence(self.evidence(candidates, index, second_opinion=True)) if unsure else first

    def _cosine(self, name: str, candidates: Candidates, index: int) -> float:
        """See Leg.cosine. Of the English model it is the score itself; the other's is above its language's mean."""
        if name == ENGLISH:
            return float(candidates.raw[name][index])
        return self._leg(name).cosine(self._vector(name), int(candidates.rows[index]))

    def _lead(self, name: str, candidates: Candidates, index: int) -> float:
        """How far the candidate's score stands above the mean of all candidates: nonsense is equally far from everything."""
        raw = candidates.raw.get(name)
        if raw is None or np.isnan(raw[index]):
            raw = self._ask(name).scores(candidates.rows)
        known = raw[~np.isnan(raw)]
        return float(raw[index]) - float(np.add.reduce(known) / np.float32(known.size))  # its mean(), in a third of the time

    def _raw(self, name: str, rows: IntVector, serves: BoolVector) -> FloatVector:
        """The leg's score of each row, nan where it does not read it."""
        mine = serves[rows]
        if mine.all():
            return self._ask(name).scores(rows)
        raw = np.full(rows.size, np.nan, np.float32)
        raw[mine] = self._ask(name).scores(rows[mine])
        return raw

    def _scale(self, name: str, mask: Mask, serves: BoolVector, found: Ranking) -> tuple[float, float]:
        """The lowest and highest score of the leg's list: what 0 and 1 mean.

        The multilingual model's comes from all that the question may see, so that beside the English model's list its own
        best row is not the best of all only because it stands alone.
        """
        if name == MULTILINGUAL and not np.array_equal(serves, mask.rows):
            found = self._nearest(name, mask.rows)
        return float(found.scores[-1]), float(found.scores[0])

    def _nearest(self, name: str, serves: BoolVector) -> Ranking:
        """The leg's list inside a mask."""
        return self._ask(name).search(serves, DEPTH)

    def _ask(self, name: str) -> AskedLeg:
        """The leg with the question put to it: once, for however many masks."""
        if name not in self._asked:
            self._asked[name] = self._leg(name).asked(self._vector(name))
        return self._asked[name]

    def _leg(self, name: str) -> Leg:
        return self._snapshot.legs[name]

    def _vector(self, name: str) -> FloatVector:
        return self._english if name == ENGLISH else self._multilingual

    def _reads(self, mask: Mask) -> Reads:
        return mask.reads(
            asked_in_english=self.query.lang == SOURCE_LANGUAGE,
            in_english=self.query.english is not None,
            exact=self._exact > 0 if self._exact_rows.size else None,
        )


def _spread(scores: FloatVector) -> FloatVector:
    """From 0 for the lowest of the candidates to 1 for the highest."""
    return between(scores, float(scores.min()), float(scores.max()))


def _distinct(rows: IntVector) -> IntVector:
    """Each row once, rising: what np.unique gives, which takes 40 us for two hundred rows, the first time 15 ms."""
    rows.sort()
    kept = np.ones(rows.size, bool)
    kept[1:] = rows[1:] != rows[:-1]
    return rows[kept]
