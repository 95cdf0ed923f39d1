"""Which facts of its source each translation lacks: the source now, beside the source of the day the translation was made."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import Final

from kb.article import Article
from kb.edition import Edition
from kb.errors import RepositoryError
from kb.fact_match import FactChange, changed_facts
from kb.facts import facts_of
from kb.history import Log
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
    past = _Past(library, repository, outside)
    waiting: dict[Commit, list[tuple[Article, Article]]] = defaultdict(list)
    for source, article in pairs:
        if article.id not in known and article.changed is not None:
            waiting[article.changed].append((source, article))
    for then, some in waiting.items():
        found = past.read(then, {source.path for source, _ in some})
        for source, article in some:
            with suppress(RepositoryError):  # not found out: no entry, so that the next reading looks again
                known[article.id] = tuple(_since(source, found.get(source.id) or past.moved(source, then), article))
    return replace(library, lacking={article.id: known[article.id] for _, article in pairs if article.id in known})


def _is_behind(source: Article, article: Article) -> bool:
    return translation_state(source, article) is TranslationState.BEHIND


def _known(pairs: Iterable[tuple[Article, Article]], earlier: Library) -> dict[str, tuple[Lacking, ...]]:
    before = {article.id: article for article in earlier.articles}
    return {
        article.id: earlier.lacking[article.id]
        for source, article in pairs
        if article.id in earlier.lacking
        and source.id in before
        and before.get(article.id) == article
        and replace(before[source.id], path=source.path, blob=source.blob, changed=source.changed) == source
    }


class _Past:
    """What the sources of a library said at earlier commits."""

    def __init__(self, library: Library, repository: Repository, outside: OutsideTaxonomy | None) -> None:
        self._library = library
        self._repository = repository
        self._outside = outside

    def read(self, then: Commit, paths: Collection[str]) -> dict[str, Article]:
        """The articles at these paths at a commit, by their ids; empty if none was there, or git cannot read one of them."""
        shared = {str(parent / name) for path in paths for parent in PurePosixPath(path).parents for name in _SHARED}
        try:
            edition = Edition(self._repository.tree(then, self._library.folder, {*paths, *shared}), self._outside)
            read = [edition.article(path) for path in sorted(paths)]
        except RepositoryError:
            return {}
        return {article.id: article for article in read if article is not None}

    def moved(self, source: Article, then: Commit) -> Article | None:
        """A source that stood elsewhere at a commit; None if it was not there. Raises RepositoryError."""
        article = self._log.text_at(source.id, then)
        return article if article and article.id == source.id else None

    @cached_property
    def _log(self) -> Log:
        """Read once for all sources that moved; the files of a commit are never searched for an id, which many may hold."""
        library, paths = self._library, {article.id: article.path for article in self._library.articles}
        if library.commit is None:
            raise RepositoryError("The working tree has no history.")
        return Log(self._repository, library.folder, self._outside, library.commit, paths=paths)


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
