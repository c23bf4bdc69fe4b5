"""A pytest plugin: ends the run where the product is not imported from the build whose tests are run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

#: What pytest exits with then.
IMPORTED_ELSEWHERE = 99


def pytest_collection_finish(session: pytest.Session) -> None:
    """Look before the first test runs."""
    _check(session.config.rootpath)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Look again at what was imported by the tests."""
    _check(session.config.rootpath)


def _check(build: Path) -> None:
    for name, module in sorted(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name.startswith("vectis_") and file is not None and not Path(file).is_relative_to(build):
            pytest.exit(f"{name} was imported from {file}, not from {build}", IMPORTED_ELSEWHERE)
