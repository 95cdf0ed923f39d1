"""Which facts of its source each translation lacks: the source now, beside the source of the day the translation was made."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from kb.article import Article
from kb.edition import Edition
from kb.errors import RepositoryError
from kb.fact_match import FactChange, changed_facts
from kb.facts import facts_of
from kb.lag import missing
from kb.library import DEFAULTS_FILE, TAXONOMY_FILE, Library, OutsideTaxonomy
from kb.repository import Repository
from kb.translation import Lacking, TranslationState, translation_state
from kb.tree import Commit

_SHARED: Final = (DEFAULTS_FILE, TAXONOMY_FILE)


def with_lacking(
    library: Library, repository: Repository, outside: OutsideTaxonomy | None = None, earlier: Library | None = None
) -> Library:
    """The library with the facts that its translations lack. Nothing is known of a source that had another id then.

    earlier: any library of the same repository; what it knows of two texts that are the same here is not looked up again.
    """
    articles = {article.id: article for article in library.articles}
    pairs = [
        (source, article)
        for article in library.articles
        if (source := articles.get(article.translation_of or "")) and _is_behind(source, article)
    ]
    if not pairs:
        return library
    known = _known(pairs, earlier) if earlier else {}
    waiting: dict[Commit, list[tuple[Article, Article]]] = defaultdict(list)
    for source, article in pairs:
        if article.id not in known and article.changed is not None:
            waiting[article.changed].append((source, article))
    for then, some in waiting.items():
        known |= _lacking(repository, library.folder, outside, then, some)
    return replace(library, lacking={article.id: known[article.id] for _, article in pairs if known[article.id]})


def _is_behind(source: Article, article: Article) -> bool:
    return translation_state(source, article) is TranslationState.BEHIND


def _known(pairs: Iterable[tuple[Article, Article]], earlier: Library) -> dict[str, tuple[Lacking, ...]]:
    before = {article.id: article for article in earlier.articles}
    return {
        article.id: earlier.lacking.get(article.id, ())
        for source, article in pairs
        if source.id in before
        and before.get(article.id) == article
        and replace(before[source.id], path=source.path, blob=source.blob, changed=source.changed) == source
    }


def _lacking(
    repository: Repository, folder: str, outside: OutsideTaxonomy | None, then: Commit, pairs: list[tuple[Article, Article]]
) -> Mapping[str, tuple[Lacking, ...]]:
    """What translations that were last changed by one commit lack of what their sources say since."""
    found = _read(repository, folder, outside, then, {source.path for source, _ in pairs})
    if moved := {source.id for source, _ in pairs} - found.keys():
        with suppress(RepositoryError):
            found |= _read(repository, folder, outside, then, set(repository.holding(then, folder, moved)))
    return {article.id: tuple(_since(source, found.get(source.id), article)) for source, article in pairs}


def _read(
    repository: Repository, folder: str, outside: OutsideTaxonomy | None, then: Commit, paths: Collection[str]
) -> dict[str, Article]:
    """The articles at these paths at a commit, by their ids; those that were not there, or that git has lost, are left out."""
    shared = {str(parent / name) for path in paths for parent in PurePosixPath(path).parents for name in _SHARED}
    try:
        edition = Edition(repository.tree(then, folder, {*paths, *shared}), outside)
        read = [edition.article(path) for path in sorted(paths)]
    except RepositoryError:
        return {}
    return {article.id: article for article in read if article is not None}


def _since(source: Article, then: Article | None, translation: Article) -> Iterable[Lacking]:
    if then is None:
        return ()
    now, said = facts_of(source), facts_of(translation)
    return map(_told, missing(changed_facts(facts_of(then), now), now, said, said))


def _told(change: FactChange) -> Lacking:
    sides = [fact for fact in (change.old, change.new) if fact]
    return Lacking(
        change.kind,
        change.old.text if change.old else None,
        change.new.text if change.new else None,
        change.heading,
        tuple(dict.fromkeys(fact.scope for fact in sides)),
    )
