"""For the whole suite: how much the property tests try, and a small shop to break."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from small_shop import Shop

# Deadlines would assert timings, and shared machines make every one of them flaky.
settings.register_profile("quick", max_examples=50, stateful_step_count=30, deadline=None)
settings.register_profile(
    "long",
    max_examples=1000,
    stateful_step_count=80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
# For who wants to know whether a failure is found, and not what the smallest one is.
settings.register_profile(
    "found", settings.get_profile("quick"), phases=[Phase.explicit, Phase.generate], database=None
)
settings.load_profile(os.environ.get("VECTIS_HYPOTHESIS", "quick"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly which tests had to be left out because something is not installed here."""
    reasons = {str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", [])}
    for reason in sorted(reason for reason in reasons if "LEFT OUT" in reason):
        terminalreporter.write_line(reason.removeprefix("Skipped: "), red=True, bold=True)


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
