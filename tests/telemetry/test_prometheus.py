"""Metrics for Prometheus: what is counted, that labels stay few, and who may read them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from carrier_pushes import SECRET, configure, push, ups_scan
from endpoints import Endpoints, buy, stocked, subscribe, work, worker_of
from http_faces import FACES, Shop, an_order
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from serving import serving

from vectis_carriers.intake import Push, receive
from vectis_core import Vectis
from vectis_core import commands as all_commands
from vectis_core.commands import Command
from vectis_core.telemetry import Came
from vectis_core.testing import FrozenClock
from vectis_core.webhooks.transport import Answer, NotDelivered, Post
from vectis_http import HttpApi, HttpConfig, HttpRequest
from vectis_prometheus import SERIES, Prometheus
from vectis_prometheus.buckets import Buckets
from vectis_prometheus.series import LOCAL, Kind, Series

Labels = Mapping[str, str]


def families(prometheus: Prometheus) -> dict[str, Metric]:
    """Return all that it says by name, as a scraper reads it; counters are known without their ending."""
    media_type, text = prometheus.exposition()
    assert media_type == "text/plain; version=0.0.4; charset=utf-8"
    return {each.name: each for each in text_string_to_metric_families(text.decode())}


def value(prometheus: Prometheus, name: str, **labels: str) -> float | None:
    """Return the value of one sample; ``None`` where there is none."""
    for family in families(prometheus).values():
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return float(sample.value)
    return None


@pytest.fixture(name="prometheus")
def _prometheus() -> Prometheus:
    return Prometheus()


@pytest.fixture(name="clock")
def _clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture(name="oms", params=["memory", "sqlite"])
def _oms(
    request: pytest.FixtureRequest, tmp_path: Path, prometheus: Prometheus, clock: FrozenClock
) -> Iterator[Vectis]:
    url = "memory://" if request.param == "memory" else f"sqlite:///{tmp_path}/shop.db"
    with Vectis.open(url, clock=clock, telemetry=prometheus) as oms:
        yield oms


def test_commands_and_batches_are_counted(oms: Vectis, prometheus: Prometheus) -> None:
    """By kind and outcome, with how long they waited, were decided and were committed, and how many shared a commit."""
    stocked(oms)
    before = value(prometheus, "vectis_batch_commands_count")
    for external_id in ("o-1", "o-2", "o-1"):
        buy(oms, external_id)

    assert value(prometheus, "vectis_commands_total", command="PlaceOrder", outcome="done") == 2
    assert value(prometheus, "vectis_commands_total", command="PlaceOrder", outcome="repeated") == 1
    assert value(prometheus, "vectis_batch_commands_count") == (before or 0) + 3
    total = value(prometheus, "vectis_command_queue_seconds_count")
    assert total == value(prometheus, "vectis_batch_decide_seconds_count")
    written = value(prometheus, "vectis_batch_commit_seconds_count")
    assert total
    assert written
    assert 0 < written < total
    assert value(prometheus, "vectis_read_duration_seconds_count", read="orders") is None
    oms.orders.list().page()
    assert value(prometheus, "vectis_read_duration_seconds_count", read="orders") == 1


def test_webhooks_are_counted_and_what_waits_is_looked_up(
    oms: Vectis, prometheus: Prometheus, clock: FrozenClock
) -> None:
    """Attempts by their answer; what is pending, given up, and how old the oldest is, by the database of the moment."""
    stocked(oms)
    subscribe(oms, "shop")
    buy(oms, "o-1")
    clock.advance(90)
    assert value(prometheus, "vectis_webhook_deliveries", state="pending") == 1
    assert value(prometheus, "vectis_webhook_oldest_pending_seconds") == 90

    endpoints = Endpoints()
    attempts: list[Post] = []

    def answering(post: Post) -> Answer:
        attempts.append(post)
        if len(attempts) == 1:
            raise NotDelivered("timeout")
        return Answer(410, None, b"")

    endpoints.answering = answering
    worker = worker_of(oms, endpoints, clock)
    for _ in range(2):
        list(work(worker))
        clock.advance(24 * 3600)

    assert value(prometheus, "vectis_webhook_attempts_total", outcome="timeout") == 1
    assert value(prometheus, "vectis_webhook_attempts_total", outcome="4xx") == 1
    assert value(prometheus, "vectis_webhook_attempt_duration_seconds_count") == 2
    assert value(prometheus, "vectis_webhook_deliveries", state="pending") == 0
    assert value(prometheus, "vectis_webhook_deliveries", state="exhausted") == 1
    assert value(prometheus, "vectis_webhook_oldest_pending_seconds") == 0


def test_carriers_events_are_counted(oms: Vectis, prometheus: Prometheus, clock: FrozenClock) -> None:
    """By the carrier and by what became of each, over HTTP and in process; a push that proves nothing is no event."""
    with FACES["handle"](HttpApi(oms, environ={})) as send:
        shop = Shop(send, oms, clock, "acme")
        configure(shop, "ups")
        scan = ups_scan("1Z999AA10123456784", "I/OR", "2026-01-25T07:15")
        assert push(shop, "ups", scan).status == 200
        assert push(shop, "ups", scan, headers={"credential": "stolen"}).status == 401
    assert receive(oms, "ups", Push(headers={"credential": SECRET}, body=scan), tenant="acme").duplicates == 1

    counted = {
        outcome: value(prometheus, "vectis_carrier_events_total", carrier="ups", outcome=outcome)
        for outcome in ("accepted", "duplicate", "waiting", "rejected")
    }
    assert counted == {"accepted": None, "duplicate": 1, "waiting": 1, "rejected": None}
    route = "/api/webhooks/carriers/{carrier}/tracking"
    assert value(prometheus, "vectis_http_unauthorized_total", route=route) == 1


def test_requests_and_refusals_of_the_rate_limit_are_counted(oms: Vectis, prometheus: Prometheus) -> None:
    """By method, template and status; what a limit refuses has a series of its own."""
    with FACES["handle"](HttpApi(oms, HttpConfig(rate_limit=2), environ={})) as send:
        shop = Shop(send, oms, FrozenClock(), "acme")
        for status in (200, 200, 429):
            assert shop.get("/api/orders").status == status

    told = {"method": "GET", "route": "/api/orders"}
    assert value(prometheus, "vectis_http_request_duration_seconds_count", **told, status="200") == 2
    assert value(prometheus, "vectis_http_request_duration_seconds_count", **told, status="429") == 1
    assert value(prometheus, "vectis_http_rate_limited_total", route="/api/orders") == 1


_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_KINDS = {name for name, each in vars(all_commands).items() if isinstance(each, type) and issubclass(each, Command)}


@given(
    asked=st.lists(
        st.tuples(
            st.sampled_from([*_METHODS, "BREW"]) | st.text("ABC", min_size=1),
            st.sampled_from(["/", "/api/orders/", "/api/products/sku/", "/api/orders?sku="]),
            st.text(),
        ),
        max_size=8,
    )
)
def test_whatever_clients_ask_labels_are_our_own_words(asked: list[tuple[str, str, str]]) -> None:
    """No method, path, id, SKU or tenant that a client makes up becomes a label."""
    prometheus = Prometheus()
    with (
        Vectis.open("memory://", telemetry=prometheus) as oms,
        FACES["handle"](HttpApi(oms, environ={})) as send,
    ):
        shop = Shop(send, oms, FrozenClock(), "tenant-of-the-test")
        operations = HttpApi(oms, environ={}).operations
        for method, path, text in asked:
            send(HttpRequest(method=method, path=path + text, headers={"authorization": f"Bearer {shop.token}"}), False)
        shop.post("/api/orders", an_order())

    allowed = {
        "method": {*_METHODS, "other"},
        "route": {"none", *(each.path for each in operations)},
        "command": _KINDS,
        "outcome": {str(each) for each in Came},
        "state": {"pending", "exhausted"},
        "read": {"read", *(each.name for each in operations)},
    }
    for family in families(prometheus).values():
        for sample in family.samples:
            for label, text in sample.labels.items():
                if label in allowed:
                    assert text in allowed[label], (sample.name, label)
                elif label == "status":
                    assert 200 <= int(text) <= 599
                else:
                    assert label in {"le", "version"}, sample.name


@given(sizes=st.lists(st.floats(0, 10) | st.sampled_from(LOCAL)))
def test_our_histogram_says_what_that_of_the_library_would(sizes: list[float]) -> None:
    """Whatever is observed, on a bound or beside it: the same buckets, the same count and sum."""
    registry, theirs_alone = CollectorRegistry(), CollectorRegistry()
    row = Series("seconds", Kind.HISTOGRAM, "A test", bounds=LOCAL)
    ours, theirs = Buckets(row, registry), Histogram("seconds", "A test", buckets=LOCAL, registry=theirs_alone)
    for size in sizes:
        ours.observe(size)
        theirs.observe(size)

    expected = [line for line in generate_latest(theirs_alone).splitlines() if b"_created" not in line]
    assert generate_latest(registry).splitlines() == expected


def test_several_in_one_process_do_not_mix() -> None:
    """Each Vectis has a registry of its own: what one does, the other does not count."""
    first, second = Prometheus(), Prometheus()
    with Vectis.open("memory://", telemetry=first) as busy, Vectis.open("memory://", telemetry=second):
        stocked(busy)
        buy(busy, "o-1")

    assert value(first, "vectis_commands_total", command="PlaceOrder", outcome="done") == 1
    assert value(second, "vectis_commands_total", command="PlaceOrder", outcome="done") is None


def test_every_series_of_the_table_is_there_as_it_says(tmp_path: Path, prometheus: Prometheus) -> None:
    """Name, type and labels; and beside them there is nothing but what the client library tells of the process."""
    with Vectis.open(f"sqlite:///{tmp_path}/shop.db", telemetry=prometheus) as oms:
        stocked(oms)
        buy(oms, "o-1")
        found = families(prometheus)

    assert {name for name in found if not name.startswith("process_")} == {
        each.name.removesuffix("_total") for each in SERIES
    }
    for row in SERIES:
        family = found[row.name.removesuffix("_total")]
        assert family.type == row.kind
        assert family.documentation == row.meaning
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        assert labels in (set(row.labels), set()), row.name
        assert not [sample for sample in family.samples if sample.name.endswith("_created")]


def test_after_the_end_less_is_told(prometheus: Prometheus) -> None:
    """What was counted stays; what would be looked up in the database is left out."""
    with Vectis.open("memory://", telemetry=prometheus):
        pass

    assert value(prometheus, "vectis_commands_total", command="OpenTenant", outcome="done") == 1
    assert value(prometheus, "vectis_webhook_deliveries", state="pending") is None
    assert value(prometheus, "vectis_queue_commands") == 0


@pytest.mark.parametrize("face", FACES)
def test_metrics_are_read_with_their_scope(face: str, oms: Vectis, prometheus: Prometheus, clock: FrozenClock) -> None:
    """``GET /metrics`` takes a token that has the scope ``metrics``, which others lack; HEAD has no body."""
    with FACES[face](HttpApi(oms, environ={})) as send:
        shop = Shop(send, oms, clock, "acme")
        answer = shop.get("/metrics", token=shop.new_token(("metrics",)))
        assert answer.status == 200
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert b'vectis_commands_total{command="CreateClient",outcome="done"} 2.0' in answer.body
        assert shop.get("/metrics", token=None).status == 401
        refused = shop.get("/metrics", token=shop.new_token(("orders:read",)))
        assert (refused.status, refused.json["details"]) == (403, {"scope": "metrics"})
        assert shop.ask("HEAD", "/metrics").body == b""


def test_metrics_are_open_where_the_operator_says_so(oms: Vectis) -> None:
    """Then nobody is asked for a token, and no rate limit counts the scrapes."""
    api = HttpApi(oms, HttpConfig(open_metrics=True), environ={})
    response = api.handle(HttpRequest(method="GET", path="/metrics"))

    assert response.status == 200
    assert "X-RateLimit-Limit" not in dict(response.headers)
    assert [each.scope for each in api.operations if each.path == "/metrics"] == [None]


def test_without_metrics_the_answer_says_how_to_have_them(clock: FrozenClock) -> None:
    """Where Vectis was opened without a listener that keeps figures there is nothing to read: 404, and the extra."""
    with Vectis.open("memory://", clock=clock) as oms, FACES["handle"](HttpApi(oms, environ={})) as send:
        answer = Shop(send, oms, clock, "acme").get("/metrics")

    assert answer.status == 404
    assert "vectis-oms[metrics]" in answer.json["message"]


def test_the_gauges_are_those_of_the_vectis_that_is_open(prometheus: Prometheus, tmp_path: Path) -> None:
    """A listener that outlives its Vectis, as over a server's restart in one process, reads the next one's."""
    with Vectis.open("memory://", telemetry=prometheus):
        assert value(prometheus, "vectis_store_log_bytes") is None
    with Vectis.open(f"sqlite:///{tmp_path}/shop.db", telemetry=prometheus):
        assert value(prometheus, "vectis_store_log_bytes") is not None


def test_the_server_keeps_metrics(tmp_path: Path) -> None:
    """``vectis serve`` tells them to who has the scope, and with ``--open-metrics`` to whoever asks."""
    database = f"sqlite:///{tmp_path}/shop.db"
    with serving(database) as server:
        assert httpx.get(f"{server.address}/metrics", timeout=30).status_code == 401
    with serving(database, "--open-metrics", "--slow-command", "2.5") as server:
        text = httpx.get(f"{server.address}/metrics", timeout=30).raise_for_status().text
    found = {each.name: each for each in text_string_to_metric_families(text)}
    assert found["vectis_store_log_bytes"].samples[0].value >= 0
    assert found["vectis_build_info"].samples[0].value == 1


@pytest.mark.parametrize(
    ("package", "missing", "extra"),
    [("vectis_prometheus", "prometheus_client", "metrics"), ("vectis_otel", "opentelemetry", "otel")],
)
def test_the_missing_extra_is_named(package: str, missing: str, extra: str) -> None:
    """Without the library the error says what to install."""
    program = f"import sys; sys.modules[{missing!r}] = None; import {package}"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert f'pip install "vectis-oms[{extra}]"' in ended.stderr
