"""The engine as the faces know it, for an event loop: what it returns is to be awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar, cast

from vectis_core.commands import Command
from vectis_core.engine import Engine, Steps
from vectis_core.ports import Store, View
from vectis_core.tenancy import Caller

if TYPE_CHECKING:
    from vectis_core.faces import TenantFace

T = TypeVar("T")


class AwaitingEngine:
    """Stands in for the engine of a face; neither a commit nor a long question holds up the event loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def store(self) -> Store:
        """The store, for its clock."""
        return self._engine.store

    def run(self, command: Command[T], within: None = None) -> Awaitable[T]:  # noqa: ARG002 - the faces pass it on
        """Submit *command*; what is awaited is its result, once it is durable.

        There is no *within* here: a host's part runs between our rows and the commit, where nothing can be awaited.
        """
        return self._engine.submit(command)

    async def ask_view(self, question: Callable[[View], T], *, quick: bool = False) -> T:
        """Answer in place what is quick and local, which costs less than a hop; all else in a thread."""
        if quick and self._engine.store.reads_are_local():
            return self._engine.ask_view(question)
        return await asyncio.to_thread(self._engine.ask_view, question)

    async def run_steps(self, begin: Callable[[], Steps[T]]) -> T:
        """Return what several questions and commands come to, one after the other, in a thread."""
        return await asyncio.to_thread(self._engine.run_steps, begin)


def awaiting_face(engine: Engine, caller: Caller) -> TenantFace:
    """Return the faces over an awaiting engine: what their methods say they return is what to await of them."""
    from vectis_core.faces import TenantFace  # noqa: PLC0415 - the faces import this package where aio is asked for

    return TenantFace(cast(Engine, AwaitingEngine(engine)), caller)


def awaited(value: T) -> Awaitable[T]:
    """Return what a method of an awaiting face has returned, by its true type."""
    return cast(Awaitable[T], value)
