"""Erasing a customer's data, cut off anywhere and begun again."""

from __future__ import annotations

import attrs
import pytest

from vectis_core import Address, Item
from vectis_core.commands import KeepPayload
from vectis_core.errors import VectisError
from vectis_core.handlers.payloads import names_one_of
from vectis_core.tenancy import Caller
from vectis_core.testing import CountingIds, FrozenClock, samples
from vectis_core.testing.faults import Faults, FaultyVectis, Point, nth
from vectis_core.tracking.accounts import payload_owner
from vectis_core.tracking.statuses import TrackingStatus
from vectis_core.vectis import Vectis

NUMBER = "1Z999AA10123456784"
#: An erasure commits twice here: the payloads of its parcels, then the order.
COMMITS = (1, 2)


def delivered(oms: Vectis) -> str:
    """Take an order of Jane's all the way, keep what its carrier sent, and return its id."""
    oms.products.create(sku="W", name="Widget")
    [stock] = oms.inventory.list(sku="W")
    oms.inventory.adjust(stock.id, 5, "found")
    order = oms.orders.create(
        external_id="A",
        items=[Item("W", 1, 1)],
        shipping_addresses=[Address("Jane", "1 Street", "Town", "US")],
        customer_email="jane@example.com",
    ).order
    oms.orders.confirm(order.id)
    oms.orders.ship(order.id, carrier="UPS", tracking_number=NUMBER)
    told = samples.tracking_event(tracking_number=NUMBER, status=TrackingStatus.DELIVERED, reason=None, corrects=False)
    oms.tracking.record(attrs.evolve(told, signer="Jane"))
    sealed = oms.vault.seal(f'{{"{NUMBER}": "Jane"}}'.encode(), payload_owner("default", "ups"))
    oms.run(KeepPayload(caller=Caller(), carrier="ups", received_at=oms.store.now(), days=7, sealed=sealed))
    return order.id


@pytest.mark.parametrize("point", [Point.BEGIN, Point.FLUSH, Point.COMMIT, Point.COMMITTED])
@pytest.mark.parametrize("number", COMMITS)
def test_an_erasure_that_was_cut_off_is_finished_by_asking_again(point: Point, number: int) -> None:
    """Wherever it fails, asking again by the same address leaves nothing of the customer behind."""
    faults = Faults()
    clock, ids = FrozenClock(), CountingIds()
    store = Vectis.open("memory://", clock=clock, ids=ids).store
    with FaultyVectis(store, faults=faults, clock=clock, ids=ids) as oms:
        order_id = delivered(oms)
        faults.error(point, when=nth(number))
        with pytest.raises((VectisError, OSError)):
            oms.customers.erase(email="jane@example.com")
        faults.clear()
        oms.customers.erase(email="jane@example.com")

        assert oms.orders.get(order_id).is_erased
        assert "Jane" not in repr((oms.orders.get(order_id), oms.tracking.of_order(order_id)))
        with oms.store.read() as view:
            assert view.payloads("default", "", 9) == []
        assert oms.verify().ok


@pytest.mark.parametrize(
    ("plain", "is_named"),
    [
        (f'{{"a": [{{"b": "{NUMBER}"}}]}}', True),
        (f'{{"{NUMBER}": {{"signer": "Jane"}}}}', True),
        (f'["https://example.com/{NUMBER.lower()}?x"]', True),
        ('[" 1z 999 AA1 0123456784 "]', True),
        ('{"number": 123}', True),
        ('{"number": 1234, "text": "no 123 here"}', False),
        ("null", False),
    ],
)
def test_a_payload_names_a_parcel_however_it_is_written(plain: str, is_named: bool) -> None:
    """As a value or a name, in any letters, with blanks, within an address; a short number only by itself."""
    assert names_one_of(plain, frozenset({NUMBER, "123"})) is is_named
