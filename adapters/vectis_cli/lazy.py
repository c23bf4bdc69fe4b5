"""A group of commands that loads a command's module only when the command is called."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import click


class Lazy(NamedTuple):
    """Where a command is, what it is for, and which extra brings what it imports."""

    #: ``module:attribute``
    target: str
    summary: str
    extra: str | None = None

    def load(self, name: str) -> click.Command:
        """Return the command; raises ``ClickException`` naming the extra to install where one is missing."""
        module, _, attribute = self.target.partition(":")
        try:
            found: click.Command = getattr(importlib.import_module(module), attribute)
        except ImportError as error:
            if self.extra is None:
                raise
            wanted = f'pip install "vectis-oms[{self.extra}]"'
            raise click.ClickException(f"'vectis {name}' needs more than is installed: {wanted} ({error})") from error
        return found


class LazyGroup(click.Group):
    """A group whose help is printed from a table, without loading any command."""

    def __init__(self, *args: Any, lazy: Mapping[str, Lazy], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        del ctx
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, loaded now."""
        del ctx
        entry = self._lazy.get(cmd_name)
        return entry.load(cmd_name) if entry is not None else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in self._lazy.items()])
