"""The listener that keeps the series, and says them to whoever scrapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import version

from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from vectis_core.telemetry import AttemptDone, BatchDone, ReadDone, RequestDone, Telemetry, Vitals
from vectis_prometheus import series
from vectis_prometheus.buckets import Buckets
from vectis_prometheus.series import Series

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Prometheus(Telemetry):
    """Keeps the metrics of one open Vectis, in a registry of its own: several in one process do not mix.

    What it counts is of this process alone; what it reads of the database is of all. ``registry`` is for who wants to
    serve it, or add to it, by the client library's own means.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._histogram(series.REQUESTS)
        self._rate_limited = self._counter(series.RATE_LIMITED)
        self._unauthorized = self._counter(series.UNAUTHORIZED)
        self._commands = self._counter(series.COMMANDS)
        self._queued = Buckets(series.QUEUED, self.registry)
        self._deciding = Buckets(series.DECIDING, self.registry)
        self._committing = Buckets(series.COMMITTING, self.registry)
        self._batches = Buckets(series.BATCHES, self.registry)
        self._reads = self._histogram(series.READS)
        self._queue_full = self._counter(series.QUEUE_FULL)
        self._attempts = self._counter(series.ATTEMPTS)
        self._attempt_seconds = self._histogram(series.ATTEMPT_SECONDS)
        self._carrier_events = self._counter(series.CARRIER_EVENTS)
        #: The series of the labels that have come before: to look them up here costs a third of the library's way.
        self._of_command: dict[tuple[str, str], Counter] = {}
        self._of_request: dict[tuple[str, str, int], Histogram] = {}
        self._of_read: dict[str, Histogram] = {}
        self._gauges: _Gauges | None = None
        ProcessCollector(registry=self.registry)

    def _counter(self, row: Series) -> Counter:
        return Counter(row.name, row.meaning, row.labels, registry=self.registry)

    def _histogram(self, row: Series) -> Histogram:
        return Histogram(row.name, row.meaning, row.labels, registry=self.registry, buckets=row.bounds)

    def watch(self, vitals: Vitals) -> None:
        """Read the gauges of *vitals* with every scrape, and no more those of a Vectis that was opened before."""
        if self._gauges is not None:
            self.registry.unregister(self._gauges)
        self._gauges = _Gauges(vitals)
        self.registry.register(self._gauges)

    def exposition(self) -> tuple[str, bytes]:
        """Return the media type and the text of all series."""
        return CONTENT_TYPE_PLAIN_0_0_4, generate_latest(_WithoutMoments(self.registry))

    def batch_done(self, batch: BatchDone) -> None:
        """Count the commands of a batch, and how long it took."""
        for command in batch.commands:
            key = (command.kind, command.came)
            counted = self._of_command.get(key)
            if counted is None:
                counted = self._of_command[key] = self._commands.labels(*key)
            counted.inc()
            self._queued.observe(command.waiting)
        self._deciding.observe(batch.deciding)
        if batch.committing:
            self._committing.observe(batch.committing)
        self._batches.observe(len(batch.commands))

    def read_done(self, read: ReadDone) -> None:
        """Count a read."""
        observed = self._of_read.get(read.kind)
        if observed is None:
            observed = self._of_read[read.kind] = self._reads.labels(read.kind)
        observed.observe(read.seconds)

    def queue_refused(self, kind: str) -> None:  # noqa: ARG002 - the port's
        """Count a command for which there was no room."""
        self._queue_full.inc()

    def request_done(self, request: RequestDone) -> None:
        """Count a request; a method that nobody has heard of is ``other``, a path with nothing at it ``none``."""
        method = request.method if request.method in _METHODS else "other"
        key = (method, request.route or "none", request.status)
        observed = self._of_request.get(key)
        if observed is None:
            observed = self._of_request[key] = self._requests.labels(*key)
        observed.observe(request.seconds)
        if request.status == 429:
            self._rate_limited.labels(key[1]).inc()
        elif request.status == 401:
            self._unauthorized.labels(key[1]).inc()

    def attempt_done(self, attempt: AttemptDone) -> None:
        """Count an attempt to deliver a webhook."""
        answered = f"{attempt.code // 100}xx" if attempt.code is not None else "none"
        self._attempts.labels(attempt.error or answered).inc()
        self._attempt_seconds.observe(attempt.seconds)

    def push_taken(self, carrier: str, events: Mapping[str, int]) -> None:
        """Count the events of a carrier's push."""
        for outcome, count in events.items():
            if count:
                self._carrier_events.labels(carrier, outcome).inc(count)


class _Gauges(Collector):
    """What is read when somebody looks."""

    def __init__(self, vitals: Vitals) -> None:
        self._vitals = vitals

    def describe(self) -> Iterator[Metric]:
        """Return the names, without a look at the database."""
        for row in (series.QUEUE, series.LOG, series.DELIVERIES, series.OLDEST, series.BUILD):
            yield GaugeMetricFamily(row.name, row.meaning, labels=row.labels)

    def collect(self) -> Iterator[Metric]:
        """Return what there is to say just now; of a database that cannot be asked, less."""
        yield _gauge(series.BUILD, {(version("vectis-oms"),): 1})
        yield _gauge(series.QUEUE, {(): self._vitals.queue_length()})
        log_bytes = self._vitals.log_bytes()
        if log_bytes is not None:
            yield _gauge(series.LOG, {(): log_bytes})
        backlog = self._vitals.backlog()
        if backlog is not None:
            yield _gauge(series.DELIVERIES, {("pending",): backlog.pending, ("exhausted",): backlog.exhausted})
            yield _gauge(series.OLDEST, {(): self._vitals.oldest_pending_seconds(backlog)})


def _gauge(row: Series, values: Mapping[tuple[str, ...], float]) -> Metric:
    family = GaugeMetricFamily(row.name, row.meaning, labels=row.labels)
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family


class _WithoutMoments(Collector):
    """A registry without the moment at which each series began, which nobody asks for and doubles what is sent."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        """Return all metrics of the registry."""
        for metric in self._registry.collect():
            metric.samples = [each for each in metric.samples if not each.name.endswith("_created")]
            yield metric
