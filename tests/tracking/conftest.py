"""A shop that sends parcels, on each backend in turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tracking.parcels import BACKENDS, Parcels


@pytest.fixture(name="shop", params=BACKENDS)
def _shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Parcels]:
    shop = Parcels(request.param, tmp_path)
    yield shop
    shop.closed()
