"""How an open Vectis is just now, for gauges."""

from __future__ import annotations

from datetime import timedelta

from vectis_core.clock import Clock
from vectis_core.engine.engine import Engine
from vectis_core.errors import VectisError
from vectis_core.webhooks.model import Backlog


class EngineVitals:
    """The vitals of an engine and its store; a scrape that comes after the end, or beside trouble, finds less."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def queue_length(self) -> int:
        """Return how many commands wait to be taken into a batch."""
        return self._engine.queue_length

    def log_bytes(self) -> int | None:
        """Return the size of the store's write-ahead log; ``None`` where it has none."""
        return self._engine.store.log_bytes()

    def backlog(self) -> Backlog | None:
        """Return what webhooks wait for; ``None`` where the database cannot be asked just now."""
        try:
            with self._engine.read() as view:
                return view.backlog()
        except VectisError:
            return None

    def oldest_pending_seconds(self, backlog: Backlog) -> float:
        """Return how long the oldest delivery has waited; 0 where none does."""
        if backlog.oldest_pending is None:
            return 0.0
        return max(0.0, (self._clock.now() - backlog.oldest_pending) / timedelta(seconds=1))
