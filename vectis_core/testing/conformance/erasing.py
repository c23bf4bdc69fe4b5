"""What a backend does when a customer's data are erased: rows are found, overwritten and deleted."""

from __future__ import annotations

from datetime import timedelta

import attrs

from vectis_core.commands import KeepPayload
from vectis_core.orders.erasure import ERASED, erased_event, erasing
from vectis_core.orders.model import Address, Item, Order, Placed
from vectis_core.ports import Changes, OrderFilter, Slice
from vectis_core.tenancy import Caller
from vectis_core.testing import samples
from vectis_core.testing.comparing import ALL, same
from vectis_core.testing.conformance.base import ConformanceBase, shop_changes
from vectis_core.tracking.accounts import payload_owner
from vectis_core.tracking.model import TrackingEvent
from vectis_core.tracking.statuses import TrackingStatus

_MINUTE = timedelta(minutes=1)
#: What stands in everything personal that these tests write.
_MARK = "Zyxwvut"


class ErasureConformance(ConformanceBase):
    """Erasing what is personal, and moving on with the rest."""

    def _place(self, external_id: str, customer_id: str | None = "jane", email: str | None = None) -> Placed:
        address = Address(f"{_MARK} Smith", f"1 {_MARK} St", _MARK, "US", phone=f"{_MARK}-1", postal_code=_MARK)
        return self.vectis.orders.create(
            external_id=external_id,
            items=[Item(samples.SKU, 1, "1.25")],
            shipping_addresses=[address, address],
            billing_address=address,
            customer_id=customer_id,
            customer_email=email,
        )

    def _delivered(self, placed: Placed, number: str = "1Z999AA10123456784") -> Order:
        """Ship an order, and let its carrier deliver it to somebody who signs."""
        self.vectis.orders.confirm(placed.order.id)
        self.vectis.orders.ship(placed.order.id, carrier="UPS", tracking_number=number)
        self.vectis.tracking.record(self._signed(number))
        return self.vectis.orders.get(placed.order.id)

    @staticmethod
    def _signed(number: str, code: str = "KB") -> TrackingEvent:
        event = attrs.evolve(
            samples.tracking_event(),
            tracking_number=number,
            status=TrackingStatus.DELIVERED,
            reason=None,
            corrects=False,
            signer=_MARK,
            description=f"Signed for by {_MARK}",
            sub_code=f"Signed for by {_MARK}",
        )
        place = attrs.evolve(event.place, city=_MARK, postal_code=_MARK)
        return attrs.evolve(event, place=place, proof_url=f"https://example.com/{_MARK}", code=code)

    def test_orders_are_found_by_email_address(self) -> None:
        """In small or capital ASCII letters, alone and beside other filters, counted and in pages."""
        self.stocked()
        emails = [
            "jane@example.com",
            "Jane@Example.COM",
            "joe@example.com",
            None,
            "janÉ@example.com",
            "jané@example.com",
        ]
        for number, email in enumerate(emails):
            self._place(f"ORDER-{number}", [None, "jane"][number % 2], email)
            self.clock.advance(_MINUTE)
        orders = list(self.vectis.orders.list())
        with self.store.read() as view:
            for asked, customer, expected in (
                ("JANE@example.com", None, "10"),
                ("jane@example.com", "jane", "1"),
                ("jané@example.com", None, "5"),
                ("jan_@example.com", None, ""),
                ("nobody@example.com", None, ""),
            ):
                where = OrderFilter(customer_email=asked, customer_id=customer)
                rows = [next(o for o in orders if o.external_id == f"ORDER-{number}") for number in expected]
                self.compare_list(
                    rows,
                    lambda part, where=where: view.orders("default", where, part),  # type: ignore[misc]  # binds now
                    view.count_orders("default", where),
                    where.customer_id,
                )
                same("of another tenant", [], view.orders("acme", where, Slice(ALL)))

    def test_what_is_personal_is_overwritten(self) -> None:
        """All fields that erasing changes are written, and lists by the customer follow."""
        self.write(shop_changes())
        before = samples.order()
        by_email = attrs.evolve(before, customer_id="jane@example.com", event_seq=before.event_seq + 1)
        after = attrs.evolve(by_email, event_seq=by_email.event_seq + 1, **erasing(by_email))
        self.write(Changes(orders=[(before, attrs.evolve(before, event_seq=by_email.event_seq))]))
        self.write(Changes(orders=[(by_email, after)]))
        with self.store.read() as view:
            same("the order", after, view.order("acme", before.id))
            for former in (before.customer_id, by_email.customer_id):
                same(f"customer {former}", [], view.orders("acme", OrderFilter(customer_id=former), Slice(ALL)))
            same("email", [], view.orders("acme", OrderFilter(customer_email=before.customer_email), Slice(ALL)))
        scan = samples.scan()
        erased = attrs.evolve(scan, event=erased_event(scan.event))
        self.write(Changes(scans=[(None, scan)]))
        self.write(Changes(scans=[(scan, erased)]))
        with self.store.read() as view:
            same("the scan", [erased], view.scans("acme", [scan.track_key]))

    def test_payloads_are_loaded_sealed_anew_and_deleted(self) -> None:
        """A page of a tenant's payloads is loaded; one is sealed anew, one deleted, others stay."""
        self.write(shop_changes())
        self.write(Changes(tenants=[(None, samples.tenant(id="globex"))]))
        kept = [samples.payload(id=f"pay_{number}") for number in range(1, 5)]
        theirs = samples.payload(id="pay_2", tenant="globex")
        self.write(Changes(payloads=[(None, each) for each in (*kept, theirs)]))
        transaction = self.store.begin()
        pages = [list(transaction.load_payloads("acme", after, limit)) for after, limit in (("", 2), ("pay_2", 9))]
        transaction.rollback()
        same("pages", [kept[:2], kept[2:]], pages)

        anew = attrs.evolve(kept[1], sealed="anew")
        self.write(Changes(payloads=[(kept[1], anew)], dropped=[("acme", "pay_1"), ("acme", "pay_4")]))
        with self.store.read() as view:
            same("ours", [anew, kept[2]], view.payloads("acme", "", ALL))
            same("theirs", [theirs], view.payloads("globex", "", ALL))
        for gone in (Changes(dropped=[("acme", "pay_1")]), Changes(payloads=[(kept[0], kept[0])])):
            self.refuses(gone)
        with self.store.read() as view:
            same("strays", [], view.strays())

    def test_a_customer_is_erased(self) -> None:
        """Nothing personal is left in any row; books, totals and events are whole; again, it changes nothing."""
        self.stocked()
        ended = self._delivered(self._place("ORDER-1", email=f"{_MARK}@example.com"))
        cancelled = self.vectis.orders.cancel(self._place("ORDER-2").order.id, "Too late")
        waiting = self._place("ORDER-3").order
        other = self._delivered(self._place("ORDER-4", "joe"), "1Z999AA10123456785")
        away = self._place("ORDER-5").order
        self.vectis.orders.confirm(away.id)
        self.vectis.orders.ship(away.id, carrier="UPS", tracking_number="1Z999AA10123456786")
        away = self.vectis.orders.get(away.id)
        postponed = (away.id, waiting.id)
        self._keep(f'{{"number": " 1z999aa10123456784 ", "to": "{_MARK}"}}', '{"number": "1Z999AA10123456785"}')

        done = self.vectis.customers.erase(customer_id="jane")
        same("erased", {ended.id, cancelled.id}, set(done.erased))
        same("others", (0, postponed, 1), (done.erased_before, done.postponed, done.payloads))
        for before in (ended, cancelled):
            after = self.vectis.orders.get(before.id)
            same("mark", False, _MARK in repr(after))
            same("figures", (before.total, before.lines), (after.total, after.lines))
            same("erased", True, after.is_erased)
            same("told", "order.redacted", self.vectis.orders.history(before.id)[-1].type)
        same("timeline", False, _MARK in repr(self.vectis.tracking.of_order(ended.id)))
        for untouched in (waiting, away, other):
            same("untouched", untouched, self.vectis.orders.get(untouched.id))
        with self.store.read() as view:
            same("payloads", 1, len(view.payloads("default", "", ALL)))
            same("results", False, _MARK in repr(view.events("default", 0, (), ALL)))
        self.check_books()

        last = self.vectis.events().page().next
        again = self.vectis.customers.erase(customer_id="jane")
        same("again", ((), 2, postponed, 0), (again.erased, again.erased_before, again.postponed, again.payloads))
        same("events", [], list(self.vectis.events(after=last)))

    def test_what_a_carrier_tells_later_is_filed_without_the_person(self) -> None:
        """A scan of an erased order's parcel, or one that is read again, brings nothing personal back."""
        self.stocked()
        order = self._delivered(self._place("ORDER-1"))
        self.vectis.customers.erase(customer_id="jane")
        late = self._signed("1Z999AA10123456784", code="LATE")
        self.vectis.tracking.record(late)
        self.vectis.tracking.record(late)
        timeline = self.vectis.tracking.of_order(order.id)
        same("scans", 2, len(timeline[0].entries))
        same("mark", False, _MARK in repr((timeline, self.vectis.orders.get(order.id))))
        self.check_books()

    def test_words_that_look_erased_are_erased(self) -> None:
        """A city that reads as what erasing leaves behind shelters nobody's name."""
        self.stocked()
        order = self._delivered(self._place("ORDER-1"))
        sly = self._signed("1Z999AA10123456784", code="SLY")
        self.vectis.tracking.record(attrs.evolve(sly, place=attrs.evolve(sly.place, city=ERASED)))
        self.vectis.customers.erase(customer_id="jane")
        same("mark", False, _MARK in repr(self.vectis.tracking.of_order(order.id)))
        self.check_books()

    def test_a_repeat_of_a_command_brings_nothing_back(self) -> None:
        """What a command came to is told again without the person, whose id was an e-mail address."""
        self.stocked()
        placed = self._place("ORDER-1", f"{_MARK}@example.com", f"{_MARK}@example.com")
        first = self.vectis.orders.cancel(placed.order.id, "Too late", command_id="cancel")
        same("before", first, self.vectis.orders.cancel(placed.order.id, "Too late", command_id="cancel"))
        self.vectis.customers.erase(customer_id=f"{_MARK}@example.com")
        again = self.vectis.orders.cancel(placed.order.id, "Too late", command_id="cancel")
        same("again", (False, True, first.status), (_MARK in repr(again), again.is_erased, again.status))
        self.check_books()

    def test_orders_in_one_parcel_forget_together(self) -> None:
        """Another order that travelled in the parcel shows no more of it than is left, and says that it has changed."""
        self.stocked()
        first, second = self._place("ORDER-1", "jane"), self._place("ORDER-2", "joe")
        for placed in (first, second):
            self.vectis.orders.confirm(placed.order.id)
            self.vectis.orders.ship(placed.order.id, carrier="UPS", tracking_number="1Z999AA10123456784")
        self.vectis.tracking.record(self._signed("1Z999AA10123456784"))
        self.vectis.customers.erase(customer_id="jane")
        same("mark", False, _MARK in repr(self.vectis.tracking.of_order(second.order.id)))
        same("their own", True, _MARK in repr(self.vectis.orders.get(second.order.id)))
        told = self.vectis.orders.history(second.order.id)[-1]
        same("told", ("shipment.tracking_updated", True), (told.type, told.data["isCurrent"]))
        self.check_books()

    def test_purging_loses_nothing_that_is_left(self) -> None:
        """Whether a store can let go of former bytes or not, all rows stay, also for those who read meanwhile."""
        self.stocked()
        self._delivered(self._place("ORDER-1"))
        with self.store.read() as view:
            before = view.orders("default", OrderFilter(), Slice(ALL))
            answer = self.store.purge()
            same("meanwhile", before, view.orders("default", OrderFilter(), Slice(ALL)))
        same("an answer", True, answer in {True, False})
        again = self.store.purge()
        same("erasing says the same", again, self.vectis.customers.erase(customer_id="nobody").purged)
        same("after", before, list(self.vectis.orders.list()))
        self.check_books()

    def _keep(self, *payloads: str) -> None:
        for text in payloads:
            sealed = self.vectis.vault.seal(text.encode(), payload_owner("default", "ups"))
            now = self.clock.now()
            self.vectis.run(KeepPayload(caller=Caller(), carrier="ups", received_at=now, days=7, sealed=sealed))
