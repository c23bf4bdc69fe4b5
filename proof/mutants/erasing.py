"""Faults in the erasure of what is personal: what it forgets, what comes back, and what it must not touch."""

from __future__ import annotations

from proof.builds import Mutant

_STORE = "tests/backends/test_memory.py::TestMemory::"
_MODEL = "tests/backends/test_memory.py::TestMemoryShops::runTest"
_CUT_OFF = "tests/core/test_personal_data.py::test_an_erasure_that_was_cut_off_is_finished_by_asking_again"
_HANDLER = "vectis_core/handlers/customers.py"

ERASING = (
    Mutant(
        name="late-scan-brings-the-person-back",
        file="vectis_core/handlers/tracking.py",
        before="    return erased_event(event) if any(",
        after="    return event if any(",
        fault="what a carrier says of an erased order's parcel is filed with whom it met",
        killed_by=(f"{_STORE}test_what_a_carrier_tells_later_is_filed_without_the_person", _MODEL),
    ),
    Mutant(
        name="replay-brings-the-customer-back",
        file="vectis_core/engine/results.py",
        before='    "customer_id": None,\n',
        after="",
        fault="a kept result has the id of an erased customer, which is an e-mail address",
        killed_by=(f"{_STORE}test_a_repeat_of_a_command_brings_nothing_back", _MODEL),
    ),
    Mutant(
        name="parcel-mates-not-told",
        file=_HANDLER,
        before="        if current is not None:\n",
        after="        if current is None:\n",
        fault="another order in the parcel of an erased one shows other words and tells nobody",
        killed_by=(f"{_STORE}test_orders_in_one_parcel_forget_together",),
    ),
    Mutant(
        name="parcel-mates-words-stay",
        file=_HANDLER,
        before="        _show_again(work, order_id, parcels)\n",
        after="        work.order(order_id)\n",
        fault="another order in the parcel of an erased one goes on showing who took it",
        killed_by=(f"{_STORE}test_orders_in_one_parcel_forget_together",),
    ),
    Mutant(
        name="second-code-not-erased",
        file="vectis_core/orders/erasure.py",
        before="description=None, sub_code=None)",
        after="description=None)",
        fault="where a carrier has no second code, the beginning of its words outlives the erasure",
        killed_by=(f"{_STORE}test_a_customer_is_erased",),
    ),
    Mutant(
        name="payloads-not-erased",
        file="vectis_core/personal_data.py",
        before="    payloads = yield from _drop_payloads(caller, frozenset(numbers))\n    due = ",
        after="    payloads = 0\n    due = ",
        fault="what carriers sent of an erased order's parcels stays",
        killed_by=(_CUT_OFF,),
    ),
    Mutant(
        name="erased-on-its-way",
        file="vectis_core/orders/erasure.py",
        before="frozenset({OrderStatus.DELIVERED, OrderStatus.CANCELLED, OrderStatus.RETURNED})",
        after="frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.CANCELLED, OrderStatus.RETURNED})",
        fault="an order loses its address while its parcel is on the way",
        killed_by=(f"{_STORE}test_a_customer_is_erased", _MODEL),
    ),
)
