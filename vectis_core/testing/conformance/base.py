"""What every part of the conformance suite stands on: an open store in a folder of its own."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from vectis_core.errors import StoreConflict, VectisError
from vectis_core.orders.model import Address, Item, Order, Placed
from vectis_core.ports import Changes, Slice, Store
from vectis_core.queries import OFFSET_MAX
from vectis_core.stock.model import StockRecord
from vectis_core.testing import comparing, samples
from vectis_core.testing.clock import FrozenClock
from vectis_core.testing.comparing import ALL, same
from vectis_core.testing.ids import CountingIds
from vectis_core.vectis import Vectis

T = TypeVar("T")
E = TypeVar("E", bound=BaseException)

#: As long as any thread of a test may take; a longer one hangs.
PATIENCE_SECONDS = 120


class ConformanceBase:
    """Opens and closes the store around each test; see ``BackendConformance``."""

    #: Whether what was committed is found again after closing and opening.
    durable: ClassVar[bool] = True

    def url(self, folder: Path) -> str:
        """Return the URL of a database in *folder*, which is empty at first and the test's own."""
        raise NotImplementedError

    def backup_url(self, target: Path) -> str | None:
        """Return the URL of a backup in the file *target*; ``None`` where the backend makes none."""
        del target
        return None

    def open(self) -> Vectis:
        """Open the test's database, with a frozen clock and counting ids."""
        return Vectis.open(self.url(self.folder), clock=self.clock, ids=self.ids)

    def setup_method(self) -> None:
        """Open an empty database."""
        self.folder = Path(tempfile.mkdtemp(prefix="vectis-conformance-"))
        self.clock = FrozenClock()
        self.ids = CountingIds()
        self.vectis = self.open()

    def teardown_method(self) -> None:
        """Close and forget it."""
        self.vectis.close()
        shutil.rmtree(self.folder)

    @property
    def store(self) -> Store:
        """The open store."""
        return self.vectis.store

    def write(self, changes: Changes) -> None:
        """Commit *changes* in a transaction of their own."""
        transaction = self.store.begin()
        try:
            transaction.flush(changes)
            transaction.commit()
        finally:
            transaction.rollback()

    def write_shop(self) -> None:
        """Commit a tenant with one of everything, by hand."""
        self.write(shop_changes())

    def refuses(self, changes: Changes) -> None:
        """Fail unless flushing *changes* raises ``StoreConflict`` and leaves nothing behind."""
        raised(StoreConflict, lambda: self.write(changes))

    def stocked(self, sku: str = samples.SKU, pieces: int = 100) -> StockRecord:
        """Create a product with *pieces* on hand."""
        self.vectis.products.create(sku=sku, name=sku)
        record = next(iter(self.vectis.inventory.list(sku=sku)))
        return self.vectis.inventory.adjust(record.id, pieces, "found") if pieces else record

    def buy(
        self, external_id: str, quantity: int = 1, sku: str = samples.SKU, *, customer_id: str | None = None
    ) -> Placed:
        """Create an order of one line."""
        return self.vectis.orders.create(
            external_id=external_id,
            items=[Item(sku, quantity, "1.25")],
            shipping_addresses=[Address("Jane Smith", "123 Main St", "Austin", "US")],
            customer_id=customer_id,
        )

    def bought(self, external_id: str, quantity: int = 1, sku: str = samples.SKU) -> Order:
        """Create and confirm an order of one line."""
        return self.vectis.orders.confirm(self.buy(external_id, quantity, sku).order.id)

    @staticmethod
    def compare_list(
        rows: list[T],
        read: Callable[[Slice], list[T]],
        count: int,
        what: object,
        key: Callable[[Any], str] = attrgetter("id"),
    ) -> None:
        """Fail unless every way through a list shows *rows*, which are newest first."""
        same(f"total of {what}", len(rows), count)
        same(f"all of {what}", [key(row) for row in rows], [key(row) for row in read(Slice(ALL))])
        for limit, offset in [(1, 0), (2, 1), (3, 3), (100, 5), (1, OFFSET_MAX)]:
            part = read(Slice(limit, offset))
            same(f"{limit} from {offset} of {what}", [key(r) for r in rows[offset:][:limit]], [key(r) for r in part])
        for place in (0, len(rows) // 2, len(rows) - 1):
            if rows:
                after = read(Slice(3, before=key(rows[place])))
                expected = [key(row) for row in rows[place + 1 : place + 4]]
                same(f"after {place} of {what}", expected, [key(row) for row in after])

    def check_books(self) -> None:
        """Fail unless the books of the default tenant are right, by two independent proofs."""
        with self.store.read() as view:
            comparing.check_books(view, "default")
        comparing.same("faults", (), tuple(self.vectis.verify().faults))


def shop_changes() -> Changes:
    """Return what makes a tenant with one of everything."""
    return Changes(
        tenants=[(None, samples.tenant())],
        warehouses=[(None, samples.warehouse())],
        products=[(None, samples.product())],
        stock=[(None, samples.record())],
        orders=[(None, samples.order())],
        reservations=[(None, samples.reservation())],
        movements=samples.movements(),
        events=[samples.event()],
        clients=[(None, samples.client())],
        keys=[(None, samples.signing_key())],
        counters={("acme", "orders"): 1, ("acme", "orders:pending"): 1, ("acme", "products"): 1, ("acme", "stock"): 1},
    )


def raised(kind: type[E], action: Callable[[], object]) -> E:
    """Return the error of *kind* that *action* must raise."""
    try:
        result = action()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised, but {result!r} returned")


def at_once(actions: Sequence[Callable[[], T]]) -> list[T | VectisError]:
    """Run every action in a thread of its own, all let go by one barrier, and return what each came to.

    Refusals are returned; any other exception is raised here.
    """
    barrier = threading.Barrier(len(actions))
    outcomes: list[Any] = [None] * len(actions)

    def act(place: int) -> None:
        barrier.wait(PATIENCE_SECONDS)
        try:
            outcomes[place] = actions[place]()
        except BaseException as error:
            outcomes[place] = error
            if not isinstance(error, Exception):
                raise

    threads = [threading.Thread(target=act, args=(place,), daemon=True) for place in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive(), "a thread hangs"
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, VectisError):
            raise outcome
    return outcomes
