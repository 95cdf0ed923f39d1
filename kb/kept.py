"""What an earlier reading already knows: articles whose file, defaults and settings are what they were then."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import PurePosixPath

from kb.article import Article
from kb.article_file import Entry
from kb.problem import Problem
from kb.schema import Layer, Layered
from kb.tree import Commit, File
from kb.yaml import Document


@dataclass(frozen=True, slots=True)
class Kept:
    """Articles of an earlier library by path, and when each had last changed.

    files:    path → blob of everything that was read then.
    articles: without those that the reading warned of: they are read again, because a warning names a line.
    """

    commit: Commit | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    articles: Mapping[str, Article] = field(default_factory=dict)
    changed: Mapping[str, Commit] = field(default_factory=dict)

    @classmethod
    def of(cls, commit: Commit, files: Mapping[str, str], articles: Iterable[Article], warnings: Iterable[Problem]) -> "Kept":
        """What the library of a commit knows."""
        articles = list(articles)
        warned = {problem.path for problem in warnings}
        return cls(
            commit,
            files,
            {article.path: article for article in articles if article.path not in warned},
            {article.path: article.changed for article in articles if article.changed is not None},
        )

    def without(self, paths: Collection[str]) -> "Kept":
        """The same, without the articles at these paths."""
        return replace(self, articles={path: article for path, article in self.articles.items() if path not in paths})

    def article(self, file: File) -> Article | None:
        """The article of a file that has not changed."""
        article = self.articles.get(file.path)
        return article if article is not None and article.blob == file.blob else None

    def had(self, folder: str, name: str, files: Mapping[str, str]) -> bool:
        """Whether the same files of that name stood in the folder and above it as in `files` (path → blob)."""
        paths = [str(parent / name) for parent in PurePosixPath(folder, name).parents]
        return [self.files.get(path) for path in paths] == [files.get(path) for path in paths]


NOTHING = Kept()
_NO_KEYS = Document({}, {})


def kept_entry(article: Article, changed: Commit | None) -> Entry:
    """The article without the lines of its keys: enough for every rule that finds nothing to say about it."""
    if article.changed is not changed and article.changed != changed:
        article = replace(article, changed=changed)
    return Entry(article, _keyless(article.path), 1)


@lru_cache(maxsize=2**15)  # 10,000 at each push
def _keyless(path: str) -> Layered:
    return Layered((Layer(path, _NO_KEYS),))
