"""What clients asked and what they were told: the log that a judge trusts instead of the program it judges.

A client notes a call before it is sent and again when the answer is there, on a clock that all clients of the log
share. A call whose answer never came is *unknown*, as is one that was answered with ``OutcomeUnknown``.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import attrs

from vectis_core.commands import Command
from vectis_core.errors import OutcomeUnknown, VectisError
from vectis_core.orders.model import Order
from vectis_core.stock.model import StockRecord


class Told(StrEnum):
    """What a client may believe of a call."""

    #: It happened, and survives whatever comes.
    DONE = "done"
    #: It did not happen and never will.
    REFUSED = "refused"
    #: It may have happened; asking again with the same key says so.
    UNKNOWN = "unknown"


@attrs.define
class Call:
    """One command and its answer."""

    client: str
    command: Command[Any]
    #: In seconds.
    sent: float
    #: In seconds; ``None`` where no answer came, since the program died or has not answered yet.
    answered: float | None = None
    #: What the command returned.
    result: Any = None
    error: VectisError | None = None

    @property
    def told(self) -> Told:
        """What the answer lets the client believe."""
        if self.answered is None or isinstance(self.error, OutcomeUnknown):
            return Told.UNKNOWN
        return Told.DONE if self.error is None else Told.REFUSED


@attrs.define
class Look:
    """One read by key and what was seen; ``event_seq`` and ``ledger_seq`` tell older states from newer ones."""

    client: str
    sent: float
    answered: float
    #: ``None`` where nothing was found.
    seen: Order | StockRecord | None
    #: The tenant and the id that were asked for; may be left out where something was seen.
    asked: tuple[str, str] | None = None

    @property
    def tenant(self) -> str:
        """The tenant in which it was looked for."""
        return self._key[0]

    @property
    def key(self) -> str:
        """The id that was looked for."""
        return self._key[1]

    @property
    def _key(self) -> tuple[str, str]:
        if self.seen is not None:
            return self.seen.tenant, self.seen.id
        if self.asked is None:
            raise ValueError("a look that found nothing must say what was asked for")
        return self.asked
