"""The engine as the faces know it, over a server: what they decide to run or to ask, is done there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from vectis_client.conversation import Conversation
from vectis_client.effects import Steps
from vectis_core.commands import Command
from vectis_core.engine import Within
from vectis_core.errors import UsageError


class _Elsewhere:
    """What stands in for the store of an engine whose database is elsewhere."""

    def now(self) -> NoReturn:
        """Raise ``UsageError``: what needs the store's clock is not offered over HTTP."""
        raise UsageError("This is not offered over HTTP: do it where Vectis runs")


class RemoteEngine:
    """Stands in for the engine of the faces; *drive* returns what steps come to, or an awaitable of it."""

    store = _Elsewhere()

    def __init__(self, conversation: Conversation, drive: Callable[[Steps[Any]], Any]) -> None:
        self._conversation = conversation
        self._drive = drive

    def run(self, command: Command[Any], within: Within[Any] | None = None) -> Any:
        """Have a command carried out; see ``Conversation.run``."""
        if within is not None:
            raise UsageError("within= needs the database in this process: over HTTP, write your rows before or after")
        return self._drive(self._conversation.run(command))

    def ask_view(self, question: Callable[..., Any], *, quick: bool = False) -> Any:  # noqa: ARG002 - the engine's
        """Have a question answered; see ``Conversation.ask``."""
        return self._drive(self._conversation.ask(question))

    def run_steps(self, begin: Callable[..., Any]) -> Any:
        """Have steps taken that are one operation there."""
        return self._drive(self._conversation.ask(begin))
