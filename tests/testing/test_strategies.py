"""There is a strategy for everything that the API takes, and it draws what the API takes."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vectis_core.commands
from vectis_core import Vectis, VectisError
from vectis_core.checking import check, plan_of, problems_of
from vectis_core.commands import Command, ConfirmOrder, LeaseAllowance
from vectis_core.orders.model import NewOrder, Order
from vectis_core.tenancy import TENANT_ID
from vectis_core.testing import strategies as drawn


def kinds() -> list[type[Command[Any]]]:
    """Return every kind of command."""
    found = vars(vectis_core.commands).values()
    return [kind for kind in found if isinstance(kind, type) and issubclass(kind, Command) and kind is not Command]


def input_classes() -> list[type]:
    """Return every class of input: what commands carry as intent, and what is inside of that."""
    found: dict[type, None] = {}

    def add(cls: type) -> None:
        found[cls] = None
        for plan in plan_of(cls):
            if plan.nested is not None:
                add(plan.nested)

    for kind in kinds():
        intent = typing.get_type_hints(kind).get("intent")
        if intent is not None:
            add(intent)
    return list(found)


def test_the_classes_of_input_are_found() -> None:
    """What the tests below go through are the commands and their intents, and not nothing."""
    assert {ConfirmOrder, LeaseAllowance} <= set(kinds())
    assert NewOrder in input_classes()
    assert len(input_classes()) >= 18


@pytest.mark.parametrize("cls", input_classes(), ids=lambda cls: cls.__name__)
@given(data=st.data())
def test_every_class_of_input_can_be_drawn(cls: type, data: st.DataObject) -> None:
    """There is a strategy for it, and everything it draws is of that class and passes the check."""
    value = data.draw(drawn.of(cls))

    assert type(value) is cls
    check(value)


@pytest.mark.parametrize("cls", input_classes(), ids=lambda cls: cls.__name__)
@given(data=st.data())
def test_what_is_drawn_as_invalid_has_one_problem(cls: type, data: st.DataObject) -> None:
    """It is refused for the one field that is named, and for no other."""
    refused = data.draw(drawn.invalid(cls))

    assert [refused.field] == [problem.field for problem in problems_of(refused.value)]


def test_an_output_is_no_input() -> None:
    """Asking for a class that nobody gives to the API is a mistake, and is called one."""
    with pytest.raises(LookupError, match="Order is no class of input"):
        drawn.of(Order)


@pytest.fixture(scope="module")
def oms() -> Iterator[Vectis]:
    """Return a Vectis that is used over and over: what is left of one example may serve the next."""
    with Vectis.open("memory://") as oms:
        yield oms


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_command_can_be_drawn_and_run(oms: Vectis, kind: type[Command[Any]], data: st.DataObject) -> None:
    """A command is done or refused with an error of Vectis, never with one that nobody wrote."""
    command = data.draw(drawn.commands(kind))

    assert type(command) is kind
    with suppress(VectisError):
        oms.run(command)


@given(command=drawn.commands(order_id=st.just("the order"), caller=drawn.callers(drawn.tenants())))
def test_fields_that_are_given_are_taken(command: Command[Any]) -> None:
    """What is said of a field goes for every command that has it, whatever its kind."""
    assert getattr(command, "order_id", "the order") == "the order"
    assert TENANT_ID.problem(command.caller.tenant) is None


#: Each list of the Python API, with the strategy for how it is asked.
FILTERS = {
    "orders": drawn.order_filters(),
    "products": drawn.product_filters(),
    "inventory": drawn.stock_filters(),
    "warehouses": st.just({}),
    "clients": st.just({}),
}


@pytest.mark.parametrize("name", FILTERS)
@given(data=st.data())
def test_every_list_can_be_asked(oms: Vectis, name: str, data: st.DataObject) -> None:
    """Whatever filters and pages are drawn, the list takes them."""
    ask = getattr(oms, name).list
    filters = data.draw(FILTERS[name])

    assert set(filters) <= set(inspect.signature(ask).parameters)
    listing = ask(**filters)
    page = listing.page(**data.draw(drawn.pages()))
    assert len(page.items) <= page.total
    list(listing)


@pytest.mark.parametrize("name", ["orders", "products", "inventory"])
def test_every_filter_is_drawn(oms: Vectis, name: str) -> None:
    """There is no filter that the strategy never sets."""
    seen: set[str] = set()

    @given(FILTERS[name])
    def look(filters: dict[str, Any]) -> None:
        seen.update(filters)

    look()
    assert seen == set(inspect.signature(getattr(oms, name).list).parameters)


@given(drawn.event_types())
def test_the_feed_can_be_asked(oms: Vectis, types: list[str]) -> None:
    """Any types of events that are drawn can be followed."""
    assert all(event.type in types or not types for event in oms.events(types=types))
