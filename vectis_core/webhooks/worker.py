"""One turn of a dispatcher's work: claim, send, settle. Clock, randomness and network come from outside."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import attrs

from vectis_core.commands import AdvanceReplays, ClaimDeliveries, SettleDeliveries
from vectis_core.engine import Engine
from vectis_core.errors import OutcomeUnknown, ServiceUnavailable, UsageError, VectisError
from vectis_core.handlers.subscriptions import signing_secrets
from vectis_core.telemetry import AttemptDone
from vectis_core.tenancy import Caller
from vectis_core.vault import Vault
from vectis_core.webhooks.model import Lease, Parcel, Report, Settled, Subscription, SubscriptionStatus
from vectis_core.webhooks.schedule import Policy, succeeded
from vectis_core.webhooks.sending import post_of, report_of
from vectis_core.webhooks.transport import Answer, NotDelivered, Transport

_logger = logging.getLogger("vectis.webhooks")

#: While the database cannot be used, reports are offered to it so often, in seconds.
_OFFER_EVERY = 0.5


@attrs.frozen
class Pace:
    """How a worker goes about it; all times in seconds."""

    #: For one attempt in all.
    deadline: float = 15.0
    #: An endpoint is leased for so long: three deadlines at least, so that one slow answer does not end it.
    lease: int = 60
    #: Deliveries taken under one lease: two commits, of the claim and of the reports, are shared by so many.
    deliveries: int = 50
    #: Endpoints that are delivered to at once by one dispatcher.
    endpoints: int = 16
    #: Beside these, how many may be such whose last attempt failed: they may take long, and must not take all places.
    ailing: int = 6
    #: An endpoint that takes longer than that, however well it was, gives its place to another ...
    slow_after: float = 1.0
    #: ... as long as at most so many do.
    slow: int = 42
    #: So often a dispatcher looks for what other processes have put on its way.
    poll_every: float = 1.0
    #: After so long reports are settled although there is more to send.
    settle_every: float = 2.0


class Worker:
    """Delivers what is due; any number of them may work on one database."""

    def __init__(
        self,
        engine: Engine,
        vault: Vault,
        transport: Transport,
        *,
        monotonic: Callable[[], float],
        random: Callable[[], float],
        policy: Policy,
        pace: Pace,
        agent: str,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        """Take what is outside: *pause* waits for some seconds, or until the worker is stopped where it is left out."""
        if pace.lease < 3 * pace.deadline:
            raise UsageError(f"A lease of {pace.lease} s is shorter than three deadlines of {pace.deadline} s")
        self._engine = engine
        self._vault = vault
        self._transport = transport
        self._monotonic = monotonic
        self._random = random
        self._policy = policy
        self._pace = pace
        self._agent = agent
        self._stopped = threading.Event()
        self._pause = pause or self._stopped.wait

    def stop(self) -> None:
        """Begin no attempt any more; what is under way goes on to its end."""
        self._stopped.set()

    def claim(self, well: int, ailing: int) -> list[tuple[Lease, float]]:
        """Return leases of endpoints that are due, each with the monotonic time after which it must not be used."""
        began = self._monotonic()
        command = ClaimDeliveries(
            caller=_CALLER,
            well=well,
            ailing=ailing,
            deliveries=self._pace.deliveries,
            lease_seconds=self._pace.lease,
        )
        # Counted from before the claim: by the store's clock the lease began later.
        return [(lease, began + self._pace.lease) for lease in self._engine.run(command)]

    def advance_replays(self) -> int:
        """Go on with replays; returns how many are not done yet."""
        return self._engine.run(AdvanceReplays(caller=_CALLER))

    def deliver(self, lease: Lease, usable_until: float) -> None:
        """Send what is leased in order, until an attempt fails, the lease might end meanwhile, or it is unwanted."""
        secrets = self._secrets(lease.subscription)
        if not secrets:
            self._settle(lease, [self._unsent(lease.parcels[0])], 0, usable_until)
            return
        reports: list[Report] = []
        settled_at = self._monotonic()
        for parcel in lease.parcels:
            now = self._monotonic()
            if self._stopped.is_set() or now + self._pace.deadline >= usable_until:
                break
            if reports and now - settled_at >= self._pace.settle_every:
                subscription = self._settle(lease, reports, self._pace.lease, usable_until)
                if subscription is None:
                    return
                reports, settled_at, usable_until = [], now, now + self._pace.lease
                # Its owner may have paused it meanwhile, or replaced its secret.
                secrets = self._secrets(subscription)
                if subscription.status is not SubscriptionStatus.ACTIVE or not secrets:
                    break
            report = self._attempt(parcel, lease, secrets)
            reports.append(report)
            if not succeeded(report):
                break
        self._settle(lease, reports, 0, usable_until)

    def _secrets(self, subscription: Subscription) -> list[str]:
        """Return the secrets that sign now, newest first; none where they cannot be opened."""
        sealed = signing_secrets(subscription, self._engine.store.now())
        try:
            return [self._vault.open(each.sealed, subscription.id).decode() for each in sealed]
        except VectisError:
            told = "the secret of webhook %s cannot be opened: nothing is sent to it"
            _logger.exception(told, subscription.id, extra=_fields(subscription))
            return []

    def _unsent(self, parcel: Parcel) -> Report:
        """Return the report of an attempt that could not be signed: kept in the log, and tried again like any other."""
        failure = NotDelivered("secret_unreadable")
        return report_of(parcel.delivery, failure, at=self._engine.store.now(), seconds=0.0, jitter=self._jitter())

    def _attempt(self, parcel: Parcel, lease: Lease, secrets: list[str]) -> Report:
        now = self._engine.store.now()
        began = self._monotonic()
        audience, headers = self._engine.audience, list[tuple[str, str]]()
        notes = audience.attempt_began(parcel.delivery, headers)
        answer = self._answer(parcel, lease, secrets, headers)
        seconds = self._monotonic() - began
        report = report_of(parcel.delivery, answer, at=now, seconds=seconds, jitter=self._jitter())
        url = lease.subscription.url
        audience.attempt_done(AttemptDone(parcel.event.type, url, report.code, report.error, seconds, notes))
        if _logger.isEnabledFor(logging.DEBUG):
            fields = {**_fields(lease.subscription), "delivery_id": parcel.delivery.id, "event": parcel.event.type}
            fields |= {"status": report.code, "error": report.error, "duration_ms": round(seconds * 1000, 3)}
            _logger.debug("delivery %s: %s", parcel.delivery.id, report.error or report.code, extra=fields)
        return report

    def _answer(
        self, parcel: Parcel, lease: Lease, secrets: list[str], headers: list[tuple[str, str]]
    ) -> Answer | NotDelivered:
        try:
            post = post_of(
                parcel.delivery,
                parcel.event,
                lease.subscription.url,
                secrets,
                self._engine.store.now(),
                agent=self._agent,
                deadline=self._pace.deadline,
            )
            return self._transport.post(attrs.evolve(post, headers=(*post.headers, *headers)) if headers else post)
        except NotDelivered as failure:
            return failure
        except Exception:
            # Whatever is wrong with one delivery, it must not be tried for ever in the place of all others.
            fields = {**_fields(lease.subscription), "delivery_id": parcel.delivery.id}
            _logger.exception("an attempt to send delivery %s failed", parcel.delivery.id, extra=fields)
            return NotDelivered("internal")

    def _jitter(self) -> float:
        return 2 * self._random() - 1

    def _settle(
        self, lease: Lease, reports: list[Report], lease_seconds: int, usable_until: float
    ) -> Subscription | None:
        """Write down what was tried, and return how the endpoint is now; ``None`` where the lease is no more.

        What cannot be written is tried again by whoever claims the endpoint next.
        """
        command = SettleDeliveries(
            caller=Caller(lease.subscription.tenant, "dispatcher"),
            subscription_id=lease.subscription.id,
            lease_token=lease.token,
            reports=tuple(reports),
            policy=self._policy,
            lease_seconds=lease_seconds,
        )
        webhook, fields = lease.subscription.id, _fields(lease.subscription)
        try:
            settled = self._kept(command, usable_until)
        except VectisError as error:
            _logger.warning("reports on %s could not be kept; it will be told again: %s", webhook, error, extra=fields)
            return None
        if reports and not settled.current:
            _logger.warning("the lease of %s had ended; it will be told again", webhook, extra=fields)
        now = settled.subscription
        if reports and settled.current and now is not None and now.status is SubscriptionStatus.DISABLED:
            _logger.warning("webhook %s is disabled: %s", webhook, now.reason, extra=fields)
        return now

    def _kept(self, command: SettleDeliveries, usable_until: float) -> Settled:
        """Offer reports to a database that cannot be used for the moment for as long as the lease lasts."""
        while True:
            try:
                return self._engine.run(command)
            except OutcomeUnknown:
                # Asked again, a failed attempt might be counted twice.
                raise
            except ServiceUnavailable:
                if self._stopped.is_set() or self._monotonic() + _OFFER_EVERY >= usable_until:
                    raise
                self._pause(_OFFER_EVERY)


_CALLER = Caller(actor="dispatcher")


def _fields(subscription: Subscription) -> dict[str, Any]:
    """Return the fields that every record about a webhook has."""
    return {"tenant": subscription.tenant, "webhook_id": subscription.id}
