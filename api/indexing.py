"""The use case of `kb index`: the newest commit goes live, for English questions first where that is sooner, then whole."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter

from api.space import Space
from api.watch import SILENT, Watch
from retriever.leg import MULTILINGUAL, WHOLE
from retriever.snapshot import Snapshot
from retriever.vector_cache import CHUNK


@dataclass(frozen=True, slots=True)
class Indexed:
    """What became of it.

    snapshot:        what is published in the end.
    embedded:        passages, by leg.
    english_seconds: until English questions were answered. seconds: until all were, by both models.
    """

    snapshot: Snapshot
    embedded: Mapping[str, int]
    english_seconds: float
    seconds: float


def index(
    space: Space,
    watch: Watch = SILENT,
    told: Callable[[Snapshot, float], None] | None = None,
    *,
    legs: Collection[str] = WHOLE,
) -> Indexed:
    """Publish the newest commit, whole in the end.

    told: the snapshot of the first stage, and after how many seconds it was published, if there was one. legs: with FIRST it
    ends there. Raises what Space.publish raises; what was published until then stays.
    """
    begun, now = perf_counter(), datetime.now(UTC).isoformat(timespec="seconds")
    embedded = Counter(dict.fromkeys(WHOLE, 0))
    _, snapshot = space.publish(watch)
    english = perf_counter() - begun
    embedded += _embedded(snapshot, now)
    if told and not snapshot.is_whole:
        told(snapshot, english)
    while not snapshot.is_whole and MULTILINGUAL in legs:
        embedded[MULTILINGUAL] += sum(step.embedded for step in space.snapshots.embedding(snapshot, CHUNK, watch))
        whole = space.complete(snapshot)
        if whole is None:  # another process has published a newer commit
            _, whole = space.publish(watch)
            embedded += _embedded(whole, now)
        snapshot = whole
    counts = {leg: embedded[leg] for leg in WHOLE}
    return Indexed(snapshot, counts, english, perf_counter() - begun)


def _embedded(snapshot: Snapshot, since: str) -> Counter[str]:
    """What was embedded for a snapshot, if it was built since then."""
    return Counter(snapshot.manifest.embedded if snapshot.manifest.built_at >= since else {})
