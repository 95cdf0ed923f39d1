"""From a ranked article to a hit: why it applies here, which text is shown, what to say."""

from collections.abc import Mapping

from kb.article import NEVER_SENT, Article, BlockKind, is_in_force
from kb.jurisdiction import ALL, nearest
from kb.translation import Lacking, translation_state
from retriever.answer import Explanation, Hit, LegScore, PlaceMatch
from retriever.collapse import Ranked
from retriever.legs import Candidates
from retriever.passage import Passage
from retriever.question import Query
from retriever.ranking import EMPTY
from retriever.scope import Scope, sees
from retriever.snapshot import Snapshot
from retriever.snippet import snippet


def hit_of(
    ranked: Ranked,
    candidates: Candidates,
    snapshot: Snapshot,
    query: Query,
    scope: Scope,
    replaced: Mapping[str, Article],
    reranker: float | None = None,
) -> Hit:
    """One hit. replaced: see scope.replacements. reranker: its score, if it read the hit."""
    article = ranked.article
    visible = snapshot.seen(article.id, scope.tier, scope.jurisdiction)
    passage = snapshot.passages[ranked.row]
    text, highlights = snippet(snapshot.shown(ranked.row), query.in_language(article.lang), article.lang)
    place = _place(snapshot, article, passage.scope.jurisdictions, scope, replaced)
    ranked_by = snapshot.passages[int(candidates.rows[ranked.found])].article
    return Hit(
        article=visible,
        passage=passage,
        score=ranked.score,
        place=place,
        translation=translation_state(snapshot.articles.get(article.translation_of or ""), article, snapshot.library.lacking),
        lacking=lacking(snapshot, article, scope),
        internal=_is_internal(article, passage),
        snippet=text,
        highlights=tuple(highlights),
        say=_spoken(visible, BlockKind.SAY, passage.heading),
        dont_say=_spoken(visible, BlockKind.DONT_SAY, passage.heading),
        explanation=Explanation(
            legs=_legs(candidates, ranked.found),
            exact=ranked.exact,
            fused=ranked.score,
            reranker=reranker,
            place=place.why,
            ranked_by=ranked_by,
        ),
    )


def lacking(snapshot: Snapshot, article: Article, scope: Scope) -> tuple[Lacking, ...]:
    """The facts of its source that a translation does not say yet, without those that stand where the reader may not look."""
    lack = snapshot.library.lacking.get(article.id)
    return tuple(fact for fact in lack.facts if all(sees(scope, it) for it in fact.scopes)) if lack else ()


def _is_internal(article: Article, passage: Passage) -> bool:
    return any(block.kind in NEVER_SENT and block.start < passage.end and passage.start < block.end for block in article.blocks)


def _legs(candidates: Candidates, index: int) -> dict[str, LegScore]:
    row = int(candidates.rows[index])
    return {
        name: LegScore(float(scores[index]), candidates.lists.get(name, EMPTY).place(row))
        for name, scores in candidates.raw.items()
        if candidates.read_by(name, index)
    }


def _place(
    snapshot: Snapshot, article: Article, places: frozenset[str], scope: Scope, replaced: Mapping[str, Article]
) -> PlaceMatch:
    """Which of the passage's places is the asked one's nearest, and what the text replaces there.

    A replaced article is named only to a reader who could see it elsewhere: never one of a higher tier, or a draft.
    """
    target = snapshot.members[article.group][0].overrides or ""
    if scope.jurisdiction is None:
        shown = sorted(place for place in places if "-" not in place)
        names = "every place" if ALL in shown else ", ".join(shown)
        return PlaceMatch(None, ALL if ALL in shown else shown[0], None, f"no place was asked; this text is for {names}")
    matched = nearest(places, scope.jurisdiction) or ALL
    label = "text for every place" if matched == ALL else f"{matched} text"
    other = snapshot.articles.get(target) if target in replaced and replaced[target].group == article.group else None
    if other is not None and other.scope.tier <= scope.tier and is_in_force(other, scope.effective_on):
        where = ", ".join(sorted(other.scope.jurisdictions))
        return PlaceMatch(scope.jurisdiction, matched, other.id, f"{label}; replaces {other.title} ({where})")
    inside = "" if matched in (scope.jurisdiction, ALL) else f"; {scope.jurisdiction} lies in {matched}"
    return PlaceMatch(scope.jurisdiction, matched, None, label + inside)


def _spoken(visible: Article, kind: BlockKind, heading: tuple[str, ...]) -> tuple[str, ...]:
    """The texts of one kind in what the reader may see, those under the passage's heading first."""
    its = [block for block in visible.blocks if block.kind is kind]
    return tuple(block.text for block in sorted(its, key=lambda block: block.heading != heading))
