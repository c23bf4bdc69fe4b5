"""A program on a store that fails under it: it asks again until it is told, and everything happens once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import attrs

from vectis_core.clock import Clock
from vectis_core.commands import Command, PlaceOrder
from vectis_core.errors import ServiceUnavailable
from vectis_core.ids import Ids
from vectis_core.orders.model import Placed
from vectis_core.ports import ProductFilter, Slice, View
from vectis_core.testing.comparing import ALL, same
from vectis_core.testing.faults import Crash, Faults, FaultyVectis, Point
from vectis_core.vectis import Vectis

T = TypeVar("T")

#: What can go wrong with a command, as (what, at which point); a conflict passes, and is not seen by the caller.
TROUBLES = (
    ("error", Point.COMMIT),
    ("error", Point.COMMITTED),
    ("conflict", Point.FLUSH),
    *(("unavailable", point) for point in (Point.BEGIN, Point.LOAD, Point.FLUSH)),
    *(("crash", point) for point in (Point.BEGIN, Point.LOAD, Point.FLUSH, Point.COMMIT, Point.COMMITTED)),
)
Trouble = tuple[str, Point]


class Program:
    """One process after another over one store; ``vectis`` is what the present one has open."""

    def __init__(self, opened: Callable[[], Vectis], clock: Clock, ids: Ids, *, reopens: bool) -> None:
        self._opened = opened
        self._clock = clock
        self._ids = ids
        self._reopens = reopens
        self.faults = Faults()
        self.vectis = self._over_faults()
        #: What goes wrong with the next command that can be asked for again; the commands after it go well.
        self.trouble: Trouble | None = None

    def _over_faults(self) -> FaultyVectis:
        return FaultyVectis(self._opened().store, faults=self.faults, clock=self._clock, ids=self._ids)

    def restart(self) -> None:
        """Go on as the next process: after the end of this one, or its death."""
        if self._reopens:
            self.vectis.close()
            self.vectis = self._over_faults()
        else:
            self.vectis = self.vectis.restarted()

    def told(self, command: Command[T], send: Callable[[Command[T]], T], restart: Callable[[], None]) -> T:
        """Have *send* give a command, in whatever trouble is due, and return what it came to.

        Where it is not told, the store must be as before or as after the command, and asking again must come to what
        the command comes to once. Raises the command's refusals.
        """
        trouble, self.trouble = self.trouble, None
        if trouble is None or (command.command_id is None and not isinstance(command, PlaceOrder)):
            return send(command)
        before = self._everything(command)
        struck = len(self.faults.struck)
        self._plan(*trouble)
        try:
            result: T | None = send(command)
        except ServiceUnavailable:
            result = None
        except Crash:
            result = None
            restart()
        finally:
            self.faults.clear()
        made = any(point is Point.COMMITTED for _, point in self.faults.struck[struck:])
        if result is None:
            result = self._asked_again(command, send, before, made=made)
        return _as_if_first(result) if made else result

    def _asked_again(self, command: Command[T], send: Callable[[Command[T]], T], before: Any, *, made: bool) -> T:
        left = self._everything(command)
        if not made:
            same(f"what is left of {command}, which was not committed", before, left)
        result = send(command)
        if made:
            same(f"what asking again for {command} comes to, which was committed", left, self._everything(command))
        return result

    def _plan(self, what: str, point: Point) -> None:
        if what == "error":
            self.faults.error(point)
        elif what == "conflict":
            self.faults.conflict()
        elif what == "unavailable":
            self.faults.error(point, ServiceUnavailable(f"not at {point!r}: a planned fault"))
        else:
            self.faults.crash(point)

    def _everything(self, command: Command[Any]) -> Any:
        with self.vectis.store.read() as view:
            return _everything(view, command.caller.tenant)


def _as_if_first(result: T) -> T:
    """Return the answer that was lost: the repeat of an order says that the order was there, as it must."""
    if not isinstance(result, Placed):
        return result
    same("created by asking again", False, result.created)
    return attrs.evolve(result, created=True)


def _everything(view: View, tenant: str) -> tuple[Any, ...]:
    orders, stock = view.scan_orders(tenant, "", ALL), view.scan_stock(tenant, "", ALL)
    return (
        view.tenant(tenant),
        view.warehouses(tenant, Slice(ALL)),
        view.products(tenant, ProductFilter(), Slice(ALL)),
        orders,
        stock,
        view.scan_reservations(tenant, [order.id for order in orders]),
        [view.scan_movements(tenant, record.id, 0, ALL) for record in stock],
        view.events(tenant, 0, (), ALL),
        dict(view.counters(tenant)),
    )
