"""All mutants, by area."""

from __future__ import annotations

from proof.builds import Mutant
from proof.mutants import controls
from proof.mutants.access import ACCESS
from proof.mutants.carriers import CARRIERS
from proof.mutants.engine import ENGINE
from proof.mutants.erasing import ERASING
from proof.mutants.orders import ORDERS
from proof.mutants.reading import READING
from proof.mutants.sender import SENDER
from proof.mutants.stock import STOCK
from proof.mutants.storage import STORAGE

#: Those that serve proofs as their controls.
CONTROLS: tuple[Mutant, ...] = tuple(each for each in vars(controls).values() if isinstance(each, Mutant))

MUTANTS: tuple[Mutant, ...] = (
    *CONTROLS,
    *STOCK,
    *ORDERS,
    *ENGINE,
    *STORAGE,
    *READING,
    *ACCESS,
    *SENDER,
    *CARRIERS,
    *ERASING,
)


def named(name: str) -> Mutant:
    """Return the mutant of that name; raises ``StopIteration`` where there is none."""
    return next(mutant for mutant in MUTANTS if mutant.name == name)
