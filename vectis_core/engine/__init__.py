"""The engine: one way in for every command, one commit for a batch, answers only after it."""

from vectis_core.engine.engine import Engine, Steps
from vectis_core.engine.tickets import Outcome, Within

__all__ = ["Engine", "Outcome", "Steps", "Within"]
