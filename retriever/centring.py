"""Language bias, taken out: a multilingual model places every language in a region of its own.

A Spanish question is nearer to any Spanish passage than to the English passage that answers it. Within one language the
shared region moves every score by the same amount; across languages it decides the ranking. Taking each language's mean away
removes it. Source: Yang, Yang, Cer, Darve, "A Simple and Effective Method To Eliminate the Self Language Bias in Multilingual
Representations", EMNLP 2021. Measured on Tamarind's own articles (docs/decisions/0003-language-bias.md).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from retriever.arrays import FloatMatrix

# How many passages of all languages stand beside a language's own in its mean. One passage alone would be its own mean,
# and so nothing would ever be near it.
BORROWED: Final = 2


def centred(vectors: FloatMatrix, languages: Sequence[str]) -> FloatMatrix:
    """(n, dim) float32: each passage's vector without what all passages of its language have in common.

    vectors:   (n, dim) float32.
    languages: the language of each passage.
    Inner products with a question stay in the same order within one language.
    """
    if not vectors.size:
        return vectors
    everything = vectors.mean(axis=0, dtype=np.float64)
    spoken = np.array(languages)
    moved = np.empty_like(vectors)
    for lang in sorted(set(languages)):
        rows = np.flatnonzero(spoken == lang)
        own = vectors if rows.size == len(vectors) else vectors[rows]
        total = own.sum(axis=0, dtype=np.float64) + BORROWED * everything
        moved[rows] = own - (total / (rows.size + BORROWED))  # in float64, rounded once
    return moved
