"""The use case: one question, one scope, one snapshot, one answer."""

from collections.abc import Collection
from dataclasses import replace

from retriever.answer import Answer
from retriever.beyond import above_tier, leads, varying_places, why_empty
from retriever.collapse import Ranked, leaders, ranked_as
from retriever.confidence import ANSWERABLE
from retriever.hits import hit_of
from retriever.leg import SOURCE_LANGUAGE
from retriever.legs import Search
from retriever.question import Query, Question, mended, normalise, understand
from retriever.question_vectors import QuestionVectors
from retriever.reordering import reordered
from retriever.scope import Scope
from retriever.snapshot import NOT_TRANSLATED, Models, Snapshot
from retriever.spelling import Visible


def search(question: Question, scope: Scope, snapshot: Snapshot, models: Models, *, limit: int = 10) -> Answer:
    """Answer one question for one scope from one snapshot, best article first."""
    vectors, read = QuestionVectors(), normalise(question, snapshot.words, placed=scope.jurisdiction is not None)
    if read.lang != SOURCE_LANGUAGE and snapshot.is_whole:
        vectors.begin(models.multilingual, read.issue)  # beside the translation, which takes as long
    query = understand(read, snapshot.words, models.translator)
    asked = _placed(scope, query)
    seen = snapshot.in_scope(asked)
    visible = Visible(snapshot.lexical, seen.allowed.rows, snapshot.words_of)
    slips = snapshot.spelling.corrections(query.issue, query.lang, snapshot.words, visible, models.dictionaries)
    if slips:
        again = models.translator if query.english else NOT_TRANSLATED  # which has had its time
        query = mended(read, slips, snapshot.words, again)
        asked = _placed(scope, query)
        seen = snapshot.in_scope(asked)
    run, allowed = Search(query, snapshot, models, vectors), seen.allowed.rows
    candidates = run.candidates(seen.allowed)
    first = leaders(candidates, snapshot.table)
    order = reordered(first, candidates, query, snapshot, models.reranker)
    shown = order.leaders[: max(limit, 1)].tolist()
    ranked = [ranked_as(candidates, snapshot, allowed, query.shown, index) for index in shown]
    too_little = bool(ranked) and run.says_too_little(allowed)
    probability = run.confidence(candidates, int(first[0])) if ranked and not too_little else 0.0  # fitted on the order before
    answerable = probability >= ANSWERABLE
    return Answer(
        hits=tuple(hit_of(it, candidates, snapshot, query, seen, order.scores.get(it.found)) for it in ranked[:limit]),
        found=len(first),
        answerable=answerable,
        confidence=probability,
        reason=None if answerable else _reason(ranked, snapshot, asked, seen.replaced, query.issue if too_little else None),
        above_tier=above_tier(run, snapshot, asked, seen),
        varies_by_jurisdiction=varying_places(run, ranked[:1], snapshot, asked, seen),
        leads=() if answerable else leads(run, snapshot, asked, seen),
        query=query,
        scope=asked,
        reranked_by=order.by,
        inferred_jurisdiction=query.place,
    )


def _placed(scope: Scope, query: Query) -> Scope:
    """The scope with the place that the words name, if none was asked."""
    return scope if query.place is None else replace(scope, jurisdiction=query.place)


def _reason(
    ranked: list[Ranked],
    snapshot: Snapshot,
    scope: Scope,
    replaced: Collection[str],
    too_little: str | None,
) -> str:
    if too_little is not None:
        if not any(map(str.isalnum, too_little)):
            return "There is no word in this question. Say what happened, and to what."
        return "One word that most articles hold tells none of them from the others. Say what happened, and to what."
    if ranked:
        return "Nothing in scope fits this question well. The nearest articles are listed; check before you use one."
    return why_empty(snapshot, scope, replaced)
