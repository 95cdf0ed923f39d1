"""The versions of one article over the history of a ref: followed by its id, through renames and returns."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import Final

from rapidfuzz import fuzz

from kb.article import Article
from kb.changes import ArticleChange, Moments, change_of, declared_severity
from kb.commit_log import Credit, LogEntry, Touch, credit
from kb.comparison import See
from kb.edition import Edition
from kb.library import DEFAULTS_FILE, TAXONOMY_FILE, OutsideTaxonomy
from kb.repository import Repository
from kb.tree import Commit, File, Tree

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,999}")  # given or made from a path
_SAYS: Final = r"""(?m)^[ \t]*["']?(?:%s)["']?[ \t]*:[ \t]*["']?([A-Za-z0-9][A-Za-z0-9._-]*)["']?[ \t]*(?:#.*)?\r?$"""
_RENAMED: Final = 60.0  # per cent alike, a little above git's own 50: another page of the same template is not the same page


@dataclass(frozen=True, slots=True)
class Stage:
    """What one commit made of the article: its text from then on, unfiltered; None where the commit took it away."""

    entry: LogEntry
    path: str
    article: Article | None


@dataclass(frozen=True, slots=True)
class Version:
    """One version as one reader may see it.

    number:  from 1, the oldest, over the versions that this reader can tell apart.
    article: None where the article was taken away.
    current: whether this is the text of the ref's newest commit.
    """

    number: int
    commit: Commit
    subject: str
    credit: Credit
    article: Article | None
    change: ArticleChange
    current: bool


class Log:
    """The first-parent history of one tip, and any article of it, from the files that its commits touched."""

    def __init__(
        self,
        repository: Repository,
        folder: str,
        outside: OutsideTaxonomy | None,
        tip: Commit,
        *,
        refused: Collection[str] = (),
        paths: Mapping[str, str] | None = None,
    ) -> None:
        """refused: the ids of commits that never went live. paths: id → file at the tip, where that is known already."""
        self._repository = repository
        self._outside = outside
        self._refused = refused
        self._paths = paths
        self._declared: dict[str, frozenset[str]] = {}
        self._tree = repository.tree(tip, folder)
        self._prefix = f"{self._tree.folder}/" if self._tree.folder else ""
        self.tip = tip
        self.entries = repository.log(tip, folder)

    def stages(self, article_id: str) -> list[Stage]:
        """What each commit that may have changed the article made of it, newest first; empty if none ever held it."""
        found = list(self._walk(article_id)) if _ID.fullmatch(article_id) else []
        return found if any(stage.article for stage in found) else []

    def text_at(self, article_id: str, commit: Commit) -> Article | None:
        """The article as it stood after a commit of this history; None if there was none, or none that could be read."""
        number = self._numbers.get(commit.sha, len(self.entries))
        return next((it.article for it in self._walk(article_id) if self._numbers[it.entry.commit.sha] >= number), None)

    def live_at(self, commit: Commit, found: Sequence[Version]) -> Version | None:
        """The one of these versions (newest first) that was live at a commit of this history; None if none was yet."""
        newest = self._repository.log(commit, self._tree.folder, most=1)
        number = self._numbers.get(newest[0].commit.sha) if newest else None
        if number is None:
            return None
        return next((version for version in found if self._numbers[version.commit.sha] >= number), None)

    def credited(self, stage: Stage) -> Credit:
        """Who stands behind the commit, as far as it concerns the article."""
        return credit(stage.entry, self._repository.merged(stage.entry, {stage.path}))

    def _walk(self, article_id: str) -> Iterator[Stage]:
        """From the newest commit that may have changed the article to the oldest; a shared file may change nothing.

        A text that cannot be read, and one that no commit that went live ever held, was never guidance.
        """
        newest = 0
        number, path = self._newest(article_id)
        while path is not None:
            article, held = self._read(number, path), range(newest, number + 1)
            newest = number + 1
            if article is None and self._blob(number, path) is not None:
                number, path = self._touched(number, path)
                continue
            if any(self.entries[each].commit.sha not in self._refused for each in held):
                yield Stage(self.entries[number], path, article if article and article.id == article_id else None)
            renamed = self._renamed(article_id, number, path)
            if renamed is None:
                number, path = self._before(article_id, number, path)
            else:
                article_id = self._edition.default_id(renamed)
                number, path = self._touched(number, renamed)

    def _newest(self, article_id: str) -> tuple[int, str | None]:
        """Where the article was last changed, added or taken away."""
        return self._ended(article_id, -1) if (path := self._path_now(article_id)) is None else self._touched(-1, path)

    def _path_now(self, article_id: str) -> str | None:
        if self._paths is not None:
            return self._paths.get(article_id)
        edition = self._edition
        held = self._repository.holding(self.tip, self._tree.folder, {article_id})
        naming = [path for path in held if article_id in self._ids(path, edition.blob(path))]
        named = [path for path in edition.paths if self._edition.default_id(path) == article_id]
        broken = (path for path in named if edition.article(path) is None)  # its last readable text is its newest version
        found = (p for p in [*named, *naming] if (article := edition.article(p)) and article.id == article_id)
        return next(found, next(broken, None))

    def _touched(self, number: int, path: str) -> tuple[int, str | None]:
        """The next older commit that touched the file, or what the file's defaults say."""
        places = [self._places[each] for each in (path, *self._shared(path)) if each in self._places]
        older = [place for each in places if (place := next((p for p, _ in each if p > number), None)) is not None]
        return (min(older), path) if older else (len(self.entries), None)

    def _before(self, article_id: str, number: int, path: str) -> tuple[int, str | None]:
        """Where the article was before this commit: in this file, in another one it touched, or in one taken away earlier."""
        for touch in sorted(self.entries[number].touches, key=lambda touch: touch.path != path):
            near = touch.path == path or article_id in self._ids(touch.path, touch.old)
            if touch.old is not None and near and self._was(article_id, number + 1, touch.path):
                return self._touched(number, touch.path)
        if self._blob(number + 1, path) is not None and all(touch.path != path for touch in self.entries[number].touches):
            return self._touched(number, path)  # only a shared file was touched here
        return self._ended(article_id, number)

    def _renamed(self, article_id: str, number: int, path: str) -> str | None:
        """The file that this commit renamed to `path`, where ids come from paths alone; None if it did no such thing."""
        touches = self.entries[number].touches
        came = next((touch for touch in touches if touch.path == path and touch.old is None and touch.new), None)
        if came is None or self._edition.default_id(path) != article_id:
            return None
        gone = [touch for touch in touches if touch.new is None and touch.old]
        if any(self._edition.default_id(touch.path) == article_id for touch in gone):
            return None  # the file moved, and its id with it
        text = self._text(path, came.new)
        alike = [
            (fuzz.ratio(text, self._text(touch.path, touch.old)), touch.path) for touch in gone if _ending(touch.path, path)
        ]
        likeness, source = max(alike, default=(0.0, None))
        return source if likeness >= _RENAMED and source and self._reads_as_itself(number + 1, source) else None

    def _text(self, path: str, blob: str | None) -> str:
        return self._repository.content(File(path, blob or "")).decode("utf-8", "replace")

    def _reads_as_itself(self, number: int, path: str) -> bool:
        article = self._read(number, path)
        return article is not None and article.id == self._edition.default_id(path)

    def _ended(self, article_id: str, number: int) -> tuple[int, str | None]:
        """The next older commit that took the article away, if there is one."""
        for older, touch in self._removals.get(article_id, ()):
            if older > number and self._was(article_id, older + 1, touch.path):
                return older, touch.path
        return len(self.entries), None

    def _was(self, article_id: str, number: int, path: str) -> bool:
        """Whether the file held the article after the commit of this number, or when it could last be read before."""
        while (article := self._read(number, path)) is None and self._blob(number, path) is not None:
            number, _ = self._touched(number, path)
        return article is not None and article.id == article_id

    def _ids(self, path: str, blob: str | None) -> frozenset[str]:
        """What a file's article may be called, by its path and by each line that looks as if it said an id. Reads no YAML."""
        if blob is not None and blob not in self._declared:
            self._declared[blob] = frozenset(self._says.findall(self._text(path, blob)))
        return frozenset({self._edition.default_id(path), *self._declared.get(blob or "", ())})

    @cached_property
    def _says(self) -> re.Pattern[str]:
        return re.compile(_SAYS % "|".join(map(re.escape, sorted(self._edition.id_words()))))

    def _read(self, number: int, path: str) -> Article | None:
        """The article as it stood after the commit of this number."""
        if number >= len(self.entries) or self._blob(number, path) is None:
            return None
        commit = self.entries[number].commit
        files = [File(each, blob) for each in self._around(path) if (blob := self._blob(number, each))]
        tree = Tree(commit, self._tree.folder, tuple(files), self._repository.content, self._repository.size, lambda _paths: {})
        return Edition(tree, self._outside).article(path, commit)

    def _blob(self, number: int, path: str) -> str | None:
        """The file's content after the commit of this number."""
        return next((touch.new for place, touch in self._places.get(path, ()) if place >= number), None)

    def _around(self, path: str) -> list[str]:
        """The file, and all that its article can depend on."""
        return list(dict.fromkeys([path, *self._shared(path), *self._kin.get(self._stem(path.removeprefix(self._prefix)), ())]))

    def _shared(self, path: str) -> list[str]:
        if self._outside is not None:
            return []
        above = PurePosixPath(path.removeprefix(self._prefix)).parents
        defaults = [f"{self._prefix}{'' if str(parent) == '.' else f'{parent}/'}{DEFAULTS_FILE}" for parent in above]
        return [*defaults, f"{self._prefix}{TAXONOMY_FILE}"]

    def _stem(self, below: str) -> str:
        return self._edition.stem(below)

    @cached_property
    def _edition(self) -> Edition:
        return Edition(self._tree, self._outside)

    @cached_property
    def _places(self) -> Mapping[str, list[tuple[int, Touch]]]:
        """Every touch of each file, newest first, with the number of its commit."""
        places: dict[str, list[tuple[int, Touch]]] = defaultdict(list)
        for number, entry in enumerate(self.entries):
            for touch in entry.touches:
                places[touch.path].append((number, touch))
        return dict(places)

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {entry.commit.sha: number for number, entry in enumerate(self.entries)}

    @cached_property
    def _removals(self) -> Mapping[str, list[tuple[int, Touch]]]:
        """Every file that a commit took away, newest first, by what its article may be called. Made once for all articles."""
        gone: dict[str, list[tuple[int, Touch]]] = defaultdict(list)
        for number, entry in enumerate(self.entries):
            for touch in entry.touches:
                for name in self._ids(touch.path, touch.old) if touch.new is None else ():
                    gone[name].append((number, touch))
        return dict(gone)

    @cached_property
    def _kin(self) -> Mapping[str, list[str]]:
        """In an adopted repository, the files that are one article in several languages."""
        kin: dict[str, list[str]] = defaultdict(list)
        for path in self._places if self._edition.adopted else ():
            kin[self._stem(path.removeprefix(self._prefix))].append(path)
        return dict(kin)


def _ending(one: str, other: str) -> bool:
    """Whether two files are of one sort: `name._es.md` and `other._es.md`."""
    return one.rpartition("/")[2].partition(".")[2] == other.rpartition("/")[2].partition(".")[2]


def versions(log: Log, article_id: str, see: See) -> list[Version]:
    """The versions that one reader can tell apart, newest first. What the reader may not see is no version."""
    found: list[Version] = []
    before: Article | None = None
    newest: Stage | None = None
    for stage in reversed(log.stages(article_id)):
        now = see(stage.article) if stage.article else None
        at = stage.entry.commit.at
        change = change_of(before, now, Moments(at, at))
        newest = stage if now else None
        if change is not None:
            credited = log.credited(stage)
            said = declared_severity(credited.declared)
            change = replace(change, severity=said or change.severity, declared=credited.declared)
            entry = stage.entry
            found.append(Version(len(found) + 1, entry.commit, entry.subject, credited, now, change, current=False))
        before = now
    if found and newest is not None:
        found[-1] = replace(found[-1], current=True)
    return found[::-1]
