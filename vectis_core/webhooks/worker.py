"""One turn of a dispatcher's work: claim, send, settle. Clock, randomness and network come from outside."""

from __future__ import annotations

import logging
from collections.abc import Callable

import attrs

from vectis_core.commands import AdvanceReplays, ClaimDeliveries, SettleDeliveries
from vectis_core.engine import Engine
from vectis_core.errors import VectisError
from vectis_core.handlers.subscriptions import signing_secrets
from vectis_core.tenancy import Caller
from vectis_core.vault import Vault
from vectis_core.webhooks.model import Lease, Parcel, Report
from vectis_core.webhooks.schedule import Policy, succeeded
from vectis_core.webhooks.sending import post_of, report_of
from vectis_core.webhooks.transport import Answer, NotDelivered, Transport

_logger = logging.getLogger("vectis.webhooks")


@attrs.frozen
class Pace:
    """How a worker goes about it; all times in seconds."""

    #: For one attempt in all.
    deadline: float = 15.0
    #: An endpoint is leased for so long: three deadlines and more, so that one slow answer does not end it.
    lease: int = 60
    #: Deliveries taken under one lease.
    deliveries: int = 20
    #: Endpoints that are delivered to at once by one dispatcher.
    endpoints: int = 16
    #: Of these, how many may be such whose last attempt failed: they may take long, and must not take all places.
    ailing: int = 6
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
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._transport = transport
        self._monotonic = monotonic
        self._random = random
        self._policy = policy
        self._pace = pace
        self._agent = agent
        self._stopped = False

    def stop(self) -> None:
        """Begin no attempt any more; what is under way goes on to its end."""
        self._stopped = True

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
        """Go on with replays; returns how many deliveries that made."""
        return self._engine.run(AdvanceReplays(caller=_CALLER))

    def deliver(self, lease: Lease, usable_until: float) -> None:
        """Send what is leased in order, until an attempt fails or the lease might end during the next."""
        secrets = self._secrets(lease)
        reports: list[Report] = []
        settled_at = self._monotonic()
        for parcel in lease.parcels:
            now = self._monotonic()
            if self._stopped or now + self._pace.deadline >= usable_until:
                break
            if reports and now - settled_at >= self._pace.settle_every:
                if not self._settle(lease, reports, self._pace.lease):
                    return
                reports, settled_at, usable_until = [], now, now + self._pace.lease
            report = self._attempt(parcel, lease, secrets)
            reports.append(report)
            if not succeeded(report):
                break
        self._settle(lease, reports, 0)

    def _secrets(self, lease: Lease) -> list[str]:
        subscription = lease.subscription
        sealed = signing_secrets(subscription, self._engine.store.now())
        return [self._vault.open(each.sealed, subscription.id).decode() for each in sealed]

    def _attempt(self, parcel: Parcel, lease: Lease, secrets: list[str]) -> Report:
        now = self._engine.store.now()
        began = self._monotonic()
        post = post_of(
            parcel.delivery,
            parcel.event,
            lease.subscription.url,
            secrets,
            now,
            agent=self._agent,
            deadline=self._pace.deadline,
        )
        answer: Answer | NotDelivered
        try:
            answer = self._transport.post(post)
        except NotDelivered as failure:
            answer = failure
        seconds = self._monotonic() - began
        return report_of(parcel.delivery, answer, at=now, seconds=seconds, jitter=2 * self._random() - 1)

    def _settle(self, lease: Lease, reports: list[Report], lease_seconds: int) -> bool:
        """Write down what was tried; what cannot be written is tried again by whoever claims the endpoint next."""
        command = SettleDeliveries(
            caller=Caller(lease.subscription.tenant, "dispatcher"),
            subscription_id=lease.subscription.id,
            lease_token=lease.token,
            reports=tuple(reports),
            policy=self._policy,
            lease_seconds=lease_seconds,
        )
        try:
            settled = self._engine.run(command)
        except VectisError as error:
            _logger.warning("reports on %s could not be kept; it will be told again: %s", lease.subscription.id, error)
            return False
        if not settled.current:
            _logger.warning("the lease of %s had ended; it will be told again", lease.subscription.id)
        return settled.current


_CALLER = Caller(actor="dispatcher")
