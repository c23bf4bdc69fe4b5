"""Faults in orders, shipments and money: steps out of turn, figures that do not follow."""

from __future__ import annotations

from proof.builds import Mutant

_RULES = "tests/core/test_shop_rules.py::"
_OPERATIONS = "tests/adapters/test_operations.py::"
_MONEY = "tests/core/test_money.py::"

ORDERS = (
    Mutant(
        name="hold-ignored-by-shipping",
        file="vectis_core/orders/lifecycle.py",
        before="BARRED_BY_HOLD = frozenset({OrderStep.CONFIRM, OrderStep.ADD_LABEL, OrderStep.SHIP})",
        after="BARRED_BY_HOLD = frozenset({OrderStep.CONFIRM, OrderStep.ADD_LABEL})",
        fault="an order on hold ships",
        killed_by=(f"{_RULES}test_an_order_on_hold_leaves_no_pieces",),
    ),
    Mutant(
        name="cancelled-after-some-shipped",
        file="vectis_core/orders/lifecycle.py",
        before="        OrderStep.CLOSE_SHORT: frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED}),\n",
        after="        OrderStep.CLOSE_SHORT: frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED}),\n"
        "        OrderStep.CANCEL: frozenset({OrderStatus.CANCELLED}),\n",
        fault="an order can be cancelled although part of it has left",
        killed_by=(f"{_RULES}test_what_has_left_is_not_cancelled",),
    ),
    Mutant(
        name="delivered-by-one-of-two",
        file="vectis_core/orders/lifecycle.py",
        before="all(status is ShipmentStatus.DELIVERED for status in left)",
        after="any(status is ShipmentStatus.DELIVERED for status in left)",
        fault="an order is delivered once the first of its shipments is",
        killed_by=(f"{_RULES}test_an_order_is_delivered_when_all_of_it_is",),
    ),
    Mutant(
        name="label-counts-as-shipped",
        file="vectis_core/handlers/shipments.py",
        before="    if at_once:\n",
        after="    if intent.status:\n",
        fault="goods leave stock when their label is printed",
        killed_by=(f"{_RULES}test_a_label_moves_no_stock",),
    ),
    Mutant(
        name="voided-label-keeps-its-pieces",
        file="vectis_core/orders/rules.py",
        before="        if shipment.status is ShipmentStatus.LABEL_CREATED:\n",
        after="        if shipment.status in {ShipmentStatus.LABEL_CREATED, ShipmentStatus.VOIDED}:\n",
        fault="the pieces of a label that was thrown away can never be shipped",
        killed_by=(f"{_RULES}test_a_piece_stands_on_one_label",),
    ),
    Mutant(
        name="two-labels-for-one-piece",
        file="vectis_core/orders/packing.py",
        before="row.open - labelled.get((row.line_no, row.stock_id), 0))",
        after="row.open)",
        fault="a piece that stands on a label can be put on a second one",
        killed_by=(f"{_RULES}test_a_piece_stands_on_one_label",),
    ),
    Mutant(
        name="labels-outlive-a-cancellation",
        file="vectis_core/handlers/orders.py",
        before="    order = without_labels(work, order)\n    release_all(work, order.id, reason)\n    changed = ",
        after="    release_all(work, order.id, reason)\n    changed = ",
        fault="a cancelled order keeps a label that can still be shipped",
        killed_by=(f"{_RULES}test_a_cancelled_order_has_no_label_left",),
    ),
    Mutant(
        name="cancelled-without-release",
        file="vectis_core/handlers/orders.py",
        before="    release_all(work, order.id, reason)\n    changed = restated(\n",
        after="    changed = restated(\n",
        fault="the stock of a cancelled order stays promised to it",
        killed_by=("tests/adapters/test_guide.py::test_the_guides_cancellation_gives_the_stock_back",),
    ),
    Mutant(
        name="closed-short-without-release",
        file="vectis_core/handlers/orders.py",
        before="    release_all(work, order.id, reason)\n    rest = repriced(",
        after="    rest = repriced(",
        fault="the stock of an order that was closed short stays promised to it",
        killed_by=(f"{_RULES}test_what_was_closed_short_costs_what_was_shipped",),
    ),
    Mutant(
        name="closed-short-at-full-price",
        file="vectis_core/orders/rules.py",
        before="total=line_total(line.quantity - line.cancelled, line.unit_price",
        after="total=line_total(line.quantity, line.unit_price",
        fault="an order that was closed short still costs what was ordered",
        killed_by=(f"{_RULES}test_what_was_closed_short_costs_what_was_shipped",),
    ),
    Mutant(
        name="order-without-its-event",
        file="vectis_core/handlers/placing.py",
        before="    work.emit(EventType.ORDER_CREATED, Subject.ORDER, order.id, 1, data)\n",
        after="    del data\n",
        fault="a new order is not told in the feed",
        killed_by=(f"{_OPERATIONS}test_an_orders_history_names_each_step_and_who_took_it",),
    ),
    Mutant(
        name="other-body-taken-for-the-same",
        file="vectis_core/handlers/placing.py",
        before="mismatch=existing.fingerprint != fingerprint",
        after="mismatch=False",
        fault="an external id with another body is answered as if it were a repeat",
        killed_by=("tests/adapters/test_repeats.py::test_a_repeat_that_differs_is_told_so",),
    ),
    Mutant(
        name="inactive-product-sold",
        file="vectis_core/handlers/placing.py",
        before="        elif not product.active:\n",
        after="        elif product.id is None:\n",
        fault="a product that is not active is sold",
        killed_by=(f"{_RULES}test_a_product_that_is_not_active_is_not_sold",),
    ),
    Mutant(
        name="shipped-tomorrow",
        file="vectis_core/handlers/shipments.py",
        before="    if at > work.now:\n",
        after="    if at > work.now and at < work.now:\n",
        fault="a shipment can have left in the future",
        killed_by=(f"{_RULES}test_nothing_leaves_in_the_future",),
    ),
    Mutant(
        name="two-addresses-in-one-parcel",
        file="vectis_core/handlers/shipments.py",
        before="    if len(wanted) > 1:\n",
        after="    if len(wanted) > 2:\n",
        fault="lines for two addresses go into one shipment",
        killed_by=(f"{_RULES}test_a_parcel_goes_to_one_address",),
    ),
    Mutant(
        name="rounding-half-even",
        file="vectis_core/money.py",
        before="ROUND_HALF_UP, _EXACT)",
        after='"ROUND_HALF_EVEN", _EXACT)',
        fault="half a cent is rounded to the even neighbour",
        killed_by=(f"{_MONEY}test_half_a_cent_is_rounded_up",),
    ),
    Mutant(
        name="money-in-floats",
        file="vectis_core/money.py",
        before="    price = _EXACT.multiply(unit_price, Decimal(quantity))\n",
        after="    price = Decimal(float(unit_price) * quantity)\n",
        fault="prices are multiplied as floats",
        killed_by=(f"{_MONEY}test_a_line_is_rounded_half_up_to_the_minor_unit",),
    ),
    Mutant(
        name="float-prices-taken",
        file="vectis_core/money.py",
        before="    if isinstance(value, float):\n",
        after="    if isinstance(value, float) and value != value:\n",
        fault="a float is taken for an exact price",
        killed_by=(f"{_MONEY}test_a_float_is_a_type_error",),
    ),
)
