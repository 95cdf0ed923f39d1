"""Whether a receipt is true: untouched, in the chain, and what the same commit answers again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from api.events.chain import Link, own_faults
from api.events.ledger import Ledger
from api.events.receipt import FORMAT, document, shown_body
from api.guidance import Answered, RequestError
from api.space import Space
from kb.errors import KbError
from retriever.leg import FIRST, MULTILINGUAL, WHOLE
from retriever.question import Question
from retriever.scope import Scope
from retriever.search import search
from retriever.snapshot import Models
from retriever.translator import NoTranslator

TOLERANCE: Final = 0.001  # of a score or a confidence: other processors round int8 products otherwise

_LINKS: Final = TypeAdapter(list[Link])

Rebuild = Callable[[Link, Link], Mapping[str, Any]]  # asked, shown: to what is shown now


@dataclass(frozen=True, slots=True)
class Verdict:
    """differences: what is not as the receipt says; empty if it is true. notes: what could not be looked at, and why."""

    differences: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether the receipt is true."""
        return not self.differences


def proof_of(receipt: Mapping[str, Any]) -> tuple[Link, Link]:
    """Both links of a receipt. Raises RequestError if it is no receipt."""
    try:
        if receipt["format"] != FORMAT:
            raise RequestError(
                f"The receipt has format {receipt['format']!r}; this version reads {FORMAT}. Use its own version."
            )
        asked, shown = _LINKS.validate_python([{**link, "ticket": None} for link in receipt["proof"]])
        asked.facts(), shown.facts(), shown.said()
        ticket = (asked.said() or {}).get("ticket")
        return (replace(asked, ticket=ticket) if ticket else asked), shown
    except (KeyError, TypeError, ValueError, AttributeError, ValidationError):
        raise RequestError("The file is no receipt; expected the JSON of GET /v1/receipts/{id}, as it was sent.") from None


def verify(receipt: Mapping[str, Any], ledger: Ledger | None, rebuild: Rebuild) -> Verdict:
    """Look at a receipt in every way that is at hand. ledger: None where there is no database. Raises RequestError."""
    asked, shown = proof_of(receipt)
    differences = [*_own(receipt, asked, shown)]
    notes = []
    if ledger is None:
        notes.append("not compared with the chain: there is no database here; reader, time and id are as the file says")
    else:
        differences += _against_chain(ledger, (asked, shown))
    if asked.erased:
        notes.append("the question was erased, so the answer cannot be rebuilt")
    elif not differences:
        differences += _against_now(asked, shown, rebuild, notes)
    return Verdict(tuple(differences), tuple(notes))


def _own(receipt: Mapping[str, Any], asked: Link, shown: Link) -> Iterator[str]:
    """What does not fit inside the file itself."""
    for link in (asked, shown):
        yield from (f"{link.kind}: {fault}" for fault in own_faults(link))
    if (asked.kind, shown.kind) != ("asked", "shown") or asked.receipt != shown.receipt:
        yield "proof: expected what was asked and what was shown under one receipt"
    drawn = document((asked, shown))
    yield from (
        f"{name}: it is not what the proof says" for name in sorted({*drawn, *receipt}) if drawn.get(name) != receipt.get(name)
    )


def _against_chain(ledger: Ledger, links: Sequence[Link]) -> Iterator[str]:
    kept = {link.id: link for link in ledger.of_receipt(links[0].receipt or "")}
    for link in links:
        there = kept.get(link.id)
        if there is None:
            yield f"{link.kind}: the chain of space {link.space} holds no such event"
        elif there.hash != link.hash:
            yield f"{link.kind}: the chain holds another event under this id (event {there.seq} of space {there.space})"


def _against_now(asked: Link, shown: Link, rebuild: Rebuild, notes: list[str]) -> list[str]:
    then = {**shown.facts(), "reason": (shown.said() or {}).get("reason")}
    try:
        now = rebuild(asked, shown)
        if then["build"] != now["build"]:
            notes.append(f"the code that ranks is another one now: {', '.join(_other(then['build'], now['build']))}")
        return list(differences(then, now))
    except KbError as error:
        return [f"commit: {error}"]
    except (KeyError, TypeError, ValueError, AttributeError):
        return ["proof: it lacks what every receipt holds"]


def _other(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    flat = [{**build, **build["libraries"]} for build in (then, now)]
    return [name for name in sorted({*flat[0], *flat[1]} - {"libraries"}) if flat[0].get(name) != flat[1].get(name)]


def differences(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What is shown otherwise now, most telling first."""
    for leg in sorted({*then["models"], *now["models"]}):
        if then["models"].get(leg) != now["models"].get(leg):
            yield f"{leg} model: was {then['models'].get(leg)}, is {now['models'].get(leg)}"
    for rank in range(1, max(len(then["hits"]), len(now["hits"])) + 1):
        yield from _hit_differences(rank, *(dict(enumerate(side["hits"], 1)).get(rank) for side in (then, now)))
    for name in _FACTS:
        if then[name] != now[name] and not _near(then[name], now[name]):
            yield f"{name}: was {then[name]!r}, is {now[name]!r}"


_FACTS: Final = (
    "commit", "folder", "taxonomy", "lang", "inferred_jurisdiction", "found", "answerable", "confidence", "above_tier",
    "varies_by_jurisdiction", "leads", "reason",
)  # fmt: skip


def _hit_differences(rank: int, then: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> Iterator[str]:
    if then is None or now is None or then["id"] != now["id"]:
        yield f"rank {rank}: was {_named(then)}, is {_named(now)}"
        return
    for name in ("path", "blob", "commit", "lang", "place", "passage"):
        if then[name] != now[name]:
            yield f"rank {rank}, {then['id']}: {name} was {then[name]!r}, is {now[name]!r}"
    if not _near(then["score"], now["score"]):
        yield f"rank {rank}, {then['id']}: score was {then['score']}, is {now['score']} (beyond {TOLERANCE})"


def _named(hit: Mapping[str, Any] | None) -> str:
    return "nothing" if hit is None else str(hit["id"])


def _near(then: object, now: object) -> bool:
    return isinstance(then, float) and isinstance(now, float) and abs(then - now) <= TOLERANCE


class _Kept(NoTranslator):
    """Says again what was said then: a translation depends on a program, and on whether it answered in time."""

    name = "kept"

    def __init__(self, translation: str | None) -> None:
        self._translation = translation

    def english(self, text: str, lang: str) -> str | None:  # noqa: ARG002  # the port's
        """The translation that was searched."""
        return self._translation


def rebuilt_from(space: Space, models: Models) -> Rebuild:
    """Answer again from the commit that the receipt names, by what is on this machine."""

    def rebuild(asked: Link, shown: Link) -> Mapping[str, Any]:
        facts, said, before = asked.facts(), asked.said() or {}, shown.facts()
        legs = WHOLE if MULTILINGUAL in before["models"] else FIRST  # by those that were there then
        snapshot = space.snapshots.of(space.repository.resolve(before["commit"]), legs=legs)
        products = said["products"]
        scope = Scope(
            products=None if products is None else frozenset(products),
            jurisdiction=said["jurisdiction"],
            tier=facts["tier"],
            effective_on=datetime.fromisoformat(facts["effective_on"]),
        )
        # whether the reranker was in time depended on the machine's haste that day, so it is not left to today's
        last = models.unhurried.reranker if "reranker" in before["models"] else None
        reading = replace(models, translator=_Kept(said["english"]), reranker=last)
        answer = search(Question(said["q"], said["lang"]), scope, snapshot, reading, limit=facts["limit"])
        return {**shown_body(answer, Answered(answer, snapshot, None), space.source), "reason": answer.reason}

    return rebuild
