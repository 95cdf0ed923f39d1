"""Whether a translation was made from its source's present text, by git's history. Which fact it lacks: `kb.lag`."""

from enum import StrEnum

from kb.article import Article


class TranslationState(StrEnum):
    """Whether the shown text keeps up with its source. A source article is always current."""

    CURRENT = "current"
    BEHIND = "behind"


def translation_state(source: Article | None, translation: Article) -> TranslationState:
    """Behind if the source's text went live after the translation's last change; both in one commit is current."""
    if source is None or source.changed is None or translation.changed is None:
        return TranslationState.CURRENT
    return TranslationState.BEHIND if source.changed.at > translation.changed.at else TranslationState.CURRENT
