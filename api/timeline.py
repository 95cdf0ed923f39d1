"""One repository's past for who has the repository itself: everything, unfiltered, without an index."""

from collections.abc import Mapping
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

from api.source import Source
from kb.changes import ArticleChange, Contribution
from kb.commit_log import LogEntry, credit
from kb.comparison import changes, compare, everything
from kb.digest import Window
from kb.edition import Edition
from kb.errors import AsOfError
from kb.history import Log, Version, versions
from kb.moment import Moment, moment_of
from kb.repository import Repository
from kb.taxonomy import Taxonomy
from kb.tree_reading import not_ours
from kb.window import read_window

_LOOKED_AT: Final = 200  # commits, for the newest one that changed an article


class Timeline:
    """What `kb log` and `kb diff` tell."""

    def __init__(self, repository: Repository, source: Source) -> None:
        self._repository = repository
        self._source = source

    @cached_property
    def zone(self) -> ZoneInfo:
        """The space's time zone at its newest commit; UTC where its kb.yml is broken."""
        taxonomy = self.taxonomy
        return taxonomy.zone if taxonomy else ZoneInfo("UTC")

    @cached_property
    def taxonomy(self) -> Taxonomy | None:
        """The closed lists at the newest commit; None where its kb.yml is broken."""
        tip = self._repository.resolve(self._source.ref)
        return Edition(self._repository.tree(tip, self._source.folder), self._source.outside).taxonomy

    def changes(self, old: str, new: str) -> tuple[Moment, Moment, list[ArticleChange]]:
        """Both moments, and what changed between them, what matters most first. Raises RepositoryError."""
        comparison = compare(self._repository, self._source.folder, self._source.outside, *self._moments(old, new))
        found = sorted(changes(comparison, everything), key=lambda change: (-change.severity.rank, change.id))
        return comparison.old, comparison.new, found

    def window(self, old: str, new: str) -> Window:
        """What the digests between two moments are made of. Raises RepositoryError, AsOfError if it ends before it begins."""
        before, after = self._moments(old, new)
        follows = before.commit != after.commit and self._repository.is_before(before.commit.sha, after.commit.sha)
        if before.at > after.at and not follows:  # a commit's own clock may be slow; git knows its order
            raise AsOfError(f"{old!r} lies after {new!r}, and a digest tells what changed since. Name the earlier one first.")
        return read_window(self._repository, self._source.folder, self._source.outside, before, after)

    def _moments(self, old: str, new: str) -> tuple[Moment, Moment]:
        before, after = (moment_of(text, self._repository, self._source.ref, self.zone) for text in (old, new))
        return before, after

    def versions(self, article_id: str, refused: frozenset[str] = frozenset()) -> list[Version]:
        """Every version of one article, newest first; empty if there never was one. refused: commits that never went live."""
        tip = self._repository.resolve(self._source.ref)
        log = Log(self._repository, self._source.folder, self._source.outside, tip, refused=refused)
        return versions(log, article_id, everything)

    def commits(self, limit: int) -> list[tuple[Contribution, Mapping[str, int]]]:
        """What went live, newest first: each commit, and how many files it added, changed and removed."""
        tip = self._repository.resolve(self._source.ref)
        entries = self._repository.log(tip, self._source.folder, most=limit)
        return [(self._contribution(entry), _counted(entry)) for entry in entries]

    def newest_change(self) -> str:
        """One sentence for who looked where nothing changed: the newest commit that changed an article, and what shows it."""
        tip = self._repository.resolve(self._source.ref)
        log = self._repository.log(tip, self._source.folder, most=_LOOKED_AT)
        newest = next((it.commit for it in log if any(not_ours(touch.path) is None for touch in it.touches)), None)
        if newest is None:
            looked_at = f"any of the last {_LOOKED_AT} commits" if len(log) == _LOOKED_AT else "any commit"
            return f"Nor did {looked_at} here change one; `kb log ID` lists the versions of an article."
        if self._repository.parent(newest) is None:
            return "All articles are of one commit, which has none before it; the next one that changes some will show here."
        sha = newest.sha[:12]
        return f"The newest commit that changed one is {sha} of {newest.at:%Y-%m-%d}; ask from {sha}~1 on to see it."

    def _contribution(self, entry: LogEntry) -> Contribution:
        paths = {touch.path for touch in entry.touches}
        return Contribution(entry.commit, entry.subject, credit(entry, self._repository.merged(entry, paths)))


def _counted(entry: LogEntry) -> dict[str, int]:
    added = sum(touch.old is None for touch in entry.touches)
    removed = sum(touch.new is None for touch in entry.touches)
    return {"added": added, "changed": len(entry.touches) - added - removed, "removed": removed}
