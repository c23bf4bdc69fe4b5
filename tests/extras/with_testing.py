"""The suite that a storage backend passes, over the one in memory, and a few runs of the state machine."""

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from vectis_core import Vectis
from vectis_core.testing.conformance import BackendConformance
from vectis_core.testing.machine import ShopMachine


class Suite(BackendConformance):
    """The contract of backends."""

    durable = False

    def url(self, folder):
        """Return the one URL there is."""
        return "memory://"

    def write_host_row(self, connection, key):
        """Write beside what is Vectis's."""
        connection[key] = "here"

    def has_host_row(self, key):
        """Return whether that is there."""
        return key in self.store.host


class Shops(ShopMachine):
    """Shops beside their model."""

    def open(self, clock, ids):
        """Open a new one."""
        return Vectis.open("memory://", clock=clock, ids=ids)


for name in [name for name in dir(Suite) if name.startswith("test_")]:
    suite = Suite()
    suite.setup_method()
    try:
        getattr(suite, name)()
    finally:
        suite.teardown_method()

run_state_machine_as_test(Shops, settings=settings(max_examples=3, stateful_step_count=10, deadline=None))
