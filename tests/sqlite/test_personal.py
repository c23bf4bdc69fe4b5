"""What is personal stands in few columns, so that erasing it there erases it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import attrs
from tracking.parcels import told

from vectis_core import Address, Item, ShipmentItem, Vectis
from vectis_core.tracking.model import Place
from vectis_core.tracking.statuses import TrackingStatus

PERSONAL = "Qwertz"


def test_names_addresses_and_mail_stand_in_the_orders_row_alone(tmp_path: Path) -> None:
    """Neither ledger, events nor kept results hold a copy, whatever an order goes through."""
    jane = Address(PERSONAL, PERSONAL, PERSONAL, "US", phone=PERSONAL, company=PERSONAL)
    with Vectis.open(f"sqlite:///{tmp_path}/shop.db") as oms:
        oms.products.create(sku="W", name="Widget")
        [record] = oms.inventory.list()
        oms.inventory.adjust(record.id, 9, "found")
        for number in range(2):
            order = oms.orders.create(
                external_id=f"A-{number}",
                items=[Item("W", 2, 1)],
                shipping_addresses=[jane],
                billing_address=jane,
                customer_email=f"{PERSONAL}@example.com",
                customer_id=f"{PERSONAL}@example.com",
            ).order
            oms.orders.confirm(order.id, command_id=f"confirm-{number}")
        oms.orders.cancel(order.id, "late", command_id="cancel")
        parcel = oms.orders.ship(
            oms.orders.by_external_id("A-0").id, carrier="UPS", tracking_number="1", command_id="ship"
        )
        oms.shipments.deliver(parcel.id, command_id="deliver")
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        assert connection.execute("SELECT count(*) FROM results").fetchone()[0] >= 5
        digests = [digest for (digest,) in connection.execute("SELECT fingerprint FROM orders")]
        connection.execute("UPDATE orders SET customer_email = NULL, billing_address = NULL, shipping_addresses = '[]'")
        connection.execute("UPDATE orders SET customer_id = NULL, fingerprint = ''")

        left = list(connection.iterdump())
    assert [line for line in left if PERSONAL in line] == []
    assert [line for line in left if any(digest in line for digest in digests)] == []


def test_what_a_carrier_wrote_stands_in_the_scan_and_its_shipment_alone(tmp_path: Path) -> None:
    """A repeat by command id still gets the words, from the shipment; nothing else holds a copy of them."""
    jane = Address("Jane", "Street", "Town", "US")
    said = {"description": f"Left with {PERSONAL}", "signer": PERSONAL, "place": Place(city=PERSONAL)}
    with Vectis.open(f"sqlite:///{tmp_path}/shop.db") as oms:
        oms.products.create(sku="W", name="Widget")
        oms.inventory.adjust(next(iter(oms.inventory.list())).id, 9, "found")
        order = oms.orders.create(external_id="A", items=[Item("W", 2, 1)], shipping_addresses=[jane]).order
        oms.orders.confirm(order.id)
        parcel = oms.orders.ship(
            order.id, carrier="UPS", tracking_number="1", items=[ShipmentItem(quantity=1, sku="W")]
        )
        oms.tracking.record(attrs.evolve(told(TrackingStatus.EXCEPTION, parcel.created_at, number="1"), **said))
        arrived = oms.shipments.deliver(parcel.id, command_id="deliver")
        held = oms.orders.hold(order.id, "late", command_id="hold")

        assert oms.shipments.deliver(parcel.id, command_id="deliver") == arrived
        assert oms.orders.hold(order.id, "late", command_id="hold") == held
        assert arrived.tracking is not None
        assert arrived.tracking.description == said["description"]
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection:
        connection.execute("UPDATE shipments SET tracking = NULL")
        connection.execute("UPDATE scans SET event = '{}'")

        assert [line for line in connection.iterdump() if PERSONAL in line] == []
