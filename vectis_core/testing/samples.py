"""Entities made by hand, for tests that write to a store without the engine."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs

from vectis_core.access import ApiClient, ClientSecret, SigningKey, digest_of
from vectis_core.catalogue import Dimensions, Product, Warehouse, WarehouseAddress, Weight
from vectis_core.events import Event, EventType, Subject
from vectis_core.orders.lifecycle import OrderStatus, ShipmentStatus
from vectis_core.orders.model import Address, Order, OrderLine, Shipment, ShipmentLine
from vectis_core.stock.model import Movement, MovementKind, Reservation, StockRecord
from vectis_core.tenancy import Settings, Tenant
from vectis_core.testing.clock import GUIDE_MOMENT
from vectis_core.tracking.accounts import CarrierAccount, KeptNotice, KeptPayload
from vectis_core.tracking.model import Place, Reading, Scan, TimeBasis, TrackingEvent
from vectis_core.tracking.statuses import TrackingStatus
from vectis_core.webhooks.model import (
    Attempt,
    Delivery,
    DeliveryStatus,
    Replay,
    SealedSecret,
    Subscription,
    SubscriptionStatus,
    Trigger,
)

#: Text that sorts, folds, escapes or splits badly where somebody was careless.
AWKWARD_TEXTS = (
    "WIDGET-001",
    "widget-001",
    "a/b",
    "100%_x",
    " padded ",
    "O'Brien; --",
    '"quoted"',
    "naïve",
    "nai\u0308ve",
    "Ünïcödé ẞ",
    "日本語",
    "👍🏽",
    "\u202eltr",
    "\ufeffbom",
    "new\nline",
    "0",
    "null",
)

#: When everything here was made; its microseconds are to be kept.
MADE_AT = GUIDE_MOMENT.replace(microsecond=123_456)
#: The tenant that everything here belongs to.
TENANT = "acme"
SKU = "WIDGET-001"
WAREHOUSE_ID = "wh_1"
PRODUCT_ID = "prod_1"
STOCK_ID = "inv_1"
ORDER_ID = "019bfa2c-d200-7000-8000-000000000001"
SHIPMENT_ID = "shp_1"
WEBHOOK_ID = "whk_1"
DELIVERY_ID = "whd_1"
#: The parcel of the shipment.
TRACK_KEY = "ups:1Z999AA10123456784"
EVENT_ID = "019bfa2c-d200-7000-8000-0000000000e1"


def tenant(**changes: Any) -> Tenant:
    """Return a tenant."""
    return attrs.evolve(Tenant(TENANT, Settings(), MADE_AT), **changes)


def warehouse(**changes: Any) -> Warehouse:
    """Return the tenant's default warehouse."""
    made = Warehouse(
        tenant=TENANT,
        id=WAREHOUSE_ID,
        code="main",
        name="Main warehouse",
        address=WarehouseAddress("1 Dock Rd", "Austin", "US", region="TX", postal_code="78701"),
        priority=0,
        is_default=True,
        active=True,
        created_at=MADE_AT,
        updated_at=MADE_AT,
    )
    return attrs.evolve(made, **changes)


def product(**changes: Any) -> Product:
    """Return a product with a weight and dimensions."""
    made = Product(
        tenant=TENANT,
        id=PRODUCT_ID,
        sku=SKU,
        name="Premium Widget",
        weight=Weight(Decimal("1.5"), "lb"),
        dimensions=Dimensions(Decimal(10), Decimal(8), Decimal("0.000001"), "in"),
        active=True,
        created_at=MADE_AT,
        updated_at=MADE_AT,
    )
    return attrs.evolve(made, **changes)


def record(**changes: Any) -> StockRecord:
    """Return a stock record of ten pieces, of which two are promised."""
    made = StockRecord(
        tenant=TENANT,
        id=STOCK_ID,
        sku=SKU,
        warehouse_id=WAREHOUSE_ID,
        on_hand=10,
        reserved=2,
        reorder_point=None,
        low=False,
        ledger_seq=2,
        event_seq=0,
        created_at=MADE_AT,
        updated_at=MADE_AT,
    )
    return attrs.evolve(made, **changes)


def movement(**changes: Any) -> Movement:
    """Return the ledger's first row: ten pieces found."""
    made = Movement(
        tenant=TENANT,
        stock_id=STOCK_ID,
        seq=1,
        kind=MovementKind.ADJUST,
        on_hand_delta=10,
        reserved_delta=0,
        on_hand_after=10,
        reserved_after=0,
        reason="found",
        order_id=None,
        line_no=None,
        shipment_id=None,
        actor="tester",
        at=MADE_AT,
    )
    return attrs.evolve(made, **changes)


def movements() -> list[Movement]:
    """Return the ledger that leads to ``record()``."""
    promised = movement(
        seq=2,
        kind=MovementKind.RESERVE,
        on_hand_delta=0,
        reserved_delta=2,
        reserved_after=2,
        reason=None,
        order_id=ORDER_ID,
        line_no=1,
    )
    return [movement(), promised]


def address(**changes: Any) -> Address:
    """Return an address with everything that is optional."""
    made = Address("Jane Smith", "123 Main St", "Austin", "US", "", "TX", "78701", "ACME", "+1 512 555 0100")
    return attrs.evolve(made, **changes)


def line(**changes: Any) -> OrderLine:
    """Return a line of two pieces, both reserved."""
    made = OrderLine(
        line_no=1,
        id=f"{ORDER_ID}-1",
        sku=SKU,
        quantity=2,
        unit_price=Decimal("29.99"),
        total=Decimal("59.98"),
        shipping_address=0,
        waiting=0,
        reserved=2,
        shipped=0,
        cancelled=0,
        returned=0,
    )
    return attrs.evolve(made, **changes)


def order(**changes: Any) -> Order:
    """Return a pending order of one line."""
    made = Order(
        tenant=TENANT,
        id=ORDER_ID,
        external_id="SHOPIFY-12345",
        status=OrderStatus.PENDING,
        currency="USD",
        total=Decimal("59.98"),
        item_count=2,
        customer_id="cust_jane123",
        customer_email="jane@example.com",
        shipping_addresses=(address(), address(name="Joe Smith", line2=None, phone=None)),
        billing_address=address(company=None),
        on_hold=False,
        hold_reason=None,
        cancel_reason=None,
        created_at=MADE_AT,
        updated_at=MADE_AT,
        confirmed_at=None,
        cancelled_at=None,
        event_seq=1,
        fingerprint="f" * 64,
        lines=(line(),),
        shipments=(),
    )
    return attrs.evolve(made, **changes)


def reservation(**changes: Any) -> Reservation:
    """Return the promise of the order's two pieces."""
    made = Reservation(
        tenant=TENANT,
        order_id=ORDER_ID,
        line_no=1,
        stock_id=STOCK_ID,
        warehouse_id=WAREHOUSE_ID,
        quantity=2,
        open=2,
    )
    return attrs.evolve(made, **changes)


def shipment(**changes: Any) -> Shipment:
    """Return a label for one piece of the order."""
    made = Shipment(
        tenant=TENANT,
        id=SHIPMENT_ID,
        order_id=ORDER_ID,
        status=ShipmentStatus.LABEL_CREATED,
        carrier="UPS",
        tracking_number="1Z999AA10123456784",
        shipping_address=0,
        lines=(ShipmentLine(1, STOCK_ID, f"{ORDER_ID}-1", SKU, WAREHOUSE_ID, 1),),
        created_at=MADE_AT,
        updated_at=MADE_AT,
        shipped_at=None,
        delivered_at=None,
        voided_at=None,
    )
    return attrs.evolve(made, **changes)


def event(**changes: Any) -> Event:
    """Return the event of the order's creation."""
    made = Event(
        tenant=TENANT,
        id=EVENT_ID,
        type=EventType.ORDER_CREATED,
        subject=Subject.ORDER,
        subject_id=ORDER_ID,
        sequence=1,
        at=MADE_AT,
        actor="tester",
        data={"orderId": ORDER_ID, "itemCount": 2, "items": [{"sku": SKU}], "reason": None},
    )
    return attrs.evolve(made, **changes)


def client(**changes: Any) -> ApiClient:
    """Return an API client with two live secrets."""
    made = ApiClient(
        tenant=TENANT,
        id="cli_1",
        name="Storefront",
        scopes=("orders:read", "orders:write"),
        secrets=(ClientSecret(digest_of("newer"), MADE_AT), ClientSecret(digest_of("older"), GUIDE_MOMENT)),
        created_at=MADE_AT,
        revoked_at=None,
    )
    return attrs.evolve(made, **changes)


def signing_key(**changes: Any) -> SigningKey:
    """Return a signing key; neither half is a real one."""
    made = SigningKey("key_1", '{"kty": "RSA"}', "sealed", MADE_AT, MADE_AT, None)
    return attrs.evolve(made, **changes)


def subscription(**changes: Any) -> Subscription:
    """Return an endpoint that fails just now, is leased, rests, and whose secret is being replaced."""
    made = Subscription(
        tenant=TENANT,
        id=WEBHOOK_ID,
        url="https://example.com/webhooks?a=1&b=%20",
        events=("order.*", "inventory.low_stock"),
        status=SubscriptionStatus.ACTIVE,
        reason=None,
        status_since=MADE_AT,
        secrets=(SealedSecret("newer", MADE_AT, None), SealedSecret("older", GUIDE_MOMENT, MADE_AT)),
        created_at=MADE_AT,
        updated_at=MADE_AT,
        event_seq=0,
        failing_since=MADE_AT,
        failures=3,
        failed_deliveries=2,
        rests_until=MADE_AT,
        lease_token=7,
        leased_until=MADE_AT,
        claimed_at=MADE_AT,
    )
    return attrs.evolve(made, **changes)


def new_subscription(**changes: Any) -> Subscription:
    """Return an endpoint that was never delivered to."""
    past = {"failing_since": None, "failures": 0, "failed_deliveries": 0, "rests_until": None}
    return subscription(**{**past, "lease_token": 0, "leased_until": None, "claimed_at": None, **changes})


def delivery(**changes: Any) -> Delivery:
    """Return the order's event on its way, which was tried once."""
    made = Delivery(
        tenant=TENANT,
        id=DELIVERY_ID,
        subscription_id=WEBHOOK_ID,
        event_id=EVENT_ID,
        event_type=EventType.ORDER_CREATED,
        subject=Subject.ORDER,
        subject_id=ORDER_ID,
        sequence=1,
        position=1,
        trigger=Trigger.EVENT,
        status=DeliveryStatus.PENDING,
        attempts=1,
        due_at=MADE_AT,
        created_at=MADE_AT,
        updated_at=MADE_AT,
        last_code=503,
        last_error=None,
    )
    return attrs.evolve(made, **changes)


def new_delivery(**changes: Any) -> Delivery:
    """Return the order's event on its way, which was never tried."""
    return delivery(**{"attempts": 0, "last_code": None, **changes})


def attempt(**changes: Any) -> Attempt:
    """Return the delivery's first attempt."""
    made = Attempt(TENANT, DELIVERY_ID, 1, MADE_AT, "https://example.com/webhooks", 503, None, 1_234, "try\nlater ẞ")
    return attrs.evolve(made, **changes)


def replay(**changes: Any) -> Replay:
    """Return a replay that is under way."""
    made = Replay(
        tenant=TENANT,
        id="whr_1",
        subscription_id=WEBHOOK_ID,
        since=GUIDE_MOMENT,
        until=MADE_AT,
        types=("order.*", "*"),
        position=3,
        made=2,
        done=False,
        created_at=MADE_AT,
    )
    return attrs.evolve(made, **changes)


def tracking_event(**changes: Any) -> TrackingEvent:
    """Return what a carrier says of the shipment, with all that it can say."""
    made = TrackingEvent(
        carrier="ups",
        tracking_number="1Z999AA10123456784",
        status=TrackingStatus.EXCEPTION,
        reason="customs",
        code="X/\u2028ẞ",
        description='Held "by"\ncustoms 👍🏽',
        occurred_at=MADE_AT,
        local_time=MADE_AT.replace(tzinfo=None),
        time_basis=TimeBasis.LOCAL_UNKNOWN_ZONE,
        reading=Reading("ups.exceptions", "X/CD", is_guess=True),
        place=Place("Köln", "NRW", "50667", "DE"),
        signer="J. ẞmith",
        estimated_delivery="2026-01-28",
        proof_url="https://example.com/proof?a=1&b=%20",
        corrects=True,
        sub_code="CD",
        likely_zone="Europe/Berlin",
    )
    return attrs.evolve(made, **changes)


def bare_event(**changes: Any) -> TrackingEvent:
    """Return what a carrier says of the shipment, with as little as it can say."""
    made = TrackingEvent(
        carrier="ups",
        tracking_number="1Z999AA10123456784",
        status=None,
        reason=None,
        code="?",
        description=None,
        occurred_at=None,
        local_time=None,
        time_basis=TimeBasis.RECEIVED_AT,
        reading=Reading("ups.types", None),
    )
    return attrs.evolve(made, **changes)


def scan(**changes: Any) -> Scan:
    """Return a scan of the shipment that waits for it to be registered."""
    made = Scan(
        tenant=TENANT,
        track_key=TRACK_KEY,
        id="scan-1",
        event=tracking_event(),
        at=MADE_AT,
        received_at=MADE_AT,
    )
    return attrs.evolve(made, **changes)


def carrier_account(**changes: Any) -> CarrierAccount:
    """Return a carrier that was configured with all that there is."""
    made = CarrierAccount(
        tenant=TENANT,
        carrier="ups",
        proof="header",
        secrets=("sealed-1", "sealed-2"),
        header="x-secret",
        encoding="hex",
        parameter="token",
        username="ups ẞ",
        client_id="cli_1",
        zone="America/New_York",
        payload_days=7,
        created_at=GUIDE_MOMENT,
        updated_at=MADE_AT,
        notices=(KeptNotice("subscription.validate", "say\nyes", "sub-1", True, MADE_AT),),
    )
    return attrs.evolve(made, **changes)


def payload(**changes: Any) -> KeptPayload:
    """Return what a carrier sent."""
    made = KeptPayload(
        tenant=TENANT,
        id="pay_1",
        carrier="ups",
        received_at=GUIDE_MOMENT,
        expires_at=MADE_AT,
        sealed="sealed " * 2_000,
    )
    return attrs.evolve(made, **changes)
