"""A client of the API with a tenant of its own, over each face and each backend."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from http_faces import SUITE, Send, Shop

from vectis_core import Vectis
from vectis_core.testing.clock import FrozenClock
from vectis_http import HttpApi, HttpConfig

_tenants = itertools.count(1)


@pytest.fixture(scope="session")
def clock() -> FrozenClock:
    """Return the clock of all databases here; tests may move it on, never back."""
    return FrozenClock()


@pytest.fixture(scope="session", params=["memory", "sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    """Return the name of each backend."""
    return str(request.param)


@contextmanager
def opened(backend: str, files: pytest.TempPathFactory, clock: FrozenClock) -> Iterator[HttpApi]:
    """Open the API over a new database."""
    file: Path = files.mktemp("http") / "shop.db"
    url = "memory://" if backend == "memory" else f"sqlite:///{file}"
    with Vectis.open(url, clock=clock) as oms:
        yield HttpApi(oms, environ={})


@pytest.fixture(scope="session")
def api(backend: str, tmp_path_factory: pytest.TempPathFactory, clock: FrozenClock) -> Iterator[HttpApi]:
    """Return the API over a database of each kind; tests share it, so each takes a tenant of its own."""
    with opened(backend, tmp_path_factory, clock) as served:
        yield served


@pytest.fixture(scope="session", params=list(SUITE))
def face(request: pytest.FixtureRequest) -> str:
    """Return the name of each face, and of the client."""
    return str(request.param)


@pytest.fixture(scope="session")
def send(face: str, api: HttpApi) -> Iterator[Send]:
    """Return what sends a request through the face."""
    with SUITE[face](api) as sender:
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
            sender = stack.enter_context(SUITE[face](api))
            return Shop(sender, shop.oms, shop.clock, shop.tenant)

        yield served


@pytest.fixture(scope="session")
def autumn_api(backend: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpApi]:
    """Return the API over a database in whose days the carriers' samples were sent; tests share it, too."""
    with opened(backend, tmp_path_factory, FrozenClock(datetime(2026, 9, 15, 12, tzinfo=UTC))) as served:
        yield served


@pytest.fixture(scope="session")
def autumn_send(face: str, autumn_api: HttpApi) -> Iterator[Send]:
    """Return what sends a request to that, through the face."""
    with SUITE[face](autumn_api) as sender:
        yield sender


@pytest.fixture
def autumn_shops(autumn_send: Send, autumn_api: HttpApi) -> Callable[[], Shop]:
    """Return what makes clients of that, each with a new tenant."""
    clock = autumn_api.oms.clock
    assert isinstance(clock, FrozenClock)
    return lambda: Shop(autumn_send, autumn_api.oms, clock, f"autumn-{next(_tenants)}")


@pytest.fixture
def autumn(autumn_shops: Callable[[], Shop]) -> Shop:
    """Return a client of that with a new tenant."""
    return autumn_shops()
