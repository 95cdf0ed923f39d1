"""The use case: one question, one scope, one snapshot, one answer."""

from collections.abc import Collection
from dataclasses import replace

from retriever.answer import Answer
from retriever.beyond import above_tier, leads, varying_places, why_empty
from retriever.collapse import Ranked, leaders, ranked_as
from retriever.confidence import ANSWERABLE
from retriever.hits import hit_of
from retriever.legs import Search
from retriever.question import Question, mended, understand
from retriever.scope import Scope, mask, replacements
from retriever.snapshot import Models, Snapshot


def search(question: Question, scope: Scope, snapshot: Snapshot, models: Models, *, limit: int = 10) -> Answer:
    """Answer one question for one scope from one snapshot, best article first."""
    query = understand(question, snapshot.words, models.translator)
    inferred = query.place if scope.jurisdiction is None else None
    asked = scope if inferred is None else replace(scope, jurisdiction=inferred)
    replaced = replacements(snapshot.overriding, asked)
    allowed = mask(snapshot.table, asked, replaced)
    slips = snapshot.spelling.corrections(query.issue, query.lang, snapshot.words, snapshot.lexical, allowed)
    if slips:
        query = mended(query, slips, snapshot.words, models.translator)
    run = Search(query, snapshot, models)
    candidates = run.candidates(allowed)
    first = leaders(candidates, snapshot.table)
    ranked = [ranked_as(candidates, snapshot, allowed, query.shown, index) for index in first[: max(limit, 1)].tolist()]
    probability = run.confidence(candidates, ranked[0].found) if ranked else 0.0
    answerable = probability >= ANSWERABLE
    return Answer(
        hits=tuple(hit_of(it, candidates, snapshot, query, asked, replaced) for it in ranked[:limit]),
        found=len(first),
        answerable=answerable,
        confidence=probability,
        reason=None if answerable else _reason(ranked, snapshot, asked, replaced),
        above_tier=above_tier(run, snapshot, asked, allowed, replaced),
        varies_by_jurisdiction=varying_places(run, ranked[:1], snapshot, asked, allowed),
        leads=() if answerable else leads(run, snapshot, asked, allowed, replaced),
        query=query,
        scope=asked,
        inferred_jurisdiction=inferred,
    )


def _reason(ranked: list[Ranked], snapshot: Snapshot, scope: Scope, replaced: Collection[str]) -> str:
    if ranked:
        return "Nothing in scope fits this question well. The nearest articles are listed; check before you use one."
    return why_empty(snapshot, scope, replaced)
