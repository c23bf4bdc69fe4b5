"""A client of the API with a tenant of its own, over each face and each backend."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from http_faces import FACES, Send, Shop

from vectis_core import Vectis
from vectis_core.testing.clock import FrozenClock
from vectis_http import HttpApi, HttpConfig

_tenants = itertools.count(1)


@pytest.fixture(scope="session")
def clock() -> FrozenClock:
    """Return the clock of all databases here; tests may move it on, never back."""
    return FrozenClock()


@pytest.fixture(scope="session", params=["memory", "sqlite"])
def api(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, clock: FrozenClock
) -> Iterator[HttpApi]:
    """Return the API over a database of each kind; tests share it, so each takes a tenant of its own."""
    url = "memory://"
    if request.param == "sqlite":
        file: Path = tmp_path_factory.mktemp("http") / "shop.db"
        url = f"sqlite:///{file}"
    with Vectis.open(url, clock=clock) as oms:
        yield HttpApi(oms, environ={})


@pytest.fixture(scope="session", params=list(FACES))
def face(request: pytest.FixtureRequest) -> str:
    """Return the name of each face."""
    return str(request.param)


@pytest.fixture(scope="session")
def send(face: str, api: HttpApi) -> Iterator[Send]:
    """Return what sends a request through the face."""
    with FACES[face](api) as sender:
        yield sender


@pytest.fixture
def shop(send: Send, api: HttpApi, clock: FrozenClock) -> Shop:
    """Return a client of the API with a new tenant."""
    return Shop(send, api.oms, clock, f"shop-{next(_tenants)}")


@pytest.fixture
def other(send: Send, api: HttpApi, clock: FrozenClock) -> Shop:
    """Return a client of another tenant."""
    return Shop(send, api.oms, clock, f"other-{next(_tenants)}")


@pytest.fixture
def serve(face: str, shop: Shop) -> Iterator[Callable[..., Shop]]:
    """Return what serves the same database with other settings, and returns the shop's client of that."""
    with ExitStack() as stack:

        def served(**config: Any) -> Shop:
            api = HttpApi(shop.oms, HttpConfig(**config), environ={})
            sender = stack.enter_context(FACES[face](api))
            return Shop(sender, shop.oms, shop.clock, shop.tenant)

        yield served
