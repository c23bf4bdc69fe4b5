"""What the tests of the command line share: a database of their own, and a way to call the command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_types import Call
from click.testing import CliRunner, Result

from vectis_cli import main
from vectis_core import AddressRules, Vectis


@pytest.fixture(name="database")
def _database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/shop.db"


@pytest.fixture(name="vectis")
def _vectis(database: str) -> Call:
    """Call the command in this process, on the test's database; an error that is not told in words is raised."""

    def call(*words: str) -> Result:
        runner = CliRunner(env={"VECTIS_DATABASE_URL": database})
        return runner.invoke(main, list(words), catch_exceptions=False)

    return call


@pytest.fixture(name="oms")
def _oms(database: str) -> Iterator[Vectis]:
    with Vectis.open(database, address_rules=AddressRules(["127.0.0.0/8"])) as oms:
        yield oms
