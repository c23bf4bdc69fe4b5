"""Everything a memory store holds at one moment: tables of frozen entities, and the indexes over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from vectis_core.access import ApiClient, SigningKey
from vectis_core.catalogue import Product, Warehouse
from vectis_core.events import Event
from vectis_core.orders.model import Order
from vectis_core.ports import RateWindow, StoredResult
from vectis_core.stock.model import Movement, Reservation, StockRecord
from vectis_core.tenancy import Tenant
from vectis_core.tracking.accounts import CarrierAccount, KeptPayload
from vectis_core.tracking.model import Scan
from vectis_core.webhooks.model import Attempt, Delivery, Replay, Subscription
from vectis_memory.tree import SortedMap


@attrs.define(eq=False)
class State:
    """One state; a transaction fills in a copy of its own, and what is committed is never changed again."""

    #: (tenant)
    tenants: SortedMap[Tenant] = attrs.Factory(SortedMap)
    #: (tenant, id), as all tables are whose key is not named
    warehouses: SortedMap[Warehouse] = attrs.Factory(SortedMap)
    #: (tenant, code) to id
    warehouse_codes: SortedMap[str] = attrs.Factory(SortedMap)
    products: SortedMap[Product] = attrs.Factory(SortedMap)
    #: (tenant, SKU) to id
    skus: SortedMap[str] = attrs.Factory(SortedMap)
    stock: SortedMap[StockRecord] = attrs.Factory(SortedMap)
    #: (tenant, SKU, warehouse) to id
    stock_places: SortedMap[str] = attrs.Factory(SortedMap)
    #: (tenant, warehouse or ``LOW``, id) to id
    stock_index: SortedMap[str] = attrs.Factory(SortedMap)
    orders: SortedMap[Order] = attrs.Factory(SortedMap)
    #: (tenant, external id) to id
    external_ids: SortedMap[str] = attrs.Factory(SortedMap)
    #: (tenant, property, value, id) to id; the properties are those that lists are filtered by
    order_index: SortedMap[str] = attrs.Factory(SortedMap)
    #: (tenant, shipment) to the order's id
    shipments: SortedMap[str] = attrs.Factory(SortedMap)
    #: (tenant, order, line number, stock record)
    reservations: SortedMap[Reservation] = attrs.Factory(SortedMap)
    #: (tenant, stock record, order, line number) of the open reservations
    holders: SortedMap[Reservation] = attrs.Factory(SortedMap)
    #: (tenant, stock record, number)
    movements: SortedMap[Movement] = attrs.Factory(SortedMap)
    #: (tenant, position)
    events: SortedMap[Event] = attrs.Factory(SortedMap)
    #: (tenant, subject, its id, number)
    histories: SortedMap[Event] = attrs.Factory(SortedMap)
    #: (tenant, type, position)
    event_types: SortedMap[Event] = attrs.Factory(SortedMap)
    clients: SortedMap[ApiClient] = attrs.Factory(SortedMap)
    #: (client) to tenant
    client_tenants: SortedMap[str] = attrs.Factory(SortedMap)
    #: (key)
    keys: SortedMap[SigningKey] = attrs.Factory(SortedMap)
    #: (key)
    windows: SortedMap[RateWindow] = attrs.Factory(SortedMap)
    #: (tenant, scope, command id)
    results: SortedMap[StoredResult] = attrs.Factory(SortedMap)
    #: (created at, tenant, scope, command id)
    result_ages: SortedMap[StoredResult] = attrs.Factory(SortedMap)
    subscriptions: SortedMap[Subscription] = attrs.Factory(SortedMap)
    deliveries: SortedMap[Delivery] = attrs.Factory(SortedMap)
    #: (tenant, subscription, property, value, id) to id; the properties are ``all``, ``status``, ``first``,
    #: the value of which is a position, and ``again``, of which it is when it is due
    delivery_index: SortedMap[str] = attrs.Factory(SortedMap)
    #: (tenant, delivery, number)
    attempts: SortedMap[Attempt] = attrs.Factory(SortedMap)
    #: (tenant, subscription, id)
    replays: SortedMap[Replay] = attrs.Factory(SortedMap)
    #: (id) of those that are not done
    replays_running: SortedMap[Replay] = attrs.Factory(SortedMap)
    #: (tenant, parcel, order) to the order's id
    tracks: SortedMap[str] = attrs.Factory(SortedMap)
    #: (tenant, parcel, id)
    scans: SortedMap[Scan] = attrs.Factory(SortedMap)
    #: (tenant, received at, parcel, id) of those of no shipment
    scans_waiting: SortedMap[Scan] = attrs.Factory(SortedMap)
    #: (tenant, carrier)
    carriers: SortedMap[CarrierAccount] = attrs.Factory(SortedMap)
    payloads: SortedMap[KeptPayload] = attrs.Factory(SortedMap)
    #: (expires at, tenant, id)
    payload_ages: SortedMap[KeptPayload] = attrs.Factory(SortedMap)
    #: (tenant, name)
    counters: SortedMap[int] = attrs.Factory(SortedMap)
    #: The rows of the host program.
    host: Mapping[Any, Any] = attrs.Factory(dict)


#: In ``stock_index``, stands where a warehouse would for records that are low; no warehouse has this id.
LOW = ""
