"""Carriers: what they push, what that comes to, and how it proves itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vectis_carriers.intake import NotProved
from vectis_core import queries
from vectis_core.commands import CloseCarrier, ConfigureCarrier
from vectis_core.errors import NotFound, OutcomeUnknown, ServiceUnavailable
from vectis_core.tracking.accounts import CarrierSetup
from vectis_http import parameters
from vectis_http.errors import PayloadTooLarge
from vectis_http.operation import Body, Call, Operation, Query, Steps, Success, all_of
from vectis_http.shapes.tracking import CARRIER_ACCOUNT, RECEIPT, TIMELINE

_ADMIN = "admin"
_ALL = "/api/carriers"
_ONE = "/api/carriers/{carrier}"
_PUSH = "/api/webhooks/carriers/{carrier}/tracking"


class PushService(Protocol):
    """What takes pushes."""

    def take(self, call: Call) -> Steps:
        """Take a push; comes to its ``Receipt``."""
        ...


def pushes_of(pushes: PushService) -> Sequence[Operation]:
    """Return the operations that carriers call."""

    def operation(name: str, path: str, summary: str) -> Operation:
        return Operation(
            name=name,
            summary=summary,
            method="POST",
            path=path,
            scope=None,
            query=(parameters.TENANT,),
            body=Body.FOREIGN,
            handler=pushes.take,
            responses={200: Success("What was taken of it, and what was not, with the reasons", RECEIPT)},
            errors=(NotFound, NotProved, PayloadTooLarge, ServiceUnavailable, OutcomeUnknown),
        )

    return (
        operation(
            "pushTracking", _PUSH, "Take what a carrier reports, in the carrier's own form and with its own proof"
        ),
        operation(
            "pushTrackingWithSecret",
            f"{_PUSH}/{{secret}}",
            "Take what a carrier reports that can prove itself by its address alone",
        ),
    )


OPERATIONS = (
    Operation(
        name="listCarriers",
        summary="List the carriers that are configured",
        method="GET",
        path=_ALL,
        scope=_ADMIN,
        handler=lambda call: Query(lambda view: queries.carriers(view, call.tenant), quick=True),
        responses={200: Success("The carriers", all_of("carriers", CARRIER_ACCOUNT))},
    ),
    Operation(
        name="getCarrier",
        summary="Read how a carrier's pushes prove themselves, and what its push service said last",
        method="GET",
        path=_ONE,
        scope=_ADMIN,
        handler=lambda call: Query(lambda view: queries.carrier(view, call.tenant, call.path["carrier"]), quick=True),
        responses={200: Success("The carrier, without its secrets", CARRIER_ACCOUNT)},
        errors=(NotFound,),
    ),
    Operation(
        name="configureCarrier",
        summary="Say how a carrier's pushes prove themselves, in place of what was said before",
        method="PUT",
        path=_ONE,
        scope=_ADMIN,
        body=Body.REQUIRED,
        request=CarrierSetup,
        handler=lambda call: ConfigureCarrier(caller=call.caller, carrier=call.path["carrier"], intent=call.intent),
        responses={200: Success("The carrier, without its secrets", CARRIER_ACCOUNT)},
        errors=(NotFound,),
    ),
    Operation(
        name="closeCarrier",
        summary="Accept nothing more from a carrier, and forget its secrets",
        method="DELETE",
        path=_ONE,
        scope=_ADMIN,
        handler=lambda call: CloseCarrier(caller=call.caller, carrier=call.path["carrier"]),
        responses={204: Success("It is closed")},
        errors=(NotFound,),
    ),
    Operation(
        name="getTracking",
        summary="Read what carriers have reported of an order's shipments, oldest first",
        method="GET",
        path="/api/orders/{id}/tracking",
        scope="orders:read",
        handler=lambda call: Query(lambda view: queries.tracking(view, call.tenant, call.id), quick=True),
        responses={200: Success("The shipments, each with its timeline", all_of("shipments", TIMELINE))},
        errors=(NotFound,),
    ),
)
