"""The engine: one way in for every command, one commit for a batch, answers only after it."""

from vectis_core.engine.engine import Engine, Steps
from vectis_core.engine.tickets import Outcome, Purge, Within
from vectis_core.engine.vitals import EngineVitals

__all__ = ["Engine", "EngineVitals", "Outcome", "Purge", "Steps", "Within"]
