"""What each translation lacks of its source: the source now, beside the source of the day the translation was made."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import Final

from kb.article import Article
from kb.changes import RULE_FIELDS
from kb.commit_log import Declared, LogEntry, credit, together
from kb.edition import Edition
from kb.errors import RepositoryError
from kb.fact_match import FactChange, changed_facts
from kb.facts import facts_of
from kb.field_changes import changed_fields
from kb.history import Log
from kb.lag import Sides, missing
from kb.library import DEFAULTS_FILE, TAXONOMY_FILE, Library, OutsideTaxonomy
from kb.repository import Repository
from kb.translation import Lack, Lacking, TranslationState, translation_state
from kb.tree import Commit
from kb.wording import says_more_than_figures

_SHARED: Final = (DEFAULTS_FILE, TAXONOMY_FILE)


def with_lacking(
    library: Library, repository: Repository, outside: OutsideTaxonomy | None = None, earlier: Library | None = None
) -> Library:
    """The library with what its translations lack. Of a source that had another id then only that it is not what it was.

    earlier: any library of the same repository; what it knows of two texts that are the same here is not looked up again.
    """
    pairs = _behind(library, repository)
    if not pairs:
        return library
    known = _known(pairs, earlier) if earlier else {}
    waiting: dict[Commit, list[tuple[Article, Article]]] = defaultdict(list)
    for source, article in pairs:
        if article.id not in known and article.changed is not None:
            waiting[article.changed].append((source, article))
    past = _Past(library, repository, outside, waiting)
    for then, some in waiting.items():
        found = past.read(then, {source.path for source, _ in some})
        for source, article in some:
            with suppress(RepositoryError):  # not found out: no entry, so that the next reading looks again
                was = found.get(source.id) or past.moved(source, then)
                known[article.id] = _lack(source, was, article, past.declared(source, was, then) if was else None)
    return replace(library, lacking={article.id: known[article.id] for _, article in pairs if article.id in known})


def _behind(library: Library, repository: Repository) -> list[tuple[Article, Article]]:
    """Each translation that is behind, with its source. Commits of one second, as a rebase makes them, count in their order."""
    articles = {article.id: article for article in library.articles}
    pairs = [(source, it) for it in library.articles if (source := articles.get(it.translation_of or ""))]
    tied = any(_in_one_second(source, article) for source, article in pairs)
    lineage = repository.lineage(library.commit) if tied and library.commit else ()
    ages = {sha: age for age, sha in enumerate(lineage)}
    return [
        (source, article)
        for source, article in pairs
        if translation_state(source, article) is TranslationState.BEHIND
        or (_in_one_second(source, article) and _age(source, ages) < _age(article, ages))
    ]


def _in_one_second(one: Article, other: Article) -> bool:
    """Whether two commits changed them, and their times do not tell which came first."""
    return bool(one.changed and other.changed and one.changed != other.changed and one.changed.at == other.changed.at)


def _age(article: Article, ages: Mapping[str, int]) -> int:
    return ages.get(article.changed.sha, 0) if article.changed else 0


def _known(pairs: Iterable[tuple[Article, Article]], earlier: Library) -> dict[str, Lack]:
    """What the earlier library knows of pairs that are the same."""
    before = {article.id: article for article in earlier.articles}
    return {
        article.id: earlier.lacking[article.id]
        for source, article in pairs
        if article.id in earlier.lacking and before.get(article.id) == article and before.get(source.id) == source
    }


class _Past:
    """What the sources of a library said at earlier commits."""

    def __init__(
        self, library: Library, repository: Repository, outside: OutsideTaxonomy | None, moments: Collection[Commit]
    ) -> None:
        """moments: the commits that will be asked about."""
        self._library = library
        self._repository = repository
        self._outside = outside
        self._oldest = min(moments, key=lambda commit: commit.at, default=None)

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

    def declared(self, source: Article, was: Article, then: Commit) -> Declared | None:
        """How much the commits after `then` say that their changes of the source matter."""
        paths = {source.path, was.path}
        wrote = [entry for entry in self._after(then) if _writes(entry, paths)]
        return together([credit(entry, self._repository.merged(entry, paths)).declared for entry in wrote])

    def _after(self, then: Commit) -> Sequence[LogEntry]:
        """The commits after one, newest first: of all that anybody asks about one log is read."""
        number = next((number for number, entry in enumerate(self._newest) if entry.commit.sha == then.sha), None)
        if number is None and then != self._oldest:  # somebody's clock was wrong
            return self._entries(then)
        return self._newest[:number]

    @cached_property
    def _newest(self) -> Sequence[LogEntry]:
        return self._entries(self._oldest)

    def _entries(self, since: Commit | None) -> Sequence[LogEntry]:
        tip = self._library.commit
        return self._repository.log(tip, self._library.folder, since=since) if tip else ()

    @cached_property
    def _log(self) -> Log:
        """Read once for all sources that moved; the files of a commit are never searched for an id, which many may hold."""
        library, paths = self._library, {article.id: article.path for article in self._library.articles}
        if library.commit is None:
            raise RepositoryError("The working tree has no history.")
        return Log(self._repository, library.folder, self._outside, library.commit, paths=paths)


def _writes(entry: LogEntry, paths: Collection[str]) -> bool:
    """Whether the commit changed the text in one of these files, or did more than move it from one to the other."""
    touches = [touch for touch in entry.touches if touch.path in paths]
    return {touch.old for touch in touches} - {None} != {touch.new for touch in touches} - {None}


def _lack(source: Article, was: Article | None, translation: Article, declared: Declared | None) -> Lack:
    if was is None:
        return Lack((), words=True)
    then, now, said = facts_of(was), facts_of(source), facts_of(translation)
    lacking = missing(changed_facts(then, now), Sides(then, now), Sides(said, said))
    words = says_more_than_figures(was, source) or _rules_differently(was, source, translation)
    return Lack(tuple(map(_told, lacking)), declared is Declared.RULE or (words and declared is not Declared.MINOR))


def _rules_differently(was: Article, source: Article, translation: Article) -> bool:
    """Whether a key of the source that is a rule has another value since, which the translation has not."""
    changed, apart = ({field.name for field in changed_fields(old, source)} for old in (was, translation))
    return bool(changed & apart & RULE_FIELDS)


def _told(change: FactChange) -> Lacking:
    sides = [fact for fact in (change.old, change.new) if fact]
    return Lacking(
        change.kind,
        change.old.text if change.old else None,
        change.new.text if change.new else None,
        change.heading,
        tuple(dict.fromkeys(fact.scope for fact in sides)),
    )
