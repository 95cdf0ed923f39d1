"""What the content rules look at: every article of one commit."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from kb.article_file import Entry
from kb.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Shelf:
    """Every article of one commit, with the lists it may draw on. `unread`: ids of articles whose file is broken."""

    entries: Sequence[Entry]
    by_id: Mapping[str, Entry]
    taxonomy: Taxonomy
    unread: Collection[str] = ()
