"""The listener that makes spans and measurements of what it hears; what becomes of them says the application's SDK.

A command is decided by whichever thread leads, together with others. So its span is made when it is done, under the
span of whoever asked for it, with the moments at which it began and ended; a link leads to the span of its batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from time import time_ns
from typing import Any
from urllib.parse import urlsplit

from opentelemetry import context as contexts
from opentelemetry.context import Context
from opentelemetry.metrics import MeterProvider, get_meter
from opentelemetry.trace import (
    Link,
    Span,
    SpanKind,
    StatusCode,
    TracerProvider,
    get_current_span,
    get_tracer,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from vectis_core.commands import Command
from vectis_core.telemetry import (
    AttemptDone,
    BatchDone,
    Came,
    CommandDone,
    ReadDone,
    RequestBegan,
    RequestDone,
    Telemetry,
    Vitals,
)
from vectis_core.webhooks.model import Delivery
from vectis_otel.instruments import Instruments

#: What tracers and meters are named after.
SCOPE = "vectis"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OUR_FAULT = frozenset({Came.UNAVAILABLE, Came.UNKNOWN, Came.FAILED})
_W3C = TraceContextTextMapPropagator()
_SECOND = 1_000_000_000


class OpenTelemetry(Telemetry):
    """Tells OpenTelemetry of requests, commands, batches and deliveries, and measures them.

    Attributes follow the semantic conventions for HTTP where there are any, and begin with ``vectis.`` otherwise. A
    request's path and its address are in none: they may hold what is personal, or a carrier's secret.
    """

    def __init__(
        self,
        *,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
        traces_in_webhooks: bool = False,
    ) -> None:
        """Use the application's global providers, or those that are given.

        With *traces_in_webhooks* the requests to endpoints carry ``traceparent``: for endpoints of one's own.
        """
        named = version("vectis-oms")
        self._tracer = get_tracer(SCOPE, named, tracer_provider)
        self._instruments = Instruments(get_meter(SCOPE, named, meter_provider))
        self._traces_in_webhooks = traces_in_webhooks

    def watch(self, vitals: Vitals) -> None:
        """Observe the gauges of *vitals*."""
        self._instruments.observe(vitals)

    # Requests

    def request_began(self, request: RequestBegan) -> tuple[Span, Any]:
        """Begin a span: within what runs already, such as the application's own, or else as its caller's child."""
        within = contexts.get_current()
        if not get_current_span(within).get_span_context().is_valid:
            within = _W3C.extract(request.headers, within)
        method = _method_of(request.method)
        span = self._tracer.start_span(
            "HTTP" if method == "_OTHER" else method,
            within,
            SpanKind.SERVER,
            {"http.request.method": method},
        )
        return span, contexts.attach(set_span_in_context(span, within))

    def request_done(self, request: RequestDone) -> None:
        """End the span, named by the route, and measure the request."""
        told: dict[str, str | int] = {
            "http.request.method": _method_of(request.method),
            "http.response.status_code": request.status,
        }
        if request.route:
            told["http.route"] = request.route
        if request.status >= 500:
            told["error.type"] = request.error or str(request.status)
        span, token = request.notes[self]
        contexts.detach(token)
        if request.route:
            span.update_name(f"{told['http.request.method']} {request.route}".replace("_OTHER", "HTTP"))
        span.set_attributes(told)
        if request.status >= 500:
            span.set_status(StatusCode.ERROR)
        span.end()
        self._instruments.requests.record(request.seconds, told)

    # Commands

    def command_asked(self, command: Command[Any]) -> Context:  # noqa: ARG002 - the port's
        """Note what the command is asked within."""
        return contexts.get_current()

    def batch_done(self, batch: BatchDone) -> None:
        """Make the spans of a batch and of its commands, and measure them."""
        self._instruments.batch(batch)
        ended = time_ns() - _nanoseconds(batch.ago)
        began = ended - _nanoseconds(batch.deciding + batch.committing)
        told = {
            "vectis.batch.commands": len(batch.commands),
            "vectis.batch.decide_seconds": batch.deciding,
            "vectis.batch.commit_seconds": batch.committing,
        }
        # A root: it belongs to all who are in it, and so to none.
        span = self._tracer.start_span("vectis batch", Context(), attributes=told, start_time=began)
        span.end(ended)
        link = Link(span.get_span_context())
        for command in batch.commands:
            self._span_of(command, link, began, ended)

    def _span_of(self, command: CommandDone, link: Link, began: int, ended: int) -> None:
        told: dict[str, str | float] = {
            "vectis.command": command.kind,
            "vectis.tenant": command.tenant,
            "vectis.outcome": str(command.came),
            "vectis.queue_seconds": command.waiting,
        }
        if command.error is not None:
            told["error.type"] = command.error
        asked = began - _nanoseconds(command.waiting)
        span = self._tracer.start_span(
            f"vectis {command.kind}", command.notes.get(self), attributes=told, links=[link], start_time=asked
        )
        if command.came in _OUR_FAULT:
            span.set_status(StatusCode.ERROR)
        span.end(ended)

    def read_done(self, read: ReadDone) -> None:
        """Measure a read."""
        self._instruments.reads.record(read.seconds, {"vectis.read": read.kind})

    def queue_refused(self, kind: str) -> None:  # noqa: ARG002 - the port's
        """Count a command for which there was no room."""
        self._instruments.queue_full.add(1)

    # Webhooks and carriers

    def attempt_began(self, delivery: Delivery, headers: list[tuple[str, str]]) -> Span:
        """Begin a span of its own, and tell the endpoint of it where that is wanted."""
        span = self._tracer.start_span(
            "POST",
            Context(),
            SpanKind.CLIENT,
            {
                "http.request.method": "POST",
                "http.request.resend_count": delivery.attempts,
                "vectis.event": str(delivery.event_type),
                "vectis.tenant": delivery.tenant,
            },
        )
        if self._traces_in_webhooks:
            carried: dict[str, str] = {}
            _W3C.inject(carried, set_span_in_context(span, Context()))
            headers += carried.items()
        return span

    def attempt_done(self, attempt: AttemptDone) -> None:
        """End the span, and measure the attempt."""
        self._instruments.attempt(attempt)
        span: Span = attempt.notes[self]
        host = urlsplit(attempt.url).hostname
        if host is not None:
            span.set_attribute("server.address", host)
        if attempt.code is not None:
            span.set_attribute("http.response.status_code", attempt.code)
        if attempt.code is None or attempt.code >= 400:
            span.set_attribute("error.type", attempt.error or str(attempt.code))
            span.set_status(StatusCode.ERROR)
        span.end()

    def push_taken(self, carrier: str, events: Mapping[str, int]) -> None:
        """Count the events of a carrier's push."""
        for outcome, count in events.items():
            if count:
                self._instruments.carrier_events.add(count, {"vectis.carrier": carrier, "vectis.outcome": outcome})


def _method_of(method: str) -> str:
    """Return a method as the semantic conventions want it: one that nobody has heard of is no attribute."""
    return method if method in _METHODS else "_OTHER"


def _nanoseconds(seconds: float) -> int:
    return int(seconds * _SECOND)
