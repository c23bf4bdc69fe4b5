"""For all tests of webhooks: a shop on each backend, with a clock that the test owns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from endpoints import Endpoints, stocked

from vectis_core import Vectis
from vectis_core.testing import FrozenClock


@pytest.fixture(name="clock")
def _clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture(name="endpoints")
def _endpoints() -> Endpoints:
    return Endpoints()


@pytest.fixture(name="oms", params=["memory", "sqlite"])
def _oms(request: pytest.FixtureRequest, tmp_path: Path, clock: FrozenClock) -> Iterator[Vectis]:
    url = "memory://" if request.param == "memory" else f"sqlite:///{tmp_path}/shop.db"
    with Vectis.open(url, clock=clock) as oms:
        stocked(oms)
        yield oms
