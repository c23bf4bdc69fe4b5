"""Laws of the state machines: the tables, the rules that ask them, and the status that follows from the counters."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectis_core.errors import IllegalTransition
from vectis_core.orders.lifecycle import (
    BARRED_BY_HOLD,
    ORDER_TRANSITIONS,
    SHIPMENT_TRANSITIONS,
    OrderStatus,
    OrderStep,
    ShipmentStatus,
    ShipmentStep,
    next_shipment_status,
    status_of,
)
from vectis_core.orders.model import OrderLine
from vectis_core.orders.rules import require
from vectis_core.testing import samples

LATER = samples.MADE_AT + timedelta(hours=1)


@pytest.mark.parametrize("on_hold", [False, True])
@pytest.mark.parametrize("step", OrderStep)
@pytest.mark.parametrize("status", OrderStatus)
def test_an_order_allows_what_the_table_has(status: OrderStatus, step: OrderStep, on_hold: bool) -> None:
    """For every status, step and hold: the step is allowed as the table says, or the error says what is."""
    cancelled = LATER if status is OrderStatus.CANCELLED else None
    order = samples.order(
        status=status, on_hold=on_hold, hold_reason="x" if on_hold else None, cancelled_at=cancelled, cancel_reason="y"
    )
    free = {OrderStep.HOLD, *BARRED_BY_HOLD} if on_hold else {OrderStep.RELEASE}
    allowed = [each for each in ORDER_TRANSITIONS[status] if each not in free]
    if step in allowed:
        require(order, step)
        return
    with pytest.raises(IllegalTransition) as refused:
        require(order, step)
    details = refused.value.details
    assert (details["status"], details["allowed"]) == (str(status), [str(each) for each in allowed])
    assert ("cancelledAt" in details) == (cancelled is not None)


@pytest.mark.parametrize("step", ShipmentStep)
@pytest.mark.parametrize("status", ShipmentStatus)
def test_a_shipment_moves_exactly_as_the_table_says(status: ShipmentStatus, step: ShipmentStep) -> None:
    """For every status and step of a shipment: the next status is the table's, or the error says what is allowed."""
    table = SHIPMENT_TRANSITIONS[status]
    if step in table:
        assert next_shipment_status("shp_1", status, step) is table[step]
        return
    with pytest.raises(IllegalTransition) as refused:
        next_shipment_status("shp_1", status, step)
    assert refused.value.details["allowed"] == [str(each) for each in table]


def test_the_tables_lead_nowhere_unknown_and_everywhere_known() -> None:
    """Every status has its row, and every status but those of later features can be reached from pending."""
    assert set(ORDER_TRANSITIONS) == set(OrderStatus)
    assert set(SHIPMENT_TRANSITIONS) == set(ShipmentStatus)
    reached = {OrderStatus.PENDING}
    while True:
        further = {to for status in reached for step in ORDER_TRANSITIONS[status].values() for to in step}
        if further <= reached:
            break
        reached |= further
    assert reached == set(OrderStatus) - {OrderStatus.RETURNED}


def test_what_is_final_stays() -> None:
    """From cancelled, delivered and returned no step leads on; a cancelled order is never reopened."""
    for status in (OrderStatus.CANCELLED, OrderStatus.DELIVERED, OrderStatus.RETURNED):
        assert not ORDER_TRANSITIONS[status]


@st.composite
def order_states(draw: st.DrawFn) -> tuple[list[OrderLine], list[ShipmentStatus], bool]:
    """Return lines and shipments as an order can have them, and whether it is confirmed."""
    lines = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        reserved, shipped, cancelled = draw(st.tuples(*[st.integers(0, 3)] * 3).filter(any))
        lines.append(
            samples.line(
                line_no=number,
                quantity=reserved + shipped + cancelled,
                reserved=reserved,
                shipped=shipped,
                cancelled=cancelled,
            )
        )
    something_left = any(line.shipped for line in lines)
    gone = st.sampled_from([ShipmentStatus.SHIPPED, ShipmentStatus.DELIVERED])
    shipments = draw(st.lists(gone, min_size=1, max_size=3)) if something_left else []
    labels = [ShipmentStatus.VOIDED]
    if any(line.reserved for line in lines):
        labels.append(ShipmentStatus.LABEL_CREATED)
    shipments += draw(st.lists(st.sampled_from(labels), max_size=2))
    return lines, shipments, something_left or draw(st.booleans())


def _status(
    lines: list[OrderLine], shipments: list[ShipmentStatus], confirmed: bool, cancelled: bool = False
) -> OrderStatus:
    return status_of(lines, shipments, confirmed=confirmed, cancelled=cancelled)


@given(order_states(), st.data())
def test_every_step_lands_inside_the_table(
    state: tuple[list[OrderLine], list[ShipmentStatus], bool], data: st.DataObject
) -> None:
    """From any state, the status that follows from a step's effect is one that the table gives for the step."""
    lines, shipments, confirmed = state
    if not confirmed and not any(line.reserved for line in lines):
        return
    status = _status(lines, shipments, confirmed)
    for step, targets in ORDER_TRANSITIONS[status].items():
        for after in _effects(step, lines, shipments, confirmed, data):
            assert _status(*after) in targets, f"{step} from {status}"


State = tuple[list[OrderLine], list[ShipmentStatus], bool, bool]


def _effects(
    step: OrderStep, lines: list[OrderLine], shipments: list[ShipmentStatus], confirmed: bool, data: st.DataObject
) -> list[State]:
    """Return the states that *step* can make of one; none where its guard would refuse."""
    rest, voided = _without_rest(lines), _voided(shipments)
    if step is OrderStep.SHIP:
        return _ships(lines, shipments, confirmed, data)
    if step is OrderStep.DELIVER:
        places = [place for place, each in enumerate(shipments) if each is ShipmentStatus.SHIPPED]
        return [(lines, _delivered(shipments, place), confirmed, False) for place in places]
    if step is OrderStep.ADD_LABEL and not any(line.reserved for line in lines):
        return []
    effects: dict[OrderStep, State] = {
        OrderStep.CONFIRM: (lines, shipments, True, False),
        OrderStep.HOLD: (lines, shipments, confirmed, False),
        OrderStep.RELEASE: (lines, shipments, confirmed, False),
        OrderStep.ADD_LABEL: (lines, [*shipments, ShipmentStatus.LABEL_CREATED], confirmed, False),
        OrderStep.VOID_LABEL: (lines, voided, confirmed, False),
        OrderStep.CLOSE_SHORT: (rest, voided, confirmed, False),
        OrderStep.CANCEL: (rest, voided, confirmed, True),
    }
    return [effects[step]]


def _ships(
    lines: list[OrderLine], shipments: list[ShipmentStatus], confirmed: bool, data: st.DataObject
) -> list[State]:
    pieces = [data.draw(st.integers(0, line.reserved)) for line in lines]
    if not any(pieces):
        return []
    moved = [
        attrs.evolve(line, reserved=line.reserved - n, shipped=line.shipped + n)
        for line, n in zip(lines, pieces, strict=True)
    ]
    # What has left altogether leaves no label behind: labels stand for reserved pieces.
    left = shipments if any(line.reserved for line in moved) else _voided(shipments)
    return [(moved, [*left, ShipmentStatus.SHIPPED], confirmed, False)]


def _without_rest(lines: list[OrderLine]) -> list[OrderLine]:
    return [attrs.evolve(line, reserved=0, cancelled=line.cancelled + line.reserved) for line in lines]


def _voided(shipments: list[ShipmentStatus]) -> list[ShipmentStatus]:
    return [ShipmentStatus.VOIDED if each is ShipmentStatus.LABEL_CREATED else each for each in shipments]


def _delivered(shipments: list[ShipmentStatus], place: int) -> list[ShipmentStatus]:
    return [*shipments[:place], ShipmentStatus.DELIVERED, *shipments[place + 1 :]]
