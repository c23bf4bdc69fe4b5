"""Times on the command line."""

from __future__ import annotations

from datetime import datetime

import click


class _Time(click.ParamType):
    """A time with its zone."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the time that *value* means."""
        try:
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time, such as 2026-01-26T12:00:00Z", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} has no zone: write it as 2026-01-26T12:00:00Z", param, ctx)
        return moment


TIME = _Time()
