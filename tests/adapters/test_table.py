"""The table of operations and the tree that finds its rows."""

from __future__ import annotations

import pytest

from vectis_http.operations import RESOURCES
from vectis_http.routing import Router


def test_every_row_is_found_by_its_own_path() -> None:
    """Each template, with a value in the place of each parameter, leads to its own row."""
    router = Router(RESOURCES)
    for operation in RESOURCES:
        path = operation.path.replace("{id}", "some%20id").replace("{sku...}", "a/b%2Fc").replace("{carrier}", "ups")
        found = router.find(path)
        assert found is not None, path
        endpoint, values = found
        assert endpoint.operations[operation.method] is operation
        every = {"{id}": ("id", "some id"), "{sku...}": ("sku", "a/b/c"), "{carrier}": ("carrier", "ups")}
        assert values == dict(pair for mark, pair in every.items() if mark in operation.path)


def test_two_rows_for_one_call_are_a_mistake() -> None:
    """A table that leaves open what serves a call is refused when it is built."""
    with pytest.raises(ValueError, match="two operations serve"):
        Router([*RESOURCES, RESOURCES[0]])


def test_what_writes_takes_a_key_unless_it_needs_none() -> None:
    """Every POST, PATCH and DELETE takes ``Idempotency-Key``, but creating an order, carriers' settings, and customers.

    An order has its ``externalId``; what configures or closes a carrier or erases a customer's data comes to the same
    however often it is asked, and what exports them changes nothing.
    """
    keyless = {"createOrder", "configureCarrier", "closeCarrier", "eraseCustomer", "exportCustomer"}
    for operation in RESOURCES:
        writes = operation.method != "GET" and operation.name not in keyless
        assert operation.takes_key is writes, operation.name


def test_a_scope_says_whether_it_writes() -> None:
    """Reading takes a scope to read, writing one to write, of the same resource."""
    for operation in RESOURCES:
        assert operation.scope is not None
        if ":" in operation.scope:
            assert operation.scope.endswith(":read" if operation.method == "GET" else ":write")
