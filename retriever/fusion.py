"""One score from several: a convex combination of normalised scores."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from retriever.arrays import FloatVector


@dataclass(frozen=True, slots=True)
class Shares:
    """How much each leg counts. A text that one of the models does not read has the other's score for both.

    One that neither reads, because the multilingual leg is not there yet, has its words' score for all three.
    """

    words: float
    english: float
    multilingual: float


# One model beside the words: 0.4 on fiqa-dev's 1,622 train questions (docs/decisions/0002-fusion.md).
ONE_MODEL: Final = Shares(0.4, 0.6, 0.6)
# The question's translation for words and English model, the question itself for the other (0004-spanish-by-three-legs.md). A
# text in the question's own language is compared with what was typed: there words count what they do for one model.
TRANSLATED: Final = Shares(0.2, 0.4, 0.4)
# An English question: what the multilingual model is foretold to say, and, of which the first two articles are close then, what
# it says (0005-second-opinion.md).
FORETOLD: Final = Shares(0.35, 0.4, 0.25)
SECOND_OPINION: Final = Shares(0.25, 0.45, 0.3)
CLOSE: Final = 0.01  # of the fused score: 8 % of the train questions, 4 % of our own
CLOSE_UNTOLD: Final = 0.05  # where nothing is foretold, because the passages are few or of another language
# A word that is shared across two languages is a name, a number or an accident: its weight against one shared within a
# language. Measured on banking77-es and the English half of the same questions: docs/decisions/0002-fusion.md.
ACROSS_LANGUAGES: Final = 1 / 6


def convex(lexical: FloatVector, dense: FloatVector, *, weight: float | FloatVector) -> FloatVector:
    """Blend two score lists over the same candidates, both already in [0, 1].

    lexical, dense: (n,) float32, higher is better.
    weight:         share of the lexical list, 0 to 1, unitless; of every candidate, or (n,) of each.
    Returns (n,) float32 in [0, 1]; comparable within this call only.
    Raises ValueError if the lengths differ or weight leaves [0, 1].
    Source: Bruch, Gai, Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023.
    """
    if lexical.shape != dense.shape:
        raise ValueError(f"{lexical.shape} lexical scores and {dense.shape} dense ones; expected one of each per candidate")
    low, high = (weight, weight) if isinstance(weight, float) else (weight.min(), weight.max())
    if not 0 <= low <= high <= 1:
        raise ValueError(f"weight is {weight}; expected a share between 0 and 1")
    blend: FloatVector = (weight * lexical + (1 - weight) * dense).astype(np.float32)
    return blend


def blend(
    lexical: FloatVector,
    english: FloatVector | None,
    multilingual: FloatVector | None,
    shares: Shares,
    words: FloatVector | None = None,
) -> FloatVector:
    """(k,) float32: the blend of what the legs say of each candidate, all in [0, 1].

    english, multilingual: nan for a candidate that the model does not read; None if it reads none of them.
    words:                 the words' share of each candidate, instead of the one share of all.
    """
    total, counted = np.zeros(lexical.size, np.float32), np.zeros(lexical.size, np.float32)
    for scores, share in ((english, np.float32(shares.english)), (multilingual, np.float32(shares.multilingual))):
        if scores is None:
            continue
        gaps = np.isnan(scores)
        if np.count_nonzero(gaps):
            np.add(total, share * scores, out=total, where=~gaps)
            np.add(counted, share, out=counted, where=~gaps)
        else:
            total += share * scores
            counted += share
    dense = np.divide(total, counted, out=lexical.astype(np.float32), where=counted > 0)
    return convex(lexical, dense, weight=shares.words if words is None else words)


def between(scores: FloatVector, low: float, high: float) -> FloatVector:
    """Scores as shares of the way from `low` (0) to `high` (1); what lies outside is clipped.

    A constant list (`low >= high`) scales to zeros: it tells nothing about order. nan, for no score, stays nan.
    """
    if high <= low:
        return np.where(np.isnan(scores), scores, 0).astype(np.float32)
    share: FloatVector = np.minimum(np.maximum((scores - low) / (high - low), 0), 1)  # np.clip takes half as long again
    return share.astype(np.float32, copy=False)
