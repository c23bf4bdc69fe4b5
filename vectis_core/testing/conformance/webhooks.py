"""Webhooks: subscriptions, deliveries, attempts and replays, how they are kept, found, listed and cleared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from vectis_core.events import EventType, Subject
from vectis_core.ids import first_uuid7_at, prefixed
from vectis_core.ports import AgeLimits, Changes, DeliveryFilter, Slice
from vectis_core.testing import samples
from vectis_core.testing.comparing import ALL, same
from vectis_core.testing.conformance.dispatching import DispatchConformance
from vectis_core.webhooks.model import Backlog, Delivery, DeliveryStatus, SubscriptionStatus

_DELETED = SubscriptionStatus.DELETED
_MADE_AT = samples.MADE_AT


def _id_at(moment: datetime, number: int = 0) -> str:
    """Return the id of a delivery that was made at *moment*."""
    first = first_uuid7_at(moment)
    return prefixed("whd", f"{first[:-4]}{number:04}")


class WebhookConformance(DispatchConformance):
    """Who is told, of what, and how far that is."""

    def _write_webhooks(self) -> None:
        """Commit a shop with a webhook, a delivery that was tried, and a replay."""
        self.write_shop()
        self.write(
            Changes(
                subscriptions=[(None, samples.subscription())],
                deliveries=[(None, samples.delivery())],
                attempts=[samples.attempt()],
                replays=[(None, samples.replay())],
            )
        )

    def _webhooks_are_unchanged(self) -> None:
        with self.store.read() as view:
            same("webhook", samples.subscription(), view.subscription("acme", samples.WEBHOOK_ID))
            same("delivery", samples.delivery(), view.delivery("acme", samples.DELIVERY_ID))
            same("attempts", [samples.attempt()], view.attempts("acme", samples.DELIVERY_ID))
            same("replays", [samples.replay()], view.replays("acme", samples.WEBHOOK_ID))

    # Writing and reading by key

    def test_webhooks_are_read_back_as_they_were_written(self) -> None:
        """A webhook, a delivery, an attempt and a replay, with all that is optional there and not, are read equal."""
        self._write_webhooks()
        self._webhooks_are_unchanged()
        webhook = samples.new_subscription(status=SubscriptionStatus.DISABLED, reason="gone ẞ", event_seq=1, secrets=())
        done = samples.delivery(status=DeliveryStatus.DELIVERED, due_at=None, last_code=None, last_error="timeout")
        again = samples.attempt(number=2, code=None, error="timeout", excerpt=None)
        replay = samples.replay(position=4, made=3, done=True)
        self.write(
            Changes(
                subscriptions=[(samples.subscription(), webhook)],
                deliveries=[(samples.delivery(), done)],
                attempts=[again],
                replays=[(samples.replay(), replay)],
            )
        )

        with self.store.read() as view:
            same("webhook", webhook, view.subscription("acme", samples.WEBHOOK_ID))
            same("delivery", done, view.delivery("acme", samples.DELIVERY_ID))
            same("attempts", [samples.attempt(), again], view.attempts("acme", samples.DELIVERY_ID))
            same("replays", [replay], view.replays("acme", samples.WEBHOOK_ID))
            same("strays", [], view.strays())

    def test_webhooks_are_found_in_their_tenant_alone(self) -> None:
        """Whoever names another tenant's webhook or delivery finds nothing, reading or loading."""
        self._write_webhooks()
        self.write(Changes(tenants=[(None, samples.tenant(id="globex"))]))

        with self.store.read() as view:
            for tenant, found in (("acme", True), ("globex", False), ("nobody", False)):
                rows: dict[str, Any] = {
                    "webhook": view.subscription(tenant, samples.WEBHOOK_ID),
                    "list": view.subscriptions(tenant, Slice(ALL)),
                    "count": view.count_subscriptions(tenant),
                    "delivery": view.delivery(tenant, samples.DELIVERY_ID),
                    "deliveries": view.deliveries(tenant, DeliveryFilter(samples.WEBHOOK_ID), Slice(ALL)),
                    "counted": view.count_deliveries(tenant, DeliveryFilter(samples.WEBHOOK_ID)),
                    "attempts": view.attempts(tenant, samples.DELIVERY_ID),
                    "replays": view.replays(tenant, samples.WEBHOOK_ID),
                }
                same(f"what {tenant} finds", dict.fromkeys(rows, found), {k: bool(v) for k, v in rows.items()})
        transaction = self.store.begin()
        same("webhooks", [], list(transaction.load_subscriptions([("globex", samples.WEBHOOK_ID)], ["globex"])))
        same("deliveries", [], list(transaction.load_deliveries([("globex", samples.DELIVERY_ID)])))
        same("events", [], list(transaction.load_events([("globex", samples.ORDER_ID, 1)])))
        same("feed", [], list(transaction.load_feed("globex", 0, ALL)))
        transaction.rollback()

    def test_webhooks_are_loaded_by_id_and_by_tenant(self) -> None:
        """All webhooks of a tenant but deleted ones; by id those too, since whoever delivers to them must learn it."""
        self.write_shop()
        self.write(Changes(tenants=[(None, samples.tenant(id="globex"))]))
        ended = samples.new_subscription(id="whk_2", status=_DELETED, secrets=())
        paused = samples.new_subscription(id="whk_3", status=SubscriptionStatus.PAUSED)
        theirs = samples.new_subscription(tenant="globex", id="whk_4")
        self._put([samples.subscription(), ended, paused, theirs])

        transaction = self.store.begin()
        ids = [("acme", "whk_1"), ("acme", "whk_2"), ("acme", "whk_4"), ("globex", "whk_4")]
        by_id = transaction.load_subscriptions(ids, ())
        same("by id", [samples.subscription(), ended, theirs], sorted(by_id, key=lambda each: each.id))
        of_acme = transaction.load_subscriptions((), ["acme"])
        same("of a tenant", [samples.subscription(), paused], sorted(of_acme, key=lambda each: each.id))
        of_both = transaction.load_subscriptions((), ["acme", "globex", "nobody"])
        same("of tenants", ["whk_1", "whk_3", "whk_4"], sorted(each.id for each in of_both))
        transaction.rollback()
        with self.store.read() as view:
            same("read", None, view.subscription("acme", "whk_2"))

    def test_what_is_told_is_loaded(self) -> None:
        """Deliveries by id, and events by their place in their subject's history, whatever kind of subject it is."""
        self._write_webhooks()
        told = samples.event(
            subject=Subject.WEBHOOK, subject_id=samples.WEBHOOK_ID, type=EventType.WEBHOOK_TEST, id="e-2"
        )
        self.write(Changes(events=[told]))

        transaction = self.store.begin()
        found = list(transaction.load_deliveries([("acme", "nothing"), ("acme", samples.DELIVERY_ID)]))
        same("deliveries", [samples.delivery()], found)
        places = [(samples.ORDER_ID, 1), (samples.ORDER_ID, 2), (samples.WEBHOOK_ID, 1)]
        events = transaction.load_events(sorted(("acme", subject, number) for subject, number in places))
        same("events", {samples.EVENT_ID, "e-2"}, {event.id for event in events})
        same("the event", told.data, next(each for each in events if each.id == "e-2").data)
        transaction.rollback()

    def test_the_feed_is_loaded_in_stretches(self) -> None:
        """Events after a position, in order, and not more than asked for; those of the tenant alone."""
        self.write_shop()
        more = [samples.event(sequence=number, id=f"event-{number}") for number in range(2, 7)]
        self.write(Changes(events=more))

        transaction = self.store.begin()
        for after, limit in ((0, ALL), (0, 2), (2, 3), (5, 3), (6, 3), (99, 3)):
            expected = [position for position in range(1, 7) if position > after][:limit]
            found = transaction.load_feed("acme", after, limit)
            same(f"{limit} after {after}", expected, [event.position for event in found])
        transaction.rollback()

    def test_replays_go_on_until_they_are_done(self) -> None:
        """Replays of any tenant that are not done are loaded oldest first; all of a webhook are read newest first."""
        self.write_shop()
        self.write(Changes(tenants=[(None, samples.tenant(id="globex"))]))
        self._put([samples.subscription(), samples.subscription(tenant="globex")])
        replays = [
            samples.replay(id=f"whr_{number}", tenant=tenant, position=9 - number, done=number == 2)
            for number, tenant in ((4, "acme"), (1, "globex"), (2, "acme"), (3, "acme"))
        ]
        self.write(Changes(replays=[(None, each) for each in replays]))
        with self.store.read() as view:
            same("due", self.clock.now(), view.next_due(self.clock.now()))
            newest = [each.id for each in view.replays("acme", samples.WEBHOOK_ID)]
            same("of the webhook", ["whr_4", "whr_3", "whr_2"], newest)

        transaction = self.store.begin()
        same("running", ["whr_1", "whr_3", "whr_4"], [each.id for each in transaction.load_replays(ALL)])
        same("some", ["whr_1", "whr_3"], [each.id for each in transaction.load_replays(2)])
        transaction.flush(
            Changes(
                replays=[
                    (each, samples.replay(id=each.id, tenant=each.tenant, position=9, done=True))
                    for each in replays
                    if not each.done
                ]
            )
        )
        transaction.commit()
        transaction = self.store.begin()
        same("none", [], list(transaction.load_replays(ALL)))
        transaction.rollback()
        with self.store.read() as view:
            same("due", None, view.next_due(self.clock.now()))

    def test_the_backlog_is_told(self) -> None:
        """What waits for active webhooks, what was given up for those that are not deleted, and the oldest moment."""
        with self.store.read() as view:
            same("of nothing", Backlog(0, 0, None), view.backlog())
        self.write_shop()
        statuses = (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED, _DELETED, SubscriptionStatus.ACTIVE)
        self._put([samples.new_subscription(id=f"whk_{n}", status=status) for n, status in enumerate(statuses)])
        deliveries = []
        for webhook in range(len(statuses)):
            for hour, status in enumerate(("exhausted", "delivered", "pending", "pending", "exhausted")):
                made_at = _MADE_AT + timedelta(hours=10 * hour - webhook)
                pending = status == "pending"
                ages = {"created_at": made_at, "updated_at": made_at, "due_at": made_at if pending else None}
                name = _id_at(made_at, webhook)
                of = f"whk_{webhook}"
                deliveries.append(
                    samples.delivery(
                        id=name, subscription_id=of, status=DeliveryStatus(status), attempts=int(hour != 3), **ages
                    )
                )
        self.write(Changes(deliveries=[(None, each) for each in deliveries]))

        with self.store.read() as view:
            same("of all", Backlog(4, 6, _MADE_AT + timedelta(hours=17)), view.backlog())

    # Guards

    def test_a_webhook_that_moved_on_is_not_overwritten(self) -> None:
        """A webhook is written only over the lease and the event number it was decided on: a zombie changes nothing."""
        self._write_webhooks()
        for stale in (samples.subscription(lease_token=6), samples.subscription(event_seq=1)):
            self.refuses(Changes(subscriptions=[(stale, samples.subscription(failures=0, failing_since=None))]))
        self._webhooks_are_unchanged()

    def test_a_delivery_that_moved_on_is_not_overwritten(self) -> None:
        """A delivery is written only over the status and the number of attempts it was decided on."""
        self._write_webhooks()
        done = samples.delivery(status=DeliveryStatus.DELIVERED, due_at=None, attempts=2)
        for stale in (samples.delivery(attempts=0), samples.delivery(status=DeliveryStatus.SKIPPED, due_at=None)):
            self.refuses(Changes(deliveries=[(stale, done)]))
        self._webhooks_are_unchanged()

    def test_a_replay_that_moved_on_is_not_overwritten(self) -> None:
        """A replay is written only over the position it was decided on, and never after it is done."""
        self._write_webhooks()
        self.refuses(Changes(replays=[(samples.replay(position=2), samples.replay(position=5))]))
        self._webhooks_are_unchanged()
        done = samples.replay(done=True)
        self.write(Changes(replays=[(samples.replay(), done)]))
        self.refuses(Changes(replays=[(samples.replay(), samples.replay(position=5))]))

    def test_webhooks_that_are_not_there_are_not_changed(self) -> None:
        """Changing a webhook, a delivery or a replay that does not exist is refused, and so is making one twice."""
        self._write_webhooks()
        for made in (
            Changes(subscriptions=[(samples.subscription(id="whk_2"),) * 2]),
            Changes(deliveries=[(samples.delivery(id="whd_2"),) * 2]),
            Changes(replays=[(samples.replay(id="whr_2"),) * 2]),
            Changes(subscriptions=[(None, samples.subscription())]),
            Changes(deliveries=[(None, samples.delivery())]),
            Changes(attempts=[samples.attempt()]),
            Changes(replays=[(None, samples.replay())]),
        ):
            self.refuses(made)
        self._webhooks_are_unchanged()

    def test_webhooks_point_into_their_own_tenant(self) -> None:
        """A webhook of no tenant, and a delivery, an attempt or a replay of nothing or of another's, are refused."""
        self._write_webhooks()
        self.write(Changes(tenants=[(None, samples.tenant(id="globex"))]))
        for stray in (
            Changes(subscriptions=[(None, samples.subscription(id="whk_2", tenant="nobody"))]),
            Changes(deliveries=[(None, samples.delivery(id="whd_2", subscription_id="whk_2"))]),
            Changes(deliveries=[(None, samples.delivery(id="whd_2", sequence=2))]),
            Changes(deliveries=[(None, samples.delivery(id="whd_2", tenant="globex"))]),
            Changes(attempts=[samples.attempt(number=2, delivery_id="whd_2")]),
            Changes(attempts=[samples.attempt(number=2, tenant="globex")]),
            Changes(replays=[(None, samples.replay(id="whr_2", subscription_id="whk_2"))]),
            Changes(replays=[(None, samples.replay(id="whr_2", tenant="globex"))]),
        ):
            self.refuses(stray)
        self._webhooks_are_unchanged()

    def test_what_a_delivery_says_of_itself_fits(self) -> None:
        """A delivery waits exactly while it is pending; an attempt has an answer or an error, and a number above 0."""
        self._write_webhooks()
        for bad in (
            Changes(deliveries=[(samples.delivery(), samples.delivery(due_at=None))]),
            Changes(deliveries=[(samples.delivery(), samples.delivery(status=DeliveryStatus.DELIVERED))]),
            Changes(deliveries=[(samples.delivery(), samples.delivery(attempts=-1))]),
            Changes(attempts=[samples.attempt(number=2, code=None)]),
            Changes(attempts=[samples.attempt(number=2, error="timeout")]),
            Changes(attempts=[samples.attempt(number=0)]),
            Changes(subscriptions=[(samples.subscription(), samples.subscription(failures=0))]),
            Changes(subscriptions=[(samples.subscription(), samples.subscription(failed_deliveries=4))]),
        ):
            self.refuses(bad)
        self._webhooks_are_unchanged()

    # Lists

    def test_webhooks_page(self) -> None:
        """Webhooks page newest first, with their total, without deleted ones."""
        self.write_shop()
        webhooks = [
            samples.new_subscription(
                id=f"whk_{number:02}", status=_DELETED if number % 4 == 0 else list(SubscriptionStatus)[number % 3]
            )
            for number in range(12)
        ]
        self._put(webhooks)
        rows = [each for each in reversed(webhooks) if each.status is not _DELETED]

        with self.store.read() as view:
            same("all of it", rows, view.subscriptions("acme", Slice(ALL)))
            self.compare_list(rows, partial(view.subscriptions, "acme"), view.count_subscriptions("acme"), "webhooks")

    def test_deliveries_by_every_filter(self) -> None:
        """Deliveries of a webhook are found by status and by type of event, in every combination."""
        self.write_shop()
        statuses, types = list(DeliveryStatus), [EventType.ORDER_CREATED, EventType.ORDER_SHIPPED]
        rows = []
        for number in range(30):
            status = statuses[number % 4]
            due_at = _MADE_AT if status is DeliveryStatus.PENDING else None
            rows.append(
                samples.delivery(
                    id=f"whd_{number:02}",
                    subscription_id=f"whk_{number % 5 % 2}",
                    status=status,
                    due_at=due_at,
                    event_type=types[number // 4 % 2],
                )
            )
        self._put([samples.new_subscription(id="whk_0"), samples.new_subscription(id="whk_1")], rows)

        with self.store.read() as view:
            for webhook in ("whk_0", "whk_1", "nothing"):
                for asked in (None, *statuses):
                    for kind in (None, *types, EventType.ORDER_HELD):
                        where = DeliveryFilter(webhook, asked, kind)
                        expected = [row for row in reversed(rows) if _is_listed(row, where)]
                        count = view.count_deliveries("acme", where)
                        self.compare_list(expected, partial(view.deliveries, "acme", where), count, where)

    # What has aged

    def _clear(self, before: datetime, limit: int) -> Sequence[int]:
        transaction = self.store.begin()
        aged = AgeLimits(results=before, deliveries=before, scans=before, now=before)
        cleared = transaction.clear_aged(aged, limit)
        transaction.commit()
        return tuple(cleared)[3:5]

    def test_deliveries_that_have_aged_are_cleared(self) -> None:
        """Old deliveries go with their attempts, at most so many at a time; what is pending or newer stays."""
        self.write_shop()
        before = self.clock.now()
        old = [_id_at(before - timedelta(days=1), number) for number in range(6)]
        new = _id_at(before + timedelta(milliseconds=1))
        gone = {"status": DeliveryStatus.EXHAUSTED, "due_at": None}
        rows = [samples.delivery(id=each, **gone) for each in (*old[:2], *old[3:], new)]
        rows.append(samples.delivery(id=old[2]))
        self._put([samples.subscription()], rows)
        self.write(Changes(attempts=[samples.attempt(delivery_id=each.id) for each in rows]))

        same("first", (3, 0), self._clear(before, 3))
        same("then", (2, 0), self._clear(before, 3))
        same("no more", (0, 0), self._clear(before, 3))
        with self.store.read() as view:
            for row in rows:
                stays = row.id in {old[2], new}
                same("delivery", stays, view.delivery("acme", row.id) is not None)
                same("attempts", stays, bool(view.attempts("acme", row.id)))
            listed = view.deliveries("acme", DeliveryFilter(samples.WEBHOOK_ID), Slice(ALL))
            same("list", [new, old[2]], [each.id for each in listed])
            same("by status", 1, view.count_deliveries("acme", DeliveryFilter(samples.WEBHOOK_ID, "exhausted")))
            same("strays", [], view.strays())

    def test_deleted_webhooks_go_with_the_last_of_their_deliveries(self) -> None:
        """All of a deleted webhook goes, pending or not and however new; one without deliveries goes too."""
        self.write_shop()
        webhooks = [samples.new_subscription(id=f"whk_{n}", status=_DELETED, secrets=()) for n in (1, 2)]
        self._put(webhooks, [samples.delivery(id=f"whd_{n}") for n in range(3)])
        self.write(
            Changes(replays=[(None, samples.replay())], attempts=[samples.attempt(delivery_id="whd_0")]),
        )
        long_ago = self.clock.now() - timedelta(days=9999)

        same("first", (2, 1), self._clear(long_ago, 2))
        same("then", (1, 1), self._clear(long_ago, 2))
        transaction = self.store.begin()
        ids = [("acme", each.id) for each in webhooks]
        same("webhooks", [], list(transaction.load_subscriptions(ids, ())))
        same("replays", [], list(transaction.load_replays(ALL)))
        transaction.rollback()
        with self.store.read() as view:
            same("attempts", [], view.attempts("acme", "whd_0"))
            same("nothing is due", None, view.next_due(self.clock.now()))
            same("strays", [], view.strays())


def _is_listed(row: Delivery, where: DeliveryFilter) -> bool:
    return (
        row.subscription_id == where.subscription_id
        and where.status in {None, str(row.status)}
        and where.event_type in {None, str(row.event_type)}
    )
