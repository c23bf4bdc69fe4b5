"""The tables that carriers' codes are looked up in: data, in ``tables/``, one file for each carrier."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from importlib import resources

import attrs

from vectis_core.tracking.model import Reading
from vectis_core.tracking.statuses import TrackingStatus


@attrs.frozen
class Meaning:
    """What a code is read as, and why."""

    status: TrackingStatus | None
    reason: str | None
    reading: Reading


@attrs.frozen
class Table:
    """The meanings of one kind of code of one carrier."""

    #: As the carrier names the place of the code, such as ``activityStatus.code of type I``.
    name: str
    rows: Mapping[str, Meaning]

    def get(self, code: str | None) -> Meaning | None:
        """Return what *code* means; ``None`` where no row has it."""
        return self.rows.get(code) if code is not None else None


def unknown(table: str) -> Meaning:
    """Return the meaning of a code that no row of *table* has."""
    return Meaning(TrackingStatus.UNKNOWN, None, Reading(table, None))


@functools.cache
def tables_of(carrier: str) -> Mapping[str, Table]:
    """Return a carrier's tables by their short names."""
    text = resources.files("vectis_carriers").joinpath("tables", f"{carrier}.json").read_text("utf-8")
    return {
        key: Table(table["name"], {code: _meaning(table["name"], code, row) for code, row in table["rows"].items()})
        for key, table in json.loads(text).items()
    }


def _meaning(table: str, code: str, row: Mapping[str, object]) -> Meaning:
    status = row["status"]
    return Meaning(
        TrackingStatus(str(status)) if status is not None else None,
        str(row["reason"]) if row["reason"] is not None else None,
        Reading(table, code, bool(row.get("guess", False))),
    )
