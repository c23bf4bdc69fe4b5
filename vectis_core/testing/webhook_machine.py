"""A Hypothesis state machine of webhooks: events, subscriptions, leases and what becomes of them, beside a model.

Subclass it with a way to open your store, as ``ShopMachine`` of ``vectis_core.testing.machine``. Nothing is sent: the
machine plays the dispatchers, those that stalled for longer than their lease included. Needs the extra ``testing``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError('The state machine needs Hypothesis: pip install "vectis-oms[testing]"') from error

from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from vectis_core.clock import Clock
from vectis_core.commands import AdvanceReplays, ClaimDeliveries, SettleDeliveries
from vectis_core.errors import Conflict, NotFound, VectisError
from vectis_core.ids import Ids
from vectis_core.orders.model import Address, Item
from vectis_core.ports import DeliveryFilter, Slice, View
from vectis_core.tenancy import Caller
from vectis_core.testing.clock import FrozenClock
from vectis_core.testing.comparing import ALL, same
from vectis_core.testing.ids import CountingIds
from vectis_core.testing.webhook_model import Happened, Hook, Replaying, Sent, Webhooks
from vectis_core.vectis import Vectis
from vectis_core.webhooks.model import Delivery, Lease, Report

#: The clock is set back by no more than this, in seconds, as long as anybody asks for replays: these go by moments.
_SET_BACK = 300
#: By so much it is set back where nobody does: an hour, more than any delay, a year.
_FAR_BACK = (3_600, 40 * 3_600, 365 * 86_400)
_TENANT = "default"
FILTERS = st.lists(
    st.sampled_from(["*", "order.*", "order.held", "inventory.adjusted", "webhook.*"]), min_size=1, max_size=2
).map(lambda names: tuple(dict.fromkeys(names)))
#: Mostly failures, or little would be tried again.
CODES = st.sampled_from([200, 200, 204, 301, 404, 429, 500, 503, None, None, 404, 410])
ASKED = st.sampled_from([None, None, None, 0, 45, 3_600, 10**7])


class WebhookMachine(RuleBasedStateMachine):
    """Webhooks of one tenant and their model; ``open`` says where they are kept."""

    #: Whether closing and opening again finds everything.
    reopens: ClassVar[bool] = False

    def open(self, clock: Clock, ids: Ids) -> Vectis:
        """Open the store: an empty one at first, later the same one again."""
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.clock = FrozenClock()
        self.ids = CountingIds()
        self.vectis = self.open(self.clock, self.ids)
        self.model = Webhooks(self.clock.now())
        self._latest = self.clock.now()
        #: Every lease that was ever given, with what the model says is in it.
        self.leases: list[tuple[Lease, Hook, list[Sent]]] = []
        self._held = False
        self._was_far_back = False

    def teardown(self) -> None:
        """Prove everything once more, unless a difference was found already, and close the store."""
        try:
            if sys.exc_info()[0] is None:
                same("faults", (), self.vectis.verify().faults)
        finally:
            self.vectis.close()

    # What happens

    @initialize(events=st.lists(FILTERS, min_size=1, max_size=3))
    def begin(self, events: list[tuple[str, ...]]) -> None:
        """Start with an order and a stock record, and one to three webhooks."""
        self.vectis.products.create(sku="W", name="Widget")
        self.stock_id = next(iter(self.vectis.inventory.list())).id
        self.vectis.inventory.adjust(self.stock_id, 10, "found")
        address = Address("Jane Smith", "123 Main St", "Austin", "US")
        placed = self.vectis.orders.create(external_id="O", items=[Item("W", 1, "5")], shipping_addresses=[address])
        self.order_id = placed.order.id
        self._told("inventory.adjusted", "order.created")
        for each in events:
            self.subscribe(each)

    def _told(self, *kinds: str) -> None:
        """Take over what was told, which must be events of these types."""
        self.model.now = self.clock.now()
        with self.vectis.store.read() as view:
            news = view.events(_TENANT, len(self.model.feed), (), ALL)
        same("events", list(kinds), [str(event.type) for event in news])
        for event in news:
            self.model.happens(Happened(event.id, str(event.type), event.position, event.at))

    def _hook(self, data: st.DataObject) -> Hook:
        return data.draw(st.sampled_from(self.model.hooks), label="webhook")

    def _refused(self, hook: Hook, action: Callable[[], object], *, must_be_active: bool = False) -> bool:
        """Return whether an action is refused, as the webhook's status demands, or run it."""
        expected: type[VectisError] | None = NotFound if hook.status == "deleted" else None
        if expected is None and must_be_active and hook.status != "active":
            expected = Conflict
        try:
            action()
        except VectisError as error:
            same(f"the error for one that is {hook.status}", expected, type(error))
            return True
        same(f"no error for one that is {hook.status}", None, expected)
        return False

    # Rules

    @rule(of_order=st.booleans())
    def happen(self, of_order: bool) -> None:
        """Something happens to the order or to the stock."""
        if not of_order:
            self.vectis.inventory.adjust(self.stock_id, 1, "found")
            self._told("inventory.adjusted")
        elif self._held:
            self.vectis.orders.release(self.order_id, "good")
            self._told("order.released")
        else:
            self.vectis.orders.hold(self.order_id, "check")
            self._told("order.held")
        self._held ^= of_order

    @rule(events=FILTERS)
    def subscribe(self, events: tuple[str, ...]) -> None:
        """Make a webhook."""
        made = self.vectis.webhooks.create(f"https://{len(self.model.hooks)}.test/", events, secret="x" * 16)
        self.model.hooks.append(Hook(made.subscription.id, made.subscription.url, events))

    @rule(
        data=st.data(),
        url=st.sampled_from([None, None, "https://moved.test/", "https://other.test/"]),
        events=st.none() | FILTERS,
        active=st.sampled_from([None, True, True, False]),
    )
    def change(self, data: st.DataObject, url: str | None, events: tuple[str, ...] | None, active: bool | None) -> None:
        """Move a webhook, subscribe it to something else, pause it, or let it go on."""
        hook = self._hook(data)
        asked: dict[str, Any] = {"url": url, "events": events, "active": active}
        given = {name: value for name, value in asked.items() if value is not None}
        if not self._refused(hook, lambda: self.vectis.webhooks.update(hook.id, **given)):
            self.model.change(hook, url, events, active)

    @rule(data=st.data(), ends=st.sampled_from([False, False, False, True]))
    def end_or_test(self, data: st.DataObject, ends: bool) -> None:
        """Delete a webhook now and then, or send it a test."""
        hook = self._hook(data)
        if ends:
            if not self._refused(hook, lambda: self.vectis.webhooks.delete(hook.id)):
                self.model.end(hook)
        elif not self._refused(hook, lambda: self.vectis.webhooks.test(hook.id), must_be_active=True):
            hook.told += 1
            hook.rests_until = None
            self._told("webhook.test")
            self.model.send(hook, self.model.feed[-1], "test")

    @rule(well=st.integers(0, 3), ailing=st.integers(0, 3), most=st.integers(1, 4), seconds=st.sampled_from([45, 60]))
    def claim(self, well: int, ailing: int, most: int, seconds: int) -> None:
        """A dispatcher leases what is due."""
        with self.vectis.store.read() as view:
            for hook in self.model.hooks:
                self._name(hook, view)
        asked = ClaimDeliveries(well=well, ailing=ailing, deliveries=most, lease_seconds=seconds)
        # In which order those that are well and those that are not come is nobody's business.
        leases = sorted(self.vectis.run(asked), key=lambda lease: lease.subscription.id)
        self.model.now = self.clock.now()
        expected = sorted(self.model.claim(well, ailing, most, seconds), key=lambda lease: lease[0].id)
        told = [(hook.id, hook.token, hook.url, [(each.id, each.event) for each in due]) for hook, due in expected]
        found = [(lease.subscription.id, lease.token, lease.subscription.url, _parcels(lease)) for lease in leases]
        same("leases", told, found)
        self.leases += [(lease, *of) for lease, of in zip(leases, expected, strict=True)]

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), codes=st.lists(CODES, max_size=4), asked=ASKED, seconds=st.sampled_from([0, 0, 0, 60]))
    def settle(self, data: st.DataObject, codes: list[int | None], asked: int | None, seconds: int) -> None:
        """A dispatcher reports, mostly the newest, and sometimes one that was thought dead."""
        place = data.draw(st.sampled_from([-1, -1, -1, *range(len(self.leases))]), label="lease")
        self._settle(place, codes, asked, seconds)

    @rule(code=CODES, rounds=st.integers(1, 12), seconds=st.sampled_from([0, 31, 1_000, 90_000]))
    def work(self, code: int | None, rounds: int, seconds: int) -> None:
        """A dispatcher does its rounds, and every endpoint answers with the same."""
        for _ in range(rounds):
            known = len(self.leases)
            self.claim(9, 9, 3, 45)
            for place in range(known, len(self.leases)):
                self._settle(place, [code] if code != 200 else [code] * 3, None, 0)
            self.let_time_pass(seconds)

    def _settle(self, place: int, codes: list[int | None], asked: int | None, seconds: int) -> None:
        lease, hook, due = self.leases[place]
        answers = [(sent, code, asked) for sent, code in zip(due, codes, strict=False)]
        settled = self.vectis.run(
            SettleDeliveries(
                caller=Caller(_TENANT, "machine"),
                subscription_id=hook.id,
                lease_token=lease.token,
                reports=tuple(_report(sent, code, asked, self.clock.now()) for sent, code, asked in answers),
                lease_seconds=seconds,
            )
        )
        self.model.now = self.clock.now()
        was = hook.status
        same("counts", self.model.settle(hook, lease.token, answers, seconds), settled.current)
        is_news = hook.status == "disabled" != was
        self._told(*["webhook.disabled"] * is_news)

    @rule(data=st.data())
    def redeliver(self, data: st.DataObject) -> None:
        """Somebody wants a delivery once more."""
        hook = self._hook(data)
        if not hook.sent:
            return
        sent = data.draw(st.sampled_from(hook.sent), label="delivery")
        if not self._refused(hook, lambda: self.vectis.webhooks.redeliver(sent.id), must_be_active=True):
            self.model.now = self.clock.now()
            self.model.redeliver(hook, sent)

    @precondition(lambda self: not self._was_far_back)
    @rule(data=st.data(), minutes=st.integers(1, 10_000), limit=st.integers(1, 9), twice=st.booleans())
    def replay(self, data: st.DataObject, minutes: int, limit: int, twice: bool) -> None:
        """Somebody wants everything of a time once more, and a dispatcher does it, in steps of any size."""
        hook = self._hook(data)
        now = self.clock.now()
        since = now - timedelta(minutes=minutes)
        for _ in range(1 + twice):
            if not self._refused(hook, lambda: self.vectis.webhooks.replay(hook.id, since), must_be_active=True):
                self.model.replays.append(Replaying(hook, since, now, hook.events))
        while self.vectis.run(AdvanceReplays(limit=limit)):
            pass
        self.model.now = now
        self.model.finish_replays()

    @rule(seconds=st.sampled_from([0.001, 5, 29, 61, 300, 1_800, 7_200, 90_000, -1, -60, -_SET_BACK]))
    def let_time_pass(self, seconds: float) -> None:
        """The clock goes on, or is set back a little."""
        moment = self.clock.now() + timedelta(seconds=seconds)
        self._latest = max(self._latest, moment)
        self.clock.set(max(moment, self._latest - timedelta(seconds=_SET_BACK)))

    @rule(seconds=st.sampled_from(_FAR_BACK))
    def set_the_clock_back(self, seconds: int) -> None:
        """The clock was wrong for long, and is set right."""
        self._was_far_back = True
        self._latest = self.clock.now() - timedelta(seconds=seconds)
        self.clock.set(self._latest)

    @precondition(lambda self: self.reopens)
    @rule()
    def reopen(self) -> None:
        """Close and open again: everything is there."""
        self.vectis.close()
        self.vectis = self.open(self.clock, self.ids)

    # What must be so

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        """Every webhook, every delivery and every attempt is what the model has, and nothing else is there."""
        with self.vectis.store.read() as view:
            for hook in self.model.hooks:
                self._compare(view, hook)
            kept = [hook.id for hook in self.model.hooks if hook.status != "deleted"]
            same("webhooks", sorted(kept), sorted(each.id for each in view.subscriptions(_TENANT, Slice(ALL))))
            due = view.next_due(self.clock.now())
        now = self.clock.now()
        claimable = any(hook.free(now) and hook.due(now) for hook in self.model.hooks)
        same("something can be claimed", claimable, due is not None and due <= now)

    def _compare(self, view: View, hook: Hook) -> None:
        found = self._name(hook, view)
        same("deliveries", sorted(each.id for each in hook.sent), sorted(found))
        for sent in hook.sent:
            real = found[sent.id]
            attempts = [(each.code, each.url) for each in view.attempts(_TENANT, sent.id)]
            same(f"answers to {sent.id}", sent.answers, attempts)
            expected = (sent.status, sent.due_at if sent.status == "pending" else None, len(sent.answers))
            same(f"delivery {sent.id}", expected, (str(real.status), real.due_at, real.attempts))
            same(f"event of {sent.id}", (sent.event, sent.position), (real.event_id, real.position))
        kept = view.subscription(_TENANT, hook.id)
        if kept is not None:
            names = ("url", "events", "rests_until", "failing_since", "failures", "leased_until", "claimed_at")
            model = {name: getattr(hook, name) for name in names}
            same(f"webhook {hook.id}", model, {name: getattr(kept, name) for name in names})
            state = (hook.status, hook.token, hook.told, hook.failed)
            same("state", state, (str(kept.status), kept.lease_token, kept.event_seq, kept.failed_deliveries))

    @staticmethod
    def _name(hook: Hook, view: View) -> dict[str, Delivery]:
        """Give the model's new deliveries their ids, those of the same event and cause; return the real ones by id."""
        found = {each.id: each for each in view.deliveries(_TENANT, DeliveryFilter(hook.id), Slice(ALL))}
        known = {each.id for each in hook.sent}
        new = [each for each in found.values() if each.id not in known]
        for sent in [each for each in hook.sent if not each.id]:
            fits = [real for real in new if (real.event_id, str(real.trigger)) == (sent.event, sent.trigger)]
            same(f"a delivery of {sent.kind} because of {sent.trigger}", True, bool(fits))
            sent.id = fits[0].id
            new.remove(fits[0])
        return found


def _parcels(lease: Lease) -> list[tuple[str, str]]:
    return [(parcel.delivery.id, parcel.event.id) for parcel in lease.parcels]


def _report(sent: Sent, code: int | None, asked: int | None, now: datetime) -> Report:
    return Report(sent.id, now, code, None if code else "timeout", 7, None, asked)
