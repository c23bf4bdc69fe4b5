"""A customer's personal data: erased, and handed out."""

from __future__ import annotations

from vectis_core import personal_data
from vectis_core.engine import Purge
from vectis_core.personal_data import CustomerKey
from vectis_http import parameters
from vectis_http.operation import Body, Call, Operation, Query, Several, Steps, Success, page_of
from vectis_http.shapes.tenancy import ERASURE
from vectis_http.shapes.tracking import CUSTOMER_RECORD

_ADMIN = "admin"


def _erase(call: Call) -> Steps:
    steps = personal_data.erase(call.caller, call.intent)
    answer = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration as done:
            return done.value
        if isinstance(step, tuple):
            answer = yield Several(step)
        else:
            answer = yield step if isinstance(step, Purge) else Query(step)


def _export(call: Call) -> Query:
    part = call.part
    where = personal_data.orders_of(call.intent)
    return Query(lambda view: personal_data.records(view, call.tenant, where, part))


OPERATIONS = (
    Operation(
        name="eraseCustomer",
        summary="Erase a customer's personal data from all orders that have ended; the books stay whole",
        method="POST",
        path="/api/customers/erase",
        scope=_ADMIN,
        body=Body.REQUIRED,
        request=CustomerKey,
        handler=_erase,
        responses={
            200: Success("What was erased, and the orders that have not ended, which are left as they are", ERASURE)
        },
    ),
    Operation(
        name="exportCustomer",
        summary="Read all that is kept of a customer, the newest order first; whose it is stands in no log",
        method="POST",
        path="/api/customers/export",
        scope=_ADMIN,
        query=parameters.PAGE,
        body=Body.REQUIRED,
        request=CustomerKey,
        handler=_export,
        responses={
            200: Success(
                "A page of the customer's orders, each with what carriers have reported of it",
                page_of("records", CUSTOMER_RECORD),
            )
        },
    ),
)
