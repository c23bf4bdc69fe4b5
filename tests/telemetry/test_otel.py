"""Traces and metrics by OpenTelemetry: whose child each span is, what it tells, and what is measured."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import attrs
import pytest
from endpoints import Endpoints, buy, stocked, subscribe, work, worker_of
from http_faces import FACES, Shop, an_order
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, get_current_span
from small_shop import Shop as SmallShop
from small_shop import spin_until

from vectis_core import InsufficientStock, ServiceUnavailable, Vectis
from vectis_core.testing import FrozenClock
from vectis_core.webhooks.transport import Answer, NotDelivered, Post
from vectis_http import HttpApi, HttpRequest
from vectis_otel import OpenTelemetry

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"


@attrs.frozen
class Traced:
    """A listener, and what an application's SDK has got of it."""

    listener: OpenTelemetry
    provider: TracerProvider
    exporter: InMemorySpanExporter
    reader: InMemoryMetricReader

    def spans(self, name: str) -> list[ReadableSpan]:
        """Return the spans of a name that have ended."""
        return [each for each in self.exporter.get_finished_spans() if each.name == name]

    def points(self, name: str) -> list[Any]:
        """Return what an instrument has measured."""
        told = self.reader.get_metrics_data()
        assert told is not None
        return [
            point
            for resource in told.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


def traced(*, traces_in_webhooks: bool = False) -> Traced:
    """Return a listener with an SDK of its own."""
    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    listener = OpenTelemetry(
        tracer_provider=provider,
        meter_provider=MeterProvider([reader]),
        traces_in_webhooks=traces_in_webhooks,
    )
    return Traced(listener, provider, exporter, reader)


@pytest.fixture(name="told")
def _told() -> Traced:
    return traced()


@pytest.fixture(name="oms")
def _oms(told: Traced) -> Iterator[Vectis]:
    with Vectis.open("memory://", telemetry=told.listener) as oms:
        yield oms


def parent_of(span: ReadableSpan) -> tuple[str, str] | None:
    """Return the trace and the span that a span is the child of."""
    return (f"{span.parent.trace_id:032x}", f"{span.parent.span_id:016x}") if span.parent is not None else None


def id_of(span: ReadableSpan) -> tuple[str, str]:
    """Return the trace and the id of a span."""
    assert span.context is not None
    return f"{span.context.trace_id:032x}", f"{span.context.span_id:016x}"


@pytest.mark.parametrize("face", FACES)
def test_a_command_is_the_child_of_its_request(face: str, oms: Vectis, told: Traced) -> None:
    """Over every face: the caller's span, the request's below it, the command's below that, linked to its batch."""
    with FACES[face](HttpApi(oms, environ={})) as send:
        shop = Shop(send, oms, FrozenClock(), "acme")
        shop.stocked()
        told.exporter.clear()
        parent = f"00-{TRACE}-{CALLER}-01"
        assert shop.post("/api/orders", an_order(), headers={"traceparent": parent}).status == 201
        spin_until(lambda: bool(told.spans("vectis PlaceOrder")))
    assert not get_current_span().get_span_context().is_valid

    [request] = told.spans("POST /api/orders")
    [command] = told.spans("vectis PlaceOrder")
    [batch] = [each for each in told.spans("vectis batch") if id_of(each) == id_of_link(command)]
    assert (request.kind, parent_of(request)) == (SpanKind.SERVER, (TRACE, CALLER))
    assert parent_of(command) == id_of(request)
    assert parent_of(batch) is None
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": "/api/orders",
        "http.response.status_code": 201,
    }
    assert command.attributes is not None
    assert command.attributes["vectis.tenant"] == "acme"
    assert command.attributes["vectis.outcome"] == "done"
    assert command.start_time is not None
    assert batch.start_time is not None
    assert request.start_time is not None
    assert command.start_time <= batch.start_time
    assert command.end_time == batch.end_time


def id_of_link(span: ReadableSpan) -> tuple[str, str]:
    """Return the trace and the id that the one link of a span leads to."""
    [link] = span.links
    return f"{link.context.trace_id:032x}", f"{link.context.span_id:016x}"


def test_a_command_is_its_askers_child_whoever_commits_it(tmp_path: Path, told: Traced) -> None:
    """Callers that share a commit keep their traces apart, and all lead to the one batch."""
    shop = SmallShop(f"sqlite:///{tmp_path}/shop.db", telemetry=told.listener)
    tracer = told.provider.get_tracer("the application")
    held, go_on = Event(), Event()

    def hook(point: str) -> None:
        if point == "commit" and not held.is_set():
            held.set()
            assert go_on.wait(30)

    def buy_traced(number: int) -> tuple[str, str]:
        with tracer.start_as_current_span(f"buyer {number}") as span:
            shop.buy(f"o-{number}")
            assert isinstance(span, ReadableSpan)
            return id_of(span)

    told.exporter.clear()
    shop.hook = hook
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(buy_traced, 0)
        assert held.wait(30)
        others = [pool.submit(buy_traced, number) for number in range(1, 5)]
        spin_until(lambda: shop.oms.engine.queue_length == 4)
        go_on.set()
        askers = {first.result(), *(each.result() for each in others)}
    spin_until(lambda: len(told.spans("vectis PlaceOrder")) == 5)
    shop.oms.close()

    orders = told.spans("vectis PlaceOrder")
    assert {parent_of(each) for each in orders} == askers
    batches = [id_of_link(each) for each in orders]
    assert sorted(batches.count(each) for each in set(batches)) == [1, 4]


def test_an_applications_own_span_goes_before_the_header(oms: Vectis, told: Traced) -> None:
    """Where the server is traced already, its span is the parent, and the header was its to read."""
    api = HttpApi(oms, environ={})
    with told.provider.get_tracer("the server").start_as_current_span("outer") as outer:
        api.handle(HttpRequest(method="GET", path="/healthz", headers={"traceparent": f"00-{TRACE}-{CALLER}-01"}))
        assert get_current_span() is outer

    [request] = told.spans("GET /healthz")
    assert isinstance(outer, ReadableSpan)
    assert parent_of(request) == id_of(outer)


@pytest.mark.parametrize(
    "header", ["", "nonsense", f"00-{TRACE}-{CALLER}", "00-" + "0" * 32 + f"-{CALLER}-01", "€" * 99]
)
def test_a_header_that_is_none_begins_a_trace_of_its_own(oms: Vectis, told: Traced, header: str) -> None:
    """Whatever stands in it harms nobody."""
    response = HttpApi(oms, environ={}).handle(
        HttpRequest(method="GET", path="/healthz", headers={"traceparent": header})
    )

    assert response.status == 200
    [request] = told.spans("GET /healthz")
    assert parent_of(request) is None


def test_what_fails_is_told_as_an_error_and_what_is_refused_is_not(tmp_path: Path, told: Traced) -> None:
    """A refusal by a rule is an answer; a database that cannot be used is an error."""
    shop = SmallShop(f"sqlite:///{tmp_path}/shop.db", telemetry=told.listener)
    told.exporter.clear()
    with pytest.raises(InsufficientStock):
        shop.buy("o-1", 1000)

    def hook(point: str) -> None:
        if point == "begin":
            shop.hook = lambda _point: None
            raise ServiceUnavailable("not now")

    shop.hook = hook
    with pytest.raises(ServiceUnavailable):
        shop.buy("o-2")
    shop.oms.close()

    refused, failed = told.spans("vectis PlaceOrder")
    assert refused.attributes is not None
    assert failed.attributes is not None
    assert [refused.attributes["error.type"], failed.attributes["error.type"]] == [
        "InsufficientStock",
        "ServiceUnavailable",
    ]
    assert [refused.status.status_code, failed.status.status_code] == [StatusCode.UNSET, StatusCode.ERROR]


@pytest.mark.parametrize("carried", [True, False])
def test_deliveries_are_traced_and_tell_it_where_that_is_wanted(carried: bool) -> None:
    """A span for each attempt, an error where it failed; ``traceparent`` goes out only where the operator wants it."""
    told, clock, endpoints = traced(traces_in_webhooks=carried), FrozenClock(), Endpoints()
    posts: list[Post] = []

    def answering(post: Post) -> Answer:
        posts.append(post)
        if len(posts) == 1:
            raise NotDelivered("timeout")
        return Answer(200 if len(posts) == 2 else 500, None, b"")

    endpoints.answering = answering
    with Vectis.open("memory://", clock=clock, telemetry=told.listener) as oms:
        stocked(oms)
        subscribe(oms, "shop")
        buy(oms, "o-1")
        worker = worker_of(oms, endpoints, clock)
        for _ in range(2):
            list(work(worker))
            clock.advance(24 * 3600)
        buy(oms, "o-2")
        list(work(worker))

    spans = told.spans("POST")
    sent = [dict(post.headers).get("traceparent", "")[3:-3] for post in posts]
    assert sent == (["-".join(id_of(each)) for each in spans] if carried else [""] * 3)
    assert [each.status.status_code for each in spans] == [StatusCode.ERROR, StatusCode.UNSET, StatusCode.ERROR]
    assert [each.kind for each in spans] == [SpanKind.CLIENT] * 3
    assert [(each.attributes or {}).get("error.type") for each in spans] == ["timeout", None, "500"]
    assert [(each.attributes or {}).get("http.request.resend_count") for each in spans] == [0, 1, 0]
    assert {point.attributes["vectis.outcome"]: point.value for point in told.points("vectis.webhook.attempts")} == {
        "timeout": 1,
        "2xx": 1,
        "5xx": 1,
    }


def test_what_is_measured(oms: Vectis, told: Traced) -> None:
    """Requests by template and status, commands by outcome, batches, reads, and gauges when the SDK looks."""
    with FACES["handle"](HttpApi(oms, environ={})) as send:
        shop = Shop(send, oms, FrozenClock(), "acme")
        shop.stocked()
        shop.face.webhooks.create("https://example.com/hooks", ["order.*"])
        shop.ordered()
        assert shop.get("/api/orders").status == 200

    [listed] = [
        each
        for each in told.points("http.server.request.duration")
        if each.attributes["http.route"] == "/api/orders" and each.attributes["http.request.method"] == "GET"
    ]
    assert (listed.count, listed.attributes["http.response.status_code"]) == (1, 200)
    commands = {
        (each.attributes["vectis.command"], each.attributes["vectis.outcome"]): each.value
        for each in told.points("vectis.commands")
    }
    assert commands["PlaceOrder", "done"] == 1
    [sizes] = told.points("vectis.batch.commands")
    assert sizes.sum == sum(commands.values())
    assert [
        each.count for each in told.points("vectis.read.duration") if each.attributes["vectis.read"] == "listOrders"
    ] == [1]
    deliveries = {each.attributes["vectis.state"]: each.value for each in told.points("vectis.webhook.deliveries")}
    assert deliveries == {"pending": 1, "exhausted": 0}
    assert [each.value for each in told.points("vectis.queue.commands")] == [0]


def test_without_an_sdk_nothing_becomes_of_it() -> None:
    """The API alone, as an application without an SDK has it, takes everything and keeps nothing."""
    with Vectis.open("memory://", telemetry=OpenTelemetry()) as oms:
        stocked(oms)
        assert buy(oms, "o-1")
        assert HttpApi(oms, environ={}).handle(HttpRequest(method="GET", path="/healthz")).status == 200


def test_no_path_no_address_and_no_content_is_in_a_span(oms: Vectis, told: Traced) -> None:
    """What names orders, people, carriers' secrets or files stays out of attributes."""
    with FACES["handle"](HttpApi(oms, environ={})) as send:
        shop = Shop(send, oms, FrozenClock(), "acme")
        shop.stocked()
        order = shop.ordered("EXTERNAL-1")
        shop.get(f"/api/orders/{order['id']}")
        shop.post("/api/webhooks/carriers/ups/tracking/SECRET-IN-PATH", {})

    text = " ".join(f"{each.name} {dict(each.attributes or {})}" for each in told.exporter.get_finished_spans())
    for content in (order["id"], "EXTERNAL-1", "SECRET-IN-PATH", "Jane", "WIDGET", "192.0.2.1", shop.token):
        assert content not in text
