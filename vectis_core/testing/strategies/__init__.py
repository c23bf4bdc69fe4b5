"""Hypothesis strategies for whatever the API takes; each draws what is valid, awkward values included.

Needs the extra ``testing``. Every class of input has a strategy of its own, to compose with others:
``new_orders(skus=st.just("WIDGET-001"))``. ``of`` finds one by the class, ``commands`` draws any command with all that
belongs to it, and ``invalid`` draws values that are refused, with the name of the field that is wrong.
"""

try:
    import hypothesis as _hypothesis  # noqa: F401 - asked for here, so that the error names the extra
except ImportError as error:
    raise ImportError('The strategies need Hypothesis: pip install "vectis-oms[testing]"') from error

from vectis_core.testing.strategies.asking import callers, commands
from vectis_core.testing.strategies.inputs import (
    addresses,
    adjustments,
    cancellations,
    dimensions,
    items,
    new_clients,
    new_orders,
    new_products,
    new_shipments,
    new_stock_records,
    new_warehouses,
    of,
    product_changes,
    reasons_given,
    settings_changes,
    shipment_items,
    shipment_moments,
    stock_changes,
    warehouse_addresses,
    warehouse_changes,
    weights,
)
from vectis_core.testing.strategies.lists import (
    event_types,
    order_filters,
    pages,
    product_filters,
    stock_filters,
)
from vectis_core.testing.strategies.refused import Invalid, invalid
from vectis_core.testing.strategies.tracking import (
    carrier_setups,
    notices,
    places,
    readings,
    tracking_events,
    tracking_numbers,
)
from vectis_core.testing.strategies.values import (
    carriers,
    command_ids,
    countries,
    currencies,
    emails,
    external_ids,
    measures,
    moments,
    object_ids,
    prices,
    quantities,
    reasons,
    skus,
    tenants,
    texts,
)
from vectis_core.testing.strategies.webhooks import (
    event_filters,
    new_subscriptions,
    replay_ranges,
    rotations,
    subscription_changes,
    webhook_urls,
)

__all__ = [
    "Invalid",
    "addresses",
    "adjustments",
    "callers",
    "cancellations",
    "carrier_setups",
    "carriers",
    "command_ids",
    "commands",
    "countries",
    "currencies",
    "dimensions",
    "emails",
    "event_filters",
    "event_types",
    "external_ids",
    "invalid",
    "items",
    "measures",
    "moments",
    "new_clients",
    "new_orders",
    "new_products",
    "new_shipments",
    "new_stock_records",
    "new_subscriptions",
    "new_warehouses",
    "notices",
    "object_ids",
    "of",
    "order_filters",
    "pages",
    "places",
    "prices",
    "product_changes",
    "product_filters",
    "quantities",
    "readings",
    "reasons",
    "reasons_given",
    "replay_ranges",
    "rotations",
    "settings_changes",
    "shipment_items",
    "shipment_moments",
    "skus",
    "stock_changes",
    "stock_filters",
    "subscription_changes",
    "tenants",
    "texts",
    "tracking_events",
    "tracking_numbers",
    "warehouse_addresses",
    "warehouse_changes",
    "webhook_urls",
    "weights",
]
