"""One thing of the webhooks is broken at a time, and exactly that is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from verify.shop import EmptyShop, place

from vectis_core.commands import ClaimDeliveries, SettleDeliveries
from vectis_core.events import EventType
from vectis_core.tenancy import Caller
from vectis_core.verify import Group, verify
from vectis_core.webhooks.model import Delivery, DeliveryStatus, Report, SealedSecret, SubscriptionStatus
from vectis_core.webhooks.schedule import Policy


class Shop(EmptyShop):
    """A webhook with a delivery in every state, a test and a replay; another one that is disabled."""

    def __init__(self) -> None:
        super().__init__()
        self.face.products.create(sku="A", name="A")
        self.stock = next(iter(self.face.inventory.list())).id
        self.face.inventory.adjust(self.stock, 9, "found")
        self.hook = self._subscribed("a")
        gone = self._subscribed("gone")
        for external_id, code in (("delivered", 200), ("exhausted", 404), ("tried", 503)):
            self._told(external_id, code)
        self._pause(active=False)
        place(self.face, "skipped", ("A", 1))
        self._pause(active=True)
        place(self.face, "waiting", ("A", 1))
        self.face.webhooks.test(self.hook)
        self.face.webhooks.replay(self.hook, self.face.webhooks.get(self.hook).created_at)
        self.gone = gone
        self._answer(410, gone)

    def _subscribed(self, name: str) -> str:
        made = self.face.webhooks.create(f"https://{name}.test/", ["order.*"], secret="a secret of the test")
        return made.subscription.id

    def _pause(self, *, active: bool) -> None:
        self.face.webhooks.update(self.hook, active=active)

    def _told(self, external_id: str, code: int) -> None:
        place(self.face, external_id, ("A", 1))
        self._answer(code, self.hook)

    def _answer(self, code: int, webhook: str) -> None:
        """Answer what is due for a webhook; 404 is an answer after which nothing is tried again."""
        policy = Policy(delays=()) if code == 404 else Policy()
        for lease in self.engine.run(ClaimDeliveries(well=9, ailing=9, deliveries=1, lease_seconds=45)):
            delivery = lease.parcels[0].delivery
            is_meant = lease.subscription.id == webhook
            report = Report(delivery.id, self.store.now(), code, None, 1, None)
            self.engine.run(
                SettleDeliveries(
                    caller=Caller(),
                    subscription_id=lease.subscription.id,
                    lease_token=lease.token,
                    reports=(report,) if is_meant else (),
                    policy=policy,
                )
            )

    def delivery(self, external_id: str) -> Delivery:
        """Return the delivery of an order's event to the first webhook."""
        order = self.order(external_id).id
        return next(each for each in self.face.webhooks.deliveries(self.hook) if each.subject_id == order)

    def change(self, delivery: Delivery, **fields: Any) -> dict[str, str]:
        """Change fields of a delivery, and return what a fault of it names."""
        self.alter("deliveries", lambda row: row.id == delivery.id, **fields)
        return {"webhook": delivery.subscription_id, "delivery": delivery.id}

    def change_hook(self, **fields: Any) -> dict[str, str]:
        """Change fields of the webhook, and return what a fault of it names."""
        self.alter("subscriptions", lambda row: row.id == self.hook, **fields)
        return {"webhook": self.hook}


#: Breaks one thing; returns the rows that the fault must name.
Break = Callable[[Shop], dict[str, str]]
CASES: list[tuple[str, Break]] = []


def breaks(rule: str) -> Callable[[Break], Break]:
    """Add the function as a case that breaks this rule alone."""

    def add(broken: Break) -> Break:
        CASES.append((rule, broken))
        return broken

    return add


@breaks("secret")
def no_secret(shop: Shop) -> dict[str, str]:
    """Nothing can be signed."""
    return shop.change_hook(secrets=())


@breaks("secret")
def no_secret_that_stays(shop: Shop) -> dict[str, str]:
    """The newest secret retires."""
    (secret,) = shop.face.webhooks.get(shop.hook).secrets
    return shop.change_hook(secrets=(attrs.evolve(secret, retires_at=secret.created_at),))


@breaks("secret")
def three_secrets(shop: Shop) -> dict[str, str]:
    """More secrets sign than a rotation leaves."""
    moment = shop.store.now()
    old = SealedSecret("sealed", moment, moment)
    return shop.change_hook(secrets=(attrs.evolve(old, retires_at=None), old, old))


@breaks("reason")
def disabled_for_no_reason(shop: Shop) -> dict[str, str]:
    """Nobody can tell why it was disabled."""
    return shop.change_hook(status=SubscriptionStatus.DISABLED)


@breaks("reason")
def a_reason_for_nothing(shop: Shop) -> dict[str, str]:
    """It is active, and has a reason why it were not."""
    return shop.change_hook(reason="gone")


@breaks("failing")
def more_deliveries_failed_than_attempts(shop: Shop) -> dict[str, str]:
    """A delivery fails by an attempt."""
    return shop.change_hook(failed_deliveries=99)


@breaks("failing")
def failing_since_never(shop: Shop) -> dict[str, str]:
    """It fails, and no attempt was the first to."""
    return shop.change_hook(failures=1)


@breaks("lease")
def leased_without_a_token(shop: Shop) -> dict[str, str]:
    """Whoever leases an endpoint raises its token."""
    return shop.change_hook(lease_token=0)


@breaks("events")
def an_event_of_the_webhook_too_few(shop: Shop) -> dict[str, str]:
    """It says that it has told more than there is."""
    return shop.change_hook(event_seq=9)


@breaks("event")
def another_event(shop: Shop) -> dict[str, str]:
    """A delivery says that it tells of another event."""
    return shop.change(shop.delivery("delivered"), event_id=shop.delivery("tried").event_id)


@breaks("event")
def another_type(shop: Shop) -> dict[str, str]:
    """A delivery says that its event is of another type."""
    return shop.change(shop.delivery("skipped"), event_type=EventType.ORDER_HELD)


@breaks("event")
def another_position(shop: Shop) -> dict[str, str]:
    """A delivery has a place in the feed that its event has not."""
    return shop.change(shop.delivery("delivered"), position=1)


@breaks("due")
def waits_for_ever(shop: Shop) -> dict[str, str]:
    """A delivery is pending, and never due."""
    return shop.change(shop.delivery("waiting"), due_at=None)


@breaks("due")
def due_though_it_has_ended(shop: Shop) -> dict[str, str]:
    """A delivery was taken, and is due."""
    return shop.change(shop.delivery("delivered"), due_at=shop.store.now())


@breaks("attempts")
def an_attempt_is_missing(shop: Shop) -> dict[str, str]:
    """The log has less than the delivery counts."""
    delivery = shop.delivery("delivered")
    shop.drop("attempts", lambda row: row.delivery_id == delivery.id)
    return {"webhook": shop.hook, "delivery": delivery.id}


@breaks("attempts")
def an_attempt_has_the_wrong_number(shop: Shop) -> dict[str, str]:
    """The only attempt is the second."""
    delivery = shop.delivery("tried")
    shop.alter("attempts", lambda row: row.delivery_id == delivery.id, number=2)
    return {"webhook": shop.hook, "delivery": delivery.id}


@breaks("last_attempt")
def the_last_answer_is_another(shop: Shop) -> dict[str, str]:
    """The delivery shows another answer than its last attempt had."""
    return shop.change(shop.delivery("tried"), last_code=500)


@breaks("status")
def delivered_without_being_taken(shop: Shop) -> dict[str, str]:
    """It was refused, and counts as delivered."""
    return shop.change(shop.delivery("exhausted"), status=DeliveryStatus.DELIVERED)


@breaks("status")
def taken_and_not_delivered(shop: Shop) -> dict[str, str]:
    """It was taken, and waits to be sent again."""
    return shop.change(shop.delivery("delivered"), status=DeliveryStatus.PENDING, due_at=shop.store.now())


@breaks("status")
def skipped_after_an_attempt(shop: Shop) -> dict[str, str]:
    """It was tried, and counts as skipped."""
    return shop.change(shop.delivery("exhausted"), status=DeliveryStatus.SKIPPED)


@breaks("status")
def exhausted_without_an_attempt(shop: Shop) -> dict[str, str]:
    """It was given up before it was tried."""
    return shop.change(shop.delivery("skipped"), status=DeliveryStatus.EXHAUSTED)


@breaks("order")
def passed_over(shop: Shop) -> dict[str, str]:
    """What happened later was tried before it."""
    delivery = shop.delivery("skipped")
    later = shop.delivery("waiting")
    shop.change(delivery, status=DeliveryStatus.PENDING, due_at=shop.store.now())
    at = shop.store.now()
    shop.change(later, status=DeliveryStatus.DELIVERED, attempts=1, due_at=None, last_code=200)
    attempt = attrs.evolve(
        shop.face.webhooks.delivery(shop.delivery("delivered").id).attempts[0], delivery_id=later.id, at=at
    )
    state = shop.store.state
    shop.store.state = attrs.evolve(state, attempts=state.attempts.put(("default", later.id, 1), attempt))
    return {"webhook": shop.hook, "delivery": delivery.id, "later": later.id}


@breaks("replay")
def a_replay_beyond_the_feed(shop: Shop) -> dict[str, str]:
    """A replay has done what has not happened yet."""
    (replay,) = shop.face.webhooks.replays(shop.hook)
    shop.alter("replays", lambda row: row.id == replay.id, position=9_999)
    return {"webhook": shop.hook, "replay": replay.id}


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case[1].__name__))
def test_exactly_what_is_broken_is_named(case: tuple[str, Break]) -> None:
    """Each rule is told by name with the rows involved, and no rule is told that holds."""
    rule, broken = case
    shop = Shop()
    rows = broken(shop)
    faults = list(shop.faults())

    assert {(fault.group, fault.rule) for fault in faults} == {(Group.WEBHOOKS, rule)}
    assert [dict(fault.rows) for fault in faults] == [rows]


def test_a_sound_shop_is_clean() -> None:
    """Webhooks in every state have no fault, and all of them were looked at, with all that was sent."""
    shop = Shop()
    report = verify(shop.store)

    assert report.faults == ()
    assert report.checked["webhooks"] == 2
    assert report.checked["deliveries"] == 6 + 5
    assert report.checked["attempts"] == 4
    statuses = {each.status for each in shop.face.webhooks.deliveries(shop.hook)}
    assert statuses == set(DeliveryStatus)
    assert shop.face.webhooks.get(shop.gone).status is SubscriptionStatus.DISABLED
