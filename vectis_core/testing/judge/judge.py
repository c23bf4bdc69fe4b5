"""Judging a log against the books.

The laws:

- L1 whatever was answered as done is there, whole; whatever was refused is not.
- L2 at every step of a ledger ``0 <= reserved <= on hand``, numbered without a gap, each balance the running sum.
- L3 a stock record says what its ledger comes to.
- L4 order, ledger and events are there all or none, and agree; nothing is there that nobody asked for.
- L5 one key has one effect and one answer.
- L6 a call whose outcome is unknown happened wholly or not at all, and at most once.
- L8 nobody was refused for want of stock while it was there, nor a step that the order allowed.
- L9 what was answered is seen by whoever asks afterwards, and what follows in time follows in the books.
"""

from __future__ import annotations

from collections.abc import Sequence

from vectis_core.faces import TenantFace
from vectis_core.testing.calls import Call, Look
from vectis_core.testing.judge.agreement import agreement
from vectis_core.testing.judge.answers import answers
from vectis_core.testing.judge.books import Books
from vectis_core.testing.judge.effects import Effects, effects
from vectis_core.testing.judge.moments import order_in_time
from vectis_core.testing.judge.refusals import false_refusals
from vectis_core.testing.judge.requests import requests
from vectis_core.testing.judge.sight import sight
from vectis_core.testing.judge.violation import Violation


def judge(log: Sequence[Call | Look], face: TenantFace) -> list[Violation]:
    """Return what the books of one tenant have wrong, by its own log.

    The log is complete: it has every order, adjustment and step that was ever asked for in this tenant, also while
    the shop was set up. Adjustments have reasons of their own, by which their ledger rows are found, and shipments of
    one order tracking numbers of their own. Nobody writes meanwhile. Calls of other tenants are passed over.
    """
    tenant = face.caller.tenant
    calls = [each for each in log if isinstance(each, Call) and each.command.caller.tenant == tenant]
    looks = [each for each in log if isinstance(each, Look) and each.tenant == tenant]
    books = Books.read(face, calls)
    asked = requests(calls)
    found = Effects(books, asked)
    return [
        *agreement(books),
        *effects(found),
        *answers(books, asked),
        *order_in_time(books, found),
        *false_refusals(books, found, calls),
        *sight(books, asked, looks),
    ]
