"""The series: their names, labels and meanings, for those who fill them and for the page that lists them.

Labels have few values, all of them our own words: no tenant, path, SKU or id is ever one.
"""

from __future__ import annotations

from enum import StrEnum

import attrs

#: Bounds in seconds: of work on a local file, and of what goes over a network.
LOCAL = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
REMOTE = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SIZES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)


class Kind(StrEnum):
    """What Prometheus knows a series as."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@attrs.frozen
class Series:
    """One row of the table."""

    name: str
    kind: Kind
    meaning: str
    labels: tuple[str, ...] = ()
    #: The upper bounds of a histogram's buckets.
    bounds: tuple[float, ...] = ()


REQUESTS = Series(
    "vectis_http_request_duration_seconds",
    Kind.HISTOGRAM,
    "HTTP requests by the template of their path, such as `/api/orders/{id}`",
    ("method", "route", "status"),
    REMOTE,
)
RATE_LIMITED = Series(
    "vectis_http_rate_limited_total", Kind.COUNTER, "Requests refused by a rate limit (429)", ("route",)
)
UNAUTHORIZED = Series(
    "vectis_http_unauthorized_total", Kind.COUNTER, "Requests that did not prove who sent them (401)", ("route",)
)
COMMANDS = Series(
    "vectis_commands_total",
    Kind.COUNTER,
    "Commands by what they came to: `done`, `repeated`, `refused`, `unavailable`, `unknown`, `failed`",
    ("command", "outcome"),
)
QUEUED = Series(
    "vectis_command_queue_seconds", Kind.HISTOGRAM, "How long commands waited for their batch", bounds=LOCAL
)
DECIDING = Series(
    "vectis_batch_decide_seconds", Kind.HISTOGRAM, "Batches: from taking the lock to the last written row", bounds=LOCAL
)
COMMITTING = Series(
    "vectis_batch_commit_seconds", Kind.HISTOGRAM, "Batches that wrote: the commit, synced to disk", bounds=LOCAL
)
BATCHES = Series("vectis_batch_commands", Kind.HISTOGRAM, "How many commands shared a commit", bounds=SIZES)
READS = Series(
    "vectis_read_duration_seconds",
    Kind.HISTOGRAM,
    "Questions to the store, by query in process and by operation over HTTP",
    ("read",),
    LOCAL,
)
QUEUE = Series("vectis_queue_commands", Kind.GAUGE, "Commands that wait for their batch just now")
QUEUE_FULL = Series("vectis_queue_refused_total", Kind.COUNTER, "Commands refused because the queue was full")
LOG = Series("vectis_store_log_bytes", Kind.GAUGE, "The write-ahead log beside an SQLite file; of other stores none")
ATTEMPTS = Series(
    "vectis_webhook_attempts_total",
    Kind.COUNTER,
    "Attempts to deliver, by the answer (`2xx` ... `5xx`), or why there was none (`timeout`, `dns` ...)",
    ("outcome",),
)
ATTEMPT_SECONDS = Series(
    "vectis_webhook_attempt_duration_seconds", Kind.HISTOGRAM, "How long attempts took", bounds=REMOTE
)
DELIVERIES = Series(
    "vectis_webhook_deliveries",
    Kind.GAUGE,
    "Deliveries in the database that are `pending`, to active webhooks, or `exhausted` and still kept",
    ("state",),
)
OLDEST = Series(
    "vectis_webhook_oldest_pending_seconds", Kind.GAUGE, "The age of the oldest pending delivery in the database"
)
CARRIER_EVENTS = Series(
    "vectis_carrier_events_total",
    Kind.COUNTER,
    "Events in carriers' pushes: `accepted`, `duplicate`, `waiting` for a shipment, `rejected`",
    ("carrier", "outcome"),
)
BUILD = Series("vectis_build_info", Kind.GAUGE, "Always 1; the version of Vectis", ("version",))

#: All of them, in the order of the page.
SERIES: tuple[Series, ...] = (
    REQUESTS, RATE_LIMITED, UNAUTHORIZED, COMMANDS, QUEUED, DECIDING, COMMITTING, BATCHES, READS, QUEUE, QUEUE_FULL,
    LOG, ATTEMPTS, ATTEMPT_SECONDS, DELIVERIES, OLDEST, CARRIER_EVENTS, BUILD,
)  # fmt: skip


def series_table() -> str:
    """Return the table of the series, in Markdown."""
    rows = [
        f"| `{each.name}` | {each.kind} | {', '.join(f'`{label}`' for label in each.labels)} | {each.meaning} |"
        for each in SERIES
    ]
    return "\n".join(["| Series | Type | Labels | What it tells |", "|---|---|---|---|", *rows])
