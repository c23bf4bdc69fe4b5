"""Hypothesis strategies for whatever the API takes; each draws what is valid, awkward values included.

Needs the extra ``testing``. Compose them: ``new_orders(skus=st.just("WIDGET-001"))``.
"""

from __future__ import annotations

from decimal import Decimal

try:
    import hypothesis as _hypothesis  # noqa: F401 - asked for here, so that the error names the extra
except ImportError as error:
    raise ImportError('The strategies need Hypothesis: pip install "vectis-oms[testing]"') from error

from hypothesis import strategies as st

from vectis_core.catalogue import Dimensions, NewProduct, Weight
from vectis_core.money import CURRENCIES
from vectis_core.orders.model import Address, Item, NewOrder, NewShipment
from vectis_core.stock.model import Adjustment
from vectis_core.testing.samples import AWKWARD_TEXTS


def texts(longest: int = 255) -> st.SearchStrategy[str]:
    """Return text of 1 to *longest* characters that is not blank and that every store can keep."""
    characters = st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00")
    free = st.text(characters, min_size=1, max_size=min(longest, 40)).filter(lambda text: not text.isspace())
    return st.one_of(st.sampled_from(AWKWARD_TEXTS).filter(lambda text: len(text) <= longest), free)


def skus() -> st.SearchStrategy[str]:
    """Return SKUs: 1 to 128 characters."""
    return texts(128)


def external_ids() -> st.SearchStrategy[str]:
    """Return the caller's own ids of orders."""
    return texts(255)


def reasons() -> st.SearchStrategy[str]:
    """Return reasons of steps and adjustments."""
    return texts(500)


def quantities(most: int = 1_000_000) -> st.SearchStrategy[int]:
    """Return pieces of a line: 1 to *most*, mostly few."""
    return _pieces(most)


def _pieces(most: int) -> st.SearchStrategy[int]:
    return st.one_of(st.integers(1, min(5, most)), st.integers(1, most), st.just(most))


def prices() -> st.SearchStrategy[Decimal]:
    """Return unit prices: 0 to below 10^9 with at most four decimals, rounding's edges among them."""
    edges = ["0", "0.1", "0.2", "0.005", "0.0049", "0.0001", "29.99", "999999999.9999"]
    drawn = st.decimals(0, Decimal("999999999.9999"), places=4, allow_nan=False, allow_infinity=False)
    return st.one_of(st.sampled_from(edges).map(Decimal), drawn)


def currencies() -> st.SearchStrategy[str]:
    """Return currency codes of ISO 4217, those with 0, 3 and 4 minor digits as often as those with 2."""
    by_digits = [sorted(code for code, n in CURRENCIES.items() if n == digits) for digits in range(5)]
    return st.one_of(*(st.sampled_from(codes) for codes in by_digits if codes))


def countries() -> st.SearchStrategy[str]:
    """Return some country codes of ISO 3166-1 alpha-2."""
    return st.sampled_from(["US", "DE", "GB", "JP", "ZW"])


def _optional(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.one_of(st.none(), strategy)


def addresses() -> st.SearchStrategy[Address]:
    """Return addresses, with and without what is optional."""
    return st.builds(
        Address,
        name=texts(255),
        line1=texts(255),
        city=texts(255),
        country=countries(),
        line2=_optional(st.one_of(st.just(""), texts(255))),
        region=_optional(texts(255)),
        postal_code=_optional(texts(32)),
        company=_optional(texts(255)),
        phone=_optional(texts(64)),
    )


def emails() -> st.SearchStrategy[str]:
    """Return addresses of e-mail as plain as the check for them."""
    return st.sampled_from(["jane@example.com", "a@b", "o'brien+x@sub.example.org", "jörg@exämple.de"])


def items(
    skus: st.SearchStrategy[str] | None = None,
    quantities: st.SearchStrategy[int] | None = None,
    addresses: int = 1,
) -> st.SearchStrategy[Item]:
    """Return lines to order, each to one of *addresses* shipping addresses."""
    return st.builds(
        Item,
        sku=skus if skus is not None else texts(128),
        quantity=quantities if quantities is not None else _pieces(1_000_000),
        unit_price=prices(),
        shipping_address=st.one_of(st.none(), st.integers(0, addresses - 1)),
    )


@st.composite
def new_orders(
    draw: st.DrawFn,
    skus: st.SearchStrategy[str] | None = None,
    quantities: st.SearchStrategy[int] | None = None,
    external_ids: st.SearchStrategy[str] | None = None,
    most_lines: int = 5,
    most_addresses: int = 3,
) -> NewOrder:
    """Return orders to create, of one or several lines to one or several addresses."""
    shipping = draw(st.lists(addresses(), min_size=1, max_size=most_addresses))
    lines = st.lists(items(skus, quantities, len(shipping)), min_size=1, max_size=most_lines)
    return NewOrder(
        external_id=draw(external_ids if external_ids is not None else texts(255)),
        items=tuple(draw(lines)),
        shipping_addresses=tuple(shipping),
        billing_address=draw(st.one_of(st.none(), addresses())),
        customer_id=draw(_optional(texts(255))),
        customer_email=draw(_optional(emails())),
        currency=draw(currencies()),
    )


def measures() -> st.SearchStrategy[Decimal]:
    """Return lengths and weights: above 0, with at most six decimals."""
    return st.decimals(Decimal("0.000001"), Decimal(10_000), places=6, allow_nan=False, allow_infinity=False)


def weights() -> st.SearchStrategy[Weight]:
    """Return weights of a piece."""
    return st.builds(Weight, value=measures(), unit=st.sampled_from(["g", "kg", "oz", "lb"]))


def dimensions() -> st.SearchStrategy[Dimensions]:
    """Return sizes of a piece."""
    units = st.sampled_from(["mm", "cm", "m", "in", "ft"])
    return st.builds(Dimensions, length=measures(), width=measures(), height=measures(), unit=units)


def new_products(skus: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[NewProduct]:
    """Return products to create."""
    return st.builds(
        NewProduct,
        sku=skus if skus is not None else texts(128),
        name=texts(255),
        weight=st.one_of(st.none(), weights()),
        dimensions=st.one_of(st.none(), dimensions()),
    )


def adjustments() -> st.SearchStrategy[Adjustment]:
    """Return corrections of what is on hand, the largest among them."""
    most = 1_000_000_000
    amounts = st.one_of(st.integers(-10, 100), st.sampled_from([-most, most]))
    return st.builds(Adjustment, adjustment=amounts.filter(bool), reason=reasons())


def carriers() -> st.SearchStrategy[str]:
    """Return names of carriers, known ones in any spelling among them."""
    return st.sampled_from(["UPS", "ups", "FedEx", "usps", "DHL", "Bob's Bikes"])


def new_shipments() -> st.SearchStrategy[NewShipment]:
    """Return shipments of all that is reserved, as shipped or as a label."""
    return st.builds(
        NewShipment,
        carrier=carriers(),
        tracking_number=texts(128),
        status=st.sampled_from(["shipped", "label_created"]),
    )
