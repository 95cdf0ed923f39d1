"""A passage as it is shown in one scope: why it applies there, what the reader sees of its article, what to say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kb.article import NEVER_SENT, Article, BlockKind, is_in_force
from kb.jurisdiction import ALL, nearest
from kb.library import Library
from kb.translation import Lacking, TranslationState, translation_state
from retriever.answer import PlaceMatch
from retriever.in_scope import InScope
from retriever.passage import Passage
from retriever.scope import Scope, sees


@dataclass(frozen=True, slots=True)
class Shown:
    """The same for every question that finds the passage in this scope. See Hit for what each part is."""

    article: Article
    place: PlaceMatch
    translation: TranslationState
    lacking: tuple[Lacking, ...]
    internal: bool
    say: tuple[str, ...]
    dont_say: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Texts:
    """What it is taken from: the articles of one commit, and their passages.

    members:  see Snapshot.
    seen:     an article as a reader of a tier sees it in a place.
    in_scope: what a scope sees.
    """

    library: Library
    articles: Mapping[str, Article]
    members: Mapping[str, tuple[Article, ...]]
    passages: Sequence[Passage]
    seen: Callable[[str, int, str | None], Article]
    in_scope: Callable[[Scope], InScope]


def shown_in(texts: Texts, scope: Scope, row: int) -> Shown:
    """The passage in this row, in a scope that allows it."""
    passage = texts.passages[row]
    article = texts.articles[passage.article]
    visible = texts.seen(article.id, scope.tier, scope.jurisdiction)
    return Shown(
        article=visible,
        place=_place(texts, article, passage.scope.jurisdictions, scope, texts.in_scope(scope).replaced),
        translation=translation_state(texts.articles.get(article.translation_of or ""), article, texts.library.lacking),
        lacking=lacking(texts.library, article, scope),
        internal=_is_internal(article, passage),
        say=_spoken(visible, BlockKind.SAY, passage.heading),
        dont_say=_spoken(visible, BlockKind.DONT_SAY, passage.heading),
    )


def lacking(library: Library, article: Article, scope: Scope) -> tuple[Lacking, ...]:
    """The facts of its source that a translation does not say yet, without those that stand where the reader may not look."""
    lack = library.lacking.get(article.id)
    return tuple(fact for fact in lack.facts if all(sees(scope, it) for it in fact.scopes)) if lack else ()


def _is_internal(article: Article, passage: Passage) -> bool:
    return any(block.kind in NEVER_SENT and block.start < passage.end and passage.start < block.end for block in article.blocks)


def _place(texts: Texts, article: Article, places: frozenset[str], scope: Scope, replaced: Mapping[str, Article]) -> PlaceMatch:
    """Which of the passage's places is the asked one's nearest, and what the text replaces there.

    A replaced article is named only to a reader who could see it elsewhere: never one of a higher tier, or a draft.
    """
    target = texts.members[article.group][0].overrides or ""
    if scope.jurisdiction is None:
        shown = sorted(place for place in places if "-" not in place)
        names = "every place" if ALL in shown else ", ".join(shown)
        return PlaceMatch(None, ALL if ALL in shown else shown[0], None, f"no place was asked; this text is for {names}")
    matched = nearest(places, scope.jurisdiction) or ALL
    label = "text for every place" if matched == ALL else f"{matched} text"
    other = texts.articles.get(target) if target in replaced and replaced[target].group == article.group else None
    if other is not None and other.scope.tier <= scope.tier and is_in_force(other, scope.effective_on):
        where = ", ".join(sorted(other.scope.jurisdictions))
        return PlaceMatch(scope.jurisdiction, matched, other.id, f"{label}; replaces {other.title} ({where})")
    inside = "" if matched in (scope.jurisdiction, ALL) else f"; {scope.jurisdiction} lies in {matched}"
    return PlaceMatch(scope.jurisdiction, matched, None, label + inside)


def _spoken(visible: Article, kind: BlockKind, heading: tuple[str, ...]) -> tuple[str, ...]:
    """The texts of one kind in what the reader may see, those under the passage's heading first."""
    its = [block for block in visible.blocks if block.kind is kind]
    return tuple(block.text for block in sorted(its, key=lambda block: block.heading != heading))
