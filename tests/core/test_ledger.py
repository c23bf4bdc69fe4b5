"""Laws of posting: balance and ledger row are made together, and never break the rule of stock."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectis_core.errors import Conflict
from vectis_core.stock import Cause, MovementKind, post
from vectis_core.stock.model import MOST_ON_HAND
from vectis_core.testing import samples

DELTAS = st.integers(-15, 15)
CAUSE = Cause("tester", samples.MADE_AT + timedelta(hours=1), "because", "order", 3, "shipment")


@st.composite
def records(draw: st.DrawFn) -> object:
    """Return a sound stock record."""
    on_hand = draw(st.integers(0, 20))
    point = draw(st.one_of(st.none(), st.integers(0, 20)))
    return samples.record(on_hand=on_hand, reserved=draw(st.integers(0, on_hand)), reorder_point=point)


@given(records(), st.sampled_from(MovementKind), DELTAS, DELTAS)
def test_a_balance_moves_with_its_ledger_row_or_not_at_all(
    record: samples.StockRecord, kind: MovementKind, on_hand: int, reserved: int
) -> None:
    """Posting moves both balances by their deltas and says so in the next row, or refuses what breaks the rule."""
    sound = 0 <= record.reserved + reserved <= record.on_hand + on_hand
    if not sound:
        with pytest.raises(Conflict):
            post(record, kind, on_hand, reserved, CAUSE)
        return
    changed, row = post(record, kind, on_hand, reserved, CAUSE)

    assert (changed.on_hand, changed.reserved) == (record.on_hand + on_hand, record.reserved + reserved)
    assert (row.on_hand_after, row.reserved_after) == (changed.on_hand, changed.reserved)
    assert (row.on_hand_delta, row.reserved_delta, row.kind) == (on_hand, reserved, kind)
    assert row.seq == changed.ledger_seq == record.ledger_seq + 1
    assert (row.tenant, row.stock_id) == (record.tenant, record.id)
    assert (row.actor, row.at, row.reason) == (CAUSE.actor, CAUSE.at, CAUSE.reason)
    assert (row.order_id, row.line_no, row.shipment_id) == ("order", 3, "shipment")


@given(records(), DELTAS, DELTAS)
def test_the_low_flag_says_whether_less_than_the_reorder_point_is_available(
    record: samples.StockRecord, on_hand: int, reserved: int
) -> None:
    """After every posting the flag is what the balances and the reorder point make it."""
    try:
        changed, _ = post(record, MovementKind.ADJUST, on_hand, reserved, CAUSE)
    except Conflict:
        return
    point = record.reorder_point
    assert changed.low == (point is not None and changed.on_hand - changed.reserved < point)


@given(records(), DELTAS, DELTAS)
def test_nothing_else_of_the_record_changes(record: samples.StockRecord, on_hand: int, reserved: int) -> None:
    """Posting leaves a record's identity, reorder point, events and creation alone."""
    try:
        changed, _ = post(record, MovementKind.ADJUST, on_hand, reserved, CAUSE)
    except Conflict:
        return
    names = {field.name for field in attrs.fields(type(record))}
    for name in names - {"on_hand", "reserved", "low", "ledger_seq", "updated_at"}:
        assert getattr(changed, name) == getattr(record, name)
    assert changed.updated_at == CAUSE.at


def test_a_record_holds_no_more_than_every_store_can_add() -> None:
    """More pieces than sums stay exact for are refused, with the balances in the details."""
    full = samples.record(on_hand=MOST_ON_HAND)

    with pytest.raises(Conflict) as refused:
        post(full, MovementKind.ADJUST, 1, 0, CAUSE)
    assert refused.value.details["quantityOnHand"] == MOST_ON_HAND
