"""Every article that changed between two moments of a repository, reading only the files that can tell."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import TypeAlias

from kb.article import Article, comes_and_goes, is_in_force
from kb.changes import ArticleChange, Contribution, Event, Moments, change_of, declared_severity
from kb.commit_log import together
from kb.course import SHARED, Course, Part
from kb.edition import Edition
from kb.lag import lags
from kb.library import OutsideTaxonomy
from kb.moment import Moment
from kb.repository import Repository
from kb.severity import Severity

See: TypeAlias = Callable[[Article], Article | None]  # an article as one reader may see it; None if not at all


@dataclass(frozen=True, slots=True)
class Versions:
    """One article then and now, as it was read; None where it was not there."""

    old: Article | None
    new: Article | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What may have changed between two moments, unfiltered: give it to `changes` with what a reader may see.

    pairs:         every article whose file, defaults or being in force differs, or that another one took over from, by id.
    translations:  of each source among the pairs.
    parts:         the commits that touched what each article is read from, oldest first, with its texts before and after.
    """

    old: Moment
    new: Moment
    pairs: Mapping[str, Versions]
    translations: Mapping[str, Sequence[Versions]]
    parts: Mapping[str, tuple[Part, ...]]


def compare(repository: Repository, folder: str, outside: OutsideTaxonomy | None, old: Moment, new: Moment) -> Comparison:
    """Read what differs between two moments. Raises RepositoryError."""
    return _Comparing(repository, folder, outside, old, new).result()


def changes(comparison: Comparison, see: See) -> list[ArticleChange]:
    """What happened to each article as one reader may see it, by id. What the reader may not see is not there."""
    moments = Moments(comparison.old.at, comparison.new.at)
    seen = {name: _seen(versions, see) for name, versions in comparison.pairs.items()}
    successors = _successors(seen.values(), moments)
    found = []
    for name, versions in sorted(seen.items()):
        change = change_of(versions.old, versions.new, moments)
        if by := successors.get(name, ()):
            change = _superseded(change, versions, by)
        if change is not None:
            found.append(_complete(change, comparison, see))
    return found


def _seen(versions: Versions, see: See) -> Versions:
    return Versions(versions.old and see(versions.old), versions.new and see(versions.new))


def _successors(pairs: Iterable[Versions], moments: Moments) -> dict[str, tuple[str, ...]]:
    """Article → those that took over from it between the moments."""
    taken: dict[str, tuple[str, ...]] = {}
    for pair in pairs:
        before = set(pair.old.supersedes) if pair.old and is_in_force(pair.old, moments.old) else set()
        if pair.new and is_in_force(pair.new, moments.new):
            for name in pair.new.supersedes:
                if name not in before:
                    taken[name] = (*taken.get(name, ()), pair.new.id)
    return taken


def _superseded(change: ArticleChange | None, versions: Versions, by: tuple[str, ...]) -> ArticleChange | None:
    article = versions.new or versions.old
    if article is None:
        return None
    if change is None:
        change = ArticleChange(article.id, versions.old, versions.new, (), Severity.RULE)
    return replace(change, events=(*change.events, Event.SUPERSEDED), superseded_by=by, severity=Severity.RULE)


def _complete(change: ArticleChange, comparison: Comparison, see: See) -> ArticleChange:
    """The change with who made it, when, how much they say it matters, and which translations it left behind."""
    parts = comparison.parts.get(change.id, ())
    if len(parts) != 1 or Event.REWORDED not in change.events:  # a single commit that touched it is what changed its words
        parts = tuple(part for part in parts if _shows(part, see))
    contributions = tuple(part.contribution for part in parts)
    declared = together([contribution.credit.declared for contribution in contributions])
    others = (_seen(versions, see) for versions in comparison.translations.get(change.id, ()))
    return replace(
        change,
        severity=declared_severity(declared) or change.severity,
        behind=lags(change, [(pair.old, pair.new) for pair in others if pair.new]),
        contributions=contributions,
        declared=declared,
        at=_happened(change, contributions, comparison),
    )


def _shows(part: Part, see: See) -> bool:
    """Whether the reader can tell what the commit did: one that changed hidden parts only is not for that reader to know of."""
    pair = _seen(Versions(part.old, part.new), see)
    at = part.contribution.commit.at
    return change_of(pair.old, pair.new, Moments(at, at)) is not None


def _happened(change: ArticleChange, contributions: Sequence[Contribution], comparison: Comparison) -> datetime:
    """When: the last commit, or the edge of the article's time that lies between the moments if that is later."""
    article = change.article
    edges = [edge for edge in (article.effective_from, article.effective_until) if edge is not None]
    passed = [edge for edge in edges if comparison.old.at < edge <= comparison.new.at]
    made = [contribution.commit.at for contribution in contributions]
    return max([*passed, *made], default=comparison.new.at)


class _Comparing:
    """One comparison: the two editions, and what was read of them."""

    def __init__(self, repository: Repository, folder: str, outside: OutsideTaxonomy | None, old: Moment, new: Moment) -> None:
        self.repository, self.folder, self.old, self.new = repository, folder, old, new
        tree = repository.tree(old.commit, folder)
        self.before = Edition(tree, outside)
        same = old.commit == new.commit
        self.after = self.before if same else Edition(repository.tree(new.commit, folder), outside)
        log = () if same else repository.log(new.commit, folder, since=old.commit)
        self.course = Course(repository, outside, tree, (self.before, self.after), log)
        self.pairs: dict[str, Versions] = {}

    def result(self) -> Comparison:
        touched = {path for path in self.before.paths | self.after.paths if self._differs(path)}
        self._read(touched)
        self._read_dated(touched)
        self._read_superseded()
        sources = {name: pair for name, pair in self.pairs.items() if _may_leave_behind(pair)}
        parts = {name: self.course.parts(pair.old, pair.new) for name, pair in self.pairs.items()}
        return Comparison(self.old, self.new, self.pairs, self._translations(sources), parts)

    def _differs(self, path: str) -> bool:
        same_file = self.before.blob(path) == self.after.blob(path)
        return not same_file or (self.before is not self.after and self.before.context(path) != self.after.context(path))

    def _read(self, paths: Iterable[str]) -> None:
        old: dict[str, Article] = {}
        new: dict[str, Article] = {}
        for path in sorted(paths):
            if article := self.before.article(path):
                old.setdefault(article.id, article)
            if article := self.after.article(path):
                new.setdefault(article.id, article)
        for name in sorted(old.keys() | new.keys()):
            self.pairs[name] = Versions(old.get(name), new.get(name))

    def _read_dated(self, touched: Collection[str]) -> None:
        """Articles that no commit touched and that began or ceased to be in force by their dates alone."""
        if self.old.at == self.new.at:
            return
        holding = set(self.repository.holding(self.new.commit, self.folder, self.after.edge_words()))
        folders = {str(PurePosixPath(path).parent) for path in holding if PurePosixPath(path).name in SHARED}
        for path in sorted(self.after.paths - set(touched)):
            if path not in holding and not (folders and folders.intersection(map(str, PurePosixPath(path).parents))):
                continue
            article = self.after.article(path)
            if article is not None and self._begins_or_ends(article):
                self.pairs.setdefault(article.id, Versions(article, article))

    def _begins_or_ends(self, article: Article) -> bool:
        lived, lives = is_in_force(article, self.old.at), is_in_force(article, self.new.at)
        return lived != lives or comes_and_goes(article, self.old.at, self.new.at)

    def _read_superseded(self) -> None:
        """Articles that no commit touched and that another one takes over from."""
        named = {name for pair in self.pairs.values() if pair.new for name in pair.new.supersedes} - self.pairs.keys()
        for path in self._naming(named):
            article = self.after.article(path)
            if article is not None and article.id in named:
                self.pairs.setdefault(article.id, Versions(article, article))

    def _translations(self, sources: Mapping[str, Versions]) -> dict[str, list[Versions]]:
        pairs = [pair for pair in self.pairs.values() if pair.new]
        near = [pair.new.path for pair in sources.values() if pair.new]
        for path in sorted({*self._translating(sources), *(kin for one in near for kin in self.after.kin(one))}):
            article = self.after.article(path)
            if article is not None and article.id not in self.pairs:
                pairs.append(Versions(article, article))
        found: dict[str, list[Versions]] = {name: [] for name in sources}
        for pair in pairs:
            if pair.new and pair.new.translation_of in found:
                found[pair.new.translation_of].append(pair)
        return found

    def _translating(self, sources: Collection[str]) -> set[str]:
        """The files that may translate one of these; an id is often part of other words, so the key has to be there too."""
        naming = set(self._naming(sources))
        if self.after.adopted or not naming:
            return naming
        return naming & set(self.repository.holding(self.new.commit, self.folder, {"translation_of"}))

    def _naming(self, ids: Collection[str]) -> list[str]:
        """The articles' files that hold one of the ids."""
        return (
            [path for path in self.repository.holding(self.new.commit, self.folder, ids) if path in self.after.paths]
            if ids
            else []
        )


def _may_leave_behind(pair: Versions) -> bool:
    """Whether the article is a source whose text changed."""
    if pair.old is None or pair.new is None:
        return False
    return pair.new.translation_of is None and pair.old.body != pair.new.body


def everything(article: Article) -> Article:
    """What a writer with the repository may see: all of it."""
    return article
