"""How many articles differ between two libraries."""

from collections.abc import Mapping
from dataclasses import dataclass

from kb.article import Article
from kb.library import Library


@dataclass(frozen=True, slots=True)
class LibraryChange:
    """How many articles were added, modified, deleted and left as they were. A renamed file is left as it was."""

    added: int
    modified: int
    deleted: int
    unchanged: int

    def __str__(self) -> str:
        return f"+{self.added} ~{self.modified} -{self.deleted} ={self.unchanged}"


def library_change(old: Library | None, new: Library) -> LibraryChange:
    """From the old library, or from none, to the new one."""
    before, after = _by_id(old) if old else {}, _by_id(new)
    both = before.keys() & after.keys()
    modified = sum(before[id_] is not after[id_] and _says(before[id_]) != _says(after[id_]) for id_ in both)
    return LibraryChange(len(after) - len(both), modified, len(before) - len(both), len(both) - modified)


def _by_id(library: Library) -> Mapping[str, Article]:
    return {article.id: article for article in library.articles}


def _says(article: Article) -> tuple[str, object, object]:
    """What it says; its folder's defaults count too."""
    return article.blob, article.scope, article.products
