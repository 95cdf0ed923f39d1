"""From values to the wire."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from itertools import islice
from textwrap import shorten
from typing import Any, Final, Literal
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from api.article_schema import ArticleResponse, StepAnswerOut, StepOut
from api.fact_schema import FactOut
from api.guidance import Answered, Ask, Opened
from api.reader import Reader
from api.schema import (
    AboveTierOut,
    EscalationOut,
    HitOut,
    IndexOut,
    InferredOut,
    JurisdictionOut,
    LeadOut,
    QueryOut,
    ReviewOut,
    ScopeOut,
    SearchResponse,
    TranslationOut,
)
from api.space import DEFAULT
from kb.article import Article, PartScope
from kb.translation import Lacking, TranslationState
from kb.visible import visible_body, visible_html
from retriever.answer import Explanation, Hit
from retriever.scope import Scope, sees
from retriever.snapshot import Snapshot

_MOST_FACTS: Final = 5  # that a hit names; a text that lacks more has to be translated anew, whichever they are
_LEADING: Final = 3  # words before the one that differs
_SHORT: Final = 80  # characters of one of them: what is to be said word for word can be a page
_DIGITS: Final = 4  # of a score: more are noise of the int8 models


def search_response(answered: Answered, ask: Ask, reader: Reader, *, explain: bool, milliseconds: float) -> SearchResponse:
    """One answer for the wire."""
    answer, snapshot = answered.answer, answered.snapshot
    zone = snapshot.library.taxonomy.zone
    today = answer.scope.effective_on.astimezone(zone).date()
    target, anywhere = target_of(ask, answer.scope.jurisdiction), target_of(ask)
    above = answer.above_tier
    return SearchResponse(
        hits=[_hit(hit, today, zone, target, explain=explain) for hit in answer.hits],
        found=answer.found,
        answerable=answer.answerable,
        confidence=round(answer.confidence, _DIGITS),
        reranked=answer.reranked_by is not None,
        reason=answer.reason,
        above_tier=AboveTierOut(message=above.message, escalate_to=above.escalate_to) if above else None,
        varies_by_jurisdiction=list(answer.varies_by_jurisdiction),
        leads=[
            LeadOut(id=lead.id, title=lead.title, url=article_url(lead.id, anywhere), outside=list(lead.outside))
            for lead in answer.leads
        ],
        query=QueryOut(
            text=answer.query.text,
            lang=answer.query.lang,
            translated=answer.query.translation is not None,
            translation=answer.query.translation,
            inferred=InferredOut(jurisdiction=answer.inferred_jurisdiction, product=answer.query.product),
            mended=dict(answer.query.mended),
            redacted=sorted({found.kind for found in ask.struck}),
            struck=[(found.start, found.end) for found in ask.struck],
        ),
        scope=_scope(answer.scope, ask, reader, answer.query.shown, answered.as_of, zone),
        index=_index(snapshot, ask.target),
        receipt=None,
        processing_time_ms=round(milliseconds, 2),
    )


def article_response(opened: Opened, ask: Ask, reader: Reader) -> ArticleResponse:
    """One article for the wire, without the parts that the reader may not see."""
    article = opened.article
    zone = opened.snapshot.library.taxonomy.zone
    visible = visible_to(opened.scope)
    return ArticleResponse(
        id=article.id,
        title=article.title,
        description=article.description,
        url=article_url(article.id, target_of(ask, opened.scope.jurisdiction)),
        kind=article.kind,
        lang=article.lang,
        translation=_translation(article, opened.translation, opened.lacking),
        translations=opened.translations,
        products=sorted(article.products),
        jurisdictions=sorted(article.scope.jurisdictions),
        tier=article.scope.tier,
        effective_from=edge(article.effective_from, zone),
        effective_until=edge(article.effective_until, zone),
        status=article.status,
        in_force=opened.in_force,
        replaced_by=opened.replaced_by,
        supersedes=list(opened.supersedes),
        superseded_by=list(opened.superseded_by),
        overrides=next(iter(opened.overrides), None),
        review=_review(article, opened.scope.effective_on.astimezone(zone).date()),
        owner=article.owner,
        identity_check=article.identity_check,
        escalation=_escalation(article),
        sources=list(article.sources),
        markdown=visible_body(article, visible),
        html=visible_html(article, visible),
        steps=_steps(article, visible),
        commit=article.changed.sha if article.changed else None,
        committed_at=article.changed.at if article.changed else None,
        scope=_scope(opened.scope, ask, reader, ask.lang or article.lang, ask.as_of, zone),
        index=_index(opened.snapshot, ask.target),
    )


def article_url(article_id: str, target: Mapping[str, str]) -> str:
    """Where a person reads the article, in the scope in which it was found."""
    scope = f"?{urlencode(target)}" if target else ""
    return f"/articles/{quote(article_id)}{scope}"


def target_of(ask: Ask, place: str | None = None) -> dict[str, str]:
    """The scope as an address carries it, so that the page shows what the hit showed. place: as asked, or inferred."""
    space = None if ask.target == DEFAULT else ask.target
    said = {"space": space, "jurisdiction": place, "tier": ask.tier, "as_of": ask.as_of, "effective_on": ask.effective_on}
    return {name: _written(value) for name, value in said.items() if value is not None}


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def edge(moment: datetime | None, zone: ZoneInfo) -> str | None:
    """A beginning or end as a date where it is a midnight of the space's zone, else as an instant."""
    if moment is None:
        return None
    local = moment.astimezone(zone)
    return local.date().isoformat() if local.time() == time.min else moment.isoformat()


def _hit(hit: Hit, today: date, zone: ZoneInfo, target: Mapping[str, str], *, explain: bool) -> HitOut:
    article = hit.article
    return HitOut(
        id=article.id,
        title=article.title,
        url=article_url(article.id, target),
        anchor=hit.passage.anchor,
        heading=list(hit.passage.heading),
        kind=article.kind,
        internal=hit.internal,
        snippet=hit.snippet,
        highlights=list(hit.highlights),
        score=round(hit.score, _DIGITS),
        lang=article.lang,
        translation=_translation(article, hit.translation, hit.lacking),
        products=sorted(article.products),
        jurisdiction=JurisdictionOut(
            asked=hit.place.asked, matched=hit.place.matched, overrides=hit.place.overrides, why=hit.place.why
        ),
        tier=hit.passage.scope.tier,
        effective_from=edge(article.effective_from, zone),
        effective_until=edge(article.effective_until, zone),
        status=article.status,
        review=_review(article, today),
        owner=article.owner,
        commit=article.changed.sha if article.changed else None,
        committed_at=article.changed.at if article.changed else None,
        say=list(hit.say),
        dont_say=list(hit.dont_say),
        escalation=_escalation(article),
        identity_check=article.identity_check,
        explain=_explain(hit.explanation) if explain else {},
    )


def _translation(article: Article, state: TranslationState, lacking: Iterable[Lacking]) -> TranslationOut:
    facts = [
        FactOut(kind=it.kind.value, old=old, new=new, heading=list(it.heading))
        for it in islice(lacking, _MOST_FACTS)
        for old, new in [_in_short(it.old, it.new)]
    ]
    return TranslationOut(of=article.translation_of, state=state.value, facts=facts)


def _in_short(old: str | None, new: str | None) -> tuple[str | None, str | None]:
    """Both texts, long ones from shortly before the first word in which they differ."""
    before, after = (old or "").split(), (new or "").split()
    shared = next((n for n, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), 0)
    first = max(0, shared - _LEADING) if max(len(old or ""), len(new or "")) > _SHORT else 0
    told = [
        shorten(" ".join([*(["…"] if first else []), *words[first:]]), _SHORT, placeholder=" …") for words in (before, after)
    ]
    return (told[0] if old else None), (told[1] if new else None)


def _explain(explanation: Explanation) -> dict[str, Any]:
    return {
        "lists": {name: {"score": round(leg.score, _DIGITS), "rank": leg.rank} for name, leg in explanation.legs.items()},
        "exact": explanation.exact,
        "fused": round(explanation.fused, _DIGITS),
        "reranker": None if explanation.reranker is None else round(explanation.reranker, _DIGITS),
        "place": explanation.place,
        "ranked_by": explanation.ranked_by,
    }


def _review(article: Article, today: date) -> ReviewOut:
    state: Literal["ok", "overdue", "none"] = "none"
    if article.review_by is not None:
        state = "overdue" if article.review_by < today else "ok"
    return ReviewOut(by=article.review_by, state=state)


def _escalation(article: Article) -> EscalationOut | None:
    escalation = article.escalation
    if escalation is None:
        return None
    return EscalationOut(to=escalation.to, when=escalation.when, collect=list(escalation.collect))


def _scope(scope: Scope, ask: Ask, reader: Reader, lang: str, as_of: object, zone: ZoneInfo) -> ScopeOut:
    return ScopeOut(
        space=ask.target,
        products=None if scope.products is None else sorted(scope.products),
        jurisdiction=scope.jurisdiction,
        tier=scope.tier,
        lang=lang,
        as_of=None if as_of is None else _written(as_of),
        effective_on=scope.effective_on.astimezone(zone),  # so that whoever shows its day shows the one that counts
        reader=reader.name,
    )


def _index(snapshot: Snapshot, space: str) -> IndexOut:
    manifest = snapshot.manifest
    return IndexOut(
        space=space,
        commit=manifest.commit,
        committed_at=manifest.committed_at,
        built_at=manifest.built_at,
        fingerprint=manifest.fingerprint,
        models=manifest.models,
    )


def visible_to(scope: Scope) -> Callable[[PartScope], bool]:
    """Which parts of an article the scope shows."""
    return lambda part: sees(scope, part)


def _steps(article: Article, visible: Callable[[PartScope], bool]) -> list[StepOut]:
    return [
        StepOut(
            name=step.name,
            question=step.question,
            answers=[
                StepAnswerOut(text=answer.text, step=answer.step, resolved=answer.resolved, escalate=answer.escalate)
                for answer in step.answers
            ],
        )
        for step in article.steps
        if visible(step.scope)
    ]
