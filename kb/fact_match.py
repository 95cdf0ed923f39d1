"""Which fact of an older text has become which fact of a newer one: by the words around them, not by their order."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kb.fact_kind import FactKind
from kb.facts import Fact

_SAME_PLACE: Final = 0.34  # share of the surroundings in common from which two values are one fact, changed
_SURELY_SAME_PLACE: Final = 0.55  # the same for what is often no rule at all: bare numbers, links, codes
_SAME_SECTION: Final = 0.08  # the same where a section lost one value of a kind and gained one
_EQUAL: Final = 0.3  # what an equal value is worth beside its surroundings: less than the right row of a table
_MOST_PAIRS: Final = 250_000  # 500 facts of one kind on either side; beyond that values are only counted
_LOOSE: Final = frozenset({FactKind.NUMBER, FactKind.ADDRESS, FactKind.CODE})
_DOLLARS: Final = frozenset({"USD", "CAD", "MXN"})  # whose sign is `$` alone in their own country


@dataclass(frozen=True, slots=True)
class FactChange:
    """One fact of an article before and after. `old` is None for a new one, `new` for one that is gone."""

    kind: FactKind
    old: Fact | None
    new: Fact | None

    @property
    def heading(self) -> tuple[str, ...]:
        """Of the part it stands in now, or stood in."""
        fact = self.new or self.old
        return fact.heading if fact else ()

    def __str__(self) -> str:
        return f"{self.old.text if self.old else 'nothing'} → {self.new.text if self.new else 'nothing'}"


def changed_facts(old: Iterable[Fact], new: Iterable[Fact]) -> list[FactChange]:
    """What changed between two texts in one language, in the newer one's order; each change once.

    A fact that stands elsewhere in the other text, in whatever words, is neither gone nor new.
    """
    before, after = list(old), list(new)
    old_by_kind, new_by_kind = _by_kind(before), _by_kind(after)
    changes = [change for kind in FactKind for change in _of_kind(kind, old_by_kind.get(kind, []), new_by_kind.get(kind, []))]
    order = {id(fact): place for place, fact in enumerate([*after, *before])}
    return sorted(_once(changes), key=lambda change: order.get(id(change.new), order.get(id(change.old), 0)))


def same(one: Fact, other: Fact) -> bool:
    """Whether two facts of one kind say the same. `$` is whatever dollar or peso the other text names, a time any zone."""
    if one.value == other.value:
        return True
    number, _, unit = one.value.partition(" ")
    its_number, _, its_unit = other.value.partition(" ")
    if number != its_number:
        return False
    if one.kind is FactKind.AMOUNT:
        return "$" in (unit, its_unit) and {unit, its_unit} - {"$"} <= _DOLLARS
    return one.kind is FactKind.TIME and "" in (unit, its_unit)


def _by_kind(facts: Iterable[Fact]) -> dict[FactKind, list[Fact]]:
    sorted_out: dict[FactKind, list[Fact]] = defaultdict(list)
    for fact in facts:
        sorted_out[fact.kind].append(fact)
    return sorted_out


def _of_kind(kind: FactKind, old: Sequence[Fact], new: Sequence[Fact]) -> Iterator[FactChange]:
    if Counter(fact.value for fact in old) == Counter(fact.value for fact in new) and len({fact.value for fact in old}) < 2:
        return  # one value or none, nothing to swap
    pairs = _stayed(old, new)
    pairs |= _pairs(kind, old, new, pairs)
    pairs |= _last_two(old, new, pairs)
    for left, right in pairs.items():
        if not same(old[left], new[right]) and not _stands_in_both(old[left], new[right], old, new):
            yield FactChange(kind, old[left], new[right])
    if kind is FactKind.NUMBER:
        return  # a number that comes or goes with its sentence tells nothing; one that another replaced does
    yield from (
        FactChange(kind, fact, None)
        for number, fact in enumerate(old)
        if number not in pairs and not any(same(fact, other) for other in new)
    )
    met = set(pairs.values())
    yield from (
        FactChange(kind, None, fact)
        for number, fact in enumerate(new)
        if number not in met and not any(same(fact, other) for other in old)
    )


def _stayed(old: Sequence[Fact], new: Sequence[Fact]) -> dict[int, int]:
    """The facts whose value and surroundings are the same: nearly all of them, and found without a look at every pair."""
    waiting: dict[object, list[int]] = defaultdict(list)
    for right, fact in enumerate(new):
        waiting[_place(fact)].append(right)
    return {left: places.pop(0) for left, fact in enumerate(old) if (places := waiting.get(_place(fact), []))}


def _place(fact: Fact) -> object:
    return fact.value, fact.heading, tuple(fact.context.items())


def _pairs(kind: FactKind, old: Sequence[Fact], new: Sequence[Fact], stayed: Mapping[int, int]) -> dict[int, int]:
    """Which old fact became which new one, best surroundings first. Equal values may meet anywhere in the text."""
    lefts = [left for left in range(len(old)) if left not in stayed]
    rights = sorted(set(range(len(new))) - set(stayed.values()))
    if len(lefts) * len(rights) > _MOST_PAIRS:
        return {}
    least = _SURELY_SAME_PLACE if kind in _LOOSE else _SAME_PLACE
    scored = []
    for left in lefts:
        for right in rights:
            before, after = old[left], new[right]
            near = _likeness(before.context, after.context)
            equal = same(before, after)
            if equal or near >= least:
                scored.append((-(near + equal * _EQUAL), abs(left - right), left, right))
    pairs: dict[int, int] = {}
    met: set[int] = set()
    for _, _, left, right in sorted(scored):
        if left not in pairs and right not in met:
            pairs[left] = right
            met.add(right)
    return pairs


def _last_two(old: Sequence[Fact], new: Sequence[Fact], pairs: Mapping[int, int]) -> dict[int, int]:
    """The one fact that went and the one that came under the same heading, though the sentence was written anew."""
    gone = [n for n, fact in enumerate(old) if n not in pairs and not any(same(fact, other) for other in new)]
    come = [n for n, fact in enumerate(new) if n not in pairs.values() and not any(same(fact, other) for other in old)]
    if len(gone) != 1 or len(come) != 1:
        return {}
    before, after = old[gone[0]], new[come[0]]
    alike = before.heading == after.heading and _likeness(before.context, after.context) >= _SAME_SECTION
    return {gone[0]: come[0]} if alike else {}


def _likeness(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """How much two surroundings have in common, 0 to 1: the weight of shared words over the weight of all."""
    if not one or not other:
        return 1.0 if not one and not other else 0.0
    shared = sum(min(weight, other[word]) for word, weight in one.items() if word in other)
    union = sum(one.values()) + sum(other.values()) - shared
    return shared / union


def _stands_in_both(before: Fact, after: Fact, old: Sequence[Fact], new: Sequence[Fact]) -> bool:
    """Whether nothing changed but the order: both values stand as often in one text as in the other, elsewhere."""
    if before.heading == after.heading and _likeness(before.context, after.context) > _SURELY_SAME_PLACE:
        return False
    return all(sum(same(value, fact) for fact in old) == sum(same(value, fact) for fact in new) for value in (before, after))


def _once(changes: Iterable[FactChange]) -> list[FactChange]:
    """Each pair of values once, where it stands first; a step's leads are its own."""
    seen: dict[tuple[object, ...], FactChange] = {}
    for change in changes:
        values = (change.old.value if change.old else None, change.new.value if change.new else None)
        seen.setdefault((change.kind, *values, change.heading if change.kind is FactKind.STEP else ()), change)
    return list(seen.values())
