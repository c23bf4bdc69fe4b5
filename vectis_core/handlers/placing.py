"""Creating an order: all of it reserved, or none of it made."""

from __future__ import annotations

from collections.abc import Sequence

from vectis_core.commands import PlaceOrder
from vectis_core.errors import FieldProblem, ValidationError
from vectis_core.events import EventType, Subject
from vectis_core.handlers.stockkeeping import move
from vectis_core.identity_map import Keys
from vectis_core.money import line_total, total
from vectis_core.orders.lifecycle import OrderStatus
from vectis_core.orders.model import NewOrder, Order, OrderLine, Placed
from vectis_core.stock.allocation import Allocation, plan
from vectis_core.stock.ledger import Cause
from vectis_core.stock.model import MovementKind, Reservation, StockRecord
from vectis_core.unit_of_work import UnitOfWork


def keys(command: PlaceOrder, keys: Keys) -> None:
    """Name the external id, the products, and the warehouses."""
    tenant = command.caller.tenant
    keys.external_ids.add((tenant, command.intent.external_id))
    keys.warehouses.add(tenant)
    for item in command.intent.items:
        keys.product_skus.add((tenant, item.sku))


def stock(command: PlaceOrder, work: UnitOfWork, keys: Keys) -> None:
    """Name the stock of every SKU, unless the order exists already."""
    if work.order_id_of(command.intent.external_id) is None:
        for item in command.intent.items:
            keys.stock_skus.add((command.caller.tenant, item.sku))


def place(command: PlaceOrder, work: UnitOfWork) -> Placed:
    """Return the order that has the external id, or create it."""
    known = work.order_id_of(command.intent.external_id)
    fingerprint = command.fingerprint()
    if known is not None:
        existing = work.order(known)
        if existing is None:
            raise LookupError(f"order {known} is gone")
        return Placed(existing, created=False, mismatch=existing.fingerprint != fingerprint)
    _check(command.intent, work)
    lines = _lines(command.intent, order_id := work.new_uuid())
    demand = [(line.line_no, line.sku, line.quantity) for line in lines]
    allocations = plan(demand, _records(work, {line.sku for line in lines}))
    order = _order(command, work, order_id, lines, fingerprint)
    work.add_order(order, _reserve(work, order_id, allocations))
    _tell(work, order)
    return Placed(order, created=True)


def _check(intent: NewOrder, work: UnitOfWork) -> None:
    problems = []
    for index, item in enumerate(intent.items):
        product = work.product_of(item.sku)
        if product is None:
            problems.append(FieldProblem(f"items[{index}].sku", f"there is no product {item.sku!r}"))
        elif not product.active:
            problems.append(FieldProblem(f"items[{index}].sku", f"product {item.sku!r} is not active"))
        if item.shipping_address is not None and item.shipping_address >= len(intent.shipping_addresses):
            field = f"items[{index}].shippingAddress"
            problems.append(FieldProblem(field, "must be the index of one of shippingAddresses, from 0"))
    if problems:
        raise ValidationError(problems)


def _lines(intent: NewOrder, order_id: str) -> tuple[OrderLine, ...]:
    return tuple(
        OrderLine(
            line_no=number,
            id=f"{order_id}-{number}",
            sku=item.sku,
            quantity=item.quantity,
            unit_price=item.unit_price,
            total=line_total(item.quantity, item.unit_price, intent.currency),
            shipping_address=item.shipping_address or 0,
            waiting=0,
            reserved=item.quantity,
            shipped=0,
            cancelled=0,
            returned=0,
        )
        for number, item in enumerate(intent.items, 1)
    )


def _records(work: UnitOfWork, skus: set[str]) -> dict[str, Sequence[StockRecord]]:
    """Return each SKU's records in active warehouses, in the order in which they are tried."""
    places = {w.id: place for place, w in enumerate(work.warehouses()) if w.active}
    found: dict[str, Sequence[StockRecord]] = {}
    for sku in skus:
        usable = [record for record in work.stock_of(sku) if record.warehouse_id in places]
        found[sku] = sorted(usable, key=lambda record: places[record.warehouse_id])
    return found


def _order(
    command: PlaceOrder, work: UnitOfWork, order_id: str, lines: tuple[OrderLine, ...], fingerprint: str
) -> Order:
    intent = command.intent
    tenant = work.tenant()
    confirmed = tenant is not None and tenant.settings.auto_confirm
    return Order(
        tenant=command.caller.tenant,
        id=order_id,
        external_id=intent.external_id,
        status=OrderStatus.CONFIRMED if confirmed else OrderStatus.PENDING,
        currency=intent.currency,
        total=total((line.total for line in lines), intent.currency),
        item_count=sum(line.quantity for line in lines),
        customer_id=intent.customer_id,
        customer_email=intent.customer_email,
        shipping_addresses=intent.shipping_addresses,
        billing_address=intent.billing_address,
        on_hold=False,
        hold_reason=None,
        cancel_reason=None,
        created_at=work.now,
        updated_at=work.now,
        confirmed_at=work.now if confirmed else None,
        cancelled_at=None,
        event_seq=2 if confirmed else 1,
        fingerprint=fingerprint,
        lines=lines,
        shipments=(),
    )


def _reserve(work: UnitOfWork, order_id: str, allocations: Sequence[Allocation]) -> tuple[Reservation, ...]:
    reservations = []
    for each in allocations:
        cause = Cause(work.caller.actor, work.now, None, order_id, each.line_no)
        record = move(work, each.stock_id, MovementKind.RESERVE, 0, each.quantity, cause)
        reservations.append(
            Reservation(
                tenant=record.tenant,
                order_id=order_id,
                line_no=each.line_no,
                stock_id=each.stock_id,
                warehouse_id=record.warehouse_id,
                quantity=each.quantity,
                open=each.quantity,
            )
        )
    return tuple(reservations)


def _tell(work: UnitOfWork, order: Order) -> None:
    data = {
        "orderId": order.id,
        "externalId": order.external_id,
        "status": str(OrderStatus.PENDING),
        "total": order.total,
        "currency": order.currency,
        "itemCount": order.item_count,
    }
    work.emit(EventType.ORDER_CREATED, Subject.ORDER, order.id, 1, data)
    if order.status is OrderStatus.CONFIRMED:
        confirmed = {"orderId": order.id, "externalId": order.external_id, "status": str(order.status)}
        work.emit(EventType.ORDER_CONFIRMED, Subject.ORDER, order.id, 2, confirmed)
