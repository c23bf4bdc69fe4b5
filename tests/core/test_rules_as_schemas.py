"""Each rule of the input as a JSON Schema: never narrower than the rule, and no wider than a schema can help."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator

from vectis_core.access import NewClient
from vectis_core.catalogue import NewProduct, NewWarehouse, ProductChange, WarehouseChange
from vectis_core.checking import plan_of
from vectis_core.constraints import Constraint, Email, Many, Moment, Number, Pattern, Text, Whole
from vectis_core.events import EVENT_FILTERS, EventFilter
from vectis_core.orders.model import Cancellation, NewOrder, NewShipment, Reason, ShipmentMoment
from vectis_core.personal_data import CustomerKey
from vectis_core.stock.model import Adjustment, NewStockRecord, StockChange
from vectis_core.tenancy import SettingsChange
from vectis_core.tracking.accounts import CarrierSetup, TimeZoneName
from vectis_core.webhooks.addresses import WebhookUrl
from vectis_core.webhooks.model import NewSubscription, ReplayRange, Rotation, SubscriptionChange

REQUESTS = (
    *(NewOrder, Cancellation, Reason, NewShipment, ShipmentMoment, NewProduct, ProductChange, NewWarehouse),
    *(WarehouseChange, NewStockRecord, StockChange, Adjustment, NewClient, SettingsChange, CustomerKey, CarrierSetup),
    *(NewSubscription, SubscriptionChange, Rotation, ReplayRange),
)


def rules_of(kind: type) -> Iterator[Constraint]:
    """Return every rule of the fields of a class, and of what lies in them."""
    for plan in plan_of(kind):
        yield from (rule for rule in (plan.constraint, plan.entry) if rule is not None)
        if plan.nested is not None and attrs.has(plan.nested):
            yield from rules_of(plan.nested)


RULES = sorted({repr(rule): rule for kind in REQUESTS for rule in rules_of(kind)}.items())
#: Rules of a few texts, or of what no schema knows.
WORDS = (
    "US",
    "XX",
    "USD",
    "usd",
    "g",
    "lb",
    "shipped",
    "a@b",
    "a b@c",
    "@",
    "America/New_York",
    "Nowhere",
    "X-Api-Key",
)
URLS = ("https://example.com", "HTTP://[::1]:8080/x?y", "ftp://example.com", "https://", "https://a b", "x")

texts = st.one_of(
    st.text(max_size=40),
    st.text(alphabet=" \t\n\u001c\u0085\u00a0\u2003\ufeffx@", max_size=4),
    st.sampled_from(["x" * size for size in (63, 64, 65, 127, 128, 129, 254, 255, 256, 320, 321, 500, 501, 512, 513)]),
    st.sampled_from(("", "\x00", "a\x00b", *WORDS, *URLS, *EVENT_FILTERS)),
)
numbers = st.one_of(
    st.integers(-(10**13), 10**13),
    st.sampled_from([-1, 0, 1, 49, 50, 365, 366, 604_800, 604_801, 999_999, 1_000_000, 1_000_001, 10**9, 10**9 + 1]),
)


def is_valid(rule: Constraint, value: Any) -> bool:
    """Return whether *value* fits the rule's schema, as JSON says it."""
    return Draft202012Validator(rule.schema()).is_valid(value)


@pytest.mark.parametrize("rule", [rule for _, rule in RULES], ids=[name for name, _ in RULES])
@given(value=st.one_of(texts, numbers, st.booleans(), st.none()))
def test_a_schema_says_what_its_rule_says(rule: Constraint, value: Any) -> None:
    """What the rule accepts, the schema accepts; what it refuses, too, but for what no schema can say."""
    if isinstance(rule, Moment | Many):
        return
    given_value = Decimal(value) if isinstance(rule, Number) and type(value) is int else value
    accepted = rule.problem(given_value) is None
    fits = is_valid(rule, value)

    assert fits or not accepted, (rule, value)
    if not isinstance(rule, WebhookUrl | TimeZoneName):
        assert accepted or not fits, (rule, value)


labels = st.text(alphabet="0aZ9xX_-", max_size=3)
authorities = st.one_of(
    st.lists(labels, min_size=1, max_size=4).map(".".join),
    st.ip_addresses().map(lambda each: str(each) if each.version == 4 else f"[{each}]"),
    st.text(alphabet="[]:.1f@%\\", max_size=6),
)
urls = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(("https", "HTTP", "ftp")),
    authorities,
    st.one_of(st.just(""), st.integers(0, 99_999).map(":{}".format), st.just(":")),
    st.one_of(st.just(""), st.text(alphabet='/?#@\\"a[]~ ', max_size=4).map("/{}".format), st.just("?a")),
)


@given(urls)
def test_the_schema_of_an_address_leaves_little_open(url: str) -> None:
    """What fits is refused for an IPv6 literal that is none, or a port that there is not; what is accepted fits."""
    rule = WebhookUrl()
    problem = rule.problem(url)

    assert is_valid(rule, url) or problem is not None
    if is_valid(rule, url) and problem is not None:
        assert "://[" in url if "host" in problem else "port" in problem, (url, problem)


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_moment_fits(moment: datetime) -> None:
    """A moment as JSON writes it is a date-time."""
    assert Moment().problem(moment) is None
    assert is_valid(Moment(), moment.isoformat())


@given(st.integers(0, 6))
def test_lists_are_as_long_as_they_may_be(length: int) -> None:
    """The bounds of a list are those of the schema."""
    rule = Many(1, 5)

    assert (rule.problem(("x",) * length) is None) is is_valid(rule, ["x"] * length)


@pytest.mark.parametrize("blank", [chr(code) for code in range(0x10000) if chr(code).isspace()] + ["\u200b", "\ufeff"])
def test_blanks_are_those_of_python(blank: str) -> None:
    """No language's own idea of a blank decides: what is blank is told character by character."""
    assert is_valid(Text(1, 8), blank) is (Text(1, 8).problem(blank) is None)
    assert is_valid(Email(), f"a{blank}@b") is (Email().problem(f"a{blank}@b") is None)


@pytest.mark.parametrize("rule", [Whole(1, 3), Pattern("[a-z]{2}", "two letters"), EventFilter()])
def test_a_schema_can_be_written(rule: Constraint) -> None:
    """It is JSON, as it stands."""
    assert json.loads(json.dumps(rule.schema())) == rule.schema()
