"""Files that older versions wrote: each opens, is migrated, and has everything in it; see ``tests/files``."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import pytest
from files.make import MASTER_KEY, SECRET
from sqlite.test_schema import dump, older

from vectis_core import Vectis
from vectis_core.commands import AdvanceReplays, ClaimDeliveries
from vectis_core.ports import Slice
from vectis_core.sealing import SECRET_KEY_VARIABLE
from vectis_core.testing import samples
from vectis_sqlite import schema

FILES = Path(__file__).parents[1] / "files"
NAMES = [path.name.removesuffix(".db.gz") for path in sorted(FILES.glob("*.db.gz"))]
#: The orders that each tenant has in them.
ORDERS = {
    "pending": "pending",
    "split": "pending",
    "confirmed": "confirmed",
    "labelled": "confirmed",
    "partial": "partially_shipped",
    "shipped": "shipped",
    "delivered": "delivered",
    "short": "delivered",
    "cancelled": "cancelled",
}


@pytest.fixture(name="path", params=NAMES)
def _path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a copy of an old file."""
    path = tmp_path / f"{request.param}.db"
    path.write_bytes(gzip.decompress((FILES / f"{request.param}.db.gz").read_bytes()))
    return path


def test_every_schema_has_a_file() -> None:
    """A migration is not added without a file that it leaves, for later versions to open."""
    assert schema.migration_names() == NAMES


def test_an_old_file_has_the_schema_of_its_time(path: Path, tmp_path: Path) -> None:
    """It is what the migrations up to its name make, so that opening it is opening what an old version left."""
    following = [name for name in schema.migration_names() if name > path.stem]
    if following:
        older(tmp_path / "made.db", following[0])
    else:
        Vectis.open(f"sqlite:///{tmp_path}/made.db").close()

    assert dump(path) == dump(tmp_path / "made.db")


def test_an_old_file_is_opened_with_all_that_it_holds(path: Path) -> None:
    """Orders in every status, their shipments, ledger and events are there, and every row keeps every rule."""
    with Vectis.open(f"sqlite:///{path}") as oms:
        report = oms.verify()
        acme = oms.tenant("acme")
        found = {order.external_id: str(order.status) for order in acme.orders.list()}
        delivered = acme.orders.by_external_id("delivered")
        shipped = Counter(str(shipment.status) for order in acme.orders.list() for shipment in order.shipments)
        history = [str(event.type) for event in acme.orders.history(delivered.id)]
        movements = [row for stock in acme.inventory.list() for row in acme.inventory.movements(stock.id)]

    assert report.faults == ()
    movements_made = 59 + (5 if path.stem >= "0003_webhooks" else 0)
    assert (report.checked["tenants"], report.checked["orders"]) == (2, 18)
    assert report.checked["movements"] == movements_made
    assert found == ORDERS
    assert shipped == {"shipped": 2, "delivered": 2, "label_created": 1, "voided": 1}
    assert [kind for kind in history if kind.startswith("order.")] == [
        "order.created",
        "order.confirmed",
        "order.shipped",
        "order.delivered",
    ]
    assert len(movements) == 30


def test_an_old_file_is_worked_on(path: Path) -> None:
    """Orders from then are taken on by today's code, and a call that is repeated is known where it was kept."""
    with Vectis.open(f"sqlite:///{path}") as oms:
        acme = oms.tenant("acme")
        pending = acme.orders.by_external_id("pending")
        acme.orders.release(pending.id, "it is today")
        acme.orders.confirm(pending.id)
        acme.orders.ship(acme.orders.by_external_id("confirmed").id, carrier="UPS", tracking_number="1Z")
        if path.stem >= "0002_access":
            newest = acme.inventory.list().page().items[0]
            acme.inventory.adjust(newest.id, 5, "found", command_id="once")
            assert acme.inventory.get(newest.id).on_hand == newest.on_hand
            assert [client.name for client in oms.clients.list()] == ["Shop"]

        assert oms.verify().ok


def test_old_scans_are_there(path: Path) -> None:
    """What a carrier told then is in the timelines, and the shipments of before tracking are found by their parcels."""
    with Vectis.open(f"sqlite:///{path}") as oms:
        order = oms.orders.by_external_id("partial")
        before = [len(each.entries) for each in oms.tracking.of_order(order.id)]
        told = samples.tracking_event(occurred_at=oms.store.now(), code="today", carrier="UPS")
        filed = oms.tracking.record(told)
        with oms.store.read() as view:
            waiting = len(view.waiting_scans("default", Slice(9)))

        assert before == ([2, 2] if path.stem >= "0004_tracking" else [0, 0])
        assert waiting == (path.stem >= "0004_tracking")
        assert {each.id for each in order.shipments} <= {shipment for _, shipment in filed.scan.shipments}
        assert oms.verify().ok


def test_old_webhooks_are_worked_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of then have every status, are signed with their old secrets, and what waited for them is claimed."""
    if path.stem < "0003_webhooks":
        with Vectis.open(f"sqlite:///{path}") as oms:
            assert list(oms.webhooks.list()) == []
        return
    monkeypatch.setenv(SECRET_KEY_VARIABLE, MASTER_KEY)
    with Vectis.open(f"sqlite:///{path}") as oms:
        webhooks = list(oms.webhooks.list())
        hook = webhooks[-1]
        statuses = Counter(str(each.status) for each in oms.webhooks.deliveries(hook.id))
        oldest = oms.webhooks.deliveries(hook.id, status="delivered").page().items[-1]
        attempts = oms.webhooks.delivery(oldest.id).attempts
        old = oms.vault.open(hook.secrets[-1].sealed, hook.id).decode()
        oms.run(AdvanceReplays())
        leases = oms.run(ClaimDeliveries(well=9, ailing=9, deliveries=99, lease_seconds=45))

        assert [str(each.status) for each in webhooks] == ["paused", "disabled", "active"]
        assert statuses == {"delivered": 1, "exhausted": 1, "pending": 2, "skipped": 1}
        assert [(each.number, each.code, each.excerpt) for each in attempts] == [(1, 200, "the answer")]
        assert old == SECRET
        assert oms.webhooks.rotate_secret(hook.id, command_id="rotated").secret is None
        assert [(lease.subscription.id, len(lease.parcels)) for lease in leases] == [(hook.id, 2 + 5)]
        assert oms.verify().ok
