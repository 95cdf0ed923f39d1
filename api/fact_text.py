"""A changed fact for people."""

from typing import Final

from api.fact_schema import FactOut
from kb.fact_kind import FactKind
from kb.word_diff import as_text, diff

NOTHING: Final = "nothing"
_WHOLE: Final = (FactKind.SAY.value, FactKind.DONT_SAY.value)


def old_and_new(fact: FactOut) -> str:
    """One fact as `old → new`; of a text that is to be said word for word, the words that differ."""
    if fact.kind in _WHOLE and fact.old and fact.new:
        return as_text(diff(fact.old, fact.new))
    return f"{fact.old or NOTHING} → {fact.new or NOTHING}"
