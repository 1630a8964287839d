"""What `/metrics` answers: gauges read now, and sums kept since the start, as Prometheus reads them.

Labels take few values, or opaque ids (`health.checks.opaque`): no name, no title, no address. The library is
loaded by the first question.

Source: UX notes, section 8.2; Prometheus' rules for names and units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)

import crosswatch
from crosswatch.health.checks import Level, opaque
from crosswatch.health.sources import address_of
from crosswatch.tallies import DELIVERY_BOUNDS_S, Counted, Tallies

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from prometheus_client.metrics_core import Metric

    from crosswatch.core.plays import SinkAccount
    from crosswatch.core.ports import Backlog
    from crosswatch.health.checks import Health

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_COUNTERS = (
    (Counted.EVENTS, "What was heard: starts, pauses and stops.", ("source", "action")),
    (Counted.PLAYS, "Plays that came to their end, once for each account.", ("outcome", "reason")),
    (Counted.TRAKT_REQUESTS, "Requests to Trakt.", ("route", "code")),
    (Counted.NOTIFICATIONS, "Notices that were sent, or failed.", ("result",)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What is read for it.

    Attributes:
        health: How everything is.
        watch: As `RuntimeLike.watch_status` says.
        sinks: As `RuntimeLike.sink_status` says.
        backlog: What waits, per account; None if that cannot be read.
        tallies: Sums since the start.
        now: This moment, aware UTC.
    """

    health: Health
    watch: Mapping[str, Any]
    sinks: Sequence[Mapping[str, Any]]
    backlog: Mapping[SinkAccount, Backlog] | None
    tallies: Tallies
    now: datetime


class _Collector:
    def __init__(self, readings: Readings) -> None:
        self._readings = readings

    def collect(self) -> Iterator[Metric]:
        """All metrics, as the library asks for them."""
        readings = self._readings
        build = InfoMetricFamily("crosswatch_build", "Which CrossWatch this is.")
        build.add_metric((), {"version": crosswatch.__version__})
        yield build
        yield from _source_metrics(readings.watch)
        yield from _sink_metrics(readings)
        yield from _check_metrics(readings.health)
        yield from _sums(readings.tallies)


def render(readings: Readings) -> bytes:
    """The answer."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(readings))
    return generate_latest(registry)


def _gauge(name: str, words: str, labels: Sequence[str] = ()) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"crosswatch_{name}", words, labels=labels)


def _source_metrics(watch: Mapping[str, Any]) -> Iterator[Metric]:
    up = _gauge("source_up", "Whether the server's notifications are listened to.", ["server"])
    heard = _gauge(
        "source_last_event_timestamp_seconds", "When the server was heard last, Unix time.", ["server"]
    )
    again = CounterMetricFamily(
        "crosswatch_source_reconnects", "How often the connection was made anew.", labels=["server"]
    )
    sessions = 0
    for status in watch.get("servers", ()):
        server = [opaque(address_of(status))]
        up.add_metric(server, float(bool(status.get("connected"))))
        if status.get("last_frame_at") is not None:
            heard.add_metric(server, status["last_frame_at"].timestamp())
        again.add_metric(server, status.get("reconnects", 0))
        sessions += status.get("sessions", 0)
    active = _gauge("sessions_active", "Sessions that go on at the watched servers.")
    active.add_metric([], sessions)
    yield from (up, heard, again, active)


def _sink_metrics(readings: Readings) -> Iterator[Metric]:
    ends = _gauge(
        "trakt_link_expiry_timestamp_seconds",
        "When the link ends, unless renewed; Unix time.",
        ["account"],
    )
    for status in readings.sinks:
        if status.get("expires_at") is not None:
            ends.add_metric([opaque(str(status["name"]))], status["expires_at"].timestamp())
    yield ends
    if readings.backlog is None:  # "none" would be a guess
        return
    queued = _gauge("queue_plays", "Finished plays that Trakt does not know yet.")
    queued.add_metric([], sum(backlog.watched for backlog in readings.backlog.values()))
    yield queued
    oldest = _gauge("queue_oldest_seconds", "How long the oldest of them has been waiting; 0 if none waits.")
    moments = [backlog.oldest_at for backlog in readings.backlog.values() if backlog.oldest_at is not None]
    oldest.add_metric([], max(0.0, (readings.now - min(moments, default=readings.now)).total_seconds()))
    yield oldest


def _check_metrics(health: Health) -> Iterator[Metric]:
    levels = _gauge("check_level", "The worst level of each kind of check: 0 fine to 3 broken.", ["check"])
    worst: dict[str, Level] = {}
    for check in health.checks:
        worst[check.kind] = max(check.level, worst.get(check.kind, Level.FINE))
    for kind, level in worst.items():
        levels.add_metric([kind], float(level))
    yield levels


def _sums(tallies: Tallies) -> Iterator[Metric]:
    for what, words, labels in _COUNTERS:
        family = CounterMetricFamily(f"crosswatch_{what}", words, labels=labels)
        for (counted, values), count in sorted(tallies.counts.items()):
            if counted is what:
                family.add_metric(values, count)
        yield family
    spans = HistogramMetricFamily("crosswatch_delivery_seconds", "From an event to its acceptance by Trakt.")
    below, buckets = 0, []
    for bound, count in zip((*map(str, DELIVERY_BOUNDS_S), "+Inf"), tallies.delivery_buckets, strict=True):
        below += count
        buckets.append((bound, below))
    spans.add_metric([], buckets, tallies.delivery_sum_s)
    yield spans
