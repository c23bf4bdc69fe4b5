"""What a dispatcher asks a store for: whom it can deliver to, and what, over a clock that is set back too."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from vectis_core.ports import Changes
from vectis_core.testing import samples
from vectis_core.testing.comparing import same
from vectis_core.testing.conformance.base import ConformanceBase
from vectis_core.webhooks.model import Delivery, DeliveryStatus, Subscription, SubscriptionStatus, Trigger
from vectis_core.webhooks.schedule import CLOCK_STEP, WAIT_MAX

_MINUTE = timedelta(minutes=1)
_YEAR = timedelta(days=365)
#: What stores keep moments by.
_TICK = timedelta(microseconds=1)
_DELETED = SubscriptionStatus.DELETED
_MADE_AT = samples.MADE_AT
#: Of one endpoint: its id, and the deliveries that are due, in their order.
_Due = tuple[str, list[str]]


class DispatchConformance(ConformanceBase):
    """Who is due, with what, when."""

    def _put(self, webhooks: Iterable[Subscription] = (), deliveries: Iterable[Delivery] = ()) -> None:
        """Commit new webhooks and new deliveries."""
        self.write(
            Changes(subscriptions=[(None, each) for each in webhooks], deliveries=[(None, each) for each in deliveries])
        )

    def _due(self, now: datetime, well: int = 9, ailing: int = 9, deliveries: int = 9) -> list[_Due]:
        transaction = self.store.begin()
        found = transaction.load_due(now, well, ailing, deliveries)
        told = [(webhook.id, [delivery.id for delivery in waiting]) for webhook, waiting in found]
        transaction.rollback()
        return told

    def _next_due(self, now: datetime) -> datetime | None:
        with self.store.read() as view:
            return view.next_due(now)

    def test_who_can_be_claimed(self) -> None:
        """Active endpoints that nobody has leased, that do not rest, and for which something is due, and no others."""
        self.write_shop()
        self.write(Changes(tenants=[(None, samples.tenant(id="globex"))], events=[]))
        now = _MADE_AT
        new = samples.new_subscription
        webhooks = {
            "whk_active": new(),
            "whk_ended": new(leased_until=now, rests_until=now, lease_token=1),
            "whk_leased": new(leased_until=now + _MINUTE, lease_token=1),
            "whk_rests": new(rests_until=now + _MINUTE),
            "whk_paused": new(status=SubscriptionStatus.PAUSED),
            "whk_disabled": new(status=SubscriptionStatus.DISABLED),
            "whk_deleted": new(status=_DELETED),
            "whk_idle": new(),
            "whk_later": new(),
        }
        self._put(
            [samples.new_subscription(**_differing(each, id=name)) for name, each in webhooks.items()],
            [
                samples.new_delivery(id=f"whd_{name}", subscription_id=name)
                for name in webhooks
                if name not in {"whk_idle", "whk_later"}
            ],
        )
        skipped = {"status": DeliveryStatus.SKIPPED, "due_at": None}
        self._put(
            deliveries=[
                samples.new_delivery(id="whd_skipped", subscription_id="whk_idle", **skipped),
                samples.delivery(id="whd_later", subscription_id="whk_later", due_at=now + _MINUTE),
            ]
        )

        same("now", ["whk_active", "whk_ended"], sorted(name for name, _ in self._due(now)))
        later = ["whk_active", "whk_ended", "whk_later", "whk_leased", "whk_rests"]
        same("later", later, sorted(name for name, _ in self._due(now + _MINUTE)))

    def test_in_which_order_deliveries_are_tried(self) -> None:
        """Untried ones by position, whatever the clock says, and among them those that are due again, by when."""
        self.write_shop()
        self.write(Changes(events=[samples.event(sequence=number, id=f"event-{number}") for number in (2, 3)]))
        now = _MADE_AT
        first = [
            samples.new_delivery(id="whd_2", due_at=now - _MINUTE),
            # Made after the clock was set back, and after it was set forward again.
            samples.new_delivery(id="whd_1", sequence=2, position=2, due_at=now - 3 * _MINUTE),
            samples.new_delivery(id="whd_3", sequence=3, position=3, due_at=now + 9 * _MINUTE),
        ]
        again = [
            samples.delivery(id="whd_9", due_at=now - 2 * _MINUTE),
            samples.delivery(id="whd_8", due_at=now),
            samples.delivery(id="whd_7", due_at=now, attempts=5),
            samples.delivery(id="whd_6", due_at=now + timedelta(microseconds=1)),
        ]
        others = [
            samples.delivery(id="whd_5", status=DeliveryStatus.EXHAUSTED, due_at=None),
            samples.new_delivery(id="whd_4", status=DeliveryStatus.SKIPPED, due_at=None),
        ]
        self._put([samples.new_subscription()], [*others, *again, *first[::-1]])
        ordered = ["whd_9", "whd_2", "whd_1", "whd_7", "whd_8", "whd_3"]

        same("all", [("whk_1", ordered)], self._due(now))
        for most in (1, 2, 5, 6):
            same(f"{most} of them", [("whk_1", ordered[:most])], self._due(now, deliveries=most))
        same("later", [("whk_1", [*ordered[:5], "whd_6", "whd_3"])], self._due(now + _MINUTE))

    def test_replays_wait_for_what_is_new(self) -> None:
        """First attempts of a replay come after all others, by position, and take turns with what is due again."""
        self.write_shop()
        self.write(Changes(events=[samples.event(sequence=number, id=f"event-{number}") for number in (2, 3)]))
        now = _MADE_AT
        triggers = [(Trigger.REPLAY, 1), (Trigger.REPLAY, 2), (Trigger.EVENT, 3), (Trigger.REDELIVERY, 2)]
        first = [
            samples.new_delivery(
                id=f"whd_{number}", sequence=place, position=place, trigger=trigger, due_at=now - _MINUTE
            )
            for number, (trigger, place) in enumerate(triggers)
        ]
        again = samples.delivery(id="whd_9", trigger=Trigger.REPLAY, due_at=now - 2 * _MINUTE)
        self._put([samples.new_subscription()], [*first, again])
        ordered = ["whd_9", "whd_3", "whd_2", "whd_0", "whd_1"]

        for most in range(1, 6):
            same(f"{most} of them", [("whk_1", ordered[:most])], self._due(now, deliveries=most))

    # A clock that was set back

    def test_a_lease_from_before_the_clock_was_set_back_is_found(self) -> None:
        """One that began further ahead of now than clocks differ is found as if it had ended; no other is."""
        self.write_shop()
        now, step = _MADE_AT, CLOCK_STEP
        moments = {
            "whk_stands": (now - 30 * _MINUTE, now + 30 * _MINUTE),
            "whk_near": (now + step, now + step + _MINUTE),
            "whk_stranded": (now + step + _TICK, now + step + _MINUTE),
            "whk_year": (now + _YEAR, now + _YEAR + _MINUTE),
        }
        self._put(
            [
                samples.new_subscription(id=name, claimed_at=claimed_at, leased_until=until, lease_token=1)
                for name, (claimed_at, until) in moments.items()
            ],
            [samples.new_delivery(id=f"whd_{name}", subscription_id=name) for name in list(moments)[:2]],
        )
        same("none", [], self._due(now))
        same("the first to end", now + step + _MINUTE, self._next_due(now))
        late = list(moments)[2:]
        self._put(deliveries=[samples.new_delivery(id=f"whd_{name}", subscription_id=name) for name in late])

        same("found", late, [name for name, _ in self._due(now)])
        self._is_due_now(now)

    def test_a_rest_from_before_the_clock_was_set_back_is_over(self) -> None:
        """A rest that ends further ahead than any is put has ended; one that ends as far as that has not."""
        self.write_shop()
        now = _MADE_AT
        for name, until in (("whk_rests", now + WAIT_MAX), ("whk_stranded", now + WAIT_MAX + _TICK)):
            self._put(
                [samples.new_subscription(id=name, rests_until=until)],
                [samples.new_delivery(id=f"whd_{name}", subscription_id=name)],
            )
            if name == "whk_rests":
                same("the end of the rest", until, self._next_due(now))

        same("found", ["whk_stranded"], [name for name, _ in self._due(now)])
        self._is_due_now(now)

    def test_a_retry_from_before_the_clock_was_set_back_is_due(self) -> None:
        """A retry that is due further ahead than any is put is due, after those whose time has come."""
        self.write_shop()
        now = _MADE_AT
        waits = samples.delivery(id="whd_waits", due_at=now + WAIT_MAX)
        self._put([samples.new_subscription()], [waits])
        same("none", [], self._due(now))
        same("the retry", now + WAIT_MAX, self._next_due(now))
        stranded = [
            samples.delivery(id=f"whd_{number}", due_at=now + after)
            for number, after in enumerate((_YEAR, WAIT_MAX + _TICK, 2 * _YEAR))
        ]
        self._put(deliveries=stranded)
        self._is_due_now(now)
        self._put(deliveries=[samples.delivery(id="whd_due"), samples.new_delivery(id="whd_new")])
        ordered = ["whd_due", "whd_new", "whd_1", "whd_0", "whd_2"]

        for most in range(1, 6):
            same(f"{most} of them", [("whk_1", ordered[:most])], self._due(now, deliveries=most))
        later = self._due(now + WAIT_MAX)
        same("when its time has come", [("whk_1", ["whd_due", "whd_new", "whd_waits", "whd_0", "whd_2"])], later)

    def test_who_was_claimed_before_the_clock_was_set_back_does_not_wait_for_it(self) -> None:
        """Endpoints that were claimed at a moment that is still to come are next, after those that never were."""
        self.write_shop()
        claimed = {"whk_a": _MADE_AT, "whk_b": _MADE_AT + _YEAR, "whk_c": _MADE_AT - _MINUTE, "whk_d": None}
        self._put(
            [samples.new_subscription(id=name, claimed_at=at) for name, at in claimed.items()],
            [samples.new_delivery(id=f"whd_{name}", subscription_id=name) for name in claimed],
        )

        for most in range(1, 5):
            expected = ["whk_d", "whk_b", "whk_c", "whk_a"][:most]
            same(f"{most} of them", expected, [name for name, _ in self._due(_MADE_AT, well=most)])

    def _is_due_now(self, now: datetime) -> None:
        due = self._next_due(now)
        same("something can be claimed", True, due is not None and due <= now)

    def test_a_delivery_has_the_place_of_its_event(self) -> None:
        """A delivery of an event of the same batch gets the position that the event gets."""
        self.write_shop()
        self._put([samples.new_subscription()])
        made = [
            samples.new_delivery(id=f"whd_{number}", sequence=number, event_id=f"event-{number}", position=0)
            for number in (3, 2)
        ]
        events = [samples.event(sequence=number, id=f"event-{number}") for number in (2, 3)]
        self.write(Changes(events=events, deliveries=[(None, each) for each in made]))

        with self.store.read() as view:
            found = [view.delivery("acme", each.id) for each in made]
            same("positions", [3, 2], [each.position for each in found if each is not None])
        same("turns", [("whk_1", ["whd_2", "whd_3"])], self._due(_MADE_AT))

    def test_whose_turn_it_is(self) -> None:
        """Endpoints that were not claimed for longest come first; those that fail have places of their own."""
        self.write_shop()
        webhooks = []
        for number, minutes in enumerate((3, 1, None, 2, 0)):
            claimed_at = None if minutes is None else _MADE_AT - (3 - minutes) * _MINUTE
            webhooks.append(samples.new_subscription(id=f"whk_well_{number}", claimed_at=claimed_at))
            ails = {"failures": 1, "failing_since": _MADE_AT}
            webhooks.append(samples.new_subscription(id=f"whk_ails_{number}", claimed_at=claimed_at, **ails))
        deliveries = [samples.new_delivery(id=f"whd_{each.id}", subscription_id=each.id) for each in webhooks]
        self._put(webhooks, deliveries)
        turns = [2, 4, 1, 3, 0]

        for well, ailing in ((9, 9), (2, 1), (0, 3), (1, 0), (0, 0)):
            due = [name for name, _ in self._due(_MADE_AT, well, ailing)]
            for kind, most in (("well", well), ("ails", ailing)):
                expected = [f"whk_{kind}_{number}" for number in turns[:most]]
                same(f"{most} {kind}", expected, [name for name in due if kind in name])

    def test_when_to_look_again(self) -> None:
        """The next moment at which anything can be claimed: of leases, rests and deliveries the latest, at the first
        endpoint for which that comes; what is not active is not waited for."""
        self.write_shop()
        now = _MADE_AT
        same("nothing", None, self._next_due(now))
        self._put(
            [
                samples.new_subscription(id="whk_1", leased_until=now + 5 * _MINUTE, lease_token=1),
                samples.new_subscription(id="whk_2", status=SubscriptionStatus.PAUSED),
                samples.new_subscription(id="whk_3", rests_until=now + 3 * _MINUTE),
                samples.new_subscription(id="whk_4"),
                samples.new_subscription(id="whk_5"),
            ],
            [samples.new_delivery(id="whd_1", subscription_id="whk_1")],
        )
        same("lease", now + 5 * _MINUTE, self._next_due(now))
        self._put(deliveries=[samples.new_delivery(id="whd_2", subscription_id="whk_2")])
        same("paused", now + 5 * _MINUTE, self._next_due(now))
        self._put(deliveries=[samples.delivery(id="whd_3", subscription_id="whk_3")])
        same("rest", now + 3 * _MINUTE, self._next_due(now))
        late = [
            samples.delivery(id=f"whd_4{n}", subscription_id="whk_4", due_at=now + n * _MINUTE) for n in (4, 2, 1, 3)
        ]
        self._put(deliveries=late)
        same("due", now + _MINUTE, self._next_due(now))
        self._put(deliveries=[samples.new_delivery(id="whd_5", subscription_id="whk_5", due_at=now + 9 * _MINUTE)])
        due = self._next_due(now)
        same("untried ones wait for no clock", True, due is not None and due <= now)


def _differing(webhook: Subscription, **changes: Any) -> dict[str, Any]:
    """Return what makes a webhook, with *changes*."""
    names = ("status", "leased_until", "rests_until", "lease_token")
    return {name: getattr(webhook, name) for name in names} | changes
