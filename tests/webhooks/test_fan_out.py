"""Which events go to whom: one delivery for each event and each webhook that asks for it at that moment."""

from __future__ import annotations

from typing import Any

import pytest
from endpoints import ADDRESS, OK, SECRET, Endpoints, buy, subscribe, work, worker_of

from vectis_core import IllegalTransition, InsufficientStock, Item, Vectis
from vectis_core.commands import (
    Command,
    ConfirmOrder,
    CreateSubscription,
    DeleteSubscription,
    HoldOrder,
    UpdateSubscription,
)
from vectis_core.engine.tickets import ThreadWaiter
from vectis_core.events import EVENT_FILTERS, EventType, Subject
from vectis_core.orders import Reason
from vectis_core.testing import FrozenClock
from vectis_core.webhooks.model import (
    Delivery,
    DeliveryStatus,
    NewSubscription,
    SubscriptionChange,
    Trigger,
)
from vectis_core.webhooks.transport import Answer

GONE = Answer(410, None, b"")


def sent(oms: Vectis, webhook: str) -> list[Delivery]:
    """Return all deliveries of a webhook, oldest first."""
    return list(oms.webhooks.deliveries(webhook))[::-1]


def types_of(oms: Vectis, webhook: str) -> list[str]:
    """Return the types of event that were put on their way to a webhook, oldest first."""
    return [str(each.event_type) for each in sent(oms, webhook)]


def at_once(oms: Vectis, *commands: Command[Any]) -> list[Any]:
    """Run commands in one batch, in their order, and return their results."""
    tickets = [oms.engine.ask(command, ThreadWaiter()) for command in commands]
    oms.engine.step()
    assert [ticket.error for ticket in tickets] == [None] * len(tickets)
    return [ticket.outcome.result for ticket in tickets if ticket.outcome is not None]


def test_each_transition_sends_one_event(oms: Vectis) -> None:
    """From order to delivery, every step is told once, in order, with its number among those of the order."""
    webhook = subscribe(oms, "a", "*")
    order = buy(oms, "1")
    oms.orders.confirm(order)
    oms.orders.hold(order, "check")
    oms.orders.release(order, "good")
    parcel = oms.orders.ship(order, carrier="UPS", tracking_number="1Z", status="label_created")
    oms.shipments.ship(parcel.id)
    oms.shipments.deliver(parcel.id)

    assert types_of(oms, webhook) == [
        "order.created",
        "order.confirmed",
        "order.held",
        "order.released",
        "shipment.label_created",
        "order.shipped",
        "shipment.delivered",
        "order.delivered",
    ]
    history = oms.orders.history(order)
    told = [
        (each.event_id, each.event_type, each.subject_id, each.sequence, each.position) for each in sent(oms, webhook)
    ]
    assert told == [(event.id, event.type, order, event.sequence, event.position) for event in history]
    assert {each.subject for each in sent(oms, webhook)} == {Subject.ORDER}


def test_auto_confirm_sends_created_and_confirmed(oms: Vectis) -> None:
    """An order that is confirmed by itself makes two transitions, and so two events."""
    webhook = subscribe(oms, "a", "order.*")
    oms.settings.update(auto_confirm=True)
    buy(oms, "1")

    assert types_of(oms, webhook) == ["order.created", "order.confirmed"]


def test_an_adjustment_sends_adjusted_and_low_stock_once(oms: Vectis) -> None:
    """What falls below the reorder point says so once, and again only after it has recovered."""
    webhook = subscribe(oms, "a", "inventory.*")
    record = oms.inventory.list().page().items[0]
    oms.inventory.update(record.id, reorder_point=10)
    for amount in (-999_995, -1, 100, -100):
        oms.inventory.adjust(record.id, amount, "counted")

    adjusted, low = "inventory.adjusted", "inventory.low_stock"
    assert types_of(oms, webhook) == [adjusted, low, adjusted, adjusted, adjusted, low]


def test_refused_work_sends_nothing(oms: Vectis) -> None:
    """Where an order or a step is refused, no event goes out."""
    webhook = subscribe(oms, "a", "*")
    order = buy(oms, "1")
    with pytest.raises(InsufficientStock):
        oms.orders.create(external_id="2", items=[Item("W", 1_000_000, "5")], shipping_addresses=[ADDRESS])
    with pytest.raises(IllegalTransition):
        oms.orders.ship(order, carrier="UPS", tracking_number="1Z")

    assert types_of(oms, webhook) == ["order.created"]


def test_a_repeat_sends_nothing(oms: Vectis) -> None:
    """An order asked for again, and a command repeated by its id, are told once."""
    webhook = subscribe(oms, "a", "*")
    order = buy(oms, "1")
    assert buy(oms, "1") == order
    for _ in range(2):
        oms.orders.confirm(order, command_id="key")
        oms.webhooks.test(webhook, command_id="test")

    assert types_of(oms, webhook) == ["order.created", "order.confirmed", "webhook.test"]


@pytest.mark.parametrize("asked", EVENT_FILTERS)
def test_a_webhook_is_told_of_what_it_asks_for(oms: Vectis, asked: str) -> None:
    """Of a type, a group or everything; of tests only its own."""
    webhook = subscribe(oms, "a", asked)
    other = subscribe(oms, "b", "order.held")
    order = buy(oms, "1")
    oms.orders.confirm(order)
    oms.inventory.adjust(oms.inventory.list().page().items[0].id, 1, "found")
    oms.webhooks.test(other)

    happened = ["order.created", "order.confirmed", "inventory.adjusted"]
    expected = [kind for kind in happened if asked in {"*", kind, f"{kind.partition('.')[0]}.*"}]
    assert types_of(oms, webhook) == expected
    assert types_of(oms, other) == ["webhook.test"]


def test_another_tenant_is_told_nothing(oms: Vectis) -> None:
    """Events go to the webhooks of their own tenant."""
    acme = oms.tenant("acme")
    theirs = acme.webhooks.create("https://a.test/", ["*"], secret=SECRET).subscription.id
    ours = subscribe(oms, "a", "*")
    buy(oms, "1")

    assert list(acme.webhooks.deliveries(theirs)) == []
    assert types_of(oms, ours) == ["order.created"]


@pytest.mark.parametrize("why", ["paused", "disabled"])
def test_what_happens_while_nothing_goes_out_is_kept_as_skipped(
    oms: Vectis, endpoints: Endpoints, clock: FrozenClock, why: str
) -> None:
    """It is in the list, is not sent when the webhook goes on, and can be redelivered then."""
    webhook = subscribe(oms, "a", "*")
    buy(oms, "before")
    if why == "paused":
        oms.webhooks.update(webhook, active=False)
    else:
        endpoints.answering = lambda _post: GONE
        list(work(worker_of(oms, endpoints, clock)))
        endpoints.answering = lambda _post: OK
    skipped = buy(oms, "meanwhile")
    assert not list(work(worker_of(oms, endpoints, clock)))
    oms.webhooks.update(webhook, active=True)
    buy(oms, "after")
    list(work(worker_of(oms, endpoints, clock)))

    statuses = {each.subject_id: each.status for each in sent(oms, webhook) if each.event_type == "order.created"}
    assert statuses[skipped] is DeliveryStatus.SKIPPED
    assert skipped not in [each.subject for each in endpoints.received if each.event == "order.created"]
    missed = next(each for each in sent(oms, webhook) if each.subject_id == skipped)
    oms.webhooks.redeliver(missed.id)
    list(work(worker_of(oms, endpoints, clock)))
    assert endpoints.received[-1].subject == skipped
    assert oms.webhooks.delivery(missed.id).delivery == missed


# What happens in one batch


def test_in_one_batch_each_command_counts_from_there_on(oms: Vectis) -> None:
    """Commands of one batch come to what they would one by one: who subscribes is not told of what was before."""
    first, second = buy(oms, "1"), buy(oms, "2")
    stays, ends, pauses, resumes = (subscribe(oms, name, "*") for name in "abcd")
    oms.webhooks.update(resumes, active=False)
    made = at_once(
        oms,
        ConfirmOrder(order_id=first),
        CreateSubscription(intent=NewSubscription("https://e.test/", ("*",), SECRET)),
        DeleteSubscription(subscription_id=ends),
        UpdateSubscription(subscription_id=pauses, intent=SubscriptionChange(active=False)),
        UpdateSubscription(subscription_id=resumes, intent=SubscriptionChange(active=True)),
        HoldOrder(order_id=first, intent=Reason("check")),
        UpdateSubscription(subscription_id=stays, intent=SubscriptionChange(events=("inventory.*",))),
        ConfirmOrder(order_id=second),
    )
    joins = made[1].subscription.id
    told = {
        name: [(str(each.event_type), each.subject_id, str(each.status)) for each in sent(oms, webhook)]
        for name, webhook in (("stays", stays), ("pauses", pauses), ("resumes", resumes), ("joins", joins))
    }
    confirmed = ("order.confirmed", first, "pending")
    held, also = ("order.held", first, "pending"), ("order.confirmed", second, "pending")

    def skipped(event: tuple[str, str, str]) -> tuple[str, str, str]:
        return (*event[:2], "skipped")

    assert told == {
        "stays": [confirmed, held],
        "pauses": [confirmed, skipped(held), skipped(also)],
        "resumes": [skipped(confirmed), held, also],
        "joins": [held, also],
    }


def test_a_test_goes_to_its_own_webhook_whatever_that_is_for(oms: Vectis) -> None:
    """It is an event of the webhook, numbered among its own, and is not counted as one of any order."""
    webhook = subscribe(oms, "a", "inventory.low_stock")
    everything = subscribe(oms, "b", "*")
    tests = [oms.webhooks.test(webhook) for _ in range(2)]

    assert [each.id for each in sent(oms, webhook)] == [each.id for each in tests]
    assert [(each.trigger, each.event_type, each.sequence) for each in tests] == [
        (Trigger.TEST, EventType.WEBHOOK_TEST, 1),
        (Trigger.TEST, EventType.WEBHOOK_TEST, 2),
    ]
    assert sent(oms, everything) == []
    assert oms.verify().ok


def test_a_cancellation_is_told_with_its_reason(oms: Vectis) -> None:
    """What a receiver must act on stands in the event's data."""
    webhook = subscribe(oms, "a", "order.cancelled")
    order = buy(oms, "1")
    oms.orders.cancel(order, "changed their mind")

    assert types_of(oms, webhook) == ["order.cancelled"]
    assert oms.orders.history(order)[-1].data["reason"] == "changed their mind"
