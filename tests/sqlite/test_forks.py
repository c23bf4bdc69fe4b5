"""A connection to SQLite that is carried across a fork can break the file: the child's store refuses by itself."""

from __future__ import annotations

import os

from small_shop import Shop

from vectis_core.errors import UsageError


def test_the_store_of_a_forked_child_is_not_used(sqlite_shop: Shop) -> None:
    """Whatever goes past the engine, such as the look at a token's client, is refused as well."""
    store = sqlite_shop.store.inner
    child = os.fork()
    if child == 0:
        refused = 0
        for attempt in (store.begin, lambda: store.read().__enter__()):
            try:
                attempt()
            except UsageError as error:
                refused += "forked" in str(error)
        os._exit(refused)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 2
    assert sqlite_shop.buy("parent").created
