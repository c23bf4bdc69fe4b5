"""Times on the command line."""

from __future__ import annotations

from datetime import datetime

import click


def a_time(text: str) -> datetime:
    """Return the time that *text* means; its zone is asked for where all callers' times are checked."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no time, such as 2026-01-26T12:00:00Z") from None


def a_time_with_zone(text: str) -> datetime:
    """Return the time that *text* means, for those whose times nobody checks later."""
    moment = a_time(text)
    if moment.tzinfo is None:
        raise click.BadParameter(f"{text!r} has no zone: write it as 2026-01-26T12:00:00Z")
    return moment
