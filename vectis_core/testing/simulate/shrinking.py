"""Making a bad story short: cutting out whatever it is bad without."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from vectis_core.testing.simulate.plan import Plan, Step
from vectis_core.testing.simulate.simulation import Simulated

#: Carries a plan out on a database of its own.
Run = Callable[[Plan], Simulated]


def shrunk(plan: Plan, run: Run, at_most: int = 2_000) -> Plan:
    """Return a plan that is still bad, from which no single step can be cut (delta debugging, by Zeller).

    After *at_most* runs the shortest so far is returned.
    """
    runs = 0

    def bad(steps: Sequence[Step]) -> bool:
        nonlocal runs
        runs += 1
        return runs <= at_most and bool(run(attrs.evolve(plan, steps=tuple(steps))).violations)

    return attrs.evolve(plan, steps=tuple(_fewer(list(plan.steps), bad)))


def _fewer(steps: list[Step], bad: Callable[[Sequence[Step]], bool]) -> list[Step]:
    """Cut parts of half the steps, of a quarter, ... until each step that is left is needed."""
    size = max(1, len(steps) // 2)
    while True:
        start, cut = 0, False
        while start < len(steps):
            rest = steps[:start] + steps[start + size :]
            if rest and bad(rest):
                steps, cut = rest, True
            else:
                start += size
        if size > 1:
            size //= 2
        elif not cut:
            return steps
