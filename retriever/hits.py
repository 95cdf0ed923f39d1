"""From a ranked article to a hit: which text is shown, and how it came to its place."""

from math import isnan

from retriever.answer import Explanation, Hit, LegScore
from retriever.collapse import Ranked
from retriever.in_scope import InScope
from retriever.legs import Candidates
from retriever.question import Query
from retriever.ranking import EMPTY
from retriever.snapshot import Snapshot
from retriever.snippet import snippet


def hit_of(
    ranked: Ranked, candidates: Candidates, snapshot: Snapshot, query: Query, in_scope: InScope, reranker: float | None = None
) -> Hit:
    """One hit. reranker: its score, if it read the hit."""
    article = ranked.article
    shown = snapshot.shown_in(in_scope, ranked.row)
    text, highlights = snippet(snapshot.shown(ranked.row), query.in_language(article.lang), article.lang)
    return Hit(
        article=shown.article,
        passage=snapshot.passages[ranked.row],
        score=ranked.score,
        place=shown.place,
        translation=shown.translation,
        lacking=shown.lacking,
        internal=shown.internal,
        snippet=text,
        highlights=tuple(highlights),
        say=shown.say,
        dont_say=shown.dont_say,
        explanation=Explanation(
            legs=_legs(candidates, ranked.found),
            exact=ranked.exact,
            fused=ranked.score,
            reranker=reranker,
            place=shown.place.why,
            ranked_by=snapshot.passages[int(candidates.rows[ranked.found])].article,
        ),
    )


def _legs(candidates: Candidates, index: int) -> dict[str, LegScore]:
    row = candidates.rows.item(index)
    return {
        name: LegScore(score, candidates.lists.get(name, EMPTY).places.get(row))
        for name, raw in candidates.raw.items()
        if not isnan(score := raw.item(index))
    }
