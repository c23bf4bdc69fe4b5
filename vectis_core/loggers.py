"""The loggers of Vectis: which there are, and what each tells."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType

#: The logger above all others; whoever sets its level or handler sets it for all of them.
ROOT = "vectis"

#: What each logger tells, by its name.
LOGGERS: Mapping[str, str] = MappingProxyType(
    {
        "vectis.carriers": "Pushes that cannot be read, codes that no table has, and what a push service notes",
        "vectis.engine": "Rollbacks and commits that failed, and observers of commands that did",
        "vectis.housekeeping": "Housekeeping that did not run",
        "vectis.http": "Requests that fail on our side, or are refused for reasons only operators may read",
        "vectis.slow": "Commands and reads that took longer than they should",
        "vectis.sqlite": "A database that cannot be written, and that it can be again",
        "vectis.telemetry": "Listeners that failed",
        "vectis.webhooks": "Deliveries that fail, and the trouble of those who send them",
    }
)


def logger_table() -> str:
    """Return the table of the loggers, in Markdown."""
    rows = [f"| `{name}` | {told} |" for name, told in LOGGERS.items()]
    return "\n".join(["| Logger | What it tells |", "|---|---|", *rows])


def keep_quiet_unless_asked() -> None:
    """Let Vectis write nothing on its own where the application has set no logging up."""
    root = logging.getLogger(ROOT)
    if not root.handlers:
        root.addHandler(logging.NullHandler())
