"""One process's part of the model check: some examples from one seed, on one backend."""

from __future__ import annotations

import json
import logging
import shutil
import sys
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from vectis_core.clock import Clock
from vectis_core.ids import Ids
from vectis_core.testing import CountingIds, FrozenClock
from vectis_core.testing.machine import ShopMachine
from vectis_core.vectis import Vectis
from vectis_memory import MemoryStore
from vectis_sqlite import open_store


class Piece(NamedTuple):
    """What to do."""

    #: The backend: ``memory`` or ``sqlite``.
    kind: str
    seed: int
    examples: int
    #: Of one example, at most.
    steps: int
    folder: str
    #: Whether to look for the smallest example that shows a difference, which may take minutes.
    shrink: bool = True


class Came(NamedTuple):
    """What it came to."""

    #: Examples and their steps, up to the one that found a difference, where one did.
    examples: int
    steps: int
    #: How often the process ended on the way, and the next one went on.
    restarts: int
    difference: str | None = None


class _Shops(ShopMachine):
    """Counts what is done, until a difference is found."""

    examples: ClassVar[int]
    steps: ClassVar[int]
    opens: ClassVar[int]
    found: ClassVar[bool]

    def opened(self, vectis: Vectis) -> None:
        """Count the processes."""
        super().opened(vectis)
        if not self.found:
            type(self).opens += 1

    @invariant()
    def a_step_was_taken(self) -> None:
        """Count the steps."""
        if not self.found:
            type(self).steps += 1

    def teardown(self) -> None:
        """Count the examples, and note the first that finds a difference, in a step or at its end."""
        if not self.found:
            type(self).examples += 1
        try:
            super().teardown()
        except Exception:
            type(self).found = True
            raise
        # What Hypothesis itself ends an example with is no Exception.
        type(self).found |= isinstance(sys.exc_info()[1], Exception)


class _InMemory(_Shops):
    def open(self, clock: Clock, ids: Ids) -> Vectis:
        return Vectis(MemoryStore(clock=clock, ids=ids), clock=clock, ids=ids)


class _InAFile(_Shops):
    """Each example begins with a copy of an empty shop: making its tables takes longer than an example."""

    reopens = True
    template: ClassVar[Path]

    def __init__(self) -> None:
        self.path = self.template.with_name(f"shop-{self.examples}.db")
        shutil.copy(self.template, self.path)
        super().__init__()

    def open(self, clock: Clock, ids: Ids) -> Vectis:
        return _on_file(self.path, clock, ids)

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            for file in self.path.parent.glob(f"{self.path.name}*"):
                file.unlink()


def _on_file(path: Path, clock: Clock, ids: Ids) -> Vectis:
    # No power fails here, and waiting for the disk would take most of the time.
    return Vectis(open_store(f"sqlite:///{path}", clock=clock, ids=ids, synchronous="NORMAL"), clock=clock, ids=ids)


def _shops(piece: Piece) -> type[_Shops]:
    counts: dict[str, Any] = {"examples": 0, "steps": 0, "opens": 0, "found": False}
    if piece.kind == "memory":
        return type("Shops", (_InMemory,), counts)
    folder = Path(piece.folder)
    folder.mkdir(parents=True)
    template = folder / "template.db"
    _on_file(template, FrozenClock(), CountingIds()).close()
    return type("Shops", (_InAFile,), {**counts, "template": template})


def checked(piece: Piece) -> Came:
    """Try the examples of *piece*; the same piece tries the same ones."""
    # The engine tells of each failed commit, and here they fail because they were asked to.
    logging.disable()
    shops = _shops(piece)
    wanted = settings(
        max_examples=piece.examples,
        stateful_step_count=piece.steps,
        phases=[Phase.generate, Phase.shrink] if piece.shrink else [Phase.generate],
        report_multiple_bugs=False,
        deadline=None,
        database=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
    )
    difference = None
    try:
        run_state_machine_as_test(seed(piece.seed)(shops), settings=wanted)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what was looked for
        difference = "\n".join([repr(error), *getattr(error, "__notes__", ())])
    return Came(shops.examples, shops.steps, shops.opens - shops.examples, difference)


if __name__ == "__main__":
    print(json.dumps(checked(Piece(**json.loads(sys.argv[1])))._asdict()))
