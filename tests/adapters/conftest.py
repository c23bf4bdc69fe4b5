"""A client of the API with a tenant of its own, over each face and each backend."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_faces import FACES, Send, Shop

from vectis_core import Vectis
from vectis_core.testing.clock import FrozenClock
from vectis_http import HttpApi

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
def send(request: pytest.FixtureRequest, api: HttpApi) -> Iterator[Send]:
    """Return what sends a request through each face."""
    with FACES[request.param](api) as face:
        yield face


@pytest.fixture
def shop(send: Send, api: HttpApi, clock: FrozenClock) -> Shop:
    """Return a client of the API with a new tenant."""
    return Shop(send, api.oms, clock, f"shop-{next(_tenants)}")


@pytest.fixture
def other(send: Send, api: HttpApi, clock: FrozenClock) -> Shop:
    """Return a client of another tenant."""
    return Shop(send, api.oms, clock, f"other-{next(_tenants)}")
