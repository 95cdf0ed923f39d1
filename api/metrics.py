"""Figures for Prometheus. Labels name spaces, stages, outcomes and endpoints, never what somebody asked or read."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Final, Literal, TypeAlias

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from api.digests.outbox import Standing
from api.live import LiveSpace
from api.news import News

_Mode: TypeAlias = Literal["livemax", "livemostrecent", "livesum"]

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_TELL: Final = 5.0  # seconds between two times that one of several processes tells how it stands
_WAITING: Final = "kb_waiting_passages"
# How a space stands: the text, and of several processes whose word counts. Those that have ended say nothing.
_STANDING: Final[Mapping[str, tuple[str, _Mode]]] = {
    "kb_behind_seconds": ("Seconds since the commit that should be live was made; 0 if it is served.", "livemax"),
    "kb_snapshot_age_seconds": ("Seconds since the served snapshot was built.", "livemax"),
    "kb_articles": ("Articles of the served snapshot.", "livemostrecent"),
    "kb_passages": ("Passages of the served snapshot.", "livemostrecent"),
    "kb_past_snapshots": ("Snapshots of other moments and branches in memory.", "livesum"),
    _WAITING: ("Passages that the multilingual model has yet to read; 0 if questions are answered by it.", "livemax"),
}
_SECONDS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

log = structlog.get_logger()


class Metrics:
    """What one service has counted since it began, and how its spaces stand."""

    def __init__(
        self,
        spaces: Mapping[str, LiveSpace],
        deliveries: Callable[[Sequence[str]], Sequence[Standing]] = lambda _spaces: (),
        *,
        updates: bool = True,
    ) -> None:
        """deliveries: how the digests' channels of these spaces stand. updates: whether to count those: one of several does."""
        self._deliveries = deliveries
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "kb_request_seconds",
            "Seconds that a request took.",
            ("endpoint", "status"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._updates = Counter(
            "kb_updates", "Updates by what became of the commit.", ("space", "outcome"), registry=self._registry
        )
        self._embedded = Counter("kb_embedded_passages", "Passages embedded.", ("space", "model"), registry=self._registry)
        self._stages = Gauge(
            "kb_update_stage_milliseconds",
            "Milliseconds of each stage of the last update.",
            ("space", "stage"),
            registry=self._registry,
            multiprocess_mode="mostrecent",
        )
        self._lag = Gauge(
            "kb_publish_lag_seconds",
            "Seconds from the commit to its publication, of the last one.",
            ("space",),
            registry=self._registry,
            multiprocess_mode="mostrecent",
        )
        self._standing = {
            name: Gauge(name, text, ("space",), registry=self._registry, multiprocess_mode=mode)
            for name, (text, mode) in _STANDING.items()
            if updates or name != _WAITING  # who follows does not know how far the one that leads has come
        }
        self._spaces = spaces
        self._ended = Event()
        for live in spaces.values() if updates else ():
            live.listeners.append(self.updated)

    def requested(self, endpoint: str, status: int, seconds: float) -> None:
        """A request was answered. endpoint: as the route declares it, never the address that was asked."""
        self._requests.labels(endpoint, str(status)).observe(seconds)

    def updated(self, news: News) -> None:
        """An update came to an end, as the publish log says."""
        space, line = news.space, news.line
        if line is None:
            return
        self._updates.labels(space, str(line.outcome)).inc()
        for model, count in line.embedded.items():
            self._embedded.labels(space, model).inc(count)
        for stage, milliseconds in line.milliseconds.items():
            self._stages.labels(space, stage).set(milliseconds)
        if line.is_live:
            self._lag.labels(space).set(max(0.0, (line.at - line.committed_at).total_seconds()))

    def keep_standing(self) -> None:
        """Tell the other processes of the service every few seconds how the spaces stand here. Returns at once."""
        Thread(target=self._tell, name="figures", daemon=True).start()

    def stop(self) -> None:
        """Tell nothing any more."""
        self._ended.set()

    def _tell(self) -> None:
        while not self._ended.is_set():
            try:
                self._stand(self._spaces)
            except Exception:  # the next time must be all the same
                log.exception("how the spaces stand cannot be told")
            self._ended.wait(_TELL)

    def _stand(self, spaces: Collection[str]) -> None:
        """How the spaces stand here and now."""
        for space in self._spaces.keys() & spaces:
            health = self._spaces[space].health()
            built = datetime.fromisoformat(health.built_at) if health.built_at else datetime.now(UTC)
            age = max(0.0, (datetime.now(UTC) - built).total_seconds())
            waiting = sum(leg.passages - leg.embedded for leg in health.legs.values())
            values = (health.behind, age, health.articles, health.passages, health.past, waiting)
            for name, value in zip(_STANDING, values, strict=True):
                if name in self._standing:
                    self._standing[name].labels(space).set(value)

    def text(self, spaces: Collection[str]) -> bytes:
        """What was counted, and how these spaces stand, as Prometheus reads it. Another space's name stands nowhere in it."""
        self._stand(spaces)
        shown = CollectorRegistry()
        shown.register(_Counted(self._counted(), spaces))
        shown.register(_Deliveries(self._deliveries(sorted(spaces))))
        return generate_latest(shown)

    def _counted(self) -> CollectorRegistry:
        """What this process has counted, or all workers together: each writes it into a folder that they share."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return self._registry
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return together


class _Counted(Collector):
    """What was counted for some spaces, and for no space in particular."""

    def __init__(self, counted: CollectorRegistry, spaces: Collection[str]) -> None:
        self._counted = counted
        self._spaces = spaces

    def collect(self) -> Iterator[Metric]:
        """See Collector."""
        for metric in self._counted.collect():
            metric.samples = [it for it in metric.samples if "space" not in it.labels or it.labels["space"] in self._spaces]
            yield metric

    def describe(self) -> Iterator[Metric]:
        """Nothing: asking for the names would ask for the values."""
        return iter(())


class _Deliveries(Collector):
    """How the digests' channels stand."""

    def __init__(self, standings: Sequence[Standing]) -> None:
        self._standings = standings

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """See Collector."""
        labels = ("space", "team", "channel")
        counts = GaugeMetricFamily("kb_digest_deliveries", "Digests by where they stand.", labels=(*labels, "state"))
        sent = GaugeMetricFamily("kb_digest_last_sent_seconds", "When the last one was sent, in Unix seconds.", labels=labels)
        for it in self._standings:
            place = (it.space, it.team, it.channel)
            for state, count in it.counts.items():
                counts.add_metric([*place, state.value], count)
            if it.last_sent:
                sent.add_metric(place, it.last_sent.timestamp())
        yield from (counts, sent)

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: asking for the names would ask for the values."""
        return iter(())
