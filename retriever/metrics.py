"""How good a ranking is, and how well a score tells two kinds of questions apart. Pure functions, higher is better."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import numpy as np

DEPTH: Final = 10  # hits that are looked at: what an agent sees without scrolling


def ndcg(ranked: Sequence[str], grades: Mapping[str, float], depth: int = DEPTH) -> float:
    """Normalised discounted cumulative gain of the first `depth` ids, 0 to 1.

    ranked: ids, best first, each once. grades: id → relevance; absent, zero and negative mean not relevant.
    The gain is the grade itself and the discount log2(rank + 1), as in trec_eval's ndcg_cut and BEIR, so that figures
    compare; the ideal ranking is over every graded id, found or not. 0 if nothing is relevant.
    Source: Järvelin, Kekäläinen, "Cumulated Gain-Based Evaluation of IR Techniques", TOIS 2002.
    """
    ideal = _discounted(sorted((grade for grade in grades.values() if grade > 0), reverse=True)[:depth])
    return _discounted([max(0.0, grades.get(name, 0.0)) for name in ranked[:depth]]) / ideal if ideal else 0.0


def _discounted(gains: Sequence[float]) -> float:
    return math.fsum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


def recall(ranked: Sequence[str], relevant: Collection[str], depth: int = DEPTH) -> float:
    """The share of the relevant ids that stand among the first `depth`, 0 to 1; 0 if nothing is relevant.

    With more than `depth` relevant ids it cannot reach 1. Source: trec_eval's recall_k.
    """
    return len(set(ranked[:depth]).intersection(relevant)) / len(relevant) if relevant else 0.0


def hit(ranked: Sequence[str], relevant: Collection[str], depth: int) -> float:
    """1 if a relevant id stands among the first `depth`, else 0. Source: trec_eval's success_k."""
    return float(any(name in relevant for name in ranked[:depth]))


def reciprocal_rank(ranked: Sequence[str], relevant: Collection[str], depth: int = DEPTH) -> float:
    """1 / rank of the first relevant id among the first `depth`, else 0; its mean over questions is MRR.

    Source: Voorhees, "The TREC-8 Question Answering Track Report", 1999.
    """
    return next((1 / rank for rank, name in enumerate(ranked[:depth], 1) if name in relevant), 0.0)


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """The probability, 0 to 1, that a random positive has a higher score than a random negative; a tie counts half.

    None where either list is empty: then there is nothing to tell apart. 0.5 is chance.
    Source: Hanley, McNeil, "The Meaning and Use of the Area under a ROC Curve", Radiology 1982 (the Mann-Whitney U).
    """
    if not len(positive) or not len(negative):
        return None
    below = np.sort(np.asarray(negative, float))
    scores = np.asarray(positive, float)
    wins = np.searchsorted(below, scores, side="left")
    ties = np.searchsorted(below, scores, side="right") - wins
    return float((wins.sum() + ties.sum() / 2) / (scores.size * below.size))
