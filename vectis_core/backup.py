"""Backups: a copy of an open database, proved before it counts as one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import attrs

from vectis_core.errors import StoreError
from vectis_core.ports import Store, View
from vectis_core.verify import Report, verify_view


@attrs.frozen
class Backup:
    """A copy that was made and in which every row keeps every rule."""

    path: Path
    #: In bytes.
    size: int
    #: How long copying and proving took.
    seconds: float
    #: How many rows of each kind it holds.
    rows: Mapping[str, int]


def back_up(
    store: Store, target: Path, progress: Callable[[int, int], None] | None = None, *, overwrite: bool = False
) -> Backup:
    """Copy *store* to the file *target* while others go on writing, and prove the copy before it has that name.

    It holds everything that was acknowledged before the call. *progress* is called with how much is copied, and of
    how much. Raises ``StoreError`` where the copy cannot be made or breaks a rule; then nothing is left of it.
    """
    started = time.monotonic()
    rows: dict[str, int] = {}

    def check(view: View) -> None:
        report = verify_view(view)
        if not report.ok:
            raise _faulty(report)
        rows.update(report.checked)

    store.backup(target, check, progress, overwrite=overwrite)
    return Backup(target, target.stat().st_size, time.monotonic() - started, rows)


def _faulty(report: Report) -> StoreError:
    faults = "1 fault" if report.total == 1 else f"{report.total} faults"
    return StoreError(
        f"The copy has {faults}, so it is not kept; 'vectis verify' names what is wrong with the database. "
        f"The first: {report.faults[0]}",
        {"faults": [str(fault) for fault in report.faults]},
    )
