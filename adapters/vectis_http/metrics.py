"""``GET /metrics``: what the listener that can be scraped has heard."""

from __future__ import annotations

from vectis_core.errors import NotFound
from vectis_core.telemetry import Audience
from vectis_http.operation import Document, Reply


class Metrics:
    """Answers who scrapes, for one opened ``Vectis``."""

    def __init__(self, audience: Audience, *, is_open: bool) -> None:
        self._audience = audience
        self.scope = None if is_open else "metrics"

    def text(self) -> Reply:
        """Answer with all figures; raises ``NotFound`` where Vectis was opened without a listener that keeps them."""
        exposed = self._audience.exposition()
        if exposed is None:
            raise NotFound(
                "No metrics are kept here: open Vectis with telemetry=Prometheus() of vectis_prometheus, "
                'which comes with pip install "vectis-oms[metrics]"'
            )
        return Reply(200, Document(*exposed))
