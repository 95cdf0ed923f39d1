"""How much a change matters."""

from enum import StrEnum


class Severity(StrEnum):
    """How much a change matters to who works by the article."""

    EDITORIAL = "editorial"
    CLARIFIED = "clarified"
    RULE = "rule"

    @property
    def rank(self) -> int:
        """0 to 2, higher matters more."""
        return list(Severity).index(self)
