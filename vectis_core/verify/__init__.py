"""Proves that a shop's books are right: every rule of the domain, against every row, in one view.

Nothing is repaired. Memory stays the same however large the shop is; it grows only with what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

from vectis_core.ports import Store, View
from vectis_core.verify.report import Fault, Findings, Group, Report
from vectis_core.verify.walk import PAGE, verify_tenant

__all__ = ["Fault", "Group", "Report", "verify", "verify_view"]


def verify(store: Store) -> Report:
    """Return everything that is wrong in *store*, each fault named by its rows; changes nothing.

    The view is held for the whole reading, so what is written meanwhile is not part of it.
    """
    with store.read() as view:
        return verify_view(view)


def verify_view(view: View) -> Report:
    """Return everything that is wrong in what *view* shows."""
    found = Findings()
    for stray in view.strays():
        found.add(Fault(Group.REFERENCES, "stray", stray, {}))
    for tenant in _tenants(view):
        found.looked_at("tenants", 1)
        verify_tenant(view, tenant, found)
    return found.report()


def _tenants(view: View) -> Iterator[str]:
    after = ""
    while page := view.tenants(after, PAGE):
        for tenant in page:
            yield tenant.id
        after = page[-1].id
