"""``oms.webhooks``, for asyncio.

Made from ``vectis_core/faces/webhooks.py`` by ``python -m tools.aio_faces``: change that, and make this anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from vectis_core.aio.engine import awaited
from vectis_core.aio.listing import AsyncListing
from vectis_core.checking import UNSET, Unset
from vectis_core.faces import webhooks
from vectis_core.queries import DeliveryLog
from vectis_core.webhooks.catalogue import EventKind
from vectis_core.webhooks.model import (
    OVERLAP_DEFAULT,
    Delivery,
    IssuedSubscription,
    Replay,
    Subscription,
)


class AsyncWebhooksFace:
    """A tenant's webhooks: who is told of what, and what became of it. ``oms.dispatcher()`` does the telling."""

    def __init__(self, face: webhooks.WebhooksFace) -> None:
        self._face = face

    async def create(
        self, url: str, events: Iterable[str], *, secret: str | None = None, command_id: str | None = None
    ) -> IssuedSubscription:
        """Subscribe *url* to *events*: types, ``order.*`` and the like, or ``*``.

        Deliveries are signed with *secret* (16 to 255 characters), or with one that we make and return this once.
        """
        return await awaited(self._face.create(url, events, secret=secret, command_id=command_id))

    async def get(self, subscription_id: str) -> Subscription:
        """Return a subscription; raises ``NotFound``."""
        return await awaited(self._face.get(subscription_id))

    def list(self) -> AsyncListing[Subscription]:
        """Return subscriptions, newest first."""
        return AsyncListing(self._face.list())

    async def update(
        self,
        subscription_id: str,
        *,
        url: str | Unset = UNSET,
        events: Iterable[str] | Unset = UNSET,
        active: bool | Unset = UNSET,
        command_id: str | None = None,
    ) -> Subscription:
        """Change what is given; ``active`` pauses, or resumes what was paused or disabled. Raises ``NotFound``."""
        return await awaited(
            self._face.update(subscription_id, url=url, events=events, active=active, command_id=command_id)
        )

    async def delete(self, subscription_id: str, *, command_id: str | None = None) -> Subscription:
        """End a subscription; what is on its way is not sent. Raises ``NotFound``."""
        return await awaited(self._face.delete(subscription_id, command_id=command_id))

    async def rotate_secret(
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
        return await awaited(
            self._face.rotate_secret(subscription_id, secret=secret, overlap=overlap, command_id=command_id)
        )

    async def finish_rotation(self, subscription_id: str, *, command_id: str | None = None) -> Subscription:
        """End the overlap of two secrets now; harmless where there is none. Raises ``NotFound``."""
        return await awaited(self._face.finish_rotation(subscription_id, command_id=command_id))

    @staticmethod
    def event_types() -> tuple[EventKind, ...]:
        """Return the catalogue: every type of event with the JSON Schema of its data and an example."""
        return webhooks.WebhooksFace.event_types()

    async def test(self, subscription_id: str, *, command_id: str | None = None) -> Delivery:
        """Send a test event. Raises ``NotFound``, and ``Conflict`` where the webhook is not active."""
        return await awaited(self._face.test(subscription_id, command_id=command_id))

    def deliveries(
        self, subscription_id: str, *, status: str | None = None, event: str | None = None
    ) -> AsyncListing[Delivery]:
        """Return what was and will be sent, newest first, of a status or a type of event where one is named.

        Raises ``ValidationError`` for a status or a type that there is not; reading it raises ``NotFound``.
        """
        return AsyncListing(self._face.deliveries(subscription_id, status=status, event=event))

    async def delivery(self, delivery_id: str) -> DeliveryLog:
        """Return a delivery with all attempts; raises ``NotFound``."""
        return await awaited(self._face.delivery(delivery_id))

    async def redeliver(self, delivery_id: str, *, command_id: str | None = None) -> Delivery:
        """Send an event once more; one that waits is due at once.

        Raises ``NotFound``, and ``Conflict`` where the webhook is not active.
        """
        return await awaited(self._face.redeliver(delivery_id, command_id=command_id))

    async def replay(
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
        return await awaited(self._face.replay(subscription_id, since, until=until, types=types, command_id=command_id))

    async def replays(self, subscription_id: str) -> tuple[Replay, ...]:
        """Return the replays of a webhook and how far they are, newest first; raises ``NotFound``."""
        return await awaited(self._face.replays(subscription_id))
