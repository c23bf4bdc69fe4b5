"""Carriers that push what they recorded of many parcels, in every order and several times, while somebody looks.

Each parcel has seven steps: its six scans in an order of their own, and its label, somewhere among them. Each step is
taken by a process of its own choice once the step before it has been answered; the repeats of a scan come from the
other processes, at the same moment and later. So the order of arrival is exact, and nothing waits for a repeat.
"""

from __future__ import annotations

import itertools
import json
import logging
import mmap
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import attrs

from proof.crowd.client import Client
from proof.crowd.journeys import JOURNEYS, Journey, forged, proof_of
from vectis_core.orders.lifecycle import ShipmentStatus
from vectis_http import HttpApi, HttpRequest, HttpResponse

SCANS = 6
#: The step that registers the label, and the push that proves nothing.
LABEL, FORGED = -1, -2
#: After so many seconds a step before does not come any more.
_PATIENCE = 120
_FORWARD = (ShipmentStatus.LABEL_CREATED, ShipmentStatus.SHIPPED, ShipmentStatus.DELIVERED)

_ORDERS = tuple(itertools.permutations(range(SCANS)))
#: How often each scan is pushed: nearly all that there is to choose among, in a random order.
_TIMES = Random(20).sample(list(itertools.product((1, 2, 3), repeat=SCANS)), len(_ORDERS))


@attrs.frozen
class Push:
    """What one process does about a parcel."""

    #: So many steps must have been answered before.
    after: int
    what: int
    place: int
    #: Whether the next step waits for it.
    is_step: bool


@attrs.frozen
class Parcel:
    """One parcel: which journey it makes, in which order it is told of, and by whom."""

    number: int
    journey: Journey
    order: tuple[int, ...]
    #: How often each scan is pushed.
    times: tuple[int, ...]
    #: Before which step the label is registered.
    label: int
    pushes: tuple[Push, ...]

    @property
    def external_id(self) -> str:
        """The external id of its order."""
        return f"parcel-{self.number}"

    @property
    def tracking_number(self) -> str:
        """Its number at the carrier."""
        return f"PX{self.number:08d}"


@cache
def parcels(orders: int, places: int) -> tuple[Parcel, ...]:
    """Return a parcel for each journey and each of *orders* orders of its scans, pushed from so many places."""
    chosen = range(0, len(_ORDERS), len(_ORDERS) // orders)[:orders]
    pairs = itertools.product(chosen, JOURNEYS)
    return tuple(_parcel(number, order, journey, places) for number, (order, journey) in enumerate(pairs))


def _parcel(number: int, which: int, journey: Journey, places: int) -> Parcel:
    chance = Random(f"parcel {number}")
    order, times = _ORDERS[which], _TIMES[(which + number) % len(_TIMES)]
    label = chance.randrange(SCANS + 1)
    steps = [*order[:label], LABEL, *order[label:]]
    pushes = []
    for after, what in enumerate(steps):
        everybody = chance.sample(range(places), places)
        repeats = times[what] - 1 if what != LABEL else 0
        pushes += [Push(after, what, place, place == everybody[0]) for place in everybody[: repeats + 1]]
    pushes.append(Push(chance.randrange(SCANS + 1), FORGED, chance.randrange(places), is_step=False))
    # The forgery first, where it meets a step: the step tells that all before it has been answered.
    return Parcel(number, journey, order, times, label, tuple(sorted(pushes, key=lambda it: (it.after, it.is_step))))


class Board:
    """What all processes know: how many steps of each parcel are answered, and how many scans each process filed."""

    def __init__(self, parcels_: int, places: int, file: Path | None = None) -> None:
        self._places = places
        self._parcels = parcels_
        size = parcels_ * (1 + places)
        if file is None:
            self._cells: mmap.mmap | bytearray = bytearray(size)
            return
        with file.open("a+b") as opened:
            if not opened.tell():
                opened.truncate(size)
            self._cells = mmap.mmap(opened.fileno(), size)

    def wait(self, parcel: int, steps: int) -> None:
        """Return once so many steps of the parcel have been answered; raises ``TimeoutError``."""
        latest = time.monotonic() + _PATIENCE
        while self._cells[parcel] < steps:
            if time.monotonic() > latest:
                raise TimeoutError(f"step {steps} of parcel {parcel} has not come")
            time.sleep(0.0002)

    def answered(self, parcel: int) -> None:
        """Note that the parcel's next step has been answered; only who took the step says so."""
        self._cells[parcel] += 1

    def filed(self, parcel: int, place: int) -> None:
        """Note that a push from *place* was told that its scan was new."""
        self._cells[self._parcels + parcel * self._places + place] += 1

    def new_scans(self, parcel: int) -> int:
        """Return how often all processes together were told so."""
        begin = self._parcels + parcel * self._places
        return sum(self._cells[begin : begin + self._places])


@cache
def _board(file: str, parcels_: int, places: int) -> Board:
    return Board(parcels_, places, Path(file))


def board_of(options: Mapping[str, Any]) -> Board:
    """Return the board of a crowd: one in a file, or the one that its threads share."""
    if "board" in options:
        shared: Board = options["board"]
        return shared
    many = len(parcels(options["orders"], options["places"]))
    return _board(options["file"], many, options["places"])


def push(client: Client) -> Iterator[None]:
    """Do this place's part in every parcel of this thread."""
    options = client.options
    place, thread = (int(each) for each in client.name.lstrip("p").split("t"))
    board, api = board_of(options), HttpApi(client.oms, environ={})
    base = datetime.fromisoformat(options["base"])
    for parcel in parcels(options["orders"], options["places"])[thread :: options["threads"]]:
        for each in parcel.pushes:
            if each.place != place:
                continue
            board.wait(parcel.number, each.after)
            _take(client, api, board, parcel, each, base)
            if each.is_step:
                board.answered(parcel.number)
        yield


@contextmanager
def quiet() -> Iterator[None]:
    """Keep to oneself that a code is in no table: one journey has such a scan, and each push of it is warned of."""
    logger = logging.getLogger("vectis.carriers")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def push_quietly(client: Client) -> Iterator[None]:
    """Do this place's part in a process of its own, in which nobody else wants to be warned."""
    logging.getLogger("vectis.carriers").setLevel(logging.ERROR)
    yield from push(client)


def _take(client: Client, api: HttpApi, board: Board, parcel: Parcel, each: Push, base: datetime) -> None:
    journey = parcel.journey
    if each.what == LABEL:
        order = client.oms.orders.by_external_id(parcel.external_id)
        number = parcel.tracking_number
        client.oms.orders.ship(order.id, carrier=journey.carrier, tracking_number=number, status="label_created")
    elif each.what == FORGED:
        body = journey.alien(parcel.tracking_number, base)
        right = journey.push(parcel.tracking_number, 0, base)
        # All kinds, to all carriers: there are as many journeys as there are parcels from one order to the next.
        kind = parcel.number // len(JOURNEYS) + parcel.number
        answer = _sent(api, journey.carrier, body, forged(journey.carrier, body, right, kind))
        if answer.status != 401:
            client.complain(f"parcel {parcel.number}: a forged push was answered {answer.status} {answer.body!r}")
    else:
        body = journey.push(parcel.tracking_number, each.what, base)
        answer = _sent(api, journey.carrier, body, proof_of(journey.carrier, body))
        told = json.loads(answer.body) if answer.status == 200 else {}
        if sum(told.get(name, 0) for name in ("accepted", "waiting", "duplicates")) != 1 or told.get("rejected"):
            client.complain(f"parcel {parcel.number}: a push was answered {answer.status} {answer.body!r}")
        elif not told["duplicates"]:
            board.filed(parcel.number, each.place)


def _sent(api: HttpApi, carrier: str, body: bytes, proof: dict[str, str]) -> HttpResponse:
    path = f"/api/webhooks/carriers/{carrier}/tracking"
    headers = {"content-type": "application/json", **proof}
    return api.handle(HttpRequest("POST", path, headers=headers, body=body))


def watch(client: Client) -> Iterator[None]:
    """Look at shipments that never go back, at timelines that never lose a scan, and follow the feed."""
    options = client.options
    all_parcels = parcels(options["orders"], options["places"])
    ids = [client.oms.orders.by_external_id(parcel.external_id).id for parcel in all_parcels]
    seen: dict[str, tuple[int, set[str]]] = {}
    heads: dict[str, int] = {}
    after: str | None = None
    while True:
        after = _follow(client, after, heads)
        # Of the parcels under way, and of all others now and then.
        for _ in range(10):
            _look(client, client.random.choice(ids), seen)
        yield


def _follow(client: Client, after: str | None, heads: dict[str, int]) -> str | None:
    page = client.oms.events(after=after).page()
    for event in page.events:
        if event.sequence != heads.get(event.subject_id, 0) + 1:
            client.complain(f"event {event.sequence} of {event.subject_id} came after {heads.get(event.subject_id, 0)}")
        heads[event.subject_id] = event.sequence
    return page.next


def _look(client: Client, order_id: str, seen: dict[str, tuple[int, set[str]]]) -> None:
    for timeline in client.oms.tracking.of_order(order_id):
        shipment = timeline.shipment
        rank, scans = _FORWARD.index(shipment.status), {entry.scan.id for entry in timeline.entries}
        before, known = seen.get(shipment.id, (0, set()))
        if rank < before:
            client.complain(f"a shipment went back from {_FORWARD[before]} to {shipment.status}")
        if known - scans:
            client.complain(f"a timeline lost {len(known - scans)} of its scans")
        seen[shipment.id] = rank, scans


def told_how_often(all_parcels: Sequence[Parcel]) -> set[tuple[str, int, int]]:
    """Return which scans of which journeys were pushed how often."""
    return {(parcel.journey.name, scan, times) for parcel in all_parcels for scan, times in enumerate(parcel.times)}
