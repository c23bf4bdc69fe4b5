"""Webhooks: deliveries beside the same requests without a queue, what they cost orders, and who delays whom."""

from __future__ import annotations

import resource
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import attrs

from benchmarks.in_process import orders_per_second, place_order
from benchmarks.measuring import Goal, Plan, Result, in_turn, say
from benchmarks.receivers import receiving
from benchmarks.servers import stock_up
from vectis_core import AddressRules, Vectis
from vectis_core.webhooks.transport import Answer, Post
from vectis_core.webhooks.worker import Pace
from vectis_webhooks import open_transport

_LOCAL = AddressRules(["127.0.0.0/8"])
_CALLERS = 32
#: Deliveries of one round, for each second that a program runs in other comparisons.
_DELIVERIES_A_SECOND = 1_500
#: Seconds from one order to the next where delays are measured.
_APART = 0.02
#: A backlog for each order of the large database elsewhere.
_BACKLOG_PART = 10


class _Watching:
    """Sends over HTTP, and notes how many requests were under way to one URL at once.

    It keeps the requests where *keep* is set, and when those to the URL *timed* left.
    """

    def __init__(self, *, keep: bool = False, timed: str = "") -> None:
        self._keep = keep
        self._timed = timed
        self._transport = open_transport(_LOCAL)
        self._mutex = threading.Lock()
        self._under_way: dict[str, int] = {}
        self.posts: list[Post] = []
        self.left: dict[str, float] = {}
        self.sent: Counter[str] = Counter()
        self.most_at_once: dict[str, int] = {}

    def post(self, post: Post) -> Answer:
        with self._mutex:
            if self._keep:
                self.posts.append(post)
            if post.url == self._timed:
                self.left.setdefault(dict(post.headers)["webhook-id"], time.perf_counter())
            self.sent[post.url] += 1
            now = self._under_way[post.url] = self._under_way.get(post.url, 0) + 1
            self.most_at_once[post.url] = max(now, self.most_at_once.get(post.url, 0))
        try:
            return self._transport.post(post)
        finally:
            with self._mutex:
                self._under_way[post.url] -= 1

    def close(self) -> None:
        self._transport.close()


@contextmanager
def _shop(directory: Path, urls: list[str]) -> Iterator[Vectis]:
    """Open a new shop with an endpoint at each URL."""
    with tempfile.TemporaryDirectory(dir=directory) as folder:
        url = f"sqlite:///{folder}/shop.db"
        stock_up(url)
        with Vectis.open(url, address_rules=_LOCAL) as oms:
            for each in urls:
                oms.webhooks.create(each, ["order.*"])
            yield oms


def _pending(oms: Vectis) -> bool:
    with oms.engine.read() as view:
        return view.next_due(oms.store.now()) is not None


def _place(oms: Vectis, run: str, number: int) -> None:
    """Place so many orders, by many callers."""
    with ThreadPoolExecutor(_CALLERS) as pool:
        list(pool.map(lambda n: place_order(oms, f"{run}-{n}", n, 1), range(number)))


def _throughput(directory: Path, endpoints: int, events: int) -> tuple[Callable[[], float], Callable[[], float]]:
    """Return two programs: ours delivers a queue of events, theirs sends the very requests again."""
    posts: list[Post] = []

    def ours() -> float:
        with receiving() as base, _shop(directory, [f"{base}/well{n}" for n in range(endpoints)]) as oms:
            _place(oms, "o", events)
            dispatcher = oms.dispatcher(transport=open_transport(_LOCAL))
            started = time.perf_counter()
            with dispatcher:
                while _pending(oms):
                    time.sleep(0.005)
                return events * endpoints / (time.perf_counter() - started)

    def theirs() -> float:
        if not posts:
            posts.extend(_requests(directory, events))
        transport = open_transport(_LOCAL)

        def send(url: str, mine: list[Post]) -> None:
            for post in mine:
                assert transport.post(attrs.evolve(post, url=url)).code == 204

        with receiving() as base, ThreadPoolExecutor(endpoints) as pool:
            started = time.perf_counter()
            list(pool.map(lambda n: send(f"{base}/well{n}", posts), range(endpoints)))
            taken = time.perf_counter() - started
        transport.close()
        return events * endpoints / taken

    return ours, theirs


def _requests(directory: Path, events: int) -> list[Post]:
    """Return what a dispatcher sends to one endpoint."""
    watching = _Watching(keep=True)
    with receiving() as base, _shop(directory, [f"{base}/well"]) as oms:
        _place(oms, "o", events)
        with oms.dispatcher(transport=watching):
            while _pending(oms):
                time.sleep(0.005)
    return watching.posts


def _orders(directory: Path, endpoints: int, seconds: float, *, delivered: bool) -> Callable[[], float]:
    """Return a program that places orders beside so many subscriptions."""

    def run() -> float:
        with receiving() as base, _shop(directory, [f"{base}/well{n}" for n in range(endpoints)]) as oms:
            if not delivered:
                return orders_per_second(oms, _CALLERS, 1, seconds)
            with oms.dispatcher(transport=open_transport(_LOCAL)):
                return orders_per_second(oms, _CALLERS, 1, seconds)

    return run


def _delay(directory: Path, paths: list[str], seconds: float) -> Callable[[], float]:
    """Return a program that measures from an order's commit to its request to ``/well0``, in milliseconds."""

    def run() -> float:
        with receiving() as base, _shop(directory, [f"{base}/{path}" for path in paths]) as oms:
            return _delays(oms, _Watching(timed=f"{base}/well0"), "o", seconds)

    return run


def _delays(oms: Vectis, watching: _Watching, run: str, seconds: float) -> float:
    """Return the median time from an order's commit to the request that is timed, in milliseconds."""
    committed: dict[str, float] = {}
    with oms.dispatcher(transport=watching, pace=Pace(deadline=2.0)):
        for number in range(int(seconds / _APART)):
            place_order(oms, f"{run}-{number}", number, 1)
            moment = time.perf_counter()
            [order] = oms.orders.list(external_id=f"{run}-{number}")
            committed[oms.orders.history(order.id)[0].id] = moment
            time.sleep(_APART)
        while not all(event in watching.left for event in committed):
            time.sleep(0.005)
    return median(watching.left[event] - moment for event, moment in committed.items()) * 1000


def _memory_mb() -> float:
    """Return what the process holds just now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def _backlog(plan: Plan, directory: Path) -> list[Result]:
    """Return how a dispatcher fares with a dead endpoint for which much waits, and when that comes back."""
    waiting = plan.many // _BACKLOG_PART
    say(f"a dead endpoint for which {waiting:,} deliveries wait")
    with receiving() as base, _shop(directory, [f"{base}/fails"]) as oms:
        watching = _Watching(timed=f"{base}/well0")
        _place(oms, "waiting", waiting)
        oms.webhooks.create(f"{base}/well0", ["order.*"])
        before = _memory_mb()
        beside = _delays(oms, watching, "beside", plan.seconds)
        [dead] = [hook for hook in oms.webhooks.list() if hook.url.endswith("/fails")]
        again = f"{base}/well-again"
        oms.webhooks.update(dead.id, url=again)
        back = _Watching()
        with oms.dispatcher(transport=back):
            started = time.perf_counter()
            # What was tried before it was back waits for its next turn.
            while back.sent[again] < waiting - watching.sent[f"{base}/fails"]:
                time.sleep(0.05)
            taken = time.perf_counter() - started
        grown = _memory_mb() - before
    at_once = back.most_at_once[again]
    what = f"{waiting:,} deliveries of a dead endpoint"
    return [
        Result(f"{what}: median delay at a healthy one", None, [beside], [], "ms", ""),
        Result(f"{what}: when it is back, requests at once", Goal(1, False, ""), [at_once], [], "", ""),
        Result(f"{what}: when it is back, drained", None, [waiting / taken], [], "/s", ""),
        Result(f"{what}: memory grown meanwhile", Goal(20, False, "MB"), [grown], [], "MB", "in this process"),
    ]


def measure(plan: Plan, directory: Path) -> list[Result]:
    """Return all that there is to say of webhooks."""
    results = []
    events = int(_DELIVERIES_A_SECOND * plan.seconds)
    for endpoints in (1, 8):
        say(f"deliveries to {endpoints} endpoints")
        ours, theirs = in_turn(plan.rounds, *_throughput(directory, endpoints, events // endpoints))
        what = f"deliveries to {endpoints} endpoint{'s' * (endpoints > 1)}"
        beside = f"the same requests, {endpoints} thread{'s' * (endpoints > 1)}"
        results.append(Result(what, Goal(0.5, True), ours, theirs, "/s", beside))
    say("orders beside subscriptions")
    none, one, ten, told = in_turn(
        plan.rounds,
        _orders(directory, 0, plan.seconds, delivered=False),
        _orders(directory, 1, plan.seconds, delivered=False),
        _orders(directory, 10, plan.seconds, delivered=False),
        _orders(directory, 1, plan.seconds, delivered=True),
    )
    for figures, which in ((one, "1 subscription"), (ten, "10 subscriptions"), (told, "1 subscription, delivered")):
        results.append(Result(f"orders, {_CALLERS} callers, {which}", None, figures, none, "/s", "none"))
    say("a healthy endpoint beside sick ones")
    sick, well = in_turn(
        plan.rounds,
        _delay(directory, ["well0", "dead", "drips"], 2 * plan.seconds),
        _delay(directory, ["well0", "well1", "well2"], 2 * plan.seconds),
    )
    what = "median delay beside a dead endpoint and one that drips"
    results.append(Result(what, Goal(1.1, False), sick, well, "ms", "beside two that are well"))
    return results + _backlog(plan, directory)
