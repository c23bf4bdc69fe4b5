"""``oms.webhooks``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from vectis_core import commands, queries
from vectis_core.checking import UNSET, Unset
from vectis_core.engine import Engine
from vectis_core.faces.listing import Listing
from vectis_core.queries import DeliveryLog
from vectis_core.tenancy import Caller
from vectis_core.webhooks.catalogue import CATALOGUE, EventKind
from vectis_core.webhooks.model import (
    OVERLAP_DEFAULT,
    Delivery,
    IssuedSubscription,
    NewSubscription,
    Replay,
    ReplayRange,
    Rotation,
    Subscription,
    SubscriptionChange,
)


class WebhooksFace:
    """A tenant's webhooks: who is told of what, and what became of it. ``oms.dispatcher()`` does the telling."""

    def __init__(self, engine: Engine, caller: Caller) -> None:
        self._engine = engine
        self._caller = caller

    def create(
        self, url: str, events: Iterable[str], *, secret: str | None = None, command_id: str | None = None
    ) -> IssuedSubscription:
        """Subscribe *url* to *events*: types, ``order.*`` and the like, or ``*``.

        Deliveries are signed with *secret* (16 to 255 characters), or with one that we make and return this once.
        """
        intent = NewSubscription(url, tuple(events), secret)
        return self._engine.run(commands.CreateSubscription(caller=self._caller, command_id=command_id, intent=intent))

    def get(self, subscription_id: str) -> Subscription:
        """Return a subscription; raises ``NotFound``."""
        return self._engine.ask_view(
            partial(queries.subscription, tenant=self._caller.tenant, subscription_id=subscription_id), quick=True
        )

    def list(self) -> Listing[Subscription]:
        """Return subscriptions, newest first."""
        tenant = self._caller.tenant
        return Listing(self._engine, partial(queries.subscriptions, tenant=tenant), lambda each: each.id)

    def update(
        self,
        subscription_id: str,
        *,
        url: str | Unset = UNSET,
        events: Iterable[str] | Unset = UNSET,
        active: bool | Unset = UNSET,
        command_id: str | None = None,
    ) -> Subscription:
        """Change what is given; ``active`` pauses, or resumes what was paused or disabled. Raises ``NotFound``."""
        wanted = events if isinstance(events, Unset) else tuple(events)
        return self._engine.run(
            commands.UpdateSubscription(
                caller=self._caller,
                command_id=command_id,
                subscription_id=subscription_id,
                intent=SubscriptionChange(url, wanted, active),
            )
        )

    def delete(self, subscription_id: str, *, command_id: str | None = None) -> Subscription:
        """End a subscription; what is on its way is not sent. Raises ``NotFound``."""
        return self._engine.run(
            commands.DeleteSubscription(caller=self._caller, command_id=command_id, subscription_id=subscription_id)
        )

    def rotate_secret(
        self,
        subscription_id: str,
        *,
        secret: str | None = None,
        overlap: int = OVERLAP_DEFAULT,
        command_id: str | None = None,
    ) -> IssuedSubscription:
        """Replace the secret; for *overlap* seconds (0 to 7 days) the one before it goes on signing.

        In the overlap ``X-Webhook-Signature`` is still made with the old secret, and the list of Standard Webhooks
        carries both. Raises ``NotFound``.
        """
        return self._engine.run(
            commands.RotateSecret(
                caller=self._caller,
                command_id=command_id,
                subscription_id=subscription_id,
                intent=Rotation(secret, overlap),
            )
        )

    def finish_rotation(self, subscription_id: str, *, command_id: str | None = None) -> Subscription:
        """End the overlap of two secrets now; harmless where there is none. Raises ``NotFound``."""
        return self._engine.run(
            commands.FinishRotation(caller=self._caller, command_id=command_id, subscription_id=subscription_id)
        )

    @staticmethod
    def event_types() -> tuple[EventKind, ...]:
        """Return the catalogue: every type of event with the JSON Schema of its data and an example."""
        return CATALOGUE

    def test(self, subscription_id: str, *, command_id: str | None = None) -> Delivery:
        """Send a test event. Raises ``NotFound``, and ``Conflict`` where the webhook is not active."""
        return self._engine.run(
            commands.SendTestEvent(caller=self._caller, command_id=command_id, subscription_id=subscription_id)
        )

    def deliveries(
        self, subscription_id: str, *, status: str | None = None, event: str | None = None
    ) -> Listing[Delivery]:
        """Return what was and will be sent, newest first, of a status or a type of event where one is named.

        Raises ``ValidationError`` for a status or a type that there is not; reading it raises ``NotFound``.
        """
        tenant = self._caller.tenant
        where = queries.delivery_filter(subscription_id, status, event)
        return Listing(self._engine, partial(queries.deliveries, tenant=tenant, where=where), lambda each: each.id)

    def delivery(self, delivery_id: str) -> DeliveryLog:
        """Return a delivery with all attempts; raises ``NotFound``."""
        return self._engine.ask_view(
            partial(queries.delivery_log, tenant=self._caller.tenant, delivery_id=delivery_id), quick=True
        )

    def redeliver(self, delivery_id: str, *, command_id: str | None = None) -> Delivery:
        """Send an event once more; one that waits is due at once.

        Raises ``NotFound``, and ``Conflict`` where the webhook is not active.
        """
        return self._engine.run(commands.Redeliver(caller=self._caller, command_id=command_id, delivery_id=delivery_id))

    def replay(
        self,
        subscription_id: str,
        since: datetime,
        *,
        until: datetime | None = None,
        types: Iterable[str] | None = None,
        command_id: str | None = None,
    ) -> Replay:
        """Send all events once more that happened from *since* to before *until* (now, where left out).

        The dispatcher does it bit by bit, over a restart too. Raises ``NotFound``, and ``Conflict`` where the webhook
        is not active.
        """
        intent = ReplayRange(since, until, None if types is None else tuple(types))
        return self._engine.run(
            commands.StartReplay(
                caller=self._caller, command_id=command_id, subscription_id=subscription_id, intent=intent
            )
        )

    def replays(self, subscription_id: str) -> tuple[Replay, ...]:
        """Return the replays of a webhook and how far they are, newest first; raises ``NotFound``."""
        return self._engine.ask_view(
            partial(queries.replays, tenant=self._caller.tenant, subscription_id=subscription_id)
        )
