"""Which changed facts of a source its translations do not say yet."""

from collections.abc import Iterable, Sequence
from typing import Final

from kb.article import Article
from kb.changes import ArticleChange, Lag
from kb.fact_match import FactChange, same
from kb.facts import Fact, FactKind, facts_of

_OF_A_LANGUAGE: Final = frozenset({FactKind.SAY, FactKind.DONT_SAY})  # sentences: equal in no two languages
_LOCAL: Final = frozenset({FactKind.ADDRESS})  # a page in another language has another address


def lags(change: ArticleChange, translations: Iterable[tuple[Article | None, Article]]) -> tuple[Lag, ...]:
    """The translations (then, now) that do not say yet what the change of their source made true, with the facts they lack."""
    found = list(translations)
    if change.new is None or not found:
        return ()
    source = facts_of(change.new)
    return tuple(
        Lag(now.id, now.lang, lacks)
        for then, now in found
        if (lacks := tuple(missing(change.facts, source, facts_of(then) if then else [], facts_of(now))))
    )


def missing(
    changes: Iterable[FactChange], source: Sequence[Fact], then: Sequence[Fact], now: Sequence[Fact]
) -> Iterable[FactChange]:
    """The changes of a source's facts that a translation does not say. source: its facts now; then, now: the translation's."""
    for change in changes:
        if change.kind in _OF_A_LANGUAGE:
            if _of(change.kind, then) == _of(change.kind, now) and then:
                yield change
        elif change.kind not in _LOCAL and (_lacks(change, now) or _keeps(change, source, now)):
            yield change


def _of(kind: FactKind, facts: Iterable[Fact]) -> set[str]:
    return {fact.value for fact in facts if fact.kind is kind}


def _lacks(change: FactChange, facts: Iterable[Fact]) -> bool:
    """Whether the new value is not there."""
    return change.new is not None and not _says(change.new, facts)


def _keeps(change: FactChange, source: Iterable[Fact], facts: Iterable[Fact]) -> bool:
    """Whether the old value is still there though the source has it nowhere any more."""
    return change.old is not None and _says(change.old, facts) and not _says(change.old, source)


def _says(fact: Fact, facts: Iterable[Fact]) -> bool:
    return any(other.kind is fact.kind and same(fact, other) for other in facts)
