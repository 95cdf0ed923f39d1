"""How probable it is that the best hit answers the question: a logistic model over a handful of features."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

# What is known of a hit, by which legs read it. `translated`: the question was put into English. `translated, english` and
# `words`: the same, and what no model has read, as long as the multilingual leg is not there.
KINDS: Final[Mapping[str, Sequence[str]]] = {
    "english": ("english_cosine", "english_lead", "coverage", "exact"),
    "english+multilingual": (
        "english_cosine", "english_lead", "multilingual_cosine", "multilingual_lead", "coverage", "exact",
    ),
    "translated": ("english_cosine", "english_lead", "multilingual_cosine", "multilingual_lead", "coverage", "exact"),
    "multilingual": ("multilingual_cosine", "multilingual_lead", "coverage", "exact"),
    "translated, english": ("english_cosine", "english_lead", "coverage", "exact"),
    "words": ("coverage", "exact"),
}  # fmt: skip
ANSWERABLE: Final = 0.5  # the probability from which an answer is called one
UNSURE: Final = (0.2, 0.8)  # between them the English model's opinion is not enough: asked of 15 % of clinc's questions


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one hit.

    kind:   one of KINDS. values: its features.
    cosine: of question and passage, as that model gives it, -1 to 1.
    lead:   how far the passage's score stands above the mean of all candidates.
    coverage: share of the question's words, by rarity, that the passage holds, 0 to 1.
    exact:  1 if a code, id or quoted phrase matched, else 0.
    """

    kind: str
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Model:
    weights: Mapping[str, float]
    bias: float


@cache
def _models() -> Mapping[str, _Model]:
    """Coefficients for each kind, as `benchmarks/fit_confidence.py` wrote them."""
    table = json.loads((files("retriever") / "confidence.json").read_text())
    return {kind: _Model(entry["weights"], entry["bias"]) for kind, entry in table["kinds"].items()}


def confidence(evidence: Evidence) -> float:
    """The probability, 0 to 1, that the hit answers the question."""
    model = _models()[evidence.kind]
    odds = model.bias + sum(model.weights[name] * evidence.values[name] for name in KINDS[evidence.kind])
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, odds))))
