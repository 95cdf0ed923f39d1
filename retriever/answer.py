"""What a question gets back: frozen values, nothing about any wire."""

from collections.abc import Mapping
from dataclasses import dataclass

from kb.article import Article
from kb.translation import Lacking, TranslationState
from retriever.passage import Passage
from retriever.question import Query
from retriever.scope import Scope


@dataclass(frozen=True, slots=True)
class PlaceMatch:
    """Why the text applies in the asked place."""

    asked: str | None
    matched: str
    overrides: str | None
    why: str


@dataclass(frozen=True, slots=True)
class LegScore:
    """One leg's view of a hit: its raw score, and its rank in the leg's own list (from 1; None beyond its depth)."""

    score: float
    rank: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a hit came to its place."""

    legs: Mapping[str, LegScore]
    exact: int
    fused: float
    reranker: float | None  # on the reranker's own scale; None if it did not read the hit
    place: str
    ranked_by: str  # id of the article whose passage ranked the hit: a translation may have, for its source


@dataclass(frozen=True, slots=True)
class Hit:
    """One article of the answer, with the passage that answers best.

    lacking:  what a translation that is behind does not say yet, as far as the reader may know.
    internal: it holds words that no customer may be sent.
    """

    article: Article
    passage: Passage
    score: float
    place: PlaceMatch
    translation: TranslationState
    lacking: tuple[Lacking, ...]
    internal: bool
    snippet: str
    highlights: tuple[tuple[int, int], ...]
    say: tuple[str, ...]
    dont_say: tuple[str, ...]
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class Lead:
    """An article outside the asked scope, shown only when nothing inside it fits. `outside` says in which ways."""

    id: str
    title: str
    path: str
    outside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AboveTier:
    """There is guidance that this reader may not see; nothing of it is told but who may."""

    message: str
    escalate_to: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The guidance in force for one question, best article first.

    found:      articles in scope that any leg found, before the limit.
    answerable: whether the best hit probably answers the question.
    confidence: 0 to 1, how probable that is.
    reason:     why there is nothing, or why nothing fits; None if something does.
    reranked_by: the cross-encoder that had the last word on the order of the first hits; None if none had.
    varies_by_jurisdiction: places whose guidance differs from what is shown, when no place was asked.
    """

    hits: tuple[Hit, ...]
    found: int
    answerable: bool
    confidence: float
    reason: str | None
    above_tier: AboveTier | None
    varies_by_jurisdiction: tuple[str, ...]
    leads: tuple[Lead, ...]
    query: Query
    scope: Scope
    reranked_by: str | None
    inferred_jurisdiction: str | None
