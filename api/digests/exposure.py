"""How often a passage was shown to whom: what tells a reader that a changed rule is one's own concern."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, TypeAlias

from api.events.event import Kind
from api.events.ledger import Ledger, Wanted
from kb.article import Article
from retriever.snapshot import Snapshot

REACH: Final = timedelta(days=30)
_GOOD_FOR: Final = timedelta(minutes=10)  # a count may be that old: a month of events is read for it

Heading: TypeAlias = tuple[str, ...]
Passage: TypeAlias = tuple[str, Heading]  # article, heading path


@dataclass(frozen=True, slots=True)
class Showings:
    """How often each passage was shown to some readers."""

    counts: Mapping[Passage, int] = field(default_factory=dict)

    def of(self, article: str, headings: Iterable[Heading]) -> int:
        """How often a passage under one of the headings was; of the whole article where none is named."""
        wanted = set(headings)
        return sum(count for (name, at), count in self.counts.items() if name == article and (not wanted or at in wanted))


def in_every_language(showings: Showings, snapshot: Snapshot) -> Showings:
    """The same, with what was shown in one language counted for the passages that say it in the others.

    A passage's translation is the one in the same place, where two texts have as many headings; else it counts for the article.
    """
    counts = Counter(showings.counts)
    for (name, heading), count in showings.counts.items():
        article = snapshot.articles.get(name)
        others = snapshot.members.get(article.group, ()) if article else ()
        for other in others:
            if article and other.id != name:
                counts[other.id, _same_place(heading, _headings(article), _headings(other))] += count
    return Showings(counts)


def _same_place(heading: Heading, ours: Sequence[Heading], theirs: Sequence[Heading]) -> Heading:
    return theirs[ours.index(heading)] if heading in ours and len(ours) == len(theirs) else ()


def _headings(article: Article) -> list[Heading]:
    return list(dict.fromkeys(section.heading for section in article.sections))


class Exposure:
    """Reads the events of the last 30 days, and remembers for a while what they say."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = Lock()
        self._kept: dict[str, tuple[datetime, Mapping[str, Counter[Passage]]]] = {}

    def showings(self, space: str, readers: Collection[str], now: datetime) -> Showings:
        """What was shown to these readers in a space in the 30 days before `now`."""
        by_reader = self._by_reader(space, now)
        counts: Counter[Passage] = Counter()
        for reader in readers:
            counts.update(by_reader.get(reader, {}))
        return Showings(counts)

    def _by_reader(self, space: str, now: datetime) -> Mapping[str, Counter[Passage]]:
        with self._lock:  # one thread reads, the others wait for what it finds
            at, found = self._kept.get(space, (None, {}))
            if at is None or abs(now - at) > _GOOD_FOR:
                found = self._read(space, now)
                self._kept[space] = (now, found)
            return found

    def _read(self, space: str, now: datetime) -> Mapping[str, Counter[Passage]]:
        found: dict[str, Counter[Passage]] = {}
        for link in self._ledger.links(Wanted(space, since=now - REACH, kind=Kind.SHOWN)):
            counts = found.setdefault(link.reader, Counter())
            for hit in link.facts().get("hits", ()):
                counts[hit["id"], tuple(hit["passage"]["heading"])] += 1
        return found
