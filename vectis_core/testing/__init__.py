"""For tests of programs that use Vectis, and of backends for it: a public part of the product.

What a test needs first is here: ``FrozenClock`` and ``CountingIds`` make everything repeatable, and ``open_faulty``
opens a Vectis whose storage fails as the test says. The modules beside it:

* ``faults``: what can be made to go wrong, where and when.
* ``strategies``: whatever the API takes, drawn by Hypothesis, awkward values and invalid ones included.
* ``model``: the reference model, which says in plain Python what every command must come to.
* ``machine``: a Hypothesis state machine that drives the real engine and the model side by side.
* ``conformance``: the suite that a storage backend passes.
* ``calls`` and ``judge``: what clients asked and were told, and whether all of it is kept.
* ``simulate``: whole trading days from one seed, with faults, crashes and clock jumps, told as a story.

``strategies`` and ``machine`` need the extra ``testing`` (Hypothesis) and import it alone; nothing here needs pytest.
"""

from vectis_core.testing.clock import FrozenClock
from vectis_core.testing.faults import ALWAYS, ONCE, Crash, Faults, FaultyVectis, by_chance, nth, open_faulty
from vectis_core.testing.ids import CountingIds

__all__ = [
    "ALWAYS",
    "ONCE",
    "CountingIds",
    "Crash",
    "Faults",
    "FaultyVectis",
    "FrozenClock",
    "by_chance",
    "nth",
    "open_faulty",
]
