"""Kept payloads, a page at a time: deleting those of some parcels, and sealing them anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import attrs

from vectis_core.commands import DropPayloads, PayloadsDone, ResealPayloads
from vectis_core.errors import StoreError
from vectis_core.tracking.accounts import KeptPayload, payload_owner
from vectis_core.unit_of_work import Keys, UnitOfWork

#: A number of as many characters is found within a longer text too, such as an address of a tracking page.
_TELLING = 8


def keys(command: DropPayloads | ResealPayloads, keys: Keys) -> None:
    """Name the page."""
    keys.payloads.add((command.caller.tenant, command.after, command.limit))


def drop(command: DropPayloads, work: UnitOfWork) -> PayloadsDone:
    """Delete payloads that name one of the parcels, with whatever else they say."""

    def done(payload: KeptPayload, plain: str) -> bool:
        is_named = names_one_of(plain, command.numbers)
        if is_named:
            work.dropped.append((payload.tenant, payload.id))
        return is_named

    return _page(command, work, done)


def reseal(command: ResealPayloads, work: UnitOfWork) -> PayloadsDone:
    """Seal payloads once more."""

    def done(payload: KeptPayload, plain: str) -> bool:
        sealed = work.seal(plain, payload_owner(payload.tenant, payload.carrier))
        work.payloads.append((payload, attrs.evolve(payload, sealed=sealed)))
        return True

    return _page(command, work, done)


def _page(
    command: DropPayloads | ResealPayloads, work: UnitOfWork, done: Callable[[KeptPayload, str], bool]
) -> PayloadsDone:
    page = work.kept_payloads(command.after, command.limit)
    count, unreadable = 0, set()
    for payload in page:
        try:
            plain = work.opened(payload.sealed, payload_owner(payload.tenant, payload.carrier))
        except StoreError:
            unreadable.add(payload.carrier)
        else:
            count += done(payload, plain)
    return PayloadsDone(count, frozenset(unreadable), page[-1].id if len(page) == command.limit else None)


def names_one_of(plain: str, numbers: frozenset[str]) -> bool:
    """Return whether a payload has one of some tracking numbers among its values, however it is written there."""
    for text in _texts(json.loads(plain)):
        found = "".join(text.split()).upper()
        if found in numbers or any(len(number) >= _TELLING and number in found for number in numbers):
            return True
    return False


def _texts(value: Any) -> Iterator[str]:
    """Yield every value of a JSON document that is no container, as text."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
        else:
            yield str(each)
