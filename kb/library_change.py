"""How many articles differ between two libraries."""

from collections.abc import Mapping
from dataclasses import dataclass

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
    before, after = _blobs(old) if old else {}, _blobs(new)
    both = before.keys() & after.keys()
    modified = sum(before[id_] != after[id_] for id_ in both)
    return LibraryChange(len(after) - len(both), modified, len(before) - len(both), len(both) - modified)


def _blobs(library: Library) -> Mapping[str, tuple[str, object, object]]:
    """What each article says; its folder's defaults count too."""
    return {article.id: (article.blob, article.scope, article.products) for article in library.articles}
