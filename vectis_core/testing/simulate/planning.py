"""Making a plan out of a seed: the same seed gives the same plan, wherever it is made."""

from __future__ import annotations

import random
from collections.abc import Callable
from enum import Enum, auto

import attrs

from vectis_core.testing.faults import Point
from vectis_core.testing.simulate.plan import (
    DAY,
    Adjust,
    Again,
    Ask,
    CleanUp,
    Client,
    Harm,
    Jump,
    MakeProduct,
    MakeWarehouse,
    OfOrder,
    OfShipment,
    OpenRecord,
    Peek,
    Place,
    Plan,
    Register,
    Reorder,
    Step,
    Stop,
    Strike,
    Verb,
    Want,
)
from vectis_core.testing.simulate.planning_webhooks import with_webhooks

_NAMES = ("ann", "bob", "cid", "dee", "eve", "fay", "gus", "hal")
_TENANTS = ("default", "acme")
_SKUS = ("A", "B", "C")
_PRICES = ("0", "0.99", "1.005", "29.99", "1000")
#: What a client may ask for next, and how often one does; each seed leans to some of it.
_WANTS = {
    "place": 12,
    "same order": 2,
    "confirm": 7,
    "ship": 5,
    "label": 3,
    "ship label": 3,
    "deliver": 4,
    "void": 1,
    "cancel": 4,
    "close short": 2,
    "hold": 1,
    "release": 1,
    "adjust": 4,
    "reorder": 1,
    "again": 4,
    "clean up": 0.1,
}
#: Points at which others may come in between.
_BETWEEN = (Point.BEGIN, Point.LOAD, Point.FLUSH, Point.COMMIT, Point.COMMITTED)
_JUMPS = (-DAY, -300.0, -1.0, 0.5, 300.0, 3_600.0)
_VERBS = {
    "confirm": Verb.CONFIRM,
    "cancel": Verb.CANCEL,
    "close short": Verb.CLOSE_SHORT,
    "hold": Verb.HOLD,
    "release": Verb.RELEASE,
}
_OF_SHOP = frozenset({"place", "adjust", "reorder", "clean up"})
_OF_SHIPMENT = {"ship label": Verb.SHIP, "deliver": Verb.DELIVER, "void": Verb.VOID}


class _Stage(Enum):
    """How far an order has come, if everything went well."""

    NEW = auto()
    CONFIRMED = auto()
    HELD = auto()
    LEAVING = auto()
    OVER = auto()


#: What is asked of orders of which stage, and where that leads.
_STAGES = {
    "confirm": (_Stage.NEW, _Stage.CONFIRMED),
    "cancel": (_Stage.NEW, _Stage.OVER),
    "hold": (_Stage.CONFIRMED, _Stage.HELD),
    "release": (_Stage.HELD, _Stage.CONFIRMED),
    "label": (_Stage.CONFIRMED, _Stage.CONFIRMED),
    "ship": (_Stage.CONFIRMED, _Stage.LEAVING),
    "close short": (_Stage.LEAVING, _Stage.OVER),
}


@attrs.frozen
class Shape:
    """How much is planned."""

    days: int = 1
    #: Commands a day, those that set up the shop not counted.
    commands: int = 40
    clients: int = 4
    processes: int = 2
    #: Workers that deliver webhooks, of which there are none without.
    workers: int = 0


def planned(seed: int, shape: Shape) -> Plan:
    """Return the plan of a seed; what its clients trade does not depend on whether there are webhooks."""
    plan = _Planner(seed, shape).plan()
    return with_webhooks(plan, seed, shape.workers) if shape.workers else plan


class _Planner:
    """Draws one step after the other."""

    def __init__(self, seed: int, shape: Shape) -> None:
        self._random = random.Random(seed)
        self._shape = shape
        # Names come again where there are many clients, with a number.
        names = [_NAMES[i % len(_NAMES)] + (str(i // len(_NAMES)) if i >= len(_NAMES) else "") for i in range(64)]
        tenants = _TENANTS[: self._random.choice((1, 1, 2))]
        self._clients = tuple(Client(names[i], tenants[i % len(tenants)]) for i in range(shape.clients))
        self._tenants = tuple(dict.fromkeys(client.tenant for client in self._clients))
        self._skus = _SKUS[: self._random.choice((1, 2, 3))]
        self._warehouses = ("main", "north")[: self._random.choice((1, 2))]
        self._steps: list[Step] = []
        self._at = 0.0
        self._orders: dict[str, list[Place]] = {tenant: [] for tenant in self._tenants}
        self._stage: dict[Place, _Stage] = {}
        self._shipments: dict[str, list[int]] = {tenant: [] for tenant in self._tenants}
        self._asked: dict[str, list[int]] = {tenant: [] for tenant in self._tenants}
        # Not every seed has everything: what is rare together is common somewhere.
        self._weights = [weight * self._random.choice((0.2, 1, 1, 3)) for weight in _WANTS.values()]
        self._faults = self._random.choice((0.0, 0.05, 0.15, 0.4))
        self._joining = self._random.choice((0.0, 0.3, 0.7))
        self._peeking = self._random.choice((0.1, 0.4))
        self._pace = self._random.choice((0.01, 1.0, 30.0))

    def plan(self) -> Plan:
        """Return all of it."""
        self._set_up()
        for day in range(self._shape.days):
            self._at = max(self._at, day * DAY + 32_400.0)
            if day:
                # What was asked yesterday is not asked again: command ids are kept for 24 hours.
                self._asked = {tenant: [] for tenant in self._tenants}
            for _ in range(self._shape.commands):
                self._pass_time()
                self._trouble()
                self._ask_something()
                if self._random.random() < self._peeking:
                    self._peek()
        return Plan(tuple(self._steps), self._shape.days, self._shape.processes, self._clients)

    def _set_up(self) -> None:
        for tenant in self._tenants:
            client = next(client for client in self._clients if client.tenant == tenant)
            self._setting_up(client, *(MakeWarehouse(code) for code in self._warehouses[1:]))
            for sku in self._skus:
                self._setting_up(client, MakeProduct(sku), *(OpenRecord(sku, code) for code in self._warehouses[1:]))
                for code in self._warehouses:
                    self._setting_up(client, Adjust(sku, code, self._random.randint(1, 20)))

    def _setting_up(self, client: Client, *wants: Want) -> None:
        for want in wants:
            self._pass_time()
            self._ask(client, want, process=0)

    def _ask(self, client: Client, want: Want, *, process: int, joins: bool = False, during: str | None = None) -> int:
        number = self._next()
        step = Ask(
            number=number,
            at=self._at,
            client=client,
            process=process,
            want=want,
            joins=joins,
            retries=self._random.choice((0, 1, 3)),
            with_id=self._random.random() < 0.8,
            during=during,
        )
        self._steps.append(step)
        self._asked[client.tenant].append(number)
        return number

    def _next(self) -> int:
        return len(self._steps)

    def _pass_time(self) -> None:
        self._at += self._random.random() * self._pace

    def _process(self) -> int:
        return self._random.randrange(self._shape.processes)

    def _ask_something(self) -> None:
        client = self._random.choice(self._clients)
        [name] = self._random.choices(tuple(_WANTS), self._weights)
        want = self._want(name, client.tenant)
        if want is None:
            want = self._place(client.tenant)
        between = str(self._random.choice(_BETWEEN)) if self._random.random() < 0.05 else None
        joins = self._random.random() < self._joining
        number = self._ask(client, want, process=self._process(), joins=joins, during=between)
        if isinstance(want, Register):
            self._shipments[client.tenant].append(number)

    def _want(self, name: str, tenant: str) -> Want | None:
        """Return what is asked for, ``None`` where there is nothing yet to ask it of."""
        if name in _OF_SHOP:
            return self._of_shop(name, tenant)
        if name == "again":
            return self._again(tenant)
        if name in _OF_SHIPMENT:
            shipments = self._shipments[tenant][-5:]
            return OfShipment(_OF_SHIPMENT[name], self._random.choice(shipments)) if shipments else None
        return self._of_order(name, tenant)

    def _again(self, tenant: str) -> Want | None:
        """Mostly what was asked a moment ago, sometimes what everybody has forgotten."""
        asked = self._asked[tenant]
        if not asked:
            return None
        return Again(self._random.choice(asked[-6:] if self._random.random() < 0.7 else asked))

    def _of_order(self, name: str, tenant: str) -> Want | None:
        """Mostly what an order is ready for, sometimes what it is not."""
        ready, after = _STAGES.get(name, (None, None))
        orders = self._orders[tenant]
        fitting = [order for order in orders[-20:] if self._stage[order] == ready]
        recent = fitting if fitting and self._random.random() < 0.8 else orders[-8:]
        if not recent:
            return None
        order = self._random.choice(recent)
        if after is not None and order in fitting:
            self._stage[order] = after
        if name in _VERBS:
            return OfOrder(_VERBS[name], order.external_id)
        if name == "same order":
            return order if self._random.random() < 0.6 else attrs.evolve(order, items=self._items())
        return Register(order.external_id, name == "ship", self._part(order))

    def _of_shop(self, name: str, tenant: str) -> Want:
        sku, warehouse = self._random.choice(self._skus), self._random.choice(self._warehouses)
        make: dict[str, Callable[[], Want]] = {
            "place": lambda: self._place(tenant),
            "adjust": lambda: Adjust(sku, warehouse, self._random.choice((-7, -2, -1, 1, 3, 10))),
            "reorder": lambda: Reorder(sku, warehouse, self._random.choice((None, 0, 3, 8))),
            "clean up": CleanUp,
        }
        return make[name]()

    def _place(self, tenant: str) -> Place:
        # Not the number of orders: the same number in both tenants would not show who sees whose.
        order = Place(f"e{self._next()}", self._items(), self._random.choice((1, 1, 2)))
        self._orders[tenant].append(order)
        self._stage[order] = _Stage.NEW
        return order

    def _items(self) -> tuple[tuple[str, int, str], ...]:
        random = self._random
        return tuple(
            (random.choice(self._skus), random.randint(1, 4), random.choice(_PRICES))
            for _ in range(random.choice((1, 1, 2, 3)))
        )

    def _part(self, order: Place) -> tuple[tuple[str, int], ...] | None:
        if self._random.random() < 0.4:
            return None
        sku, quantity, _ = self._random.choice(order.items)
        return ((sku, self._random.randint(1, quantity)),)

    def _peek(self) -> None:
        client = self._random.choice(self._clients)
        orders = self._orders[client.tenant][-5:]
        during = (self._process(), str(self._random.choice(_BETWEEN))) if self._random.random() < 0.3 else None
        of_order = bool(orders) and self._random.random() < 0.6
        self._steps.append(
            Peek(
                number=self._next(),
                at=self._at,
                client=client,
                process=self._process(),
                external_id=self._random.choice(orders).external_id if of_order else None,
                sku=None if of_order else self._random.choice(self._skus),
                during=during,
            )
        )

    def _trouble(self) -> None:
        random = self._random
        if random.random() >= self._faults:
            return
        number, at = self._next(), self._at
        kind = random.random()
        if kind < 0.75:
            point = str(random.choice(tuple(Point)))
            harm, skip = random.choice(tuple(Harm)), random.choice((0, 0, 1, 3))
            step: Step = Strike(number=number, at=at, process=self._process(), point=point, harm=harm, skip=skip)
        elif kind < 0.85:
            step = Jump(number=number, at=at, seconds=random.choice(_JUMPS))
        else:
            step = Stop(number=number, at=at, process=self._process(), crash=random.random() < 0.7)
        self._steps.append(step)
