"""What one commit says: its articles, and all that they are read with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from kb.article import Article
from kb.glossary import Glossary
from kb.problem import Problem
from kb.taxonomy import Taxonomy
from kb.translation import Lack
from kb.tree import Commit

TAXONOMY_FILE: Final = "kb.yml"
DEFAULTS_FILE: Final = "_defaults.yml"


@dataclass(frozen=True, slots=True, order=True)
class Skipped:
    """A file that is no article, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class OutsideTaxonomy:
    """A `kb.yml` that does not lie in the repository."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Library:
    """What one commit says. Articles are in the order of their ids.

    commit: None for the working tree.
    files:  (path, blob) of everything that was read; with the formats and models, all that a snapshot depends on.
    lacking: of each translation that is behind, by its id, what it lacks of its source, even if nothing; a translation of which
             that could not be found out is left out: see kb.behind.
    """

    commit: Commit | None
    folder: str
    taxonomy: Taxonomy
    glossary: Glossary
    articles: tuple[Article, ...]
    skipped: tuple[Skipped, ...]
    warnings: tuple[Problem, ...]
    files: tuple[tuple[str, str], ...]
    lacking: Mapping[str, Lack] = field(default_factory=dict)
