"""What of an article stands now above a tier, and whether a fact that was told before is among it. In doubt it is."""

import re
from collections.abc import Iterable
from typing import Final

from api.digests.document import DigestFact
from kb.article import Article
from kb.fact_kind import FactKind
from kb.fact_match import same
from kb.facts import Fact, facts_in, facts_of, readable
from kb.sentence import WHOLE

_WORD: Final = re.compile(r"[^\W_]+")
_LOOSE: Final = frozenset({FactKind.NUMBER})  # of a table whose head holds the unit


class Raised:
    """The parts of an article above a tier, beside those that are not."""

    def __init__(self, article: Article, tier: int) -> None:
        self._article = article
        facts = facts_of(article)
        self._hidden = [fact for fact in facts if fact.scope.tier > tier]
        self._seen = [fact for fact in facts if fact.scope.tier <= tier]
        told = (article.title, article.description, article.escalation.when if article.escalation else None)
        parts = [(part.scope.tier > tier, readable(article.body[part.start : part.end])) for part in article.sections]
        self._hidden_words = _words(text for hidden, text in parts if hidden)
        self._seen_words = _words([*(text for hidden, text in parts if not hidden), *(text for text in told if text)])

    def holds(self, fact: DigestFact) -> bool:
        """Whether a value or the sentence of the fact stands above the tier, and not below in the same words, too."""
        values = [text for text in (fact.old, fact.new) if text]
        if not values:
            return False
        raised = [text for text in values if self._says(fact, text, self._hidden, self._hidden_words, _LOOSE)]
        if any(not self._says(fact, text, self._seen, self._seen_words) for text in raised):
            return True
        if fact.kind == FactKind.STEP:
            return False
        sentence = _bare(fact.sentence or values[-1])
        return sentence not in self._seen_words and (bool(raised) or sentence in self._hidden_words)

    def _says(
        self, fact: DigestFact, text: str, facts: Iterable[Fact], words: str, loose: frozenset[FactKind] = frozenset()
    ) -> bool:
        kind = FactKind(fact.kind)
        if kind is FactKind.STEP:
            return any(it.kind is kind and (it.text == text or list(it.heading) == fact.heading) for it in facts)
        found = facts_in(text, self._article.lang, heading=(), scope=self._article.scope)
        values = [] if kind in WHOLE else [it for it in found if it.kind is kind]
        if not values:
            return _bare(text) in words
        return any(
            (it.kind is kind and same(it, value)) or (it.kind in loose and _number(it) == _number(value))
            for it in facts
            for value in values
        )


def _words(texts: Iterable[str]) -> str:
    return "|".join(map(_bare, texts))


def _bare(text: str) -> str:
    """Its words alone, each between blanks; a blank if there is none."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def _number(fact: Fact) -> str:
    return fact.value.partition(" ")[0]
