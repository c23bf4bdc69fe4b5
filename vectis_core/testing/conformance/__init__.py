"""The conformance suite for storage backends: subclass it, say where your database lies, and run it with pytest.

For a backend that is registered by entry point for ``mydb://``, all of it is::

    class TestMyBackend(BackendConformance):
        def url(self, folder):
            return f"mydb://{folder}/shop"

        def write_host_row(self, connection, key):
            connection.execute("INSERT INTO host VALUES (?)", (key,))

        def has_host_row(self, key):
            ...

The state machine in ``vectis_core.testing.machine`` is its other half. Nothing here imports pytest; any runner that
calls ``setup_method`` and ``teardown_method`` around each ``test_`` method will do.
"""

from vectis_core.testing.conformance.backups import BackupConformance
from vectis_core.testing.conformance.concurrency import ConcurrencyConformance
from vectis_core.testing.conformance.erasing import ErasureConformance
from vectis_core.testing.conformance.guards import GuardConformance
from vectis_core.testing.conformance.lists import ListConformance
from vectis_core.testing.conformance.reading import ReadingConformance
from vectis_core.testing.conformance.shops import ShopConformance
from vectis_core.testing.conformance.tracking import TrackingConformance
from vectis_core.testing.conformance.transactions import TransactionConformance
from vectis_core.testing.conformance.webhooks import WebhookConformance

__all__ = ["BackendConformance"]


class BackendConformance(
    TransactionConformance,
    GuardConformance,
    ReadingConformance,
    ListConformance,
    ConcurrencyConformance,
    ShopConformance,
    WebhookConformance,
    TrackingConformance,
    ErasureConformance,
    BackupConformance,
):
    """All that a backend must do."""
