"""What commands log, to standard error: those that run for long as much as they are told to, all others warnings."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import click

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
#: What would begin another line, or paint one, on somebody's screen.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def log_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command that runs for long ``--log-level`` and ``--log-format``, and let it log so."""

    @wraps(command)
    def logging_command(*args: Any, log_level: str, log_format: str, **more: Any) -> Any:
        with logs_on_stderr(log_level, log_format):
            return command(*args, **more)

    level = click.option(
        "--log-level",
        type=click.Choice(list(_LEVELS)),
        default="info",
        show_default=True,
        help="How much is logged to standard error; 'info' has a line for each request.",
    )
    form = click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="How it is written: as lines for people, or of JSON for programs.",
    )
    return level(form(logging_command))


@contextmanager
def logs_on_stderr(level: str = "warning", form: str = "text") -> Iterator[None]:
    """Log to standard error for the length of the block; takes the place of a block around it.

    Of Vectis from *level* on, of all others warnings. Raises ``ClickException`` where what writes JSON is missing.
    """
    # Not sooner: whoever asks for help needs nothing of Vectis itself.
    from vectis_core.loggers import ROOT  # noqa: PLC0415

    root, ours = logging.getLogger(), logging.getLogger(ROOT)
    handler = _StandardError()
    handler.setFormatter(_Text() if form == "text" else _json())
    handlers, before = root.handlers[:], ours.level
    root.handlers[:] = [each for each in handlers if not isinstance(each, _StandardError)]
    root.addHandler(handler)
    ours.setLevel(_LEVELS[level])
    logging.captureWarnings(form == "json")
    try:
        yield
    finally:
        logging.captureWarnings(False)
        ours.setLevel(before)
        root.handlers[:] = handlers


class _StandardError(logging.Handler):
    """Writes to what standard error is at the time."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        try:
            click.echo(self.format(record), err=True)
        except Exception:  # noqa: BLE001 - what a handler does with all that goes wrong while it writes
            self.handleError(record)


class _Text(logging.Formatter):
    """One line for a record, and its traceback below."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - as logging names it
        """Return the line, with the id of the request at its end."""
        line = _CONTROL.sub(lambda found: repr(found[0])[1:-1], super().formatMessage(record))
        request_id = getattr(record, "request_id", None)
        return line if request_id is None else f"{line} [{request_id}]"


def _json() -> logging.Formatter:
    """Return what writes a record as one line of JSON, with all fields that it has."""
    try:
        from pythonjsonlogger.json import JsonFormatter  # noqa: PLC0415 - only where it is wanted
    except ImportError as error:
        wanted = 'pip install "vectis-oms[server]"'
        raise click.ClickException(f"--log-format json needs more than is installed: {wanted} ({error})") from error
    return JsonFormatter(
        ["levelname", "name", "message"],
        rename_fields={"levelname": "level", "name": "logger", "exc_info": "exception"},
        timestamp="time",
    )
