"""What listeners are told of commands, reads, requests and deliveries; and that they can do no harm."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from endpoints import Endpoints, buy, stocked, subscribe, work, worker_of
from hearing import Failing, Heard
from http_faces import FACES, scope_of
from http_faces import Shop as HttpShop
from small_shop import ADDRESS, Shop, spin_until

from vectis_asgi import AsgiApp
from vectis_core import InsufficientStock, Item, NotFound, OutcomeUnknown, ServiceUnavailable, UsageError, Vectis
from vectis_core.catalogue import NewProduct
from vectis_core.commands import ConfirmOrder, CreateProduct
from vectis_core.engine import Engine
from vectis_core.loggers import REQUEST_ID
from vectis_core.orders import Placed
from vectis_core.telemetry import Audience, Telemetry
from vectis_core.testing import FrozenClock
from vectis_core.webhooks.transport import Answer, NotDelivered, Post
from vectis_http import HttpApi, HttpRequest


@pytest.fixture(name="heard")
def _heard() -> Heard:
    return Heard()


@pytest.fixture(name="shop", params=["memory", "sqlite"])
def _shop(request: pytest.FixtureRequest, tmp_path: Path, heard: Heard) -> Iterator[Shop]:
    url = "memory://" if request.param == "memory" else f"sqlite:///{tmp_path}/shop.db"
    shop = Shop(url, telemetry=heard)
    yield shop
    shop.oms.close()


def test_each_command_is_told_once_with_what_it_came_to(shop: Shop, heard: Heard) -> None:
    """Done, repeated by its id, refused by a rule: each is told with its kind, its tenant and its error."""
    heard.batches.clear()

    first = shop.buy("o-1").order
    shop.buy("o-1")
    with pytest.raises(InsufficientStock):
        shop.buy("o-2", quantity=1000)
    for _ in range(2):
        shop.oms.orders.confirm(first.id, command_id="once")

    assert heard.came("PlaceOrder") == ["done", "repeated", "refused"]
    assert heard.came("ConfirmOrder") == ["done", "repeated"]
    assert {each.tenant for each in heard.commands} == {"default"}
    assert [each.error for each in heard.commands] == [None, None, "InsufficientStock", None, None]


def test_a_batch_tells_how_long_its_parts_took(shop: Shop, heard: Heard) -> None:
    """Seconds in the queue, until all is written, and of the commit; without anything written there is no commit."""
    shop.buy("o-1")
    [written] = heard.batches[-1:]
    shop.buy("o-1")
    [looked_up] = heard.batches[-1:]

    assert written.deciding > 0
    assert written.committing > 0
    assert looked_up.deciding > 0
    [command] = written.commands
    assert command.waiting >= 0
    assert written.seconds(command) == command.waiting + written.deciding + written.committing
    assert written.ago >= 0


def test_commands_that_share_a_commit_are_told_together(shop: Shop, heard: Heard) -> None:
    """Who queued while another committed is of one batch, and waited for it."""
    held, go_on = threading.Event(), threading.Event()

    def hook(point: str) -> None:
        if point == "commit" and not held.is_set():
            held.set()
            assert go_on.wait(30)

    shop.hook = hook
    with ThreadPoolExecutor(6) as pool:
        futures = [pool.submit(shop.buy, "first")]
        assert held.wait(30)
        futures += [pool.submit(shop.buy, f"o-{number}") for number in range(5)]
        spin_until(lambda: shop.oms.engine.queue_length == 5)
        go_on.set()
        for future in futures:
            future.result()
    spin_until(lambda: len(heard.came("PlaceOrder")) == 6)

    assert sorted(len(each.commands) for each in heard.batches if each.commands[0].kind == "PlaceOrder") == [1, 5]
    assert {each.notes[heard] for each in heard.commands} == set(range(1, heard.asked + 1))


def test_trouble_of_the_database_is_told_for_what_it_is(shop: Shop, heard: Heard) -> None:
    """Nothing done is ``unavailable``, a commit that failed ``unknown``, a mistake in the host's part ``failed``."""

    def strike(at: str, error: Exception) -> None:
        def hook(point: str) -> None:
            if point == at:
                shop.hook = lambda _point: None
                raise error

        shop.hook = hook

    strike("begin", ServiceUnavailable("not now"))
    with pytest.raises(ServiceUnavailable):
        shop.buy("o-1")
    strike("commit", OSError("the disk is gone"))
    with pytest.raises(OutcomeUnknown):
        shop.buy("o-2")

    def mistaken(placed: Placed, connection: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        shop.oms.orders.create(
            external_id="o-3", items=[Item("W", 1, "1.00")], shipping_addresses=[ADDRESS], within=mistaken
        )

    assert heard.came("PlaceOrder") == ["unavailable", "unknown", "failed"]
    errors = [each.error for each in heard.commands if each.kind == "PlaceOrder"]
    assert errors == ["ServiceUnavailable", "OutcomeUnknown", "InternalServerError"]


def test_commands_tried_singly_are_told_singly(shop: Shop, heard: Heard) -> None:
    """Where a batch had to be taken apart, each of its commands is told with the transaction that it came to."""
    struck: list[str] = []

    def hook(point: str) -> None:
        if point == "flush" and not struck:
            struck.append(point)
            raise ZeroDivisionError

    heard.batches.clear()
    shop.hook = hook
    products = [CreateProduct(intent=NewProduct(sku=f"P-{number}", name="P")) for number in range(3)]
    shop.oms.engine.run_all(products)

    assert struck
    assert [len(each.commands) for each in heard.batches] == [1, 1, 1]
    assert heard.came("CreateProduct") == ["done"] * 3


def test_a_full_queue_is_told(heard: Heard) -> None:
    """A command for which there is no room is told as refused, and is of no batch."""
    with Vectis.open("memory://") as oms:
        engine = Engine(oms.store, oms.ids, oms.vault, oms.address_rules, audience=Audience(heard), queue_limit=0)
        with pytest.raises(ServiceUnavailable, match="Too many requests"):
            engine.run(ConfirmOrder(order_id="ord_1"))

    assert (heard.refused, heard.batches) == (["ConfirmOrder"], [])


def test_reads_are_told_by_the_name_of_the_question(shop: Shop, heard: Heard) -> None:
    """In process it is that of the query, whether it finds something or not; lists are told page by page."""
    heard.reads.clear()

    list(shop.oms.orders.list())
    with pytest.raises(NotFound):
        shop.oms.orders.get("ord_nothing")
    asyncio.run(_read(shop.oms))

    assert [each.kind for each in heard.reads] == ["orders", "order", "products"]
    assert {each.tenant for each in heard.reads} == {"default"}
    assert all(each.seconds > 0 for each in heard.reads)


async def _read(oms: Vectis) -> None:
    await oms.aio.products.list().page()


def test_a_listener_hears_only_of_what_took_long_enough() -> None:
    """What took less than it asks for is not told; of a batch, where none of its commands took long enough."""
    patient, curious = Heard(slower_than=3600), Heard()
    shop = Shop("memory://", telemetry=[patient, curious])
    shop.buy("o-1")
    list(shop.oms.orders.list())
    shop.oms.close()

    assert (patient.batches, patient.reads) == ([], [])
    assert curious.came("PlaceOrder") == ["done"]
    assert [each.kind for each in curious.reads][-1] == "orders"


@pytest.mark.parametrize("face", FACES)
def test_requests_are_told_by_the_template_of_their_path(face: str, heard: Heard) -> None:
    """Method, template, status and error over every face: no id and no path of a client's is among them."""
    with Vectis.open("memory://", telemetry=heard) as oms, FACES[face](HttpApi(oms, environ={})) as send:
        shop = HttpShop(send, oms, FrozenClock(), "acme")
        heard.requests.clear()
        heard.reads.clear()
        assert shop.get("/api/orders/ord_7").status == 404
        assert shop.get("/api/orders").status == 200
        assert shop.get("/api/products/sku/a/b").status == 404
        assert shop.get("/nothing/here").status == 404
        assert shop.get("/api/orders", token="stolen").status == 401
        assert shop.ask("PUT", "/api/orders").status == 405

    told = [(each.method, each.route, each.status, each.error) for each in heard.requests]
    assert told == [
        ("GET", "/api/orders/{id}", 404, "NotFound"),
        ("GET", "/api/orders", 200, None),
        ("GET", "/api/products/sku/{sku...}", 404, "NotFound"),
        ("GET", "", 404, "NotFound"),
        ("GET", "/api/orders", 401, "Unauthorized"),
        ("PUT", "/api/orders", 405, "MethodNotAllowed"),
    ]
    assert all(each.seconds > 0 and each.notes[heard] == each.method for each in heard.requests)
    assert [(each.kind, each.tenant) for each in heard.reads] == [("listOrders", "acme")]


def test_a_client_that_goes_away_is_told(heard: Heard) -> None:
    """A body that never comes ends the request as 499, which nobody is sent."""

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        raise AssertionError("nobody is there to be answered")

    with Vectis.open("memory://", telemetry=heard) as oms:
        app = AsgiApp(HttpApi(oms, environ={}))
        request = HttpRequest(method="POST", path="/oauth/token", body=b"grant")
        asyncio.run(app(scope_of(request, sized=True), receive, send))

    assert [(each.route, each.status) for each in heard.requests] == [("/oauth/token", 499)]


def test_a_request_that_is_cancelled_ends_in_its_own_task(heard: Heard) -> None:
    """A middleware that gives a request up goes on without its id, and those who listen are told at once."""

    async def never() -> dict[str, str]:
        raise asyncio.CancelledError

    async def send(message: object) -> None:
        raise AssertionError("nobody is there to be answered")

    async def give_up(app: AsgiApp) -> tuple[BaseException, str | None, int]:
        request = HttpRequest(method="POST", path="/oauth/token", body=b"grant")
        try:
            await app(scope_of(request, sized=True), never, send)
        except asyncio.CancelledError as error:
            # Who holds the error holds all that was on its way.
            return error, REQUEST_ID.get(), len(heard.requests)
        raise AssertionError("a cancelled task goes on")

    with Vectis.open("memory://", telemetry=heard) as oms:
        _, request_id, told = asyncio.run(give_up(AsgiApp(HttpApi(oms, environ={}))))

    assert (request_id, told) == (None, 1)


def test_a_request_whose_thread_is_stopped_ends_there(heard: Heard) -> None:
    """Whoever catches what stopped it goes on without the request's id, and those who listen are told at once."""

    def stop(limit: int) -> bytes:
        raise KeyboardInterrupt

    with Vectis.open("memory://", telemetry=heard) as oms:
        api = HttpApi(oms, environ={})
        with pytest.raises(KeyboardInterrupt) as stopped:
            api.drive(HttpRequest(method="POST", path="/oauth/token", body=b"grant"), stop)

        assert stopped.tb is not None
        assert (REQUEST_ID.get(), [each.status for each in heard.requests]) == (None, [499])


def test_attempts_to_deliver_are_told(heard: Heard) -> None:
    """Each with its answer, or why there was none, by the dispatcher's own clock; listeners may add headers."""
    clock, endpoints = FrozenClock(), Endpoints()
    posts: list[Post] = []

    def answering(post: Post) -> Answer:
        posts.append(post)
        clock.advance(2)
        if len(posts) == 1:
            raise NotDelivered("timeout")
        return Answer(204, None, b"")

    endpoints.answering = answering
    with Vectis.open("memory://", clock=clock, telemetry=heard) as oms:
        stocked(oms)
        subscribe(oms, "shop")
        buy(oms, "o-1")
        worker = worker_of(oms, endpoints, clock)
        list(work(worker))
        clock.advance(24 * 3600)
        list(work(worker))

    assert [(each.event_type, each.code, each.error) for each in heard.attempts] == [
        ("order.created", None, "timeout"),
        ("order.created", 204, None),
    ]
    assert [each.seconds for each in heard.attempts] == [2, 2]
    assert [dict(each.headers)["x-heard"] for each in posts] == [each.notes[heard] for each in heard.attempts]


def test_vitals_tell_how_it_is_just_now(shop: Shop, heard: Heard) -> None:
    """The queue, the log of a file, and what webhooks wait for; after the end there is less to say, and no error."""
    vitals = heard.vitals
    assert vitals is not None
    shop.oms.webhooks.create("https://example.com/hooks", ["order.*"])
    shop.buy("o-1")

    backlog = vitals.backlog()
    assert backlog is not None
    assert (vitals.queue_length(), backlog.pending, backlog.exhausted) == (0, 1, 0)
    assert 0 <= vitals.oldest_pending_seconds(backlog) < 3600
    log_bytes = vitals.log_bytes()
    assert (log_bytes is None) == (shop.oms.store.path is None)
    assert log_bytes is None or log_bytes > 0

    shop.oms.close()
    assert vitals.backlog() is None
    assert vitals.log_bytes() in {None, 0}


def test_a_listener_that_raises_harms_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Commands, reads, requests and deliveries go on, other listeners hear of them, and the log says it once."""
    heard, clock, endpoints = Heard(), FrozenClock(), Endpoints()
    url = f"sqlite:///{tmp_path}/shop.db"
    with (
        caplog.at_level(logging.ERROR, "vectis.telemetry"),
        Vectis.open(url, clock=clock, telemetry=[Failing(), heard]) as oms,
    ):
        stocked(oms)
        hook = subscribe(oms, "shop")
        for number in range(3):
            buy(oms, f"o-{number}")
        list(work(worker_of(oms, endpoints, clock)))
        assert {str(each.status) for each in oms.webhooks.deliveries(hook)} == {"delivered"}
        api = HttpApi(oms, environ={})
        assert [api.handle(HttpRequest(method="GET", path="/healthz")).status for _ in range(2)] == [200, 200]
        assert oms.verify().ok

    assert heard.came("PlaceOrder") == ["done"] * 3
    assert len(heard.requests) == 2
    assert len(heard.attempts) == 3
    told = sorted(record.getMessage().split(" of ")[0] for record in caplog.records)
    expected = {
        "watch", "command_asked", "batch_done", "read_done", "request_began", "request_done", "attempt_began",
        "attempt_done",
    }  # fmt: skip
    assert told == sorted(expected)


def test_what_nobody_listens_to_is_not_measured() -> None:
    """With no listener but the log of what is slow, which notes who asks, requests are told to nobody."""
    with Vectis.open("memory://", slow_command=None) as oms:
        assert not oms.engine.audience.hears_asking
    with Vectis.open("memory://") as oms:
        audience = oms.engine.audience
        assert (audience.hears_asking, audience.hears_requests) == (True, False)
        assert (audience.batches_from, audience.reads_from) == (1.0, 1.0)
    assert Audience(Telemetry()).batches_from == float("inf")


def test_a_threshold_below_nothing_is_refused() -> None:
    """It is a number of seconds; to have no log, say ``None``."""
    with pytest.raises(UsageError, match="slow_command"):
        Vectis.open("memory://", slow_command=-1)
