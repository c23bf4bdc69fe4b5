"""What is to happen, as data: who asks for what and when, and which faults strike.

A plan names orders, shipments and stock by what its own steps make of them, so any part of it can be cut out: what
then names nothing is passed over.
"""

from __future__ import annotations

from enum import StrEnum

import attrs

#: Seconds.
DAY = 86_400.0


@attrs.frozen
class Place:
    """Place an order; its items are (SKU, quantity, price)."""

    external_id: str
    items: tuple[tuple[str, int, str], ...]
    addresses: int = 1


class Verb(StrEnum):
    """What can be asked of an order or a shipment."""

    CONFIRM = "confirm"
    CANCEL = "cancel"
    CLOSE_SHORT = "close short"
    HOLD = "hold"
    RELEASE = "release"
    SHIP = "ship"
    DELIVER = "deliver"
    VOID = "void"


@attrs.frozen
class OfOrder:
    """Take a step of an order."""

    verb: Verb
    external_id: str


@attrs.frozen
class Register:
    """Register a shipment of an order: all of it, or (SKU, quantity) of it."""

    external_id: str
    at_once: bool
    items: tuple[tuple[str, int], ...] | None = None


@attrs.frozen
class OfShipment:
    """Take a step of the shipment that another step registered."""

    verb: Verb
    registered_by: int


@attrs.frozen
class Adjust:
    """Correct what is on hand of a SKU in a warehouse."""

    sku: str
    warehouse: str
    pieces: int


@attrs.frozen
class Reorder:
    """Set the reorder point of a SKU in a warehouse."""

    sku: str
    warehouse: str
    point: int | None


@attrs.frozen
class MakeProduct:
    """Add a product."""

    sku: str


@attrs.frozen
class MakeWarehouse:
    """Add a warehouse beside the default one, which is called ``main``."""

    code: str


@attrs.frozen
class OpenRecord:
    """Open a stock record in a further warehouse."""

    sku: str
    warehouse: str


@attrs.frozen
class Again:
    """Ask once more what another step asked, with the same key."""

    of: int


@attrs.frozen
class CleanUp:
    """Clear what has aged."""


@attrs.frozen
class Subscribe:
    """Subscribe an endpoint, which no other step names, to events."""

    url: str
    events: tuple[str, ...]


class HookVerb(StrEnum):
    """What can be asked of a webhook."""

    PAUSE = "pause"
    RESUME = "resume"
    DELETE = "delete"
    TEST = "test"
    #: The newest delivery once more.
    REDELIVER = "redeliver"
    #: All of the last hour once more.
    REPLAY = "replay"


@attrs.frozen
class OfHook:
    """Ask something of the webhook that another step made."""

    verb: HookVerb
    url: str


Want = (
    Place
    | OfOrder
    | Register
    | OfShipment
    | Adjust
    | Reorder
    | MakeProduct
    | MakeWarehouse
    | OpenRecord
    | Again
    | CleanUp
    | Subscribe
    | OfHook
)


@attrs.frozen
class Client:
    """Somebody who asks, for one tenant."""

    name: str
    tenant: str


@attrs.frozen(kw_only=True)
class Step:
    """Something that happens at a moment of the plan, in seconds; its number stays its own when others are cut."""

    number: int
    at: float


@attrs.frozen(kw_only=True)
class Ask(Step):
    """A client asks a process for something."""

    client: Client
    process: int
    want: Want
    #: Whether it waits in the queue, so that whoever comes next is committed with it.
    joins: bool = False
    #: How often the client asks again on its own while it does not know the outcome.
    retries: int = 0
    #: Whether the client gives the command an id.
    with_id: bool = True
    #: At which point of that process's next commit it comes, instead of at the step's own moment.
    during: str | None = None


@attrs.frozen(kw_only=True)
class Peek(Step):
    """A client reads an order, or a SKU's stock in the default warehouse."""

    client: Client
    process: int
    external_id: str | None = None
    sku: str | None = None
    #: At which point of which other process's next commit, instead of at the step's own moment.
    during: tuple[int, str] | None = None


class Harm(StrEnum):
    """What can go wrong at a storage call."""

    CONFLICT = "conflict"
    UNAVAILABLE = "unavailable"
    ERROR = "error"
    CRASH = "crash"


@attrs.frozen(kw_only=True)
class Strike(Step):
    """From now on, the next time (or the one after *skip* more) that the process reaches the point, harm strikes."""

    process: int
    point: str
    harm: Harm
    skip: int = 0


@attrs.frozen(kw_only=True)
class Jump(Step):
    """The clock is set forward or back."""

    seconds: float


@attrs.frozen(kw_only=True)
class Stop(Step):
    """A process ends, and is started again when it is next needed."""

    process: int
    #: Whether it dies, with what is in its queue, or finishes and closes.
    crash: bool


@attrs.frozen(kw_only=True)
class Turn(Step):
    """A dispatcher's worker, unless it is still busy, looks for what is due and delivers it."""

    worker: int


class Mood(StrEnum):
    """How an endpoint takes what is posted to it."""

    WELL = "is well"
    SLOW = "takes its time"
    BAD_REQUEST = "answers 400"
    ERROR = "answers 500"
    BUSY = "answers 429 and asks for time"
    GONE = "answers 410"
    #: It takes what comes, and does not answer in time.
    SILENT = "is silent"
    #: It takes what comes, and its answer is lost.
    UNHEARD = "is not heard"
    UNREACHABLE = "cannot be reached"


@attrs.frozen(kw_only=True)
class Change(Step):
    """From now on an endpoint is in another mood."""

    url: str
    mood: Mood


class Where(StrEnum):
    """Where a worker may stall."""

    #: The request is about to leave.
    SENDING = "sending"
    #: The endpoint has answered.
    ANSWERED = "answered"
    #: What was tried is about to be written down.
    SETTLING = "settling"


@attrs.frozen(kw_only=True)
class Stall(Step):
    """The next time that the worker comes there, it stands still for so many seconds."""

    worker: int
    where: Where
    seconds: float


@attrs.frozen(kw_only=True)
class Drift(Step):
    """From now on a worker's own clock goes at another rate, after it was set forward or back by so many seconds."""

    worker: int
    rate: float
    seconds: float


@attrs.frozen
class Plan:
    """All that is to happen."""

    steps: tuple[Step, ...]
    days: int
    processes: int
    clients: tuple[Client, ...]
    #: Workers of dispatchers; they take turns in being one of this and one of that process.
    workers: int = 0
    #: What chance the workers have, such as by how much they move the time of their next try.
    seed: int = 0
