"""Webhooks: subscriptions, what was delivered, and the catalogue of events."""

from __future__ import annotations

from vectis_core import queries
from vectis_core.commands import (
    CreateSubscription,
    DeleteSubscription,
    FinishRotation,
    Redeliver,
    RotateSecret,
    SendTestEvent,
    StartReplay,
    UpdateSubscription,
)
from vectis_core.errors import Conflict, NotFound
from vectis_core.webhooks.catalogue import CATALOGUE
from vectis_core.webhooks.model import (
    NewSubscription,
    ReplayRange,
    Rotation,
    SubscriptionChange,
)
from vectis_http import parameters
from vectis_http.operation import Body, Call, Handler, Operation, Query, Success, Work, all_of, page_of
from vectis_http.shapes.webhooks import DELIVERY, DELIVERY_LOG, EVENT_KIND, ISSUED_SUBSCRIPTION, REPLAY, SUBSCRIPTION

_READ = "webhooks:read"
_WRITE = "webhooks:write"
_ALL = "/api/webhooks"
_ONE = "/api/webhooks/{id}"


def _deliveries(call: Call) -> Query:
    part = call.part
    where = queries.delivery_filter(call.id, call.query["status"], call.query["event"])
    return Query(lambda view: queries.deliveries(view, call.tenant, where, part))


def _list(call: Call) -> Query:
    part = call.part
    return Query(lambda view: queries.subscriptions(view, call.tenant, part))


def _bare(command: type[DeleteSubscription | FinishRotation | SendTestEvent]) -> Handler:
    """Return the handler of a command that says nothing but which webhook it is for."""
    return lambda call: command(caller=call.caller, command_id=call.command_id, subscription_id=call.id)


def _asking(command: type[UpdateSubscription | RotateSecret | StartReplay]) -> Handler:
    """Return the handler of a command whose body says more."""
    return lambda call: command(
        caller=call.caller, command_id=call.command_id, subscription_id=call.id, intent=call.intent
    )


_SUBSCRIPTIONS = (
    Operation(
        name="createWebhook",
        summary="Subscribe an endpoint to events; a secret that we make is shown only here",
        method="POST",
        path=_ALL,
        scope=_WRITE,
        body=Body.REQUIRED,
        request=NewSubscription,
        handler=lambda call: CreateSubscription(caller=call.caller, command_id=call.command_id, intent=call.intent),
        responses={201: Success("The webhook", ISSUED_SUBSCRIPTION, place=_ALL)},
        takes_key=True,
    ),
    Operation(
        name="listWebhooks",
        summary="List webhooks, newest first",
        method="GET",
        path=_ALL,
        scope=_READ,
        query=parameters.PAGE,
        handler=_list,
        responses={200: Success("A page of webhooks", page_of("webhooks", SUBSCRIPTION))},
    ),
    Operation(
        name="getWebhook",
        summary="Read a webhook",
        method="GET",
        path=_ONE,
        scope=_READ,
        handler=lambda call: Query(lambda view: queries.subscription(view, call.tenant, call.id), quick=True),
        responses={200: Success("The webhook", SUBSCRIPTION)},
        errors=(NotFound,),
    ),
    Operation(
        name="updateWebhook",
        summary="Change a webhook's URL or events, pause it, or let it go on",
        method="PATCH",
        path=_ONE,
        scope=_WRITE,
        body=Body.REQUIRED,
        request=SubscriptionChange,
        handler=_asking(UpdateSubscription),
        responses={200: Success("The webhook", SUBSCRIPTION)},
        errors=(NotFound,),
        takes_key=True,
    ),
    Operation(
        name="deleteWebhook",
        summary="End a webhook; what is on its way is not sent",
        method="DELETE",
        path=_ONE,
        scope=_WRITE,
        handler=_bare(DeleteSubscription),
        responses={204: Success("The webhook has ended")},
        errors=(NotFound,),
        takes_key=True,
    ),
    Operation(
        name="rotateWebhookSecret",
        summary="Replace a webhook's secret; the one before it goes on signing for a while",
        method="POST",
        path=f"{_ONE}/rotate-secret",
        scope=_WRITE,
        body=Body.OPTIONAL,
        request=Rotation,
        handler=_asking(RotateSecret),
        responses={200: Success("The webhook, with the new secret where we made it", ISSUED_SUBSCRIPTION)},
        errors=(NotFound,),
        takes_key=True,
    ),
    Operation(
        name="finishWebhookRotation",
        summary="End the overlap of two secrets now: only the newest signs",
        method="POST",
        path=f"{_ONE}/finish-rotation",
        scope=_WRITE,
        body=Body.OPTIONAL,
        handler=_bare(FinishRotation),
        responses={200: Success("The webhook", SUBSCRIPTION)},
        errors=(NotFound,),
        takes_key=True,
    ),
    Operation(
        name="testWebhook",
        summary="Send a test event",
        method="POST",
        path=f"{_ONE}/test",
        scope=_WRITE,
        body=Body.OPTIONAL,
        handler=_bare(SendTestEvent),
        responses={202: Success("The delivery that is on its way", DELIVERY)},
        errors=(NotFound, Conflict),
        takes_key=True,
    ),
)

_DELIVERIES = (
    Operation(
        name="listDeliveries",
        summary="List what was and will be sent to a webhook, newest first",
        method="GET",
        path=f"{_ONE}/deliveries",
        scope=_READ,
        query=(parameters.DELIVERY_STATUS, parameters.EVENT, *parameters.PAGE),
        handler=_deliveries,
        responses={200: Success("A page of deliveries", page_of("deliveries", DELIVERY))},
        errors=(NotFound,),
    ),
    Operation(
        name="getDelivery",
        summary="Read a delivery with every attempt to make it",
        method="GET",
        path="/api/deliveries/{id}",
        scope=_READ,
        handler=lambda call: Query(lambda view: queries.delivery_log(view, call.tenant, call.id), quick=True),
        responses={200: Success("The delivery", DELIVERY_LOG)},
        errors=(NotFound,),
    ),
    Operation(
        name="redeliver",
        summary="Send an event once more; one that waits is due at once",
        method="POST",
        path="/api/deliveries/{id}/redeliver",
        scope=_WRITE,
        body=Body.OPTIONAL,
        handler=lambda call: Redeliver(caller=call.caller, command_id=call.command_id, delivery_id=call.id),
        responses={202: Success("The delivery that is on its way", DELIVERY)},
        errors=(NotFound, Conflict),
        takes_key=True,
    ),
    Operation(
        name="replayWebhook",
        summary="Send all events of a time once more, those that were skipped among them",
        method="POST",
        path=f"{_ONE}/replay",
        scope=_WRITE,
        body=Body.REQUIRED,
        request=ReplayRange,
        handler=_asking(StartReplay),
        responses={202: Success("The replay, which goes on by itself", REPLAY)},
        errors=(NotFound, Conflict),
        takes_key=True,
    ),
    Operation(
        name="listReplays",
        summary="List a webhook's replays and how far they are, newest first",
        method="GET",
        path=f"{_ONE}/replays",
        scope=_READ,
        handler=lambda call: Query(lambda view: queries.replays(view, call.tenant, call.id)),
        responses={200: Success("The replays", all_of("replays", REPLAY))},
        errors=(NotFound,),
    ),
    Operation(
        name="listEventTypes",
        summary="List all types of events, each with the JSON Schema of its data and an example",
        method="GET",
        path="/api/webhooks/events",
        scope=_READ,
        handler=lambda _call: Work(lambda: CATALOGUE, quick=True),
        responses={200: Success("The catalogue", all_of("events", EVENT_KIND))},
    ),
)

OPERATIONS = (*_SUBSCRIPTIONS, *_DELIVERIES)
