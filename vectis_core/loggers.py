"""The loggers of Vectis: which there are, and what each tells."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextvars import ContextVar, Token
from types import MappingProxyType

#: The logger above all others; whoever sets its level or handler sets it for all of them.
ROOT = "vectis"

#: The id of the request that is handled here; records that are made meanwhile have it as ``request_id``.
REQUEST_ID: ContextVar[str | None] = ContextVar("vectis_request_id", default=None)

#: What each logger tells, by its name.
LOGGERS: Mapping[str, str] = MappingProxyType(
    {
        "vectis.carriers": "Pushes that cannot be read, codes that no table has, and what a push service notes",
        "vectis.cli": "`vectis serve` and `vectis worker` have begun, and come to their end",
        "vectis.engine": "Rollbacks and commits that failed, and observers of commands that did",
        "vectis.housekeeping": "Housekeeping that did not run",
        "vectis.http": "Requests that fail on our side, or are refused for reasons only operators may read",
        "vectis.http.access": "Every request: who asked for what, and how it was answered",
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


def forget_request(before: Token[str | None]) -> None:
    """Let records be of no request any more, or of the one *before*."""
    try:
        REQUEST_ID.reset(before)
    except ValueError:
        # Whoever gave a request up may do so elsewhere, where its id never was.
        return


def make_ready() -> None:
    """Let records have the id of their request, and Vectis write nothing where no logging has been set up."""
    root = logging.getLogger(ROOT)
    if not root.handlers:
        root.addHandler(logging.NullHandler())
    for name in LOGGERS:
        # Of each logger, since a record passes the filters of none but its own; a filter costs nothing without one.
        logging.getLogger(name).addFilter(_note_request)


def _note_request(record: logging.LogRecord) -> bool:
    request_id = REQUEST_ID.get()
    if request_id is not None and not hasattr(record, "request_id"):
        record.request_id = request_id
    return True
