"""A dispatcher in threads: it delivers by itself, holds nobody up, and ends cleanly."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from datetime import timedelta
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from endpoints import OK, Endpoints, buy, stocked, subscribe
from small_shop import spin_until

from vectis_core import AddressRules, Vectis
from vectis_core.errors import ServiceUnavailable, UsageError
from vectis_core.testing import FrozenClock, open_faulty
from vectis_core.testing.faults import When
from vectis_core.webhooks.dispatcher import open_transport
from vectis_core.webhooks.transport import Answer, NotDelivered, Post
from vectis_core.webhooks.worker import Pace

#: Finds nothing by itself for as long as a test may take: what is delivered was told to it.
DEAF = Pace(poll_every=3_600)
KEEN = Pace(poll_every=0.01)


class Hanging:
    """From now on endpoints whose name begins with ``slow`` answer when they are let go, at the end of its context."""

    def __init__(self, endpoints: Endpoints) -> None:
        self.let_go = threading.Event()
        self.hanging: set[str] = set()
        endpoints.answering = self._answer

    def _answer(self, post: Post) -> Answer:
        if post.url.startswith("https://slow"):
            self.hanging.add(post.url)
            assert self.let_go.wait(60)
        return OK

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go.set()


def test_a_commit_wakes_it(oms: Vectis, endpoints: Endpoints) -> None:
    """It delivers what waited when it was started and what is committed later, without looking again by itself."""
    subscribe(oms, "shop")
    buy(oms, "before")
    with oms.dispatcher(transport=endpoints, pace=DEAF):
        spin_until(lambda: len(endpoints.received) == 1)
        for number in range(20):
            buy(oms, f"o{number}")
            spin_until(lambda: len(endpoints.received) == number + 2)  # noqa: B023 - it is called right here

    assert endpoints.received[0].headers["User-Agent"].startswith("Vectis/")
    assert endpoints.closed


def test_it_polls_for_what_others_commit(tmp_path: Path, endpoints: Endpoints) -> None:
    """What another process puts on its way is found by looking."""
    url = f"sqlite:///{tmp_path}/shop.db"
    with Vectis.open(url) as oms, Vectis.open(url) as other:
        stocked(oms)
        subscribe(oms, "shop")
        with oms.dispatcher(transport=endpoints, pace=KEEN):
            buy(other, "o1")
            spin_until(lambda: len(endpoints.received) == 1)


def test_what_is_due_later_is_sent_then(oms: Vectis, clock: FrozenClock, endpoints: Endpoints) -> None:
    """A delivery that failed is tried again once its time has come, and not before."""
    hook = subscribe(oms, "shop")
    endpoints.answering = lambda _post: Answer(404, None, b"")
    with oms.dispatcher(transport=endpoints, pace=KEEN):
        buy(oms, "o1")
        spin_until(lambda: oms.webhooks.get(hook).failures == 1)
        endpoints.answering = lambda _post: OK
        buy(oms, "o2")
        spin_until(lambda: len(endpoints.received) == 2)
        clock.advance(timedelta(seconds=7))
        spin_until(lambda: len(endpoints.received) == 3)

    assert [each.headers["X-Webhook-Attempt"] for each in endpoints.received] == ["1", "1", "2"]


def test_a_replay_goes_on_by_itself(oms: Vectis, clock: FrozenClock, endpoints: Endpoints) -> None:
    """However long the stretches of the feed without anything to tell, a replay is done to its end."""
    began = clock.now()
    for number in range(1_100):
        buy(oms, f"o{number}")
    clock.advance(60)
    hook = subscribe(oms, "shop", "order.cancelled")
    last = oms.orders.list().page(limit=1).items[0]
    oms.webhooks.update(hook, active=False)
    oms.orders.cancel(last.id, "a mistake")
    oms.webhooks.update(hook, active=True)
    clock.advance(60)
    with oms.dispatcher(transport=endpoints, pace=DEAF):
        oms.webhooks.replay(hook, began)
        spin_until(lambda: oms.webhooks.replays(hook)[0].done and len(endpoints.received) == 1)

    assert endpoints.received[0].event == "order.cancelled"


@pytest.mark.parametrize("failed_before", [False, True], ids=["were well", "have failed"])
def test_endpoints_that_hang_keep_nobody_waiting(
    oms: Vectis, clock: FrozenClock, endpoints: Endpoints, failed_before: bool
) -> None:
    """More of them than there are places, and what is for another endpoint is delivered while they hang."""
    for number in range(5):
        subscribe(oms, f"slow{number}")
    if failed_before:
        endpoints.answering = lambda _post: Answer(404, None, b"")
        with oms.dispatcher(transport=endpoints):
            buy(oms, "o0")
            spin_until(lambda: all(each.failures for each in oms.webhooks.list()))
        clock.advance(10)
        endpoints = Endpoints()
    subscribe(oms, "well")
    pace = Pace(endpoints=2, ailing=2, slow_after=0.01)
    slow = Hanging(endpoints)
    with oms.dispatcher(transport=endpoints, pace=pace), slow:
        buy(oms, "o1")
        spin_until(lambda: len(slow.hanging) == (2 if failed_before else 5))
        for number in range(2, 5):
            buy(oms, f"o{number}")
            spin_until(lambda: len(endpoints.at("https://well.test/")) == number)  # noqa: B023 - called right here
        assert len(slow.hanging) == (2 if failed_before else 5)


def test_there_is_a_bound_to_those_that_hang(oms: Vectis, endpoints: Endpoints) -> None:
    """As many as may be slow and as many as there are places; the others wait until one has finished."""
    for number in range(5):
        subscribe(oms, f"slow{number}")
    pace = Pace(endpoints=2, slow=1, slow_after=0.0, poll_every=0.01)
    slow = Hanging(endpoints)
    with oms.dispatcher(transport=endpoints, pace=pace), slow:
        buy(oms, "o1")
        spin_until(lambda: len(slow.hanging) == 3)
        for _ in range(100):
            spin_until(lambda: True)
        assert len(slow.hanging) == 3
        slow.let_go.set()
        spin_until(lambda: len(endpoints.received) == 5)


def test_stopping_finishes_what_is_under_way(oms: Vectis, endpoints: Endpoints) -> None:
    """The attempt that is being made ends and is written down; what comes after it stays for the next dispatcher."""
    hook = subscribe(oms, "slow")
    for number in range(3):
        buy(oms, f"o{number}")
    dispatcher = oms.dispatcher(transport=endpoints)
    with Hanging(endpoints) as slow:
        dispatcher.start()
        spin_until(lambda: bool(slow.hanging))
        stopping = threading.Thread(target=dispatcher.stop)
        stopping.start()
        spin_until(dispatcher._worker._stopped.is_set)
        slow.let_go.set()
        stopping.join()

    assert [each.status for each in oms.webhooks.deliveries(hook)] == ["pending", "pending", "delivered"]
    assert oms.webhooks.get(hook).leased_until is None
    dispatcher.stop()
    with oms.dispatcher(transport=endpoints):
        spin_until(lambda: not list(oms.webhooks.deliveries(hook, status="pending")))


def test_a_loop_goes_on_while_it_stops(oms: Vectis, endpoints: Endpoints) -> None:
    """With ``async with`` nothing waits in the loop: another task lets the endpoint go, which stopping waits for."""
    subscribe(oms, "slow")

    async def main(slow: Hanging) -> None:
        async with oms.dispatcher(transport=endpoints):
            buy(oms, "o1")
            while not slow.hanging:
                await asyncio.sleep(0)
            asyncio.get_running_loop().call_soon(asyncio.get_running_loop().call_soon, slow.let_go.set)

    with Hanging(endpoints) as slow:
        asyncio.run(main(slow))

    assert endpoints.closed
    assert len(endpoints.received) == 1


def test_closing_vectis_ends_it(oms: Vectis, endpoints: Endpoints, caplog: pytest.LogCaptureFixture) -> None:
    """A dispatcher under which Vectis is closed says so once and ends; stopping it is harmless."""
    dispatcher = oms.dispatcher(transport=endpoints, pace=KEEN)
    dispatcher.start()
    oms.close()
    spin_until(lambda: dispatcher._thread is not None and not dispatcher._thread.is_alive())
    dispatcher.stop()

    assert caplog.text.count("closed while a dispatcher ran") == 1
    assert endpoints.closed


def test_it_is_started_once_and_on_an_open_vectis(oms: Vectis, endpoints: Endpoints) -> None:
    """A second start is a mistake of the program, and so is one after closing."""
    dispatcher = oms.dispatcher(transport=endpoints)
    with dispatcher, pytest.raises(UsageError, match="started before"):
        dispatcher.start()
    oms.close()
    with pytest.raises(UsageError, match="closed"):
        oms.dispatcher(transport=endpoints).start()


def test_it_waits_for_a_database_that_cannot_be_used(
    endpoints: Endpoints, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often claiming fails it is tried again, the log says it once, and then everything is delivered."""
    monkeypatch.setattr("vectis_core.webhooks.dispatcher._AFTER_ERROR", 0.001)
    with open_faulty("memory://") as oms:
        stocked(oms)
        hook = subscribe(oms, "shop")
        buy(oms, "o1")
        oms.faults.error("begin", ServiceUnavailable("locked"), When(times=5))
        oms.faults.error("read", RuntimeError("a mistake"), When(first=5))
        with oms.dispatcher(transport=endpoints, pace=KEEN):
            spin_until(lambda: len(endpoints.received) == 1)

        assert [each.status for each in oms.webhooks.deliveries(hook)] == ["delivered"]
        assert len(oms.faults.struck) == 6
    assert caplog.text.count("cannot be used") == 1
    assert caplog.text.count("are sent again") == 1


def test_a_claim_of_unknown_outcome_delays_and_loses_nothing(
    clock: FrozenClock, endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The endpoint may be leased to nobody; when that lease has ended it is claimed again."""
    monkeypatch.setattr("vectis_core.webhooks.dispatcher._AFTER_ERROR", 0.001)
    with open_faulty("memory://", clock=clock) as oms:
        stocked(oms)
        hook = subscribe(oms, "shop")
        buy(oms, "o1")
        oms.faults.error_after_commit()
        with oms.dispatcher(transport=endpoints, pace=KEEN):
            spin_until(lambda: oms.webhooks.get(hook).lease_token == 1)
            clock.advance(61)
            spin_until(lambda: len(endpoints.received) == 1)


def test_the_child_of_a_fork_has_none(oms: Vectis, endpoints: Endpoints) -> None:
    """Leaving the block in a forked child waits for no thread and closes no connection of the parent's."""
    with oms.dispatcher(transport=endpoints) as dispatcher:
        child = os.fork()
        if child == 0:
            dispatcher.stop()
            os._exit(endpoints.closed)
        _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0


def test_a_program_that_never_stops_it_can_end(tmp_path: Path) -> None:
    """At the end of the program threads that send are not waited for: what they were at is sent by the next one."""
    program = """
import sys, threading
from endpoints import Endpoints, buy, stocked, subscribe
from vectis_core import Vectis
oms = Vectis.open(sys.argv[1])
stocked(oms)
subscribe(oms, "shop")
endpoints, hanging = Endpoints(), threading.Event()
def hang(post):
    hanging.set()
    threading.Event().wait()
endpoints.answering = hang
oms.dispatcher(transport=endpoints).start()
buy(oms, "o1")
assert hanging.wait(30)
"""
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    done = subprocess.run(
        [sys.executable, "-c", program, f"sqlite:///{tmp_path}/shop.db"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_the_installed_transport_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is what the entry points name, made with the rules of where it may go; without one, an extra is named."""
    found: list[EntryPoint] = []
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: EntryPoints(found))
    with pytest.raises(UsageError, match="webhooks"):
        open_transport(AddressRules())
    found.append(EntryPoint("http", "no_such_module:no_such_name", "vectis.transports"))
    with pytest.raises(UsageError, match=r"vectis-oms\[webhooks\]"):
        open_transport(AddressRules())
    found[0] = EntryPoint("http", "vectis_webhooks:open_transport", "vectis.transports")
    transport: Any = open_transport(AddressRules(["127.0.0.1"]))
    transport.close()


def test_attempts_are_made_at_once_by_many(oms: Vectis, endpoints: Endpoints) -> None:
    """Endpoints do not wait for each other: four that hang until all four hang are all answered."""
    barrier = threading.Barrier(4)

    def together(_post: Post) -> Answer:
        try:
            barrier.wait(30)
        except threading.BrokenBarrierError:
            raise NotDelivered("timeout") from None
        return OK

    endpoints.answering = together
    hooks = [subscribe(oms, f"shop{number}") for number in range(4)]
    with oms.dispatcher(transport=endpoints):
        buy(oms, "o1")
        spin_until(lambda: all(list(oms.webhooks.deliveries(hook, status="delivered")) for hook in hooks))


@pytest.mark.parametrize("pace", [DEAF, KEEN])
def test_one_that_is_idle_stops_at_once(oms: Vectis, endpoints: Endpoints, pace: Pace) -> None:
    """Stopping wakes it from its sleep."""
    with oms.dispatcher(transport=endpoints, pace=pace):
        pass

    assert endpoints.closed
