"""How far indexing has come, for whoever wants to be told."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from retriever.snapshot_build import Progress as PassagesProgress

if TYPE_CHECKING:
    from kb.tree_reading import Progress as FilesProgress


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told how far indexing has come. None is told nothing."""

    files: "FilesProgress | None" = None
    passages: PassagesProgress | None = None


SILENT: Final = Watch()


@dataclass(frozen=True, slots=True)
class Step:
    """How far the multilingual leg has come: so many passages are done of all; embedded: those that this step did."""

    done: int
    passages: int
    embedded: int
