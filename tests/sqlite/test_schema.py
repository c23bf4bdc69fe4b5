"""The schema's versions: fresh, migrated, too new, not ours."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from small_shop import Shop
from sqlite_utils import Database, Migrations

from vectis_core import DatabaseTooNew, StoreError, Vectis
from vectis_sqlite import schema
from vectis_sqlite.connections import open_writer
from vectis_sqlite.host import OURS


def dump(path: Path) -> list[tuple[str, str, str]]:
    """Return the schema of a file, in a form that compares."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return sorted(
            connection.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
        )


def older(path: Path, stop_before: str) -> None:
    """Make a file as an older version would have left it."""
    connection = open_writer(path, "FULL")
    schema.migrate(connection, path, "then", stop_before=stop_before)
    connection.close()


def test_every_older_file_is_migrated_to_the_fresh_schema(tmp_path: Path) -> None:
    """From wherever a file stands, opening it gives the schema that a fresh one has, and a working shop."""
    Vectis.open(f"sqlite:///{tmp_path}/fresh.db").close()
    for name in schema.migration_names()[1:]:
        path = tmp_path / f"before-{name}.db"
        older(path, name)
        shop = Shop(f"sqlite:///{path}")
        assert shop.buy("A").created
        assert shop.oms.verify().ok
        shop.oms.close()

        assert dump(path) == dump(tmp_path / "fresh.db")


def test_every_table_is_kept_from_the_host(tmp_path: Path) -> None:
    """A table that a migration adds, and that is forgotten where the host's writes are judged, would be open to it."""
    Vectis.open(f"sqlite:///{tmp_path}/shop.db").close()

    assert {name for kind, name, _ in dump(tmp_path / "shop.db") if kind == "table"} == OURS


def test_an_older_file_is_copied_before_it_is_migrated(tmp_path: Path) -> None:
    """The copy lies beside the file, opens, and has the older schema with its rows."""
    path = tmp_path / "shop.db"
    older(path, "0002_access")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("INSERT INTO tenants VALUES ('acme', '{\"auto_confirm\": false}', 0)")
    before = dump(path)

    Vectis.open(f"sqlite:///{path}").close()

    (copy,) = tmp_path.glob("shop.db.backup-0001_shop-*")
    assert dump(copy) == before
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        assert connection.execute("SELECT id FROM tenants").fetchall() == [("acme",)]


def test_a_current_file_is_opened_without_a_copy(tmp_path: Path) -> None:
    """Opening twice migrates once, and keeps the database's id."""
    first = Vectis.open(f"sqlite:///{tmp_path}/shop.db")
    first.close()
    second = Vectis.open(f"sqlite:///{tmp_path}/shop.db")
    second.close()

    assert first.store.database_id == second.store.database_id
    assert list(tmp_path.glob("*.backup-*")) == []


def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    """A schema that this version does not know is a clear error, and not a byte is changed."""
    path = tmp_path / "shop.db"
    Vectis.open(f"sqlite:///{path}").close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('vectis', '9999_later', '')"
        )
    before = path.read_bytes()

    with pytest.raises(DatabaseTooNew, match=r"9999_later.*upgrade Vectis"):
        Vectis.open(f"sqlite:///{path}")

    assert path.read_bytes() == before


def test_a_failing_migration_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All due migrations are one transaction: where one fails, none has happened."""
    path = tmp_path / "shop.db"
    older(path, "0002_access")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE rate_windows (mine TEXT)")
    before = dump(path)

    with pytest.raises(StoreError, match=r"own: rate_windows\."):
        Vectis.open(f"sqlite:///{path}")
    monkeypatch.setattr(schema, "_require_free", lambda *_: None)
    with pytest.raises(StoreError, match="rate_windows already exists"):
        Vectis.open(f"sqlite:///{path}")

    assert dump(path) == before


@pytest.mark.parametrize(
    ("theirs", "named"),
    [
        *((f"CREATE TABLE {name} (mine TEXT)", name) for name in sorted(OURS)),
        (
            "CREATE TABLE Orders (id INTEGER); CREATE TABLE PRODUCTS (id INTEGER); CREATE TABLE mine (id)",
            "orders, products",
        ),
        ("CREATE VIEW clients AS SELECT 1", "clients"),
        ("CREATE TABLE mine (id INTEGER); CREATE INDEX stock_low ON mine (id)", "stock_low"),
    ],
)
def test_a_foreign_database_is_refused(tmp_path: Path, theirs: str, named: str) -> None:
    """A file with somebody else's tables named like ours is left as it is, and all that are in the way are named."""
    path = tmp_path / "theirs.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(theirs)
    before = dump(path)

    with pytest.raises(StoreError, match=rf"not its own: {named}\. Give yours"):
        Vectis.open(f"sqlite:///{path}")

    assert dump(path) == before


def test_vectis_lives_beside_other_tables_and_others_migrations(tmp_path: Path) -> None:
    """Tables of other names are no matter, and who uses sqlite-utils for their own shares its record."""
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE shop_orders (id INTEGER)")
        migrations = Migrations("shop")
        migrations(name="0001_mine")(lambda database: database["shop_events"].create({"id": int}))
        migrations.apply(Database(connection, execute_plugins=False))
    shop = Shop(f"sqlite:///{path}")
    assert shop.buy("A").created
    shop.oms.close()


def test_the_reserved_names_are_those_of_the_schema(tmp_path: Path) -> None:
    """What is looked for in a foreign file is what is found in one of ours."""
    Vectis.open(f"sqlite:///{tmp_path}/shop.db").close()
    made = {name for _, name, _ in dump(tmp_path / "shop.db") if not name.startswith("idx__sqlite_migrations")}

    assert sorted(made) == schema.reserved_names()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Text is not a database, and says so without a traceback of the driver."""
    path = tmp_path / "notes.txt"
    path.write_text("remember the milk, and a good deal more than the header of a database is long\n" * 20)

    with pytest.raises(StoreError, match="not a database"):
        Vectis.open(f"sqlite:///{path}")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite://shop.db"])
def test_a_url_without_a_file_is_refused(url: str) -> None:
    """The error says how to write one."""
    with pytest.raises(StoreError, match=r"sqlite:///shop\.db"):
        Vectis.open(url)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The error names the file that cannot be made."""
    with pytest.raises(StoreError, match="No such file"):
        Vectis.open(f"sqlite:///{tmp_path}/missing/shop.db")


def test_durability_is_the_default(tmp_path: Path) -> None:
    """The writer syncs the log at every commit and checks foreign keys, also once recovered; a reader cannot write."""
    with Vectis.open(f"sqlite:///{tmp_path}/shop.db") as oms:
        store = oms.store
        pragmas = ("journal_mode", "synchronous", "foreign_keys")
        for _ in range(2):
            values = [store._writer.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]  # type: ignore[attr-defined]  # no public way to look
            assert values == ["wal", 2, 1]
            store.recover()
        with store.read() as view, pytest.raises(sqlite3.OperationalError, match="readonly"):
            view._connection.execute("DELETE FROM events")  # type: ignore[attr-defined]  # what is tested


def test_a_damaged_file_is_not_migrated(tmp_path: Path) -> None:
    """Where the copy of an older file has a broken index, nothing is changed and no copy passes for a whole one."""
    path = tmp_path / "shop.db"
    older(path, "0002_access")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("INSERT INTO tenants VALUES ('acme', '{}', 0)")
        connection.execute("INSERT INTO warehouses VALUES ('acme', 'w', 'w', 'w', NULL, 0, 1, 1, 0, 0)")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_master SET sql = replace(sql, '= 1', '= 0') WHERE name = 'warehouses_default'"
        )
    before = path.read_bytes()

    with pytest.raises(StoreError, match="before the migration is damaged"):
        Vectis.open(f"sqlite:///{path}")

    assert path.read_bytes() == before
    assert list(tmp_path.glob("*.backup-*")) == []
