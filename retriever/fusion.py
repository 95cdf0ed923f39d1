"""One score from several: a convex combination of normalised scores."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from retriever.arrays import FloatVector

# The share of words in the blend, on fiqa-dev's 1,622 train questions (never on the reported ones): see
# docs/decisions/0002-fusion.md.
LEXICAL_WEIGHT: Final = 0.4
# Where two models read a passage beside the words: the question's translation and the question itself (0004-spanish.md).
LEXICAL_WEIGHT_OF_THREE: Final = 0.2
# A word that is shared across two languages is a name, a number or an accident: its weight against one shared within a
# language. Measured on banking77-es and the English half of the same questions: docs/decisions/0002-fusion.md.
ACROSS_LANGUAGES: Final = 1 / 6


def convex(lexical: FloatVector, dense: FloatVector, *, weight: float) -> FloatVector:
    """Blend two score lists over the same candidates, both already in [0, 1].

    lexical, dense: (n,) float32, higher is better.
    weight:         share of the lexical list, 0 to 1, unitless.
    Returns (n,) float32 in [0, 1]; comparable within this call only.
    Raises ValueError if the lengths differ or weight leaves [0, 1].
    Source: Bruch, Gai, Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", TOIS 2023.
    """
    if lexical.shape != dense.shape:
        raise ValueError(f"{lexical.shape} lexical scores and {dense.shape} dense ones; expected one of each per candidate")
    if not 0 <= weight <= 1:
        raise ValueError(f"weight is {weight}; expected a share between 0 and 1")
    blend: FloatVector = (weight * lexical + (1 - weight) * dense).astype(np.float32)
    return blend


def mean_of(lists: Sequence[FloatVector], size: int) -> FloatVector:
    """(size,) float32: the mean of each candidate's scores, over the lists that have one for it; 0 where none has.

    lists: each (size,) float32, nan for a candidate that the list says nothing of.
    """
    total, counted = np.zeros(size, np.float32), np.zeros(size, np.float32)
    for scores in lists:
        told = ~np.isnan(scores)
        total[told] += scores[told]
        counted[told] += 1
    mean: FloatVector = (total / np.maximum(counted, 1)).astype(np.float32)
    return mean


def between(scores: FloatVector, low: float, high: float) -> FloatVector:
    """Scores as shares of the way from `low` (0) to `high` (1); what lies outside is clipped.

    A constant list (`low >= high`) scales to zeros: it tells nothing about order. nan, for no score, stays nan.
    """
    if high <= low:
        return np.where(np.isnan(scores), scores, 0).astype(np.float32)
    share: FloatVector = np.clip((scores - low) / (high - low), 0, 1).astype(np.float32)
    return share
