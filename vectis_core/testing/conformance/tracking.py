"""Tracking: scans by parcel, what is configured for carriers, and what they sent."""

from __future__ import annotations

from datetime import timedelta

import attrs

from vectis_core.errors import StoreConflict
from vectis_core.orders.model import Order, Shipment
from vectis_core.ports import AgeLimits, Changes, Slice
from vectis_core.testing import samples
from vectis_core.testing.comparing import ALL, same
from vectis_core.testing.conformance.base import ConformanceBase, shop_changes
from vectis_core.tracking.model import Scan, TrackingState
from vectis_core.tracking.statuses import TrackingStatus

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_KEY = samples.TRACK_KEY
_OURS = ((samples.ORDER_ID, samples.SHIPMENT_ID),)


class TrackingConformance(ConformanceBase):
    """What carriers tell, and of which shipments."""

    def _write_parcel(self) -> None:
        """Commit a shop whose order has a label, a scan of that, and what is configured and kept of its carrier."""
        self.write(shop_changes())
        self._label(samples.order(), samples.shipment())
        self.write(
            Changes(
                scans=[(None, samples.scan(shipments=_OURS))],
                carriers=[(None, samples.carrier_account())],
                payloads=[(None, samples.payload())],
            )
        )

    def _label(self, order: Order, *shipments: Shipment) -> Order:
        """Commit an order with these shipments in place of those that it had."""
        labelled = samples.order(
            tenant=order.tenant,
            id=order.id,
            external_id=order.external_id,
            event_seq=order.event_seq + 1,
            shipments=shipments,
        )
        self.write(Changes(orders=[(order, labelled)]))
        return labelled

    def _file(self, *scans: Scan) -> None:
        self.write(Changes(scans=[(None, each) for each in scans]))

    def _parcel_is_unchanged(self) -> None:
        with self.store.read() as view:
            same("scans", [samples.scan(shipments=_OURS)], view.scan_scans("acme", ("", ""), ALL))
            same("carriers", [samples.carrier_account()], view.carriers("acme"))
            same("payloads", [samples.payload()], view.payloads("acme", "", ALL))

    # Writing and reading

    def test_scans_are_read_back_as_they_were_written(self) -> None:
        """A scan with all that a carrier can say, one with as little, and both after they were changed, are equal."""
        self._write_parcel()
        self._parcel_is_unchanged()
        bare = samples.scan(id="scan-2", event=samples.bare_event(), received_at=samples.MADE_AT + _MINUTE)
        self._file(bare)
        full = samples.scan(shipments=_OURS)
        swapped = [
            samples.scan(event=bare.event, at=bare.at + _DAY, shipments=()),
            samples.scan(id="scan-2", event=full.event, received_at=bare.received_at, shipments=_OURS),
        ]
        with self.store.read() as view:
            same("both", [full, bare], view.scans("acme", [_KEY]))
        self.write(Changes(scans=[(full, swapped[0]), (bare, swapped[1])]))
        with self.store.read() as view:
            same("swapped", swapped, view.scans("acme", [_KEY]))
            same("waiting", swapped[:1], view.waiting_scans("acme", Slice(ALL)))
            same("strays", [], view.strays())

    def test_every_status_is_read_back(self) -> None:
        """Whatever a carrier says of a parcel, the store keeps it."""
        self._write_parcel()
        scans = [
            samples.scan(id=f"scan-{status}", event=samples.bare_event(status=status), shipments=_OURS)
            for status in sorted(TrackingStatus)
        ]
        self._file(*scans)
        with self.store.read() as view:
            found = {scan.id: scan for scan in view.scans("acme", [_KEY])}
            same("scans", {scan.id: scan for scan in scans}, {scan.id: found[scan.id] for scan in scans})

    def test_a_shipment_shows_what_its_carrier_says(self) -> None:
        """The carrier's newest word is written with the shipment, is changed with it, and is read with it."""
        self._write_parcel()
        told = TrackingState(TrackingStatus.EXCEPTION, "customs", "X ẞ", "Held\n", samples.MADE_AT, True, "2026-01-28")
        bare = TrackingState(TrackingStatus.UNKNOWN, None, "?", None, samples.MADE_AT, False, None)
        order = samples.order(event_seq=2, shipments=(samples.shipment(),))
        for number, state in enumerate((told, bare, None), 3):
            shown = samples.shipment(tracking=state)
            changed = samples.order(event_seq=number, shipments=(shown,))
            self.write(Changes(orders=[(order, changed)]))
            order = changed
            with self.store.read() as view:
                same("shipment", shown, view.shipment("acme", samples.SHIPMENT_ID))
                found = view.order("acme", samples.ORDER_ID)
                same("of its order", (shown,), found.shipments if found is not None else None)
            transaction = self.store.begin()
            same("loaded", [changed], list(transaction.load_orders([("acme", samples.ORDER_ID)])))
            transaction.rollback()

    def test_carriers_are_read_back_as_they_were_written(self) -> None:
        """What is configured, with all that is optional there and not, is read and loaded equal."""
        self._write_parcel()
        plain = samples.carrier_account(
            carrier="dhl",
            secrets=(),
            header=None,
            username=None,
            client_id=None,
            zone=None,
            payload_days=0,
            notices=(),
        )
        closed = samples.carrier_account(proof="closed", secrets=(), updated_at=samples.MADE_AT + _MINUTE)
        self.write(Changes(carriers=[(None, plain), (samples.carrier_account(), closed)]))

        with self.store.read() as view:
            same("by name", [closed, plain], [view.carrier("acme", "ups"), view.carrier("acme", "dhl")])
            same("list", [plain, closed], view.carriers("acme"))
            same("no such", None, view.carrier("acme", "fedex"))
        transaction = self.store.begin()
        keys = [("acme", "dhl"), ("acme", "fedex"), ("acme", "ups"), ("globex", "ups")]
        loaded = sorted(transaction.load_carriers(keys), key=lambda each: each.carrier)
        transaction.rollback()
        same("loaded", [plain, closed], loaded)

    def test_tracking_is_found_in_its_tenant_alone(self) -> None:
        """Whoever names another tenant's parcel or carrier finds nothing, reading or loading."""
        self._write_parcel()
        self.write(Changes(tenants=[(None, samples.tenant(id="globex"))]))
        self._file(samples.scan(id="scan-2"))
        with self.store.read() as view:
            for tenant, found in (("acme", True), ("globex", False), ("nobody", False)):
                rows = {
                    "scans": view.scans(tenant, [_KEY]),
                    "all": view.scan_scans(tenant, ("", ""), ALL),
                    "waiting": view.waiting_scans(tenant, Slice(ALL)),
                    "carrier": view.carrier(tenant, "ups"),
                    "carriers": view.carriers(tenant),
                    "payloads": view.payloads(tenant, "", ALL),
                }
                same(f"what {tenant} finds", dict.fromkeys(rows, found), {k: bool(v) for k, v in rows.items()})
        transaction = self.store.begin()
        same("tracks", {}, dict(transaction.load_tracks([("globex", _KEY)])))
        same("scans", [], list(transaction.load_scans([("globex", _KEY)])))
        transaction.rollback()

    # By parcel

    def test_parcels_lead_to_the_orders_of_their_shipments(self) -> None:
        """However a number and its carrier are written, every order with a shipment of the parcel is found, once."""
        self._write_parcel()
        same_parcel = {"carrier": "ups ground", "tracking_number": "1z999aa1 0123456784"}
        again = samples.shipment(id="shp_2", **same_parcel)
        other = samples.shipment(id="shp_3", carrier="LaserShip", tracking_number="1Z999AA10123456784")
        self._label(samples.order(event_seq=2, shipments=(samples.shipment(),)), samples.shipment(), again, other)
        second = samples.order(id=samples.ORDER_ID[:-1] + "2", external_id="second", event_seq=1)
        self.write(Changes(orders=[(None, second)]))
        self._label(second, samples.shipment(id="shp_4", order_id=second.id, lines=(), **same_parcel))

        keys = [("acme", "ontrac:1Z999AA10123456784"), ("acme", "ups:1Z"), ("acme", _KEY), ("nobody", _KEY)]
        transaction = self.store.begin()
        found = {key: list(ids) for key, ids in transaction.load_tracks(sorted(keys)).items()}
        transaction.rollback()
        same("orders", {keys[0]: [samples.ORDER_ID], keys[2]: [samples.ORDER_ID, second.id]}, found)

    def test_scans_are_loaded_by_parcel(self) -> None:
        """All scans of the parcels that are named, of whichever tenant, and of no other parcel."""
        self._write_parcel()
        self.write(Changes(tenants=[(None, samples.tenant(id="globex"))]))
        others = [
            samples.scan(id="scan-2"),
            samples.scan(id="scan-1", track_key="ups:1Z"),
            samples.scan(id="scan-1", tenant="globex"),
            samples.scan(id="scan-3", track_key=f"{_KEY}0"),
        ]
        self._file(*others)
        transaction = self.store.begin()
        for keys, expected in (
            ([("acme", _KEY)], [("acme", _KEY, "scan-1"), ("acme", _KEY, "scan-2")]),
            ([("acme", "ups:1Z"), ("globex", _KEY)], [("acme", "ups:1Z", "scan-1"), ("globex", _KEY, "scan-1")]),
            ([("nobody", _KEY)], []),
        ):
            found = sorted((each.tenant, each.track_key, each.id) for each in transaction.load_scans(keys))
            same(f"scans of {keys}", expected, found)
        transaction.rollback()
        with self.store.read() as view:
            read = view.scans("acme", [f"{_KEY}0", "ups:1Z", _KEY])
            same("read", sorted((each.track_key, each.id) for each in read), [(e.track_key, e.id) for e in read])
            same("how many", 4, len(read))
            same("none", [], view.scans("acme", []))

    def test_scans_page(self) -> None:
        """Scans are walked through by parcel and id, each once, however long the pages are."""
        self._write_parcel()
        scans = [samples.scan(track_key=f"ups:{n // 3}", id=f"{n:03}") for n in range(10)]
        self._file(*scans)
        expected = sorted([(each.track_key, each.id) for each in scans] + [(_KEY, "scan-1")])
        with self.store.read() as view:
            for limit in (1, 2, 3, 100):
                after, found = ("", ""), []
                while page := view.scan_scans("acme", after, limit):
                    same("page", True, len(page) <= limit)
                    found += [(each.track_key, each.id) for each in page]
                    after = found[-1]
                same(f"by {limit}", expected, found)

    def test_scans_that_wait_are_listed(self) -> None:
        """Those of no shipment, received last first; one that is taken by a shipment waits no more."""
        self._write_parcel()
        scans = [samples.scan(id=f"w-{n}", received_at=samples.MADE_AT + n * _MINUTE) for n in (2, 0, 3, 1)]
        self._file(*scans)
        newest = sorted(scans, key=lambda each: each.received_at, reverse=True)
        with self.store.read() as view:
            for limit, offset in ((ALL, 0), (2, 0), (2, 1), (2, 3), (2, 9)):
                part = view.waiting_scans("acme", Slice(limit, offset))
                same(f"{limit} from {offset}", newest[offset:][:limit], part)
        taken = samples.scan(id="w-3", received_at=newest[0].received_at, shipments=_OURS)
        self.write(Changes(scans=[(newest[0], taken)]))
        with self.store.read() as view:
            same("after one was taken", newest[1:], view.waiting_scans("acme", Slice(ALL)))

    def test_payloads_are_read_oldest_first(self) -> None:
        """What carriers sent comes by id, after an id, at most so many."""
        self._write_parcel()
        self.write(Changes(payloads=[(None, samples.payload(id=f"pay_{n}")) for n in (4, 2, 3)]))
        with self.store.read() as view:
            for after, limit, expected in (("", ALL, "1234"), ("", 2, "12"), ("pay_2", 1, "3"), ("pay_4", 2, "")):
                found = view.payloads("acme", after, limit)
                same(f"{limit} after {after!r}", [f"pay_{n}" for n in expected], [each.id for each in found])

    # Guards

    def test_what_is_configured_is_not_overwritten_unseen(self) -> None:
        """What is configured for a carrier is written only over what it was decided on."""
        self._write_parcel()
        stale = samples.carrier_account(updated_at=samples.MADE_AT - _MINUTE)
        self.refuses(Changes(carriers=[(stale, samples.carrier_account(secrets=()))]))
        self._parcel_is_unchanged()

    def test_a_payload_is_sealed_anew_where_it_is_as_it_was(self) -> None:
        """Its seal alone changes, and only over the one that was read: it may have been cleared or sealed meanwhile."""
        self._write_parcel()
        kept, other = samples.payload(), samples.payload(id="pay_2")
        self.refuses(Changes(payloads=[(attrs.evolve(kept, sealed="older"), attrs.evolve(kept, sealed="newer"))]))
        self.refuses(Changes(payloads=[(other, attrs.evolve(other, sealed="newer"))]))
        self._parcel_is_unchanged()
        self.write(Changes(payloads=[(kept, attrs.evolve(kept, sealed="newer"))]))
        with self.store.read() as view:
            same("payloads", [attrs.evolve(kept, sealed="newer")], view.payloads("acme", "", ALL))

    def test_tracking_that_is_not_there_is_not_changed(self) -> None:
        """Changing a scan or a carrier that does not exist is refused, and so is making one, or a payload, twice."""
        self._write_parcel()
        for made in (
            Changes(scans=[(samples.scan(id="scan-2"),) * 2]),
            Changes(scans=[(None, samples.scan())]),
            Changes(carriers=[(samples.carrier_account(carrier="dhl"),) * 2]),
            Changes(carriers=[(None, samples.carrier_account())]),
            Changes(payloads=[(None, samples.payload())]),
        ):
            self.refuses(made)
        self._parcel_is_unchanged()

    def test_tracking_belongs_to_a_tenant(self) -> None:
        """A scan, a configuration and a payload of no tenant are refused."""
        self._write_parcel()
        for stray in (
            Changes(scans=[(None, samples.scan(tenant="nobody"))]),
            Changes(carriers=[(None, samples.carrier_account(tenant="nobody"))]),
            Changes(payloads=[(None, samples.payload(tenant="nobody"))]),
        ):
            self.refuses(stray)
        self._parcel_is_unchanged()

    def test_scans_that_point_to_nothing_are_noticed(self) -> None:
        """A scan of a shipment that is not there, of another order, or of another tenant is refused, or is a stray."""
        self._write_parcel()
        self.write(Changes(tenants=[(None, samples.tenant(id="globex"))]))
        for number, stray in enumerate(
            (
                samples.scan(id="s-0", shipments=((samples.ORDER_ID, "shp_2"),)),
                samples.scan(id="s-1", shipments=((samples.ORDER_ID[:-1] + "9", samples.SHIPMENT_ID),)),
                samples.scan(id="s-2", shipments=_OURS, tenant="globex"),
                samples.scan(id="s-3", shipments=(*_OURS, (samples.ORDER_ID, "shp_2"))),
            )
        ):
            try:
                self._file(stray)
            except StoreConflict:
                continue
            with self.store.read() as view:
                same("strays", 1, sum(f"s-{number}" in words for words in view.strays()))

    # What has aged

    def test_tracking_that_has_aged_is_cleared(self) -> None:
        """Payloads go when their time is up, scans of no shipment when they are old: at most so many, no others."""
        self._write_parcel()
        self.write(Changes(tenants=[(None, samples.tenant(id="globex"))]))
        now, old = samples.MADE_AT + _DAY, samples.MADE_AT - _DAY
        payloads = [samples.payload(id=f"pay_{n}", expires_at=at) for n, at in ((2, old), (3, now), (4, now + _MINUTE))]
        scans = [
            samples.scan(id="old-1", received_at=old),
            samples.scan(id="old-2", received_at=old, tenant="globex"),
            samples.scan(id="old-3", received_at=samples.MADE_AT - timedelta(microseconds=1)),
            samples.scan(id="old-4", received_at=old, shipments=_OURS),
            samples.scan(id="new"),
        ]
        self.write(Changes(payloads=[(None, each) for each in payloads], scans=[(None, each) for each in scans]))
        before = AgeLimits(results=old, deliveries=old, scans=samples.MADE_AT, now=now)
        for expected in ((2, 2), (1, 1), (0, 0)):
            transaction = self.store.begin()
            cleared = transaction.clear_aged(before, 2)
            transaction.commit()
            same("cleared", expected, tuple(cleared)[5:])
        with self.store.read() as view:
            same("payloads", ["pay_4"], [each.id for each in view.payloads("acme", "", ALL)])
            same("scans", {"new", "old-4", "scan-1"}, {each.id for each in view.scans("acme", [_KEY])})
            same("waiting", ["new"], [each.id for each in view.waiting_scans("acme", Slice(ALL))])
            same("theirs", [], view.scans("globex", [_KEY]))
            same("strays", [], view.strays())
