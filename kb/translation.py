"""Whether a translation was made from its source's present text, by git's history, and what it lacks of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from kb.article import Article, PartScope
from kb.fact_kind import FactKind


class TranslationState(StrEnum):
    """Whether the shown text keeps up with its source. A source article is always current."""

    CURRENT = "current"
    BEHIND = "behind"


@dataclass(frozen=True, slots=True)
class Lacking:
    """A fact that changed in the source since and that the translation does not say yet, in the words of the source.

    old, new: None where it did not stand. heading: where it stands in the source.
    scopes:   of both; only who may see each of them may be told.
    """

    kind: FactKind
    old: str | None
    new: str | None
    heading: tuple[str, ...]
    scopes: tuple[PartScope, ...]


@dataclass(frozen=True, slots=True)
class Lack:
    """What a translation that is behind lacks of its source; nothing, if the source changed in looks alone.

    facts: figures, sentences to be said and steps.
    words: whether the source says something else beside them: another wording, other readers, another way on.
    """

    facts: tuple[Lacking, ...]
    words: bool

    @property
    def is_nothing(self) -> bool:
        """Whether who has read the translation has read its source."""
        return not self.facts and not self.words


def translation_state(
    source: Article | None, translation: Article, lacking: Mapping[str, Lack] = MappingProxyType({})
) -> TranslationState:
    """Behind if the source's file was changed after the translation's.

    Both in one commit is current, whatever it did to each: one who touches both, or moves them, answers for both.
    lacking: of the library; whoever stands there is behind: of two commits of one second only git knows which came first.
    """
    if translation.id in lacking:
        return TranslationState.BEHIND
    if source is None or source.changed is None or translation.changed is None:
        return TranslationState.CURRENT
    return TranslationState.BEHIND if source.changed.at > translation.changed.at else TranslationState.CURRENT
