"""What is measured through OpenTelemetry's API: the same figures as for Prometheus, named by its conventions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from opentelemetry.metrics import CallbackOptions, Counter, Histogram, Meter, Observation

from vectis_core.telemetry import AttemptDone, BatchDone, Vitals


class Instruments:
    """The instruments of one meter."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self.requests = self._seconds("http.server.request.duration", "Duration of HTTP server requests")
        self.commands = self._count("vectis.commands", "{command}", "Commands, by what they came to")
        self.queued = self._seconds("vectis.command.queue.duration", "How long commands waited for their batch")
        self.deciding = self._seconds("vectis.batch.decide.duration", "From taking the lock to the last written row")
        self.committing = self._seconds("vectis.batch.commit.duration", "The commit, synced to disk")
        self.batches = meter.create_histogram("vectis.batch.commands", "{command}", "How many shared a commit")
        self.reads = self._seconds("vectis.read.duration", "Questions to the store")
        self.queue_full = self._count("vectis.queue.refused", "{command}", "Refused because the queue was full")
        self.attempts = self._count("vectis.webhook.attempts", "{attempt}", "Attempts to deliver, by the answer")
        self.attempt_seconds = self._seconds("vectis.webhook.attempt.duration", "How long attempts took")
        self.carrier_events = self._count("vectis.carrier.events", "{event}", "Events in carriers' pushes")

    def _seconds(self, name: str, meaning: str) -> Histogram:
        return self._meter.create_histogram(name, "s", meaning)

    def _count(self, name: str, unit: str, meaning: str) -> Counter:
        return self._meter.create_counter(name, unit, meaning)

    def batch(self, batch: BatchDone) -> None:
        """Measure a batch and its commands."""
        for command in batch.commands:
            self.commands.add(1, {"vectis.command": command.kind, "vectis.outcome": str(command.came)})
            self.queued.record(command.waiting)
        self.deciding.record(batch.deciding)
        if batch.committing:
            self.committing.record(batch.committing)
        self.batches.record(len(batch.commands))

    def attempt(self, attempt: AttemptDone) -> None:
        """Measure an attempt to deliver."""
        outcome = attempt.error or (f"{attempt.code // 100}xx" if attempt.code is not None else "none")
        self.attempts.add(1, {"vectis.outcome": outcome})
        self.attempt_seconds.record(attempt.seconds)

    def observe(self, vitals: Vitals) -> None:
        """Make gauges that read *vitals* whenever the application's SDK collects."""

        def queue(_: CallbackOptions) -> Iterable[Observation]:
            yield Observation(vitals.queue_length())

        def log_bytes(_: CallbackOptions) -> Iterable[Observation]:
            size = vitals.log_bytes()
            if size is not None:
                yield Observation(size)

        def deliveries(_: CallbackOptions) -> Iterator[Observation]:
            backlog = vitals.backlog()
            if backlog is not None:
                yield Observation(backlog.pending, {"vectis.state": "pending"})
                yield Observation(backlog.exhausted, {"vectis.state": "exhausted"})

        def oldest(_: CallbackOptions) -> Iterator[Observation]:
            backlog = vitals.backlog()
            if backlog is not None:
                yield Observation(vitals.oldest_pending_seconds(backlog))

        gauge = self._meter.create_observable_gauge
        gauge("vectis.queue.commands", [queue], "{command}", "Commands that wait for their batch")
        gauge("vectis.store.log.size", [log_bytes], "By", "The write-ahead log beside an SQLite file")
        gauge("vectis.webhook.deliveries", [deliveries], "{delivery}", "Deliveries that are pending, or exhausted")
        gauge("vectis.webhook.oldest_pending", [oldest], "s", "The age of the oldest pending delivery")
