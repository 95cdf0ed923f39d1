"""Figures for Prometheus. Labels name spaces, stages, outcomes and endpoints, never what somebody asked or read."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from api.digests.outbox import Standing
from api.live import LiveSpace
from api.news import News

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_SECONDS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


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
        self._spaces = spaces
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

    def text(self, spaces: Collection[str]) -> bytes:
        """What was counted, and how these spaces stand, as Prometheus reads it. Another space's name stands nowhere in it."""
        shown = CollectorRegistry()
        shown.register(_Counted(self._counted(), spaces))
        shown.register(_Spaces({name: live for name, live in self._spaces.items() if name in spaces}))
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


class _Spaces(Collector):
    """How the spaces stand, asked when somebody looks."""

    def __init__(self, spaces: Mapping[str, LiveSpace]) -> None:
        self._spaces = spaces

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """See Collector."""
        families = {
            name: GaugeMetricFamily(name, text, labels=("space",))
            for name, text in (
                ("kb_behind_seconds", "Seconds since the commit that should be live was made; 0 if it is served."),
                ("kb_snapshot_age_seconds", "Seconds since the served snapshot was built."),
                ("kb_articles", "Articles of the served snapshot."),
                ("kb_passages", "Passages of the served snapshot."),
                ("kb_past_snapshots", "Snapshots of other moments and branches in memory."),
                (
                    "kb_waiting_passages",
                    "Passages that the multilingual model has yet to read; 0 if questions are answered by it.",
                ),
            )
        }
        for space, live in self._spaces.items():
            health = live.health()
            built = datetime.fromisoformat(health.built_at) if health.built_at else datetime.now(UTC)
            age = max(0.0, (datetime.now(UTC) - built).total_seconds())
            waiting = sum(leg.passages - leg.embedded for leg in health.legs.values())
            values = (health.behind, age, health.articles, health.passages, health.past, waiting)
            for family, value in zip(families.values(), values, strict=True):
                family.add_metric([space], value)
        yield from families.values()

    def describe(self) -> Iterator[GaugeMetricFamily]:
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
