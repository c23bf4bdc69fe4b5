"""What lists are asked with: keyword arguments, as in ``oms.orders.list(**drawn)``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from vectis_core.events import EventType
from vectis_core.orders.lifecycle import OrderStatus
from vectis_core.queries import OFFSET_MAX, PAGE_MAX
from vectis_core.testing.strategies import values


def _some(fields: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=dict(fields))


def order_filters(
    skus: st.SearchStrategy[str] | None = None,
    external_ids: st.SearchStrategy[str] | None = None,
    customer_ids: st.SearchStrategy[str] | None = None,
) -> st.SearchStrategy[dict[str, Any]]:
    """Return filters for ``orders.list``."""
    return _some(
        {
            "status": st.sampled_from([str(status) for status in OrderStatus]),
            "external_id": external_ids if external_ids is not None else values.external_ids(),
            "customer_id": customer_ids if customer_ids is not None else values.texts(255),
            "sku": skus if skus is not None else values.skus(),
            "created_after": values.moments(),
            "created_before": values.moments(),
        }
    )


def product_filters(skus: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """Return filters for ``products.list``."""
    searched = st.one_of(st.just(""), st.sampled_from(["%", "_", "\\", "wid", "WID"]), values.texts(255))
    return _some({"sku": skus if skus is not None else values.skus(), "q": searched, "active": st.booleans()})


def stock_filters(
    skus: st.SearchStrategy[str] | None = None, warehouse_ids: st.SearchStrategy[str] | None = None
) -> st.SearchStrategy[dict[str, Any]]:
    """Return filters for ``inventory.list``."""
    return _some(
        {
            "sku": skus if skus is not None else values.skus(),
            "warehouse_id": warehouse_ids if warehouse_ids is not None else values.object_ids(),
            "low": st.booleans(),
        }
    )


def pages() -> st.SearchStrategy[dict[str, int]]:
    """Return which part of a list to show, for ``page`` of any list; the farthest offset among them."""
    offsets = st.one_of(st.integers(0, 5), st.just(OFFSET_MAX))
    return st.fixed_dictionaries({}, optional={"limit": st.integers(1, PAGE_MAX), "offset": offsets})


def event_types() -> st.SearchStrategy[list[str]]:
    """Return which types of events to show, for ``events``; none means all."""
    return st.lists(st.sampled_from([str(kind) for kind in EventType]), max_size=3, unique=True)
