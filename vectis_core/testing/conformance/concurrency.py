"""Concurrency: many callers at once, behind one barrier."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial

from vectis_core import commands
from vectis_core.errors import Conflict, IllegalTransition, InsufficientStock, Shortage, VectisError
from vectis_core.orders.model import Address, Cancellation, Item, NewOrder, Order, Placed
from vectis_core.stock.model import Adjustment, StockRecord
from vectis_core.testing import samples
from vectis_core.testing.comparing import ALL, same
from vectis_core.testing.conformance.base import PATIENCE_SECONDS, ConformanceBase, at_once

THREADS = 16


class ConcurrencyConformance(ConformanceBase):
    """Whatever callers do at once, it is as if they had come one after another."""

    def test_the_last_piece_is_sold_once(self) -> None:
        """16 threads that try 400 times to buy one of 100 pieces get exactly 100 orders."""
        record = self.stocked(pieces=100)

        def shop(buyer: int) -> Counter[str]:
            outcomes: Counter[str] = Counter()
            for attempt in range(400 // THREADS):
                try:
                    self.buy(f"ORDER-{buyer}-{attempt}")
                    outcomes["bought"] += 1
                except InsufficientStock as error:
                    same("shortages", (Shortage(samples.SKU, 1, 0),), error.shortages)
                    outcomes["sold out"] += 1
            return outcomes

        total: Counter[str] = Counter()
        for outcome in at_once([partial(shop, buyer) for buyer in range(THREADS)]):
            assert isinstance(outcome, Counter), outcome
            total += outcome
        same("attempts", Counter({"bought": 100, "sold out": 300}), total)
        sold = self.vectis.inventory.get(record.id)
        same("stock", (100, 100), (sold.on_hand, sold.reserved))
        same("orders", 100, self.vectis.orders.list().page().total)
        self.check_books()

    def test_one_of_many_first_requests_creates(self) -> None:
        """Of 20 concurrent first requests with one external id one creates the order and 19 return it."""
        record = self.stocked(pieces=100)
        outcomes = at_once([partial(self.buy, "ORDER-1", 3)] * 20)

        placed = [outcome for outcome in outcomes if isinstance(outcome, Placed)]
        same("created", [False] * 19 + [True], sorted(outcome.created for outcome in placed))
        same("ids", 1, len({outcome.order.id for outcome in placed}))
        same("reserved", 3, self.vectis.inventory.get(record.id).reserved)
        self.check_books()

    def test_one_command_id_acts_once(self) -> None:
        """Concurrent commands with one command id act once and all return the same."""
        record = self.stocked(pieces=100)
        command = commands.AdjustStock(command_id="key", stock_id=record.id, intent=Adjustment(5, "found"))
        outcomes = at_once([partial(self.vectis.engine.run_told, command)] * THREADS)

        told = [outcome for outcome in outcomes if not isinstance(outcome, VectisError)]
        same("replayed", [False] + [True] * (THREADS - 1), sorted(outcome.replayed for outcome in told))
        same("results", 1, len({outcome.result for outcome in told}))
        same("on hand", 105, self.vectis.inventory.get(record.id).on_hand)
        self.check_books()

    def test_stock_is_released_once(self) -> None:
        """Of many concurrent cancellations of one order one succeeds, and its stock comes back once."""
        record = self.stocked(pieces=10)
        order = self.buy("ORDER-1", 4).order
        outcomes = at_once([partial(self.vectis.orders.cancel, order.id, "twice")] * THREADS)

        same("cancelled", 1, sum(isinstance(outcome, Order) for outcome in outcomes))
        same("refused", THREADS - 1, sum(isinstance(outcome, IllegalTransition) for outcome in outcomes))
        released = self.vectis.inventory.get(record.id)
        same("stock", (10, 0), (released.on_hand, released.reserved))
        self.check_books()

    def test_ship_and_cancel_exclude_each_other(self) -> None:
        """An order that is shipped and cancelled at once is one of the two, and its stock says which."""
        record = self.stocked(pieces=100)
        orders = [self.bought(f"ORDER-{n}") for n in range(THREADS // 2)]
        actions: list[Callable[[], object]] = []
        for order in orders:
            actions.append(partial(self.vectis.orders.cancel, order.id))
            actions.append(partial(self.vectis.orders.ship, order.id, carrier="UPS", tracking_number="1Z"))
        outcomes = at_once(actions)

        same("refused", len(orders), sum(isinstance(outcome, IllegalTransition) for outcome in outcomes))
        states = Counter(str(self.vectis.orders.get(order.id).status) for order in orders)
        same("ended", len(orders), states["shipped"] + states["cancelled"])
        left = self.vectis.inventory.get(record.id)
        same("stock", (100 - states["shipped"], 0), (left.on_hand, left.reserved))
        self.check_books()

    def test_orders_over_several_skus_never_deadlock(self) -> None:
        """Orders that take the same SKUs in different order all come to an end, and the books are right."""
        skus = ["A", "B", "C"]
        for sku in skus:
            self.stocked(sku, 50)

        def basket(buyer: int) -> int:
            bought = 0
            for attempt in range(6):
                turned = [skus[(buyer + attempt + n) % 3] for n in range(3)]
                bought += self._basket(f"ORDER-{buyer}-{attempt}", turned)
            return bought

        outcomes = at_once([partial(basket, buyer) for buyer in range(THREADS)])
        same("orders", 50, sum(outcome for outcome in outcomes if isinstance(outcome, int)))
        self.check_books()

    def _basket(self, external_id: str, skus: list[str]) -> int:
        try:
            self.vectis.orders.create(
                external_id=external_id,
                items=[Item(sku, 1, 1) for sku in skus],
                shipping_addresses=[samples.address()],
            )
        except InsufficientStock:
            return 0
        return 1

    def test_readers_see_whole_states(self) -> None:
        """While others buy, cancel and adjust, every view adds up: promises, orders, ledger and counters."""
        record = self.stocked(pieces=30)
        ended = threading.Event()
        views = 0

        def read() -> None:
            nonlocal views
            while not ended.is_set() or not views:
                self._check_view(record)
                views += 1

        failures: list[str] = []
        reader = threading.Thread(target=_recording, args=(read, failures), daemon=True)
        reader.start()
        try:
            at_once([partial(self._mix, worker, record) for worker in range(4)])
        finally:
            ended.set()
            reader.join(PATIENCE_SECONDS)
        same("failures", [], failures)
        self.check_books()

    def _mix(self, worker: int, record: StockRecord) -> None:
        for attempt in range(15):
            try:
                order = self.buy(f"ORDER-{worker}-{attempt}", 1 + attempt % 3).order
                if attempt % 2:
                    self.vectis.orders.cancel(order.id)
                self.vectis.inventory.adjust(record.id, 1 if attempt % 3 else -1, "counted")
            except Conflict:
                continue

    def _check_view(self, record: StockRecord) -> None:
        with self.store.read() as view:
            seen = view.stock_record("default", record.id)
            assert seen is not None
            orders = view.scan_orders("default", "", ALL)
            held = sum(row.open for row in view.scan_reservations("default", [order.id for order in orders]))
            same("promised", held, seen.reserved)
            same("held", held, sum(holder.quantity for holder in view.holders("default", record.id)))
            same("ledger", seen.ledger_seq, len(view.scan_movements("default", record.id, 0, ALL)))
            same("counter", len(orders), view.counters("default").get("orders", 0))
            events = sum(order.event_seq for order in orders) + seen.event_seq
            same("events", events, len(view.events("default", 0, (), ALL)))

    def test_a_cursor_misses_nothing(self) -> None:
        """Who follows the feed while others write sees every event once, in order, and no gap."""
        self.stocked(pieces=1000)
        ended = threading.Event()
        seen: list[int] = []

        def follow() -> None:
            cursor: str | None = None
            while True:
                last = ended.is_set()
                page = self.vectis.events(after=cursor).page(limit=7)
                seen.extend(event.position for event in page.events)
                cursor = page.next
                if last and not page.events:
                    return

        failures: list[str] = []
        reader = threading.Thread(target=_recording, args=(follow, failures), daemon=True)
        reader.start()
        try:
            at_once([partial(self._buy_many, buyer) for buyer in range(8)])
        finally:
            ended.set()
            reader.join(PATIENCE_SECONDS)
        same("failures", [], failures)
        same("events", [event.position for event in self.vectis.events()], seen)
        same("how many", 8 * 10 + 1, len(seen))

    def _buy_many(self, buyer: int) -> None:
        for attempt in range(10):
            self.buy(f"ORDER-{buyer}-{attempt}")

    def test_event_loops_submit(self) -> None:
        """Commands that an event loop submits all at once sell exactly what there is."""
        record = self.stocked(pieces=20)

        async def buy_all() -> list[object]:
            items, addresses = (Item(samples.SKU, 1, 1),), (Address("Jane", "1 St", "Austin", "US"),)
            intents = [NewOrder(f"ORDER-{n}", items, addresses) for n in range(50)]
            submitted = [self.vectis.submit(commands.PlaceOrder(intent=intent)) for intent in intents]
            return list(await asyncio.gather(*submitted, return_exceptions=True))

        outcomes = asyncio.run(buy_all())
        same("bought", 20, sum(isinstance(outcome, Placed) for outcome in outcomes))
        same("sold out", 30, sum(isinstance(outcome, InsufficientStock) for outcome in outcomes))
        same("reserved", 20, self.vectis.inventory.get(record.id).reserved)
        self.check_books()

    def test_a_cancelled_task_leaves_the_others_alone(self) -> None:
        """Who gives up waiting for an answer keeps nobody else from theirs."""
        record = self.stocked(pieces=20)
        order = self.buy("ORDER-0").order

        async def give_up() -> object:
            first = self.vectis.submit(commands.CancelOrder(order_id=order.id, intent=Cancellation()))
            second = self.vectis.submit(commands.AdjustStock(stock_id=record.id, intent=Adjustment(1, "found")))
            first.cancel()
            return await second

        adjusted = asyncio.run(give_up())
        same("on hand", 21, getattr(adjusted, "on_hand", None))
        self.check_books()


def _recording(action: Callable[[], None], failures: list[str]) -> None:
    """Run *action*, and keep what it failed with for the thread that started this one."""
    try:
        action()
    except BaseException as error:
        failures.append(repr(error))
        raise
