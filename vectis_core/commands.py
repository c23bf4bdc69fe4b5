"""Commands: every state change as a value, with who asks, for what, and an id that makes a repeat harmless.

There is no other way to change anything. ``intent`` is what the caller wants, the very object that a body of the
HTTP API is decoded into; the other fields say what it is to be done to.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

import attrs

from vectis_core.access import Allowance, ApiClient, IssuedClient, NewClient, SigningKey
from vectis_core.catalogue import (
    NewProduct,
    NewWarehouse,
    Product,
    ProductChange,
    Warehouse,
    WarehouseChange,
)
from vectis_core.checking import canonical_form
from vectis_core.orders.model import (
    Cancellation,
    NewOrder,
    NewShipment,
    Order,
    Placed,
    Reason,
    Shipment,
    ShipmentMoment,
)
from vectis_core.stock.model import Adjustment, NewStockRecord, StockChange, StockRecord
from vectis_core.tenancy import Caller, Settings, SettingsChange, Tenant
from vectis_core.tracking.accounts import CarrierAccount, CarrierSetup, KeptPayload
from vectis_core.tracking.model import Filed, Notice, TrackingEvent
from vectis_core.webhooks.model import (
    Delivery,
    IssuedSubscription,
    Lease,
    NewSubscription,
    Replay,
    ReplayRange,
    Report,
    Rotation,
    Settled,
    Subscription,
    SubscriptionChange,
)
from vectis_core.webhooks.schedule import Policy

R_co = TypeVar("R_co", covariant=True)


@attrs.frozen(kw_only=True, repr=False)
class Command(Generic[R_co]):
    """Base of all commands; ``R_co`` is what running one returns.

    They share one ``__repr__``: that attrs compiles one for each would be a twentieth of the time that importing takes.
    """

    #: Whether a repeat with the same command id returns the stored result. Commands that are harmless to
    #: repeat, or have a key of their own, keep none.
    keeps_result: ClassVar[bool] = True

    caller: Caller = Caller()
    #: Unique per tenant and client; a repeat with the same id returns the first result (1 to 255 characters).
    command_id: str | None = None

    def __repr__(self) -> str:
        shown = (field.name for field in attrs.fields(type(self)) if field.repr)
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    def fingerprint(self) -> str:
        """Return a digest of what is asked, by which a repeat is told from another command.

        Of a secret it says only whether one is given: a short one could be guessed from a digest.
        """
        asked = [
            canonical_form(_without_secrets(value)) if attrs.has(type(value)) else value
            for value in (getattr(self, name) for name in _asked_of(type(self)))
        ]
        return hashlib.sha256(f"{type(self).__name__}{asked!r}".encode("utf-8", "surrogatepass")).hexdigest()


_ASKED: dict[type, tuple[str, ...]] = {}
_SECRETS: dict[type, tuple[str, ...]] = {}


def _without_secrets(value: Any) -> Any:
    """Return *value* with a word in place of each secret, which are the fields that ``repr`` does not show."""
    names = _SECRETS.get(type(value))
    if names is None:
        found = (field.name for field in attrs.fields(type(value)) if field.repr is False)
        names = _SECRETS[type(value)] = tuple(found)
    given = {name: "given" for name in names if getattr(value, name) is not None}
    return attrs.evolve(value, **given) if given else value


def _asked_of(command: type[attrs.AttrsInstance]) -> tuple[str, ...]:
    """Return the fields that say what is asked, not by whom."""
    asked = _ASKED.get(command)
    if asked is None:
        names = (field.name for field in attrs.fields(command))
        asked = _ASKED[command] = tuple(name for name in names if name not in {"caller", "command_id"})
    return asked


@attrs.frozen(kw_only=True, repr=False)
class PlaceOrder(Command[Placed]):
    """Create an order and reserve all its lines, or return the one that has the external id."""

    keeps_result: ClassVar[bool] = False
    intent: NewOrder


@attrs.frozen(kw_only=True, repr=False)
class ConfirmOrder(Command[Order]):
    """Accept a pending order for fulfilment."""

    order_id: str


@attrs.frozen(kw_only=True, repr=False)
class CancelOrder(Command[Order]):
    """Cancel an order of which nothing has shipped, and release its stock."""

    order_id: str
    intent: Cancellation


@attrs.frozen(kw_only=True, repr=False)
class CloseOrderShort(Command[Order]):
    """End a partially shipped order: cancel and release what was not shipped."""

    order_id: str
    intent: Reason


@attrs.frozen(kw_only=True, repr=False)
class HoldOrder(Command[Order]):
    """Forbid confirming and shipping an order for the time being."""

    order_id: str
    intent: Reason


@attrs.frozen(kw_only=True, repr=False)
class ReleaseOrder(Command[Order]):
    """End the hold of an order."""

    order_id: str
    intent: Reason


@attrs.frozen(kw_only=True, repr=False)
class EraseOrder(Command[Order]):
    """Erase what is personal in an order that has ended, and in the scans of its parcels; harmless when repeated."""

    keeps_result: ClassVar[bool] = False
    order_id: str


@attrs.frozen(kw_only=True, repr=False)
class RegisterShipment(Command[Shipment]):
    """Register a shipment of an order: its label, or at once as shipped."""

    order_id: str
    intent: NewShipment


@attrs.frozen(kw_only=True, repr=False)
class ShipShipment(Command[Shipment]):
    """A labelled shipment has left; its goods leave stock."""

    shipment_id: str
    intent: ShipmentMoment = ShipmentMoment()


@attrs.frozen(kw_only=True, repr=False)
class DeliverShipment(Command[Shipment]):
    """A shipment has arrived."""

    shipment_id: str
    intent: ShipmentMoment = ShipmentMoment()


@attrs.frozen(kw_only=True, repr=False)
class VoidShipment(Command[Shipment]):
    """A label will not be used; its pieces can go on another."""

    shipment_id: str
    intent: ShipmentMoment = ShipmentMoment()


@attrs.frozen(kw_only=True, repr=False)
class CreateProduct(Command[Product]):
    """Add a product, with a stock record of zero in the default warehouse."""

    intent: NewProduct


@attrs.frozen(kw_only=True, repr=False)
class UpdateProduct(Command[Product]):
    """Change a product."""

    product_id: str
    intent: ProductChange


@attrs.frozen(kw_only=True, repr=False)
class OpenStockRecord(Command[StockRecord]):
    """Open a stock record of zero for a SKU in a further warehouse."""

    intent: NewStockRecord


@attrs.frozen(kw_only=True, repr=False)
class UpdateStockRecord(Command[StockRecord]):
    """Change a stock record's reorder point."""

    stock_id: str
    intent: StockChange


@attrs.frozen(kw_only=True, repr=False)
class AdjustStock(Command[StockRecord]):
    """Correct what is on hand."""

    stock_id: str
    intent: Adjustment


@attrs.frozen(kw_only=True, repr=False)
class CreateWarehouse(Command[Warehouse]):
    """Add a warehouse."""

    intent: NewWarehouse


@attrs.frozen(kw_only=True, repr=False)
class UpdateWarehouse(Command[Warehouse]):
    """Change a warehouse."""

    warehouse_id: str
    intent: WarehouseChange


@attrs.frozen(kw_only=True, repr=False)
class UpdateSettings(Command[Settings]):
    """Change the tenant's settings."""

    intent: SettingsChange


@attrs.frozen(kw_only=True, repr=False)
class OpenTenant(Command[Tenant]):
    """Make the caller's tenant with its default warehouse, or return it where it exists."""

    keeps_result: ClassVar[bool] = False


@attrs.frozen(kw_only=True, repr=False)
class CreateClient(Command[IssuedClient]):
    """Make an API client with its first secret."""

    intent: NewClient


@attrs.frozen(kw_only=True, repr=False)
class AddClientSecret(Command[IssuedClient]):
    """Give a client a new secret; the one before it stays good, older ones end."""

    client_id: str


@attrs.frozen(kw_only=True, repr=False)
class RevokeClient(Command[ApiClient]):
    """End a client: its secrets and its tokens are refused from now on."""

    client_id: str


@attrs.frozen(kw_only=True, repr=False)
class AddSigningKey(Command[SigningKey]):
    """Publish a key that signs tokens from a moment on, and give those it replaces a moment to retire.

    With ``only_if_none`` it does nothing where there is a key already, and returns that: so two processes
    that start at once agree.
    """

    keeps_result: ClassVar[bool] = False
    key: SigningKey
    #: When the keys before this one stop being accepted; ``None`` leaves them.
    retire_others_at: datetime | None = None
    only_if_none: bool = False


@attrs.frozen(kw_only=True, repr=False)
class LeaseAllowance(Command[Allowance]):
    """Take a block of requests out of a rate limit's window, which starts with the first block taken."""

    keeps_result: ClassVar[bool] = False
    #: What is limited; never a token itself.
    key: str
    limit: int
    window_seconds: int
    block: int


@attrs.frozen(kw_only=True, repr=False)
class CreateSubscription(Command[IssuedSubscription]):
    """Subscribe an endpoint to events."""

    intent: NewSubscription


@attrs.frozen(kw_only=True, repr=False)
class UpdateSubscription(Command[Subscription]):
    """Change a subscription, pause it, or let it go on."""

    subscription_id: str
    intent: SubscriptionChange


@attrs.frozen(kw_only=True, repr=False)
class DeleteSubscription(Command[Subscription]):
    """End a subscription; what is on its way to it is not sent."""

    subscription_id: str


@attrs.frozen(kw_only=True, repr=False)
class RotateSecret(Command[IssuedSubscription]):
    """Replace a subscription's secret, with an overlap in which the one before it goes on signing."""

    subscription_id: str
    intent: Rotation = Rotation()


@attrs.frozen(kw_only=True, repr=False)
class FinishRotation(Command[Subscription]):
    """End the overlap of two secrets now: only the newest signs."""

    subscription_id: str


@attrs.frozen(kw_only=True, repr=False)
class ResealSecrets(Command[None]):
    """Encrypt a subscription's secrets once more, with the master key that is the first now."""

    keeps_result: ClassVar[bool] = False
    subscription_id: str


@attrs.frozen(kw_only=True, repr=False)
class SendTestEvent(Command[Delivery]):
    """Send an endpoint a test event, whatever it is subscribed to."""

    subscription_id: str


@attrs.frozen(kw_only=True, repr=False)
class Redeliver(Command[Delivery]):
    """Deliver an event once more to the endpoint of an earlier delivery."""

    delivery_id: str


@attrs.frozen(kw_only=True, repr=False)
class StartReplay(Command[Replay]):
    """Deliver all events of a time once more to an endpoint, those that were skipped among them."""

    subscription_id: str
    intent: ReplayRange


@attrs.frozen(kw_only=True, repr=False)
class AdvanceReplays(Command[int]):
    """Go on with the replays of all tenants for a while; returns how many of them are not done yet."""

    keeps_result: ClassVar[bool] = False
    #: At most so many events are looked at.
    limit: int = 500


@attrs.frozen(kw_only=True, repr=False)
class ClaimDeliveries(Command[tuple[Lease, ...]]):
    """Take endpoints of any tenant that have deliveries due and that nobody delivers to, for a while."""

    keeps_result: ClassVar[bool] = False
    #: At most so many endpoints that are well.
    well: int
    #: At most so many of which the last attempt failed; they may take long.
    ailing: int
    #: At most so many deliveries of each.
    deliveries: int
    #: For how many seconds; at least three times as long as one attempt may take.
    lease_seconds: int


@attrs.frozen(kw_only=True, repr=False)
class SettleDeliveries(Command[Settled]):
    """Write down what attempts came to, under a lease that must still be the newest."""

    keeps_result: ClassVar[bool] = False
    subscription_id: str
    lease_token: int
    reports: tuple[Report, ...]
    policy: Policy = Policy()
    #: For how many seconds to go on with the lease; 0 gives the endpoint back.
    lease_seconds: int = 0


@attrs.frozen(kw_only=True, repr=False)
class ConfigureCarrier(Command[CarrierAccount]):
    """Say how a carrier's pushes prove themselves, in place of what was said before."""

    keeps_result: ClassVar[bool] = False
    carrier: str
    intent: CarrierSetup


@attrs.frozen(kw_only=True, repr=False)
class CloseCarrier(Command[CarrierAccount]):
    """Accept nothing more from a carrier, and forget its secrets."""

    keeps_result: ClassVar[bool] = False
    carrier: str


@attrs.frozen(kw_only=True, repr=False)
class ResealCarrier(Command[None]):
    """Encrypt a carrier's secrets once more, with the master key that is the first now."""

    keeps_result: ClassVar[bool] = False
    carrier: str


@attrs.frozen(kw_only=True, repr=False)
class RecordScan(Command[Filed]):
    """File what a carrier reports in the timeline of its parcel, and let shipment and order follow.

    A repeat is known by what is reported, and changes nothing.
    """

    keeps_result: ClassVar[bool] = False
    intent: TrackingEvent
    #: When it happened, by which it is filed; see ``TrackingEvent.moment``.
    at: datetime
    received_at: datetime
    #: Whether a repeat that reads differently takes the place of what was filed, as when a better parser reads again.
    anew: bool = False


@attrs.frozen(kw_only=True, repr=False)
class KeepPayload(Command[None]):
    """Keep what a carrier sent, encrypted, for a while."""

    keeps_result: ClassVar[bool] = False
    carrier: str
    received_at: datetime
    days: int
    #: Sealed for ``payload_owner`` of the tenant and carrier.
    sealed: str = attrs.field(repr=False)


@attrs.frozen
class PayloadsDropped:
    """What came of one page of kept payloads."""

    count: int
    #: The id to go on after; ``None`` where that was the last page.
    next: str | None


@attrs.frozen(kw_only=True, repr=False)
class DropPayloads(Command[PayloadsDropped]):
    """Delete those of a page of kept payloads that name one of some parcels."""

    keeps_result: ClassVar[bool] = False
    #: Tracking numbers, normalised.
    numbers: frozenset[str]
    after: str = ""
    limit: int = 50


@attrs.frozen(kw_only=True, repr=False)
class ResealPayload(Command[None]):
    """Encrypt a kept payload once more, with the master key that is the first now.

    Raises ``StoreConflict`` where it has been cleared, or sealed anew, since it was read.
    """

    keeps_result: ClassVar[bool] = False
    payload: KeptPayload


@attrs.frozen(kw_only=True, repr=False)
class NoteCarrier(Command[CarrierAccount]):
    """Write down what a carrier's push service said about itself."""

    keeps_result: ClassVar[bool] = False
    carrier: str
    notices: tuple[Notice, ...]


@attrs.frozen
class Housekept:
    """How many rows of each kind one round of housekeeping cleared."""

    results: int
    windows: int
    keys: int
    #: With their attempts.
    deliveries: int
    #: Subscriptions that were deleted, with the last of their deliveries.
    webhooks: int
    #: What carriers sent, when its time was up.
    payloads: int
    #: Carriers' scans for which no shipment was ever registered.
    scans: int


@attrs.frozen(kw_only=True, repr=False)
class Housekeep(Command[Housekept]):
    """Clear what has aged, at most *limit* rows of a kind; nothing depends on it for being right."""

    keeps_result: ClassVar[bool] = False
    limit: int = 500
