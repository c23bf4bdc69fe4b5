"""The SQLite backend keeps the contract of backends."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from vectis_core.clock import Clock
from vectis_core.ids import Ids
from vectis_core.testing.conformance import BackendConformance
from vectis_core.testing.machine import ShopMachine
from vectis_core.testing.webhook_machine import WebhookMachine
from vectis_core.vectis import Vectis


class TestSqlite(BackendConformance):
    """The SQLite backend, in a file."""

    def url(self, folder: Path) -> str:
        """Return the URL of a file in the folder."""
        return f"sqlite:///{folder}/shop.db"

    def backup_url(self, target: Path) -> str:
        """Return the URL of a copy."""
        return f"sqlite:///{target}"

    def prepare_host(self) -> None:
        """Make the host's own table, in the same file."""
        with closing(sqlite3.connect(self.folder / "shop.db")) as connection:
            connection.execute("CREATE TABLE host (key TEXT)")

    def write_host_row(self, connection: Any, key: str) -> None:
        """Insert into the host's table."""
        connection.execute("INSERT INTO host VALUES (?)", (key,))

    def has_host_row(self, key: str) -> bool:
        """Look into the host's table, from outside."""
        with closing(sqlite3.connect(self.folder / "shop.db")) as connection:
            return connection.execute("SELECT 1 FROM host WHERE key = ?", (key,)).fetchone() is not None


class SqliteShops(ShopMachine):
    """Shops that are kept in a file, closed and opened again now and then."""

    reopens = True

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="vectis-machine-")
        super().__init__()

    def open(self, clock: Clock, ids: Ids) -> Vectis:
        """Open the file of this run."""
        return Vectis.open(f"sqlite:///{self.folder}/shop.db", clock=clock, ids=ids)

    def teardown(self) -> None:
        """Close the file and remove it."""
        super().teardown()
        shutil.rmtree(self.folder)


TestSqliteShops = SqliteShops.TestCase


class SqliteWebhooks(WebhookMachine):
    """Webhooks that are kept in a file, closed and opened again now and then."""

    reopens = True

    def __init__(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="vectis-machine-")
        super().__init__()

    def open(self, clock: Clock, ids: Ids) -> Vectis:
        """Open the file of this run."""
        return Vectis.open(f"sqlite:///{self.folder}/shop.db", clock=clock, ids=ids)

    def teardown(self) -> None:
        """Close the file and remove it."""
        super().teardown()
        shutil.rmtree(self.folder)


TestSqliteWebhooks = SqliteWebhooks.TestCase
