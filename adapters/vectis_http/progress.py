"""What is known of a request while it is answered, for its answer, for those who listen, and for the log."""

from __future__ import annotations

import re
from datetime import datetime

import attrs

from vectis_core.ids import Ids
from vectis_core.tenancy import Caller

Headers = list[tuple[str, str]]

#: What may be echoed: a header with other characters could become two, or another line of a log.
_REQUEST_ID = re.compile(r"[!-~]{1,128}")


@attrs.define
class Progress:
    """One request so far."""

    request_id: str
    #: When it came, by the domain's clock.
    now: datetime
    #: Headers that the answer is to have, whatever it is.
    told: Headers
    #: The template of its path; empty where there is nothing at the path.
    route: str = ""
    #: Who asks, once the token has said so.
    caller: Caller | None = None
    error: str | None = None


def is_request_id(text: str) -> bool:
    """Return whether a request may have this id."""
    return _REQUEST_ID.fullmatch(text) is not None


def request_id_of(given: str | None, ids: Ids, now: datetime) -> str:
    """Return the id that a client has *given* its request, or a new one where it has none that can be echoed."""
    if given is not None and is_request_id(given):
        return given
    return ids.uuid7(now)
