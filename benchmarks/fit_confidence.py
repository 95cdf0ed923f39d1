"""Fit retriever/confidence.json: from what is known of the best hit to the probability that the articles hold an answer.

    python -m benchmarks.fit_confidence ../shared/data [KIND ...]

KIND: fit these anew and leave the others as they stand in the file; without any, all.

A logistic model for each leg. A question counts as answerable if an article of the corpus answers it, wherever that
article ranks: `answerable` is about the articles, and the agent reads more than the first hit. Questions of other sets, on
subjects that the corpus does not treat, are those that nothing answers (PAIRS; sets whose subjects overlap are not paired).
Each pairing weighs as the root of its questions, answerable ones as much as the others in all.

The bias is then moved so that a probability of 0.5 refuses REFUSED of the questions that nothing answers. Never fitted on
clinc-finance-oos, which is reported, nor on the articles of this repository.

Tried on held-out corpora and left out, because none gained: the distance to the mean of all passages, the same in standard
deviations, to the third and tenth hit, length of the question, number of passages, BM25 of the hit. The multilingual
cosine beside the English one gains (AUROC on clinc-finance-oos 0.989 → 0.992) and costs 5.5 ms for every English question.
"""

import json
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from api.evaluation import Published, publish
from api.evaluation_set import EvaluationSet, Judged, read_set
from api.loading import open_models
from api.settings import read_settings
from retriever.arrays import FloatVector
from retriever.collapse import leaders
from retriever.confidence import KINDS
from retriever.embedder import Embedder, Progress
from retriever.in_scope import Mask
from retriever.leg import FIRST
from retriever.legs import Search
from retriever.metrics import auroc
from retriever.question import Query, Question, normalise, understand
from retriever.snapshot import Models, Snapshot
from retriever.snapshot_build import build
from retriever.vector_cache import VectorCache

Floats = NDArray[np.float64]

OUTPUT: Final = Path(__file__).parent.parent / "retriever" / "confidence.json"
SPANISH_XQUAD: Final = "xquad-es"  # xquad-es-en with its Spanish paragraphs: Spanish over Spanish
QUESTIONS: Final = 200  # of each set and language
REFUSED: Final = 0.95
RIDGE: Final = 1e-3
# Not fitted: under 1 % of these questions hold a code, an id or a quoted phrase that an article has, too few to tell. A match
# makes the odds seven times as high.
EXACT: Final = 2.0
SEED: Final = 7

# corpus → sets whose questions it answers, sets whose questions nothing in it answers
PAIRS: Final[Mapping[str, tuple[Sequence[str], Sequence[str]]]] = {
    "banking77": (
        ("banking77", "banking77-es"),
        ("fiqa-dev", "mtrag-cloud", "mtrag-govt", "votegov-jurisdiction", "xquad-es-en"),
    ),
    "logingov-help": (
        ("logingov-help",),
        ("fiqa-dev", "mtrag-cloud", "nlupp-banking", "votegov-jurisdiction", "xquad-es-en"),
    ),
    "mtrag-govt": (("mtrag-govt",), ("mtrag-cloud", "nlupp-banking", "xquad-es-en")),
    "votegov-jurisdiction": (
        ("votegov-jurisdiction",),
        ("banking77", "banking77-es", "fiqa-dev", "logingov-help", "mtrag-cloud", "nlupp-banking", "xquad-es-en"),
    ),
    "xquad-es-en": (
        ("xquad-es-en",),
        ("banking77", "banking77-es", "fiqa-dev", "logingov-help", "mtrag-cloud", "mtrag-govt", "votegov-jurisdiction"),
    ),
    SPANISH_XQUAD: (
        ("xquad-es-en",),
        ("banking77", "banking77-es", "fiqa-dev", "logingov-help", "mtrag-cloud", "mtrag-govt", "votegov-jurisdiction"),
    ),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One question asked of one corpus. kind: of KINDS. values: its features without `exact`, in their order."""

    corpus: str
    asked: str
    lang: str
    kind: str
    values: Sequence[float]
    answerable: bool


@dataclass(frozen=True, slots=True)
class Fitted:
    """One leg's model, and how it does on what it was fitted on and on corpora that were held out."""

    weights: Floats
    bias: float
    questions: int
    auroc: float | None
    kept: float
    held_out: Mapping[str, float | None]


class Remembering:
    """An embedder that embeds each question once, because it is asked of several corpora."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, FloatVector] = {}
        self.name = embedder.name
        self.dim = embedder.dim

    def passages(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """See Embedder."""
        return self._embedder.passages(texts, progress=progress)

    def query(self, text: str) -> FloatVector:
        """See Embedder."""
        if text not in self._known:
            self._known[text] = self._embedder.query(text)
        return self._known[text]


def main(data: Path, wanted: Collection[str]) -> None:
    """Gather the features, fit the wanted kinds, write them down."""
    settings = read_settings()
    models = open_models(settings)
    models = Models(Remembering(models.english), Remembering(models.multilingual), models.translator)
    names = {name for own, foreign in PAIRS.values() for name in (*own, *foreign)}
    questions = {name: drawn(read_set(data / name).questions) for name in names}
    samples: list[Sample] = []
    for corpus, (own, foreign) in PAIRS.items():
        published = publish(_corpus(data, corpus), models, settings.data_dir / "eval" / "vectors.sqlite")
        snapshots = of_both_stages(published, models, settings.data_dir / "eval" / "vectors.sqlite")
        for name in (*own, *foreign):
            samples += sampled(snapshots, questions[name], models, (corpus, name), answerable=name in own)
        print(f"{corpus}: {len(samples)} questions so far", flush=True)
    fitted = {kind: fit_kind([it for it in samples if it.kind == kind]) for kind in KINDS if kind in wanted}
    for kind, it in fitted.items():
        print(f"{kind}: {it.questions} questions, auroc {it.auroc:.4f}, kept {it.kept:.3f}, held out {it.held_out}")
    before, now = json.loads(OUTPUT.read_text()), _as_json(fitted)
    OUTPUT.write_text(json.dumps({name: _merged(before[name], value) for name, value in now.items()}, indent=1) + "\n")


def _merged(before: object, now: object) -> object:
    return before | now if isinstance(before, dict) and isinstance(now, dict) else now


def _corpus(data: Path, name: str) -> EvaluationSet:
    if name != SPANISH_XQUAD:
        return read_set(data / name)
    source = read_set(data / "xquad-es-en")
    lines = [json.loads(line) for line in (data / "xquad-es-en" / "corpus.jsonl").read_text().splitlines()]
    spanish = {line["_id"]: line["metadata"]["text_es"] for line in lines}
    documents = tuple(replace(it, text=spanish[it.id], lang="es") for it in source.documents)
    return replace(source, name=name, documents=documents)


def drawn(questions: Sequence[Judged]) -> list[Judged]:
    """At most QUESTIONS of each language, always the same ones."""
    found = []
    for lang in sorted({it.lang or "" for it in questions}):
        mine = [it for it in questions if (it.lang or "") == lang and it.grades]
        Random(SEED).shuffle(mine)  # noqa: S311  # a sample, not a secret
        found += mine[:QUESTIONS]
    return found


def of_both_stages(published: Published, models: Models, vectors: Path) -> tuple[Snapshot, Snapshot]:
    """What the snapshot was before its multilingual leg was there, and the whole one."""
    whole = published.guidance.spaces["default"].current()
    with VectorCache(vectors) as cache:
        return build(whole.library, models, cache, before=whole, legs=FIRST), whole


def sampled(
    snapshots: Sequence[Snapshot], questions: Sequence[Judged], models: Models, asked: tuple[str, str], *, answerable: bool
) -> list[Sample]:
    """What is known of each question's best hit, with every passage in scope. asked: the corpus, and whose questions."""
    found = []
    for question in questions:
        read = understand(normalise(Question(question.text)), snapshots[0].words, models.translator)
        untranslated = [] if read.translation is None else [replace(read, english=None)]
        for query in (read, *untranslated):
            evidences = {kind: values for snapshot in snapshots for kind, values in _known(query, snapshot, models).items()}
            found += [Sample(*asked, query.lang, kind, values, answerable) for kind, values in evidences.items()]
    return found


def _known(query: Query, snapshot: Snapshot, models: Models) -> dict[str, list[float]]:
    run = Search(query, snapshot, models)
    candidates = run.candidates(Mask(np.ones(snapshot.table.size, bool), snapshot.table))
    best = leaders(candidates, snapshot.table)[:1].tolist()  # none where not even a word is shared
    opinions = (False, True) if snapshot.is_whole else (False,)
    evidences = [run.evidence(candidates, index, second_opinion=it) for index in best for it in opinions]
    return {it.kind: [it.values[name] for name in fitted_features(it.kind)] for it in evidences}


def fitted_features(kind: str) -> list[str]:
    """The features of a kind whose weights are fitted."""
    return [name for name in KINDS[kind] if name != "exact"]


def fit_kind(samples: Sequence[Sample]) -> Fitted:
    """One kind's model, its bias set on all samples; held out: AUROC on each corpus by a fit on the others."""
    features, labels, shares = _arrays(samples)
    weights, bias = logistic(features, labels, shares)
    scores = features @ weights + bias
    bias -= _quantile(scores[~labels], shares[~labels], REFUSED)
    held_out = {}
    for corpus in sorted({it.corpus for it in samples}):
        rest, own = ([it for it in samples if (it.corpus == corpus) is wanted] for wanted in (False, True))
        theirs, _ = logistic(*_arrays(rest))
        own_features, own_labels, _ = _arrays(own)
        found = own_features @ theirs
        area = auroc(found[own_labels].tolist(), found[~own_labels].tolist())
        held_out[corpus] = None if area is None else round(area, 4)
    scores = features @ weights + bias
    kept = float((shares[labels] * (scores[labels] >= 0)).sum() / shares[labels].sum())
    return Fitted(weights, bias, len(samples), auroc(scores[labels].tolist(), scores[~labels].tolist()), kept, held_out)


def _arrays(samples: Sequence[Sample]) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """Features (n, f), labels (n,), and weights (n,) that sum to 1, half of it on each label."""
    features = np.array([it.values for it in samples], float)
    labels = np.array([it.answerable for it in samples], bool)
    pairings = [(it.corpus, it.asked, it.lang) for it in samples]
    counts = Counter(pairings)
    shares = np.array([counts[pairing] ** -0.5 for pairing in pairings])
    for label in (True, False):
        if (labels == label).any():
            shares[labels == label] /= 2 * shares[labels == label].sum()
    return features, labels, shares


def logistic(features: Floats, labels: NDArray[np.bool_], shares: Floats) -> tuple[Floats, float]:
    """Weights (f,) and bias of a logistic regression by Newton's method, with a ridge on the standardised weights.

    features: (n, f), any scale. labels: (n,). shares: (n,), the weight of each row, summing to 1.
    Source: Hastie, Tibshirani, Friedman, "The Elements of Statistical Learning", 2nd edition, section 4.4.1.
    """
    mean, spread = features.mean(0), features.std(0) + 1e-9
    rows = np.c_[(features - mean) / spread, np.ones(len(features))]
    ridge = np.diag([RIDGE] * features.shape[1] + [0.0])
    solution = np.zeros(rows.shape[1])
    for _ in range(100):
        chance = 1 / (1 + np.exp(-np.clip(rows @ solution, -40, 40)))
        gradient = rows.T @ (shares * (chance - labels)) + ridge @ solution
        hessian = (rows * (shares * chance * (1 - chance))[:, None]).T @ rows + ridge
        step = np.linalg.solve(hessian, gradient)
        solution -= step
        if np.abs(step).max() < 1e-9:
            break
    weights = solution[:-1] / spread
    return weights, float(solution[-1] - weights @ mean)


def _quantile(scores: Floats, shares: Floats, share: float) -> float:
    """The score below which this share of the weight lies."""
    order = np.argsort(scores)
    reached = np.cumsum(shares[order]) / shares.sum()
    return float(scores[order][np.searchsorted(reached, share)])


def _as_json(fitted: Mapping[str, Fitted]) -> dict[str, object]:
    return {
        "kinds": {
            kind: {
                "weights": {name: round(float(value), 4) for name, value in zip(fitted_features(kind), it.weights, strict=True)}
                | {"exact": EXACT},
                "bias": round(it.bias, 4),
            }
            for kind, it in fitted.items()
        },
        "fitted_on": sorted({name for own, foreign in PAIRS.values() for name in (*own, *foreign)}),
        "command": "python -m benchmarks.fit_confidence ../shared/data",
        "questions": {kind: it.questions for kind, it in fitted.items()},
    }


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("kinds", nargs="*", metavar="KIND")
    given = parser.parse_args()
    main(given.data, given.kinds or list(KINDS))
