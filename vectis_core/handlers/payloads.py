"""Deleting the kept payloads of some parcels, a page at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from vectis_core.commands import DropPayloads, PayloadsDropped
from vectis_core.errors import StoreError
from vectis_core.identity_map import Keys
from vectis_core.tracking.accounts import payload_owner
from vectis_core.unit_of_work import UnitOfWork

#: A number of as many characters is found within a longer text too, such as an address of a tracking page.
_TELLING = 8


def keys(command: DropPayloads, keys: Keys) -> None:
    """Name the page."""
    keys.payloads.add((command.caller.tenant, command.after, command.limit))


def drop(command: DropPayloads, work: UnitOfWork) -> PayloadsDropped:
    """Delete payloads that name one of the parcels, with whatever else they say."""
    page = work.kept_payloads(command.after, command.limit)
    dropped = 0
    for payload in page:
        try:
            plain = work.opened(payload.sealed, payload_owner(payload.tenant, payload.carrier))
        except StoreError:
            # Nobody can read it with the keys at hand, and it goes when its days are over.
            continue
        if names_one_of(plain, command.numbers):
            work.dropped.append((payload.tenant, payload.id))
            dropped += 1
    return PayloadsDropped(dropped, page[-1].id if len(page) == command.limit else None)


def names_one_of(plain: str, numbers: frozenset[str]) -> bool:
    """Return whether a payload has one of some tracking numbers among its values or names, however it is written."""
    for text in _texts(json.loads(plain)):
        found = "".join(text.split()).upper()
        if found in numbers or any(len(number) >= _TELLING and number in found for number in numbers):
            return True
    return False


def _texts(value: Any) -> Iterator[str]:
    """Yield every value of a JSON document that is no container, and every name, as text."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += [*each, *each.values()]
        elif isinstance(each, list):
            waiting += each
        else:
            yield str(each)
