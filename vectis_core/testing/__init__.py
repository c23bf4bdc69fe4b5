"""For tests of programs that use Vectis, and of backends for it: a public part of the product.

``FrozenClock`` and ``CountingIds`` make everything repeatable. ``strategies`` draws whatever the API takes
(Hypothesis). ``model`` says in plain Python what every command must come to, ``machine`` drives it beside the real
engine, and ``conformance`` is the suite that a storage backend passes. ``strategies`` and ``machine`` need the extra
``testing``; nothing here needs pytest. ``faults`` has a store that misbehaves on purpose.
"""

from vectis_core.testing.clock import FrozenClock
from vectis_core.testing.ids import CountingIds

__all__ = ["CountingIds", "FrozenClock"]
