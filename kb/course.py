"""What each commit between two moments made of an article: its text before and after, so that a reader's share can be told."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Final

from kb.article import Article
from kb.changes import Contribution
from kb.commit_log import LogEntry, Touch, credit
from kb.edition import Edition
from kb.library import DEFAULTS_FILE, TAXONOMY_FILE, OutsideTaxonomy
from kb.repository import Repository
from kb.tree import File, Tree

SHARED: Final = (DEFAULTS_FILE, TAXONOMY_FILE)  # what several articles depend on


@dataclass(frozen=True, slots=True)
class Part:
    """One commit's part in an article's change: the article before and after it, unfiltered; None where it was not there."""

    contribution: Contribution
    old: Article | None
    new: Article | None


class Course:
    """The commits between two editions of a folder, newest first, and what they made of its articles."""

    def __init__(
        self,
        repository: Repository,
        outside: OutsideTaxonomy | None,
        tree: Tree,
        editions: tuple[Edition, Edition],
        log: Sequence[LogEntry],
    ) -> None:
        """tree: from which the oldest commit of the log went on. editions: its own, and that of the newest commit."""
        self._repository, self._folder, self._outside = repository, tree.folder, outside
        self._before, self._after = editions
        self._log = log

    def parts(self, old: Article | None, new: Article | None) -> tuple[Part, ...]:
        """The commits that touched the article's files, or shared files above them, oldest first.

        Only texts between two such commits are read: an article that one commit changed costs nothing.
        """
        own = {article.path for article in (old, new) if article}
        paths = own | set(self._shared(own))
        numbers = sorted({number for path in paths for number, _ in self._touches.get(path, ())}, reverse=True)
        texts = [old]
        for number in numbers[:-1]:
            texts.append(self._text(number, new or old, own, texts[-1]))
        texts.append(new)
        return tuple(
            Part(self._contribution(self._log[number], paths), texts[place], texts[place + 1])
            for place, number in enumerate(numbers)
        )

    def _contribution(self, entry: LogEntry, paths: set[str]) -> Contribution:
        return Contribution(entry.commit, entry.subject, credit(entry, self._repository.merged(entry, paths)))

    def _shared(self, own: Iterable[str]) -> Iterator[str]:
        folders = {str(parent) for path in own for parent in PurePosixPath(path).parents}
        return (path for path in self._shared_files if str(PurePosixPath(path).parent) in folders)

    def _text(self, number: int, article: Article | None, own: Iterable[str], before: Article | None) -> Article | None:
        """The article after the commit of this number. A text that cannot be read changed nothing: it was never guidance."""
        there = [path for path in sorted(own) if self._blob(number, path)]
        found = [self._read(number, path) for path in there]
        same = next((each for each in found if each and article and each.id == article.id), None)
        return before if same is None and None in found else same

    def _read(self, number: int, path: str) -> Article | None:
        around = [path, *self._shared_above(path), *self._before.kin(path), *self._after.kin(path)]
        files = [File(each, blob) for each in dict.fromkeys(around) if (blob := self._blob(number, each))]
        tree = Tree(
            self._log[number].commit,
            self._folder,
            tuple(files),
            self._repository.content,
            self._repository.size,
            lambda _paths: {},
        )
        return Edition(tree, self._outside).article(path)

    def _shared_above(self, path: str) -> list[str]:
        return [str(parent / name) for parent in PurePosixPath(path).parents for name in SHARED]

    def _blob(self, number: int, path: str) -> str | None:
        """The file's content after the commit of this number."""
        touches = self._touches.get(path)
        if not touches:
            return self._before.blob(path)
        return next((touch.new for place, touch in touches if place >= number), touches[-1][1].old)

    @cached_property
    def _touches(self) -> Mapping[str, list[tuple[int, Touch]]]:
        """Every touch of each file, newest first, with the number of its commit."""
        touches: dict[str, list[tuple[int, Touch]]] = {}
        for number, entry in enumerate(self._log):
            for touch in entry.touches:
                touches.setdefault(touch.path, []).append((number, touch))
        return touches

    @cached_property
    def _shared_files(self) -> list[str]:
        return [path for path in self._touches if PurePosixPath(path).name in SHARED]
