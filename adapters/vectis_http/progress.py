"""What is known of a request while it is answered, for its answer, for those who listen, and for the log."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count

import attrs

from vectis_core.ids import Ids
from vectis_core.tenancy import Caller

Headers = list[tuple[str, str]]

#: Characters of 64 kinds: 132 random bits.
_WORD = 22
#: What may be echoed: a header with other characters could become two, or another line of a log.
_REQUEST_ID = re.compile(r"[!-~]{1,128}")


@attrs.define
class Progress:
    """One request so far."""

    request_id: str
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


def new_request_ids(ids: Ids) -> Callable[[], str]:
    """Return what makes ids that no other process makes: one random word for all, and a number.

    A random word for each would cost more than all else that is done for it.
    """
    word = ids.secret()[:_WORD]
    numbers = count(1)
    return lambda: f"{word}-{next(numbers)}"
