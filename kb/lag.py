"""Which changed facts of a source its translations do not say yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from kb.article import Article
from kb.changes import ArticleChange, Lag
from kb.fact_kind import FactKind
from kb.fact_match import FactChange, same
from kb.facts import Fact, facts_of

_OF_A_LANGUAGE: Final = frozenset({FactKind.SAY, FactKind.DONT_SAY})  # sentences: equal in no two languages
_LOCAL: Final = frozenset({FactKind.ADDRESS})  # a page in another language has another address


def lags(change: ArticleChange, translations: Iterable[tuple[Article | None, Article]]) -> tuple[Lag, ...]:
    """The translations (then, now) that do not say yet what the change of their source made true, with the facts they lack."""
    found = list(translations)
    if change.new is None or not found:
        return ()
    source = Sides(facts_of(change.old) if change.old else [], facts_of(change.new))
    return tuple(
        Lag(now.id, now.lang, lacks)
        for then, now in found
        if (lacks := tuple(missing(change.facts, source, Sides(facts_of(then) if then else None, facts_of(now)))))
    )


@dataclass(frozen=True, slots=True)
class Sides:
    """The facts of one text before and after; None if it was not there before."""

    then: Sequence[Fact] | None
    now: Sequence[Fact]


def missing(changes: Iterable[FactChange], source: Sides, translation: Sides) -> Iterable[FactChange]:
    """Those of the source's changed facts that its translation does not say."""
    for change in changes:
        if change.kind in _OF_A_LANGUAGE:
            if _kept_its_sentences(change, translation):
                yield change
        elif change.kind not in _LOCAL and (
            _lacks(change, translation.now)
            or _keeps(change, source.now, translation.now)
            or _is_as_it_was(change.kind, source, translation.now)
        ):
            yield change


def _kept_its_sentences(change: FactChange, translation: Sides) -> bool:
    """Whether it says what it said; one that is fixed in the source's language may be there already."""
    if translation.then is None or (change.new and _says(change.new, translation.now)):
        return False
    return _are_alike(_of(change.kind, translation.then), _of(change.kind, translation.now))


def _lacks(change: FactChange, facts: Iterable[Fact]) -> bool:
    """Whether the new value is not there."""
    return change.new is not None and not _says(change.new, facts)


def _keeps(change: FactChange, source: Iterable[Fact], facts: Iterable[Fact]) -> bool:
    """Whether the old value is still there though the source has it nowhere any more."""
    return change.old is not None and _says(change.old, facts) and not _says(change.old, source)


def _is_as_it_was(kind: FactKind, source: Sides, facts: Iterable[Fact]) -> bool:
    """Whether it says one by one what the source said before and no longer does: two limits changed places."""
    said = _of(kind, facts)
    return _are_alike(said, _of(kind, source.then or ())) and not _are_alike(said, _of(kind, source.now))


def _of(kind: FactKind, facts: Iterable[Fact]) -> list[Fact]:
    return [fact for fact in facts if fact.kind is kind]


def _are_alike(ones: Sequence[Fact], others: Sequence[Fact]) -> bool:
    return len(ones) == len(others) and all(map(same, ones, others))


def _says(fact: Fact, facts: Iterable[Fact]) -> bool:
    """Whether one of the facts is this one; a step leads somewhere from one place alone."""
    alike = [other for other in _of(fact.kind, facts) if same(fact, other)]
    return any(fact.kind is not FactKind.STEP or fact.heading == other.heading for other in alike)
