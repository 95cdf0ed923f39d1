"""The use cases about time: the versions of an article, how two of them differ, and what changed. For one reader."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, TypeAlias

from api.guidance import Ask, Guidance, NotFoundError, View, may_open, openable
from api.live import LiveSpace
from api.publish_log import Publication
from api.reader import Reader
from api.recent import Recent
from kb.article import Article
from kb.changes import ArticleChange, Moments, change_of
from kb.comparison import Comparison, changes, compare
from kb.history import Log, Version, versions
from kb.jurisdiction import ALL
from kb.moment import Moment, instant_of
from kb.tree import Commit
from kb.visible import seen, told
from kb.word_diff import Edit, diff
from retriever.scope import Scope, sees

Asked: TypeAlias = str | Moment | None

_LOGS: Final = 4  # histories of tips; a repository of 10,000 articles and 1,000 commits takes some 20 MB
_COMPARISONS: Final = 16
_LISTS: Final = 64  # lists of changes for one tier and place
_DAY: Final = timedelta(days=1)
_LONGEST_NUMBER: Final = 6  # digits of a version's number; a commit id has seven at least


@dataclass(frozen=True, slots=True)
class Past:
    """The versions of one article for one reader, newest first."""

    article_id: str
    view: View
    versions: Sequence[Version]


@dataclass(frozen=True, slots=True)
class Difference:
    """Two versions of one article, what changed in substance, and the words. `old` is None before the first version."""

    article_id: str
    view: View
    old: Version | None
    new: Version | None
    change: ArticleChange | None
    edits: Sequence[Edit]


@dataclass(frozen=True, slots=True)
class Changed:
    """What changed between two moments for one reader."""

    view: View
    old: Moment
    new: Moment
    changes: Sequence[ArticleChange]
    refused: Sequence[Publication] = ()


class Times:
    """History and change over all spaces of one service. Safe from several threads."""

    def __init__(self, guidance: Guidance) -> None:
        self._guidance = guidance
        self._logs = Recent[Log](_LOGS)
        self._comparisons = Recent[Comparison](_COMPARISONS)
        self._lists = Recent[list[ArticleChange]](_LISTS)

    def history(self, article_id: str, ask: Ask, reader: Reader) -> Past:
        """Every version that the reader can tell apart. Raises NotFoundError if there is none."""
        view = self._guidance.view(ask, reader)
        found = versions(self._log(view, ask), article_id, partial(_as_seen, view=view))
        if not found:
            raise NotFoundError(f"There is no article {article_id!r} here that you may read.")
        return Past(article_id, view, found)

    def difference(self, article_id: str, old: str | None, new: str | None, ask: Ask, reader: Reader) -> Difference:
        """How two versions differ. old, new: a version's number, a commit, or an instant; None: the one before, the newest."""
        past = self.history(article_id, ask, reader)
        after = past.versions[0] if new is None else self._version(past, new, ask)
        before = self._before(past, after) if old is None else self._version(past, old, ask)
        was, now = (version.article if version else None for version in (before, after))
        if was is None and now is None:
            raise NotFoundError(f"There is no text of the article {article_id!r} at either moment. Ask for other versions.")
        at = (after or past.versions[0]).commit.at
        visible = partial(sees, past.view.scope)
        edits = diff(told(was, visible) if was else "", told(now, visible) if now else "")
        return Difference(article_id, past.view, before, after, change_of(was, now, Moments(at, at)), edits)

    def changed(self, old: Asked, new: Asked, ask: Ask, reader: Reader) -> Changed:
        """What changed between two moments in the asked scope, what matters most first. None: a day before, and now."""
        view = self._guidance.view(ask, reader)
        after = self._served(view) if new is None else self._moment(new, view, ask)
        before = self._moment((after.at - _DAY).isoformat() if old is None else old, view, ask)
        found = self._list(view, ask, before, after)
        wanted = [change for change in found if _concerns(change, view.scope)]
        refused = self._refused(ask, before.at, None if new is None else after.at)
        return Changed(view, before, after, sorted(wanted, key=lambda change: (-change.severity.rank, change.id)), refused)

    def _refused(self, ask: Ask, old: datetime, new: datetime | None) -> list[Publication]:
        """The pushes that did not go live since `old`, until `new` or now, the newest first."""
        lines = reversed(self._live(ask).space.log.all())
        return [line for line in lines if not line.is_live and old <= line.at and (new is None or line.at <= new)]

    def _list(self, view: View, ask: Ask, old: Moment, new: Moment) -> list[ArticleChange]:
        key = (ask.space, old, new)
        live = self._live(ask)
        source = live.space.source
        comparison = self._comparisons.get(key, lambda: compare(live.space.repository, source.folder, source.outside, old, new))
        whose = (*key, view.snapshot.manifest.fingerprint, view.scope.tier, view.scope.jurisdiction)
        return self._lists.get(whose, lambda: changes(comparison, partial(_as_seen, view=view)))

    def _live(self, ask: Ask) -> LiveSpace:
        return self._guidance.spaces[ask.space]

    def _log(self, view: View, ask: Ask) -> Log:
        space = self._live(ask).space
        source, tip, refused = space.source, _commit_of(view), space.log.refused()

        def made() -> Log:
            paths = {article.id: article.path for article in view.snapshot.library.articles}
            return Log(space.repository, source.folder, source.outside, tip, refused=refused, paths=paths)

        return self._logs.get((ask.space, tip.sha, refused), made)

    def _served(self, view: View) -> Moment:
        """What is served, now: to the minute, so that two readers in one minute share the work."""
        now = datetime.now(UTC)
        return Moment(_commit_of(view), now.replace(second=0, microsecond=0))

    def _moment(self, text: str | Moment, view: View, ask: Ask) -> Moment:
        """An instant with what was live then, or a commit that was live once. Nothing of any other branch."""
        if isinstance(text, Moment):  # of a page before this one
            shown = _commit_of(view)  # of a preview, a commit that never was live
            same = text.commit.sha == shown.sha
            return Moment(shown if same else self._live(ask).space.commit_as_of(text.commit.sha), text.at)
        instant = instant_of(text, view.snapshot.library.taxonomy.zone, datetime.now(UTC))
        served = _commit_of(view)
        if instant is not None:
            return Moment(served if instant >= served.at else self._live(ask).space.commit_as_of(instant), instant)
        commit = self._live(ask).space.commit_as_of(text)
        return Moment(commit, commit.at)

    def _version(self, past: Past, text: str, ask: Ask) -> Version | None:
        """The version of that number, or the one that was live at that moment; None if there was none yet."""
        if text.isdecimal() and len(text) <= _LONGEST_NUMBER:
            found = next((version for version in past.versions if version.number == int(text)), None)
            if found is None:
                raise NotFoundError(
                    f"There is no version {text} of the article {past.article_id!r}; it has {len(past.versions)}."
                )
            return found
        moment = self._moment(text, past.view, ask)
        return self._log(past.view, ask).live_at(moment.commit, past.versions)

    @staticmethod
    def _before(past: Past, after: Version | None) -> Version | None:
        return next((version for version in past.versions if after and version.number == after.number - 1), None)


def _commit_of(view: View) -> Commit:
    commit = view.snapshot.library.commit
    if commit is None:
        raise NotFoundError("The working tree has no history. Ask for a commit.")
    return commit


def _as_seen(article: Article, view: View) -> Article | None:
    """The article as the reader may see it: without hidden parts, and without keys that no reader is shown."""
    scope = view.scope
    if not may_open(article, scope):
        return None
    return replace(
        seen(article, partial(sees, scope)),
        keywords=(),
        answers=(),
        redirect_from=(),
        supersedes=openable(view.snapshot, article.supersedes, scope),
        overrides=next(iter(openable(view.snapshot, [article.overrides or ""], scope)), None),
    )


def _concerns(change: ArticleChange, scope: Scope) -> bool:
    """Whether the change is one of the asked place and products, then or now."""
    return any(_fits(article, scope) for article in (change.old, change.new) if article is not None)


def _fits(article: Article, scope: Scope) -> bool:
    here = scope.jurisdiction is None or sees(scope, article.scope)
    return here and (scope.products is None or bool(article.products & {*scope.products, ALL}))
