"""A deterministic simulator: whole trading days from one seed, replayed exactly.

Many clients and some processes over one database, in one thread and in virtual time; faults strike at every storage
call, processes die and start again, clocks jump. A judge looks at what clients were told, ``verify`` at the books.
``python -m vectis_core.testing.simulate --seed 7`` tells a story, and makes that of a bad seed short.
"""

from vectis_core.testing.simulate.planning import Shape, planned
from vectis_core.testing.simulate.shrinking import shrunk
from vectis_core.testing.simulate.simulation import Simulated, simulate

__all__ = ["Shape", "Simulated", "planned", "shrunk", "simulate"]
