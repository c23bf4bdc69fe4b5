"""A small shop on each backend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_shop import Shop


@pytest.fixture(params=["memory", "sqlite"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    """Return a shop on each backend; closing it must work after whatever a test did."""
    shop = Shop("memory://" if request.param == "memory" else f"sqlite:///{tmp_path}/shop.db")
    yield shop
    shop.hook = lambda _point: None
    shop.oms.close()


@pytest.fixture
def sqlite_shop(tmp_path: Path) -> Iterator[Shop]:
    """Return a shop on SQLite."""
    shop = Shop(f"sqlite:///{tmp_path}/shop.db")
    yield shop
    shop.hook = lambda _point: None
    shop.oms.close()
