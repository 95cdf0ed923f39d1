"""Promises: the questions that articles say they answer, asked as an agent would ask them."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from kb.article import CAN_BE_IN_FORCE, Article, is_in_force
from kb.jurisdiction import ALL
from kb.library import Library
from retriever.language import language_of
from retriever.question import Question
from retriever.scope import Scope, replacements, sees
from retriever.search import search
from retriever.snapshot import Models, Snapshot

KEPT_WITHIN: Final = 3  # the right passage in the first three: what the sidebar shows without scrolling
LOOKED_AT: Final = 50  # where a broken promise is looked for


@dataclass(frozen=True, slots=True)
class Promise:
    """One `answers:` question of one article, in the scope in which the article must answer it."""

    article: Article
    text: str
    scope: Scope

    @property
    def lang(self) -> str:
        """The language of the question."""
        return language_of(self.text)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a promise was kept.

    rank:       where the article or a translation of it stands, from 1; None if it is not among the first LOOKED_AT.
    instead:    ids of the articles that stand first, if the promise is broken.
    answerable: whether the answer was called one.
    """

    promise: Promise
    rank: int | None
    instead: tuple[str, ...]
    answerable: bool

    @property
    def kept(self) -> bool:
        """Whether the article is where it must be."""
        return self.rank is not None and self.rank <= KEPT_WITHIN


def promises(library: Library, today: datetime) -> list[Promise]:
    """Every question of every article that is the rule today or will be, in the order of the articles' ids."""
    overriding = tuple(article for article in library.articles if article.overrides and article.translation_of is None)
    return [
        Promise(article, text, scope)
        for article in library.articles
        if article.answers and (scope := scope_of(article, library.taxonomy.jurisdictions, overriding, today)) is not None
        for text in article.answers
    ]


def scope_of(article: Article, places: Iterable[str], overriding: Collection[Article], today: datetime) -> Scope | None:
    """The article's own scope: its tier, the first of its places where no other text replaces it, no product.

    It is asked on its first day if that lies ahead. None for what was the rule once, or never will be.
    Without a product, because agents name none more often than not: every other product's articles compete.
    """
    day = max(today, article.effective_from or today)
    if article.status not in CAN_BE_IN_FORCE or not is_in_force(article, day):
        return None
    scope = Scope(None, None, article.scope.tier, day)
    everywhere = ALL in article.scope.jurisdictions
    there = (replace(scope, jurisdiction=place) for place in places if everywhere or place in article.scope.jurisdictions)
    return next((it for it in there if article.group not in replacements(overriding, it)), scope)


def keep(promise: Promise, snapshot: Snapshot, models: Models) -> Outcome:
    """Ask one question through the whole pipeline. A broken promise costs a second, longer look."""
    answer = search(Question(promise.text), promise.scope, snapshot, models, limit=KEPT_WITHIN)
    group = promise.article.group
    found = [hit.article.group for hit in answer.hits]
    if group in found:
        return Outcome(promise, found.index(group) + 1, (), answer.answerable)
    longer = search(Question(promise.text), promise.scope, snapshot, models, limit=LOOKED_AT)
    groups = [hit.article.group for hit in longer.hits]
    rank = groups.index(group) + 1 if group in groups else None
    return Outcome(promise, rank, tuple(hit.article.id for hit in answer.hits), answer.answerable)


def affected(every: Iterable[Promise], library: Library, base: Library) -> Iterator[Promise]:
    """Those of the library's promises that the change since `base` can affect.

    A promise is affected if its own article changed (or one that translates or overrides it), or if an article that changed
    may be seen in its scope, as it was or as it is: only what may be seen can enter a list, leave it or move in it. Another
    taxonomy or glossary affects every promise. Not counted: that every change of text moves the rarity of words a little,
    in every scope.
    """
    if (library.taxonomy, library.glossary) != (base.taxonomy, base.glossary):
        yield from every
        return
    changed = _changed(library, base)
    groups = {article.group for article in changed} | {article.overrides for article in changed if article.overrides}
    seen: dict[Scope, bool] = {}
    for promise in every:
        if promise.scope not in seen:
            seen[promise.scope] = any(_may_matter(article, promise.scope) for article in changed)
        if promise.article.group in groups or seen[promise.scope]:
            yield promise


def _changed(library: Library, base: Library) -> list[Article]:
    """Articles as they were and as they are, where the two differ in more than the place of the file."""
    was, now = (
        {article.id: replace(article, blob="", path="", changed=None) for article in it.articles} for it in (base, library)
    )
    differing = [id_ for id_ in sorted({*was, *now}) if was.get(id_) != now.get(id_)]
    return [side[id_] for side in (was, now) for id_ in differing if id_ in side]


def _may_matter(article: Article, scope: Scope) -> bool:
    """Whether a question in the scope can meet the article; one that replaces another does so at every tier."""
    reached = scope if article.overrides is None else scope.at_tier(max(scope.tier, article.scope.tier))
    return is_in_force(article, scope.effective_on) and sees(reached, article.scope)
