"""Whatever hits the leading thread: nothing is half done, nobody waits for ever, the engine goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

import pytest
from small_shop import ADDRESS, Shop, spin_until

from vectis_core import InsufficientStock, OutcomeUnknown, Placed, ServiceUnavailable, UsageError
from vectis_core.commands import PlaceOrder
from vectis_core.engine.tickets import ThreadWaiter
from vectis_core.orders import Item, NewOrder

FOLLOWERS = 15


class Gate:
    """Holds one batch back, so that a whole crowd queues behind it with the main thread at its head."""

    def __init__(self) -> None:
        self.held = threading.Event()
        self.open = threading.Event()

    def __call__(self, point: str) -> None:
        if point == "begin" and not self.held.is_set():
            self.held.set()
            assert self.open.wait(30)


def lead_a_crowd(shop: Shop, fault: Callable[[str], None]) -> tuple[BaseException | None, list[Future[Placed]]]:
    """Have the main thread lead a batch of itself and fifteen others in which *fault* strikes.

    Returns what the main thread's call raised, and the others' futures.
    """
    gate = Gate()
    shop.hook = gate
    pool = ThreadPoolExecutor(FOLLOWERS + 2)
    first = pool.submit(shop.buy, "first")
    assert gate.held.wait(30)

    def follow() -> list[Future[Placed]]:
        spin_until(lambda: shop.oms.engine.queue_length == 1)
        futures = [pool.submit(shop.buy, f"follower-{n}") for n in range(FOLLOWERS)]
        spin_until(lambda: shop.oms.engine.queue_length == FOLLOWERS + 1)
        shop.hook = fault
        gate.open.set()
        return futures

    following = pool.submit(follow)
    raised: BaseException | None = None
    try:
        shop.buy("main")
    except BaseException as error:  # noqa: BLE001 - an interrupt is what is waited for
        raised = error
    futures = following.result(30)
    shop.hook = lambda _point: None
    assert first.result(30).created
    pool.shutdown()
    return raised, futures


def in_main_thread(point: str, strike: Callable[[], None]) -> Callable[[str], None]:
    """Return a hook that calls *strike* the first time the main thread reaches *point*."""
    done = []

    def hook(reached: str) -> None:
        if reached == point and not done and threading.current_thread() is threading.main_thread():
            done.append(point)
            strike()

    return hook


def once(point: str, error: BaseException) -> Callable[[str], None]:
    """Return a hook that raises *error* the first time the main thread reaches *point*."""

    def strike() -> None:
        raise error

    return in_main_thread(point, strike)


def ctrl_c(point: str) -> Callable[[str], None]:
    """Return a hook that sends a real SIGINT to this process the first time the main thread reaches *point*."""
    return in_main_thread(point, lambda: os.kill(os.getpid(), signal.SIGINT))


@pytest.mark.parametrize("point", ["begin", "load", "flush", "commit"])
@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_before_the_commit_the_others_are_queued_again(shop: Shop, point: str, interrupt: type[BaseException]) -> None:
    """An interrupt of the leader before the commit undoes its own command alone; fifteen others succeed."""
    raised, futures = lead_a_crowd(shop, once(point, interrupt()))

    assert isinstance(raised, interrupt)
    assert all(future.result(30).created for future in futures)
    assert shop.externals() == {"first", *(f"follower-{n}" for n in range(FOLLOWERS))}
    assert shop.reserved() == FOLLOWERS + 1
    assert shop.buy("afterwards").created


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_after_the_commit_the_others_get_their_outcome(shop: Shop, interrupt: type[BaseException]) -> None:
    """An interrupt right after the commit costs the leader its answer, and nobody anything else."""
    raised, futures = lead_a_crowd(shop, once("committed", interrupt()))

    assert isinstance(raised, interrupt)
    assert all(future.result(30).created for future in futures)
    assert shop.externals() == {"first", "main", *(f"follower-{n}" for n in range(FOLLOWERS))}
    assert shop.reserved() == FOLLOWERS + 2
    assert shop.buy("main").created is False


@pytest.mark.parametrize("point", ["begin", "load", "flush", "commit", "committed", "rollback"])
def test_ctrl_c_in_the_leading_thread(sqlite_shop: Shop, point: str) -> None:
    """A real Ctrl-C at any step of the leader: all fifteen others succeed, once, and the books are right."""
    raised, futures = lead_a_crowd(sqlite_shop, ctrl_c(point))

    assert raised is None or isinstance(raised, KeyboardInterrupt)
    assert all(future.result(30).created for future in futures)
    orders = sqlite_shop.externals()
    assert orders - {"main"} == {"first", *(f"follower-{n}" for n in range(FOLLOWERS))}
    assert sqlite_shop.reserved() == len(orders)
    assert sqlite_shop.oms.verify().ok


def test_an_interrupted_follower_is_given_up(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that is interrupted while it waits leaves the queue; whoever comes after it is served.

    The interrupt is raised where the thread would sleep: a real signal that comes a moment earlier is only seen
    when the thread wakes.
    """
    sleep = ThreadWaiter.wait

    def interrupted(waiter: ThreadWaiter) -> None:
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        sleep(waiter)

    gate = Gate()
    shop.hook = gate
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(shop.buy, "first")
        assert gate.held.wait(30)
        monkeypatch.setattr(ThreadWaiter, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            shop.buy("main")
        last = pool.submit(shop.buy, "last")
        spin_until(lambda: shop.oms.engine.queue_length == 2)
        gate.open.set()

        assert first.result(30).created
        assert last.result(30).created
    monkeypatch.undo()
    assert shop.externals() == {"first", "last"}


@pytest.mark.parametrize("way", ["run", "submit"])
def test_an_interrupt_while_queueing_leaves_nothing_to_wait_for(monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """A call that is interrupted between queueing and being given the lead does not hold up ``close``."""
    shop = Shop("memory://")

    def interrupted(_waiter: ThreadWaiter) -> None:
        raise KeyboardInterrupt

    async def submit() -> None:
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(ThreadWaiter, "wake", interrupted)
            shop.oms.submit(place("interrupted"))

    if way == "submit":
        asyncio.run(submit())
    else:
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(ThreadWaiter, "wake", interrupted)
            shop.buy("interrupted")

    closing = threading.Thread(target=shop.oms.close, daemon=True)
    closing.start()
    closing.join(30)
    assert not closing.is_alive()


def test_who_is_interrupted_with_the_lead_hands_it_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that wakes because the lead is its own, and is interrupted there, leaves it to who queued behind."""
    # Closed only where nobody sleeps for ever: closing waits for them.
    shop = Shop("memory://")
    sleep = ThreadWaiter.wait

    def interrupted(waiter: ThreadWaiter, at_most: float = -1) -> None:
        sleep(waiter, at_most)
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt

    gate = Gate()
    shop.hook = gate
    first, last = (threading.Thread(target=shop.buy, args=(name,), daemon=True) for name in ("first", "last"))

    def queue_behind() -> None:
        spin_until(lambda: shop.oms.engine.queue_length == 1)
        last.start()
        spin_until(lambda: shop.oms.engine.queue_length == 2)
        gate.open.set()

    first.start()
    assert gate.held.wait(30)
    behind = threading.Thread(target=queue_behind)
    behind.start()
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(ThreadWaiter, "wait", interrupted)
        shop.buy("main")
    behind.join(30)
    last.join(10)
    assert not last.is_alive()
    assert shop.externals() == {"first", "last"}
    shop.oms.close()


def test_a_fork_is_refused_in_the_child_and_harmless_to_the_parent(shop: Shop) -> None:
    """The child of a fork gets a clear error for reading and writing; the parent goes on."""
    child = os.fork()
    if child == 0:
        codes = 0
        for attempt in (lambda: shop.buy("child"), lambda: shop.oms.orders.list().page(), shop.oms.verify):
            try:
                attempt()
            except UsageError as error:
                codes += "forked" in str(error)
        os._exit(codes)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 3
    assert shop.buy("parent").created
    assert shop.externals() == {"parent"}


def place(external_id: str) -> PlaceOrder:
    """Return a command that orders one piece."""
    return PlaceOrder(intent=NewOrder(external_id, items=[Item("W", 1, "1")], shipping_addresses=[ADDRESS]))


def test_a_cancelled_task_gives_up_its_answer_and_nothing_else(shop: Shop) -> None:
    """Cancelling an awaiting task leaves every other task of its batch its answer, and the books right."""

    async def story() -> list[Placed | BaseException]:
        gate = Gate()
        shop.hook = gate
        first = shop.oms.submit(place("first"))
        await asyncio.to_thread(gate.held.wait, 30)
        tasks = [asyncio.ensure_future(shop.oms.submit(place(f"t-{n}"))) for n in range(8)]
        tasks[3].cancel()
        gate.open.set()
        assert (await first).created
        return await asyncio.gather(*tasks, return_exceptions=True)

    answers = asyncio.run(story())

    assert isinstance(answers[3], asyncio.CancelledError)
    assert all(isinstance(each, Placed) and each.created for n, each in enumerate(answers) if n != 3)
    assert shop.reserved() == len(shop.externals())
    assert shop.oms.verify().ok


def test_a_loop_that_is_gone_hangs_nobody(shop: Shop) -> None:
    """A loop that closes before its answers come does not stop the threads that come after it."""
    gate = Gate()
    shop.hook = gate

    async def submit_and_leave() -> None:
        shop.oms.submit(place("left")).cancel()

    asyncio.run(submit_and_leave())
    gate.open.set()

    assert shop.buy("next").created


def test_a_committing_thread_that_cannot_start_is_tried_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the machine has no thread to give just then, that submit says so, and the next one is served."""

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def story() -> Placed:
        with monkeypatch.context() as short, pytest.raises(ServiceUnavailable):
            short.setattr(threading.Thread, "start", refuse)
            shop.oms.submit(place("refused"))
        return await asyncio.wait_for(shop.oms.submit(place("served")), 30)

    assert asyncio.run(story()).created
    assert shop.externals() == {"served"}


def test_threads_and_loops_share_one_queue(shop: Shop) -> None:
    """Callers of both kinds at once are all served, each with its own order."""

    async def many() -> list[Placed]:
        return await asyncio.gather(*(shop.oms.submit(place(f"loop-{n}")) for n in range(20)))

    with ThreadPoolExecutor(4) as pool:
        threads = [pool.submit(shop.buy, f"thread-{n}") for n in range(20)]
        from_loop = asyncio.run(many())

    assert [placed.order.external_id for placed in from_loop] == [f"loop-{n}" for n in range(20)]
    assert all(future.result().created for future in threads)
    assert shop.reserved() == 40


def test_answers_wait_for_the_commit_refusals_too(shop: Shop) -> None:
    """Nobody is told anything while the commit is under way: not even that stock ran out."""
    gate = Gate()
    committing, go_on = threading.Event(), threading.Event()
    commits = []

    def hold_second_commit(point: str) -> None:
        gate(point)
        if point == "commit":
            commits.append(point)
            if len(commits) == 2:
                committing.set()
                assert go_on.wait(30)

    shop.hook = hold_second_commit
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(shop.buy, "first", 10)
        assert gate.held.wait(30)
        all_of_it = pool.submit(shop.buy, "all", 90)
        spin_until(lambda: shop.oms.engine.queue_length == 1)
        refused = pool.submit(shop.buy, "refused", 1)
        spin_until(lambda: shop.oms.engine.queue_length == 2)
        gate.open.set()
        assert committing.wait(30)
        # Who was told needs a moment to return; nobody was, so this is how long the test looks.
        told_early = wait([refused, all_of_it], timeout=0.5, return_when=FIRST_COMPLETED).done
        go_on.set()

        assert first.result(30).created
        assert all_of_it.result(30).created
        error = refused.exception(30)
    assert not told_early
    assert isinstance(error, InsufficientStock)


def test_a_commit_that_fails_is_unknown_to_all_who_rest_on_it(shop: Shop) -> None:
    """A failed commit tells everybody in its batch that the outcome is unknown, and the engine goes on."""
    raised, futures = lead_a_crowd(shop, once("commit", OSError("the disk is gone")))

    assert isinstance(raised, OutcomeUnknown)
    assert raised.details == {"externalId": "main"}
    assert all(isinstance(future.exception(30), OutcomeUnknown) for future in futures)
    assert shop.externals() == {"first"}
    assert shop.buy("main").created


def test_a_refusal_that_rests_on_a_failed_commit_is_not_final(shop: Shop) -> None:
    """Stock that ran out by an order whose commit failed may be there after all: its refusal says to try again."""
    gate = Gate()
    commits = []

    def fail_second_commit(point: str) -> None:
        gate(point)
        if point == "commit":
            commits.append(point)
            if len(commits) == 2:
                raise OSError("the disk is gone")

    shop.hook = fail_second_commit
    with ThreadPoolExecutor(3) as pool:
        pool.submit(shop.buy, "first", 10)
        assert gate.held.wait(30)
        all_of_it = pool.submit(shop.buy, "all", 90)
        spin_until(lambda: shop.oms.engine.queue_length == 1)
        refused = pool.submit(shop.buy, "refused", 1)
        spin_until(lambda: shop.oms.engine.queue_length == 2)
        gate.open.set()
        told = [type(future.exception(30)) for future in (all_of_it, refused)]

    assert told == [OutcomeUnknown, ServiceUnavailable]
    assert shop.buy("refused").created


def test_a_store_is_made_ready_after_a_failed_commit(shop: Shop) -> None:
    """Before anything else is written, and once."""
    points: list[str] = []

    def fail_first_commit(point: str) -> None:
        points.append(point)
        if points.count("commit") == 1 and point == "commit":
            raise OSError("the disk is gone")

    shop.hook = fail_first_commit
    with pytest.raises(OutcomeUnknown):
        shop.buy("lost")
    points.clear()
    shop.hook = points.append
    shop.buy("next")
    shop.buy("after")

    assert points.index("recover") < points.index("begin")
    assert points.count("recover") == 1
