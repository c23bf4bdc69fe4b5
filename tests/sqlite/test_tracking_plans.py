"""Tracking is read by indexes, and old shipments get the keys of their parcels: SQLite's own plan says so."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlite.test_plans import assert_indexed, plan
from sqlite.test_schema import older

from vectis_core import Vectis
from vectis_core.testing import samples
from vectis_core.testing.strategies import values
from vectis_core.tracking.numbers import CARRIER_NAMES
from vectis_sqlite import schema, tracking


@pytest.fixture(name="connection")
def _connection(tmp_path: Path) -> sqlite3.Connection:
    path = tmp_path / "shop.db"
    Vectis.open(f"sqlite:///{path}").close()
    return sqlite3.connect(path)


#: It looks at every scan, as verifying does.
WHOLE_TABLE = {"STRAY_SCANS"}


def test_every_named_statement_uses_an_index(connection: sqlite3.Connection) -> None:
    """No statement reads scans, shipments, carriers or payloads from end to end, or sorts them."""
    checked = 0
    for name, statement in vars(tracking).items():
        is_statement = isinstance(statement, str) and statement.startswith(("SELECT", "UPDATE", "DELETE"))
        if not is_statement or name in WHOLE_TABLE:
            continue
        # Housekeeping goes through the tenants.
        assert_indexed([step for step in plan(connection, statement) if step != "SCAN tenants"])
        checked += 1

    assert checked == 13


@pytest.mark.parametrize("name", ["WAITING_SCANS", "CLEAR_SCANS"])
def test_what_waits_is_found_among_what_waits(connection: sqlite3.Connection, name: str) -> None:
    """Scans that a shipment has taken are not looked at."""
    steps = plan(connection, getattr(tracking, name))

    assert [step for step in steps if "INDEX scans_waiting (tenant=?" in step], steps


def test_stray_scans_look_shipments_up_by_their_key(connection: sqlite3.Connection) -> None:
    """Verifying costs a look for each shipment that a scan names."""
    steps = plan(connection, tracking.STRAY_SCANS)

    assert [step for step in steps if step.startswith("SEARCH p USING PRIMARY KEY (tenant=? AND id=?")], steps


carriers = st.one_of(
    values.texts(64),
    st.sampled_from([*CARRIER_NAMES, *CARRIER_NAMES.values(), "FedEx Ground", " u.p.s ", "\u212aerry", "DHL-Express"]),
)
numbers = st.one_of(
    values.texts(64), st.from_regex(r"420[0-9]{5}([0-9]{4})?9[0-9]{20,26}", fullmatch=True), st.just("1z 9\u00a09 ß")
)


@settings(max_examples=30, deadline=None)
@given(parcels=st.lists(st.tuples(carriers, numbers), min_size=1, max_size=20))
def test_old_shipments_get_the_keys_of_their_parcels(
    tmp_path_factory: pytest.TempPathFactory, parcels: list[tuple[str, str]]
) -> None:
    """Whatever carrier and number were registered, the migration computes what registering them would today."""
    path = tmp_path_factory.mktemp("old") / "shop.db"
    older(path, "0004_tracking")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for number, (carrier, tracking_number) in enumerate(parcels):
            connection.execute(
                "INSERT INTO shipments VALUES ('acme', ?, 'o', 'voided', ?, ?, 0, 0, 0, NULL, NULL, 0)",
                (f"shp_{number:03}", carrier, tracking_number),
            )
    connection.close()
    connection = sqlite3.connect(path, isolation_level=None)
    schema.migrate(connection, path, "now")
    found = [row[0] for row in connection.execute("SELECT track_key FROM shipments ORDER BY id")]
    connection.close()

    assert found == [samples.shipment(carrier=carrier, tracking_number=number).track_key for carrier, number in parcels]
