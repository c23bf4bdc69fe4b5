"""Tenants do not see, touch or guess each other: every operation of the table, with another tenant's ids and tokens.

The probes are made from the table itself. An operation whose path, query or body has a place for which nothing is known
here fails the test, so that none can be added without being tried.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote

import attrs
import pytest
from carrier_samples import sample_bytes
from http_faces import Answer, Shop, an_order
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vectis_core.checking import wire_name
from vectis_core.errors import VectisError
from vectis_core.events import Subject
from vectis_core.faces.listing import Listing
from vectis_core.ports import DeliveryFilter, OrderFilter, ProductFilter, Slice, StockFilter
from vectis_http.operation import Body, Operation
from vectis_http.operations import RESOURCES

#: Stands in every text of the victim's.
MARK = "Zyxwvut"
_ALL = Slice(1_000)
_serial = itertools.count()


@attrs.frozen
class Names:
    """What can be named: things of somebody's, or things that nobody has."""

    #: By the segment of the path before the id.
    ids: Mapping[str, str]
    sku: str
    external_id: str
    customer_id: str
    email: str
    line_id: str
    carrier: str
    cursor: str

    @property
    def texts(self) -> list[str]:
        """All of it."""
        return [*self.ids.values(), self.sku, self.external_id, self.customer_id, self.email, self.line_id]


def a_victim(shop: Shop) -> Names:
    """Fill a tenant with one of everything, and return what it is called."""
    sku = f"{MARK}-SKU"
    record = shop.stocked(sku)
    lines = [{"sku": sku, "quantity": 2, "unitPrice": 1}]
    address = {"name": MARK, "line1": MARK, "city": MARK, "country": "US"}
    more = {"items": lines, "shippingAddresses": [address], "customerId": f"{MARK}-1"}
    order = shop.post("/api/orders", an_order(f"{MARK}-ORDER", customerEmail=f"{MARK}@example.com", **more)).json
    shop.post(f"/api/orders/{order['id']}/confirm")
    parcel = {"carrier": "ups", "trackingNumber": f"1Z{MARK.upper()}", "status": "label_created"}
    shipment = shop.post(f"/api/orders/{order['id']}/shipments", parcel).json
    hook = shop.post("/api/webhooks", {"url": f"https://{MARK}.example.com/", "events": ["*"], "secret": MARK * 3}).json
    delivery = shop.post(f"/api/webhooks/{hook['id']}/test").json
    shop.ask("PUT", "/api/carriers/ups", {"proof": "header", "secrets": [MARK * 2], "header": "x-mark"})
    product = shop.get(f"/api/products/sku/{sku}").json
    ids = {
        "products": product["id"],
        "inventory": record["id"],
        "warehouses": record["warehouseId"],
        "orders": order["id"],
        "shipments": shipment["id"],
        "clients": shop.get("/api/clients").json["clients"][0]["id"],
        "webhooks": hook["id"],
        "deliveries": delivery["id"],
    }
    cursor = shop.get("/api/events").json["next"]
    line = f"{order['id']}-1"
    return Names(ids, sku, order["externalId"], f"{MARK}-1", f"{MARK}@example.com", line, "ups", cursor)


def of_nobody(names: Names) -> Names:
    """Return names of the same form that nobody has."""
    other = MARK[::-1]
    return attrs.evolve(
        names,
        ids={kind: _another(each) for kind, each in names.ids.items()},
        sku=names.sku.replace(MARK, other),
        external_id=names.external_id.replace(MARK, other),
        customer_id=names.customer_id.replace(MARK, other),
        email=names.email.replace(MARK, other),
        line_id=_another(names.line_id.removesuffix("-1")) + "-1",
        carrier="dhl",
    )


def _another(name: str) -> str:
    return name[:-6] + ("000000" if not name.endswith("000000") else "111111")


def bodies(names: Names) -> Mapping[str, Any]:
    """Return the body of each operation that demands one, with every id in it that one can hold."""
    ids = names.ids
    line = {"sku": names.sku, "quantity": 1, "unitPrice": 1}
    fresh = f"fresh-{next(_serial)}"
    return {
        "createProduct": {"sku": fresh, "name": "A lamp"},
        "updateProduct": {"name": "Another lamp"},
        "createStockRecord": {"sku": names.sku, "warehouseId": ids["warehouses"]},
        "updateStockRecord": {"reorderPoint": 3},
        "adjustStock": {"adjustment": 1, "reason": "found"},
        "createWarehouse": {"code": fresh, "name": "Second"},
        "updateWarehouse": {"name": "Another"},
        "createOrder": an_order(fresh, items=[line], customerId=names.customer_id),
        "closeOrderShort": {"reason": "x"},
        "holdOrder": {"reason": "x"},
        "releaseOrder": {"reason": "x"},
        "createShipment": {
            "carrier": "ups",
            "trackingNumber": "1Z9",
            "items": [{"lineId": names.line_id, "quantity": 1}],
            "warehouseId": ids["warehouses"],
        },
        "updateSettings": {},
        "createClient": {"name": "A program"},
        "createWebhook": {"url": "https://example.com/", "events": ["*"]},
        "updateWebhook": {"active": False},
        "replayWebhook": {"since": "2026-01-01T00:00:00Z"},
        "configureCarrier": {"proof": "oauth", "clientId": ids["clients"]},
        "eraseCustomer": {"customerId": names.customer_id},
        "exportCustomer": {"email": names.email},
    }


#: What a query can name; anything else in one is a bound or a choice, and names nothing.
_QUERY = {
    "sku": lambda names: names.sku,
    "q": lambda names: names.sku,
    "externalId": lambda names: names.external_id,
    "customerId": lambda names: names.customer_id,
    "warehouseId": lambda names: names.ids["warehouses"],
}
_NAMELESS = set("limit offset before status createdAfter createdBefore low active event after types".split())


def path_of(operation: Operation, names: Names, kind: str | None = None) -> str:
    """Return an operation's path with an id in it, of its own kind or of another, and all that a query can name."""
    path = operation.path
    if "{id}" in path:
        path = path.replace("{id}", names.ids[kind or path.split("/")[2]])
    path = path.replace("{sku...}", quote(names.sku)).replace("{carrier}", names.carrier)
    assert "{" not in path, f"nothing is known here of what stands in {operation.path}"
    wires = [wire_name(each.name) for each in operation.query]
    assert set(wires) <= _QUERY.keys() | _NAMELESS, f"nothing is known here of the query of {operation.name}"
    asked = [f"{wire}={quote(_QUERY[wire](names))}" for wire in wires if wire in _QUERY]
    return path + ("?" + "&".join(asked) if asked else "")


def ask(shop: Shop, operation: Operation, names: Names, kind: str | None = None, **more: Any) -> Answer:
    """Ask for an operation in a way in which it succeeds for whoever these things belong to."""
    body: Any = None
    if operation.body is not Body.NONE:
        body = bodies(names).get(operation.name)
        assert body is not None or operation.body is Body.OPTIONAL, f"nothing is known here to send to {operation.name}"
    return shop.ask(operation.method, path_of(operation, names, kind), body, **more)


def unnamed(text: str, names: Names) -> str:
    """Return a text with one word for whatever was named."""
    for name in sorted([*names.texts, names.carrier], key=len, reverse=True):
        text = text.replace(name, "?")
    return text


def told(answer: Answer, names: Names) -> tuple[Any, ...]:
    """Return all that an answer says, with one word for whatever was named; neither its id nor the rate limit."""
    body = unnamed(answer.body.decode(), names)
    headers = {
        name: value for name, value in answer.headers.items() if not name.startswith(("x-ratelimit", "x-request-id"))
    }
    return answer.status, sorted(headers.items() - {("content-length", answer.headers.get("content-length"))}), body


def everything_of(shop: Shop) -> list[Any]:
    """Return every row of a tenant."""
    tenant = shop.tenant
    with shop.oms.store.read() as view:
        orders = view.orders(tenant, OrderFilter(), _ALL)
        hooks = view.subscriptions(tenant, _ALL)
        return [
            view.tenant(tenant),
            orders,
            view.products(tenant, ProductFilter(), _ALL),
            view.stock(tenant, StockFilter(), _ALL),
            view.warehouses(tenant, _ALL),
            view.clients(tenant, _ALL),
            hooks,
            [view.deliveries(tenant, DeliveryFilter(each.id), _ALL) for each in hooks],
            [view.replays(tenant, each.id) for each in hooks],
            view.carriers(tenant),
            view.payloads(tenant, "", 100),
            view.scan_scans(tenant, ("", ""), 100),
            view.events(tenant, 0, (), 1_000),
            view.scan_reservations(tenant, [each.id for each in orders]),
            view.scan_history(tenant, Subject.ORDER, [each.id for each in orders]),
            dict(view.counters(tenant)),
        ]


def test_no_operation_tells_another_tenants_things_from_nothing(shop: Shop, other: Shop) -> None:
    """With another's ids each answers byte for byte as with ids that nobody has; nothing of theirs is told or changed.

    Asked with an id in its path it is a 404.
    """
    theirs = a_victim(shop)
    nobodys = of_nobody(theirs)
    before = everything_of(shop)
    for operation in RESOURCES:
        found, missing = ask(other, operation, theirs), ask(other, operation, nobodys)
        if "{id}" in operation.path or "{sku...}" in operation.path:
            assert found.status == 404, (operation.name, found.body)
        if found.status >= 400 or operation.method == "GET":
            assert told(found, theirs) == told(missing, nobodys), operation.name
        else:
            assert found.status == missing.status, operation.name
        own = bodies(theirs).get(operation.name) or {}
        said = found.body.decode()
        for name in theirs.texts:
            if name not in str(own) and name not in path_of(operation, theirs):
                assert name not in said, (operation.name, name)
        assert everything_of(shop) == before, f"{operation.name} changed what is another's"


@pytest.fixture
def victim(shop: Shop) -> tuple[Names, list[Any]]:
    """Return what a filled tenant's things are called, and all its rows."""
    return a_victim(shop), everything_of(shop)


@settings(max_examples=40, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_ids_of_any_kind_in_any_place_find_nothing(
    shop: Shop, other: Shop, victim: tuple[Names, list[Any]], data: st.DataObject
) -> None:
    """An id of another kind finds as little, and so does one with an ``Idempotency-Key`` that is used again."""
    theirs, before = victim
    operation = data.draw(st.sampled_from([each for each in RESOURCES if "{id}" in each.path]))
    kind = data.draw(st.sampled_from(sorted(theirs.ids)))
    headers = {"idempotency-key": data.draw(st.sampled_from(["one", "two"]))} if operation.takes_key else {}
    answer = ask(other, operation, theirs, kind, headers=headers)
    assert answer.status in {404, 409}, (operation.name, kind, answer.body)
    assert answer.status == 404 or "command id" in answer.json["message"]
    assert everything_of(shop) == before


def test_a_token_is_no_good_at_another_tenants_host(serve: Any, shop: Shop, other: Shop) -> None:
    """Where hosts name tenants, a token of another is refused by every operation, before anything is looked up."""
    theirs = a_victim(shop)
    hosted = serve(base_domain="oms.example")
    headers = {"host": f"{shop.tenant}.oms.example"}
    for operation in RESOURCES:
        answer = ask(hosted, operation, theirs, token=other.token, headers=headers)
        assert (answer.status, answer.error) == (401, "Unauthorized"), operation.name
        assert MARK not in answer.body.decode().replace(theirs.sku, ""), operation.name


def test_without_a_token_nothing_is_told(shop: Shop) -> None:
    """No operation of the table answers who has no token, whatever is named."""
    theirs = a_victim(shop)
    before = everything_of(shop)
    answers = [told(ask(shop, operation, theirs, token=None), theirs) for operation in RESOURCES]
    assert answers[0][0] == 401
    assert answers == [answers[0]] * len(answers)
    assert everything_of(shop) == before


def test_a_push_of_one_tenant_moves_no_parcel_of_another(shop: Shop, other: Shop) -> None:
    """A carrier's push under another tenant's name, with that one's own proof, finds nothing of ours."""
    theirs = a_victim(shop)
    before = everything_of(shop)
    number = f"1Z{MARK.upper()}"
    body = sample_bytes("ups_minimal").replace(b"1Z999AA10123456784", number.encode())
    other.ask("PUT", "/api/carriers/ups", {"proof": "header", "secrets": ["another secret"], "header": "x-mark"})
    place = f"/api/webhooks/carriers/{theirs.carrier}/tracking?tenant="
    proved = {"x-mark": "another secret"}
    assert other.post(place + other.tenant, body, token=None, headers=proved).status == 200
    assert other.post(place + shop.tenant, body, token=None, headers=proved).status == 401
    assert everything_of(shop) == before


def required(names: Names) -> Mapping[str, Any]:
    """Return what to give for each parameter that a call of the Python face must be given, where it names a thing."""
    ids = names.ids
    return {
        "order_id": ids["orders"],
        "shipment_id": ids["shipments"],
        "product_id": ids["products"],
        "stock_id": ids["inventory"],
        "warehouse_id": ids["warehouses"],
        "client_id": ids["clients"],
        "subscription_id": ids["webhooks"],
        "delivery_id": ids["deliveries"],
        "sku": names.sku,
        "external_id": names.external_id,
        "carrier": names.carrier,
        "reason": "x",
        "adjustment": 1,
        "tracking_number": "1",
        "since": datetime(2026, 1, 1, tzinfo=UTC),
    }


#: Calls of the Python face that make something of one's own, or look for it among one's own: they name nobody's thing.
_OWN = set(
    "carriers.configure clients.create orders.create products.create warehouses.create webhooks.create tracking.record "
    "customers.erase customers.export settings.update events".split()
)


def calls(face: Any, names: Names) -> Iterator[tuple[str, Any]]:
    """Yield every call of the Python face, awaitable or not, that must be given the name of something."""
    given = required(names)
    for part in sorted(each for each in dir(face) if not each.startswith("_") and each not in {"aio", "events"}):
        for name in sorted(each for each in dir(getattr(face, part)) if not each.startswith("_")):
            method = getattr(getattr(face, part), name)
            if not callable(method) or f"{part}.{name}" in _OWN:
                continue
            wanted = [each.name for each in inspect.signature(method).parameters.values() if each.default is each.empty]
            assert set(wanted) <= given.keys(), f"nothing is known here of what {part}.{name} must be given: {wanted}"
            if wanted:
                yield f"{part}.{name}", partial(method, **{each: given[each] for each in wanted})


def result_of(call: Any) -> Any:
    """Return what a call comes to: awaited, or read to its end."""

    async def awaited(made: Any) -> Any:
        return [each async for each in made] if hasattr(made, "__aiter__") else await made

    made = call()
    if inspect.isawaitable(made) or hasattr(made, "__aiter__"):
        return asyncio.run(awaited(made))
    return list(made) if isinstance(made, Listing) else made


@pytest.mark.parametrize("way", ["plain", "awaitable"])
def test_in_process_another_tenants_ids_are_unknown_too(shop: Shop, other: Shop, way: str) -> None:
    """``oms.tenant("b")`` refuses each id of another's in the very words in which it refuses one that nobody has."""
    theirs = a_victim(shop)
    nobodys = of_nobody(theirs)
    before = everything_of(shop)
    face = other.face if way == "plain" else other.face.aio
    for (name, found), (_, missing) in zip(calls(face, theirs), calls(face, nobodys), strict=True):
        said = []
        for call, names in ((found, theirs), (missing, nobodys)):
            with pytest.raises(VectisError) as refused:
                result_of(call)
            said.append((name, type(refused.value), unnamed(refused.value.message, names)))
        assert said[0] == said[1]
    assert everything_of(shop) == before


def test_in_process_no_list_tells_of_another_tenant(shop: Shop, other: Shop) -> None:
    """Nor is a customer of another's found, handed out or erased."""
    theirs = a_victim(shop)
    before = everything_of(shop)
    assert not list(other.face.orders.list(customer_id=theirs.customer_id))
    for whose in ({"customer_id": theirs.customer_id}, {"email": theirs.email}):
        assert not list(other.face.customers.export(**whose))
        assert other.face.customers.erase(**whose).erased == ()
    assert MARK not in repr(list(other.face.events()))
    assert everything_of(shop) == before
