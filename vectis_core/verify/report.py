"""What verifying a shop came to: which rows were looked at, and everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import attrs

#: So many faults are kept in full; all of them are counted.
FAULTS_KEPT = 1_000


class Group(StrEnum):
    """What a rule is about."""

    #: A record's balances, and the ledger rows they come from.
    LEDGER = "ledger"
    #: Open reservations, and who they are held for.
    RESERVATIONS = "reservations"
    #: The counters of order lines, the sums over them, and what shipments took.
    LINES = "lines"
    #: An order's status, and the steps that led to it.
    STATUS = "status"
    #: Ledger rows and what they were made for, in both directions.
    CAUSES = "causes"
    #: Events: one for each step that promises one, numbered without a gap.
    EVENTS = "events"
    #: The flag that makes the low-stock event fire once.
    LOW_STOCK = "low_stock"
    #: External ids, and rows that point to nothing.
    REFERENCES = "references"
    #: Totals that lists show without counting.
    COUNTERS = "counters"
    #: Subscriptions, what is on its way to them, and every attempt.
    WEBHOOKS = "webhooks"
    #: Carriers' scans, the shipments that they are of, and what these show.
    TRACKING = "tracking"


@attrs.frozen
class Fault:
    """One rule that is broken, and by which rows."""

    group: Group
    #: Which rule, by a name that stays.
    rule: str
    #: What is so and what should be, for a person.
    message: str
    #: The ids of the rows involved, by what they are: ``{"order": "0199...", "line": "2"}``.
    rows: Mapping[str, str]

    def __str__(self) -> str:
        rows = " ".join(f"{name}={value}" for name, value in self.rows.items())
        return f"{self.group}/{self.rule}: {self.message} [{rows}]"


@attrs.frozen
class Report:
    """The outcome of verifying: clean where ``ok``."""

    #: The first ``FAULTS_KEPT`` of them.
    faults: tuple[Fault, ...]
    #: How many faults each group has, all of them counted; every group is named.
    counts: Mapping[Group, int]
    #: How many rows of each kind were looked at.
    checked: Mapping[str, int]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.total

    @property
    def total(self) -> int:
        """How many faults there are, those that are not kept included."""
        return sum(self.counts.values())


class Findings:
    """Gathers faults and counts rows; what it holds is bounded however broken a shop is."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._counts = dict.fromkeys(Group, 0)
        self._checked: dict[str, int] = {}

    def add(self, fault: Fault) -> None:
        """Take a fault."""
        self._counts[fault.group] += 1
        if len(self._faults) < FAULTS_KEPT:
            self._faults.append(fault)

    def looked_at(self, kind: str, rows: int) -> None:
        """Count rows that were looked at."""
        self._checked[kind] = self._checked.get(kind, 0) + rows

    def report(self) -> Report:
        """Return everything that was found."""
        return Report(tuple(self._faults), self._counts, self._checked)
