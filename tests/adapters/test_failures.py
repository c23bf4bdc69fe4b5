"""When something goes wrong on our side: every face still answers in the one form, and tells nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from http_faces import SUITE, Shop, an_order

from vectis_core import OutcomeUnknown, ServiceUnavailable, StoreError, Vectis
from vectis_core.testing.clock import FrozenClock
from vectis_http import HttpApi


@pytest.fixture(params=list(SUITE))
def own(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """Return a client of a database that the test may break."""
    clock = FrozenClock()
    with Vectis.open("memory://", clock=clock) as oms, SUITE[request.param](HttpApi(oms)) as send:
        yield Shop(send, oms, clock, "acme")


def fail_with(shop: Shop, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Have every command of the shop's database fail with *error*, in whichever way it is run."""
    # The limiter's first block is taken while all is well.
    assert shop.get("/api/orders").status == 200

    def run_told(*_: Any) -> Any:
        raise error

    def submit_told(_: Any) -> Any:
        future = asyncio.get_running_loop().create_future()
        future.set_exception(error)
        return future

    monkeypatch.setattr(shop.oms.engine, "run_told", run_told)
    monkeypatch.setattr(shop.oms.engine, "submit_told", submit_told)


@pytest.mark.parametrize(
    ("error", "code", "wait"),
    [
        (ServiceUnavailable("Too many requests are waiting", retry_after=3), "ServiceUnavailable", "3"),
        (OutcomeUnknown("Ask again", {"commandId": "c1"}), "OutcomeUnknown", "1"),
    ],
)
def test_what_may_succeed_later_says_when(
    own: Shop, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str, wait: str
) -> None:
    """A busy database and a commit in doubt are 503 with Retry-After and the error's own details."""
    fail_with(own, monkeypatch, error)
    refused = own.post("/api/orders", an_order())
    assert (refused.status, refused.error, refused.headers["retry-after"]) == (503, code, wait)
    assert refused.headers["x-ratelimit-limit"] == "1000"


@pytest.mark.parametrize("error", [RuntimeError("secret detail"), StoreError("secret detail /var/shop.db")])
def test_what_should_not_happen_tells_nothing(
    own: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    """Any other failure is a 500 without a word of the inside, which the log has."""
    fail_with(own, monkeypatch, error)
    with caplog.at_level(logging.ERROR, "vectis.http"):
        refused = own.post("/api/orders", an_order())
    assert (refused.status, refused.error) == (500, "InternalServerError")
    assert b"secret" not in refused.body
    assert refused.json["details"] == {}
    assert "secret detail" in caplog.text
    assert refused.headers["content-type"] == "application/json"


def test_where_the_database_lies_is_told_to_the_log_alone(
    own: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Why there is no service is for who runs it: files and processes of the server are nothing for its clients."""
    fail_with(own, monkeypatch, ServiceUnavailable("process 4711 has held /var/shop.db.lock"))
    with caplog.at_level(logging.WARNING, "vectis.http"):
        refused = own.post("/api/orders", an_order())
    assert (refused.status, refused.error) == (503, "ServiceUnavailable")
    assert b"4711" not in refused.body
    assert b"shop.db" not in refused.body
    assert "process 4711 has held /var/shop.db.lock" in caplog.text


def test_a_closed_database_is_not_ready(own: Shop) -> None:
    """A server whose database was closed is alive, and says that it is not ready."""
    own.oms.close()
    assert own.get("/healthz", token=None).status == 200
    refused = own.get("/readyz", token=None)
    assert (refused.status, refused.error) == (503, "ServiceUnavailable")
    assert refused.headers["retry-after"] == "1"


def test_reads_go_on_where_nothing_can_be_written(serve: Callable[..., Shop], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where requests cannot be counted in the database, reads are counted beside it, up to the limit."""
    shop = serve(rate_limit=5)
    fail_with(shop, monkeypatch, OutcomeUnknown("The commit failed", {}))

    told = [shop.get("/api/orders") for _ in range(6)]
    assert [answer.status for answer in told] == [200] * 5 + [429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in told] == ["4", "3", "2", "1", "0", "0"]
    assert shop.post("/api/orders", an_order()).status == 503
    shop.clock.advance(60)
    assert shop.get("/api/orders").status == 200
