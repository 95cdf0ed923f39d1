"""How probable it is that the best hit answers the question: a logistic model over a handful of features."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

FEATURES: Final = ("cosine", "lead", "coverage", "exact")
ANSWERABLE: Final = 0.5  # the probability from which an answer is called one


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the best hit.

    leg:      which model compared it with the question.
    cosine:   of question and passage, as that model gives it, -1 to 1.
    lead:     how far the passage's score stands above the mean of the leg's list: nonsense is equally far from everything.
    coverage: share of the question's words, by rarity, that the passage holds, 0 to 1.
    exact:    1 if a code, id or quoted phrase matched, else 0.
    """

    leg: str
    cosine: float
    lead: float
    coverage: float
    exact: float

    def values(self) -> Sequence[float]:
        """The features in the order of FEATURES."""
        return (self.cosine, self.lead, self.coverage, self.exact)


@dataclass(frozen=True, slots=True)
class _Model:
    weights: tuple[float, ...]
    bias: float


@cache
def _models() -> Mapping[str, _Model]:
    """Coefficients for each leg, as `benchmarks/fit_confidence.py` wrote them."""
    table = json.loads((files("retriever") / "confidence.json").read_text())
    return {
        leg: _Model(tuple(entry["weights"][name] for name in FEATURES), entry["bias"]) for leg, entry in table["legs"].items()
    }


def confidence(evidence: Evidence) -> float:
    """The probability, 0 to 1, that the best hit answers the question."""
    model = _models()[evidence.leg]
    odds = model.bias + sum(weight * value for weight, value in zip(model.weights, evidence.values(), strict=True))
    return 1 / (1 + math.exp(-max(-60.0, min(60.0, odds))))
