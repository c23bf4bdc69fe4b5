"""Webhooks: subscriptions, what was delivered, and the catalogue of events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
    IssuedSubscription,
    NewSubscription,
    ReplayRange,
    Rotation,
    SubscriptionChange,
)
from vectis_http import parameters, render
from vectis_http.operation import (
    Body,
    Call,
    Handler,
    Operation,
    Query,
    Render,
    Reply,
    Work,
    all_of,
    location,
    ok,
    page_of,
)

_READ = "webhooks:read"
_WRITE = "webhooks:write"
_ALL = "/api/webhooks"
_ONE = "/api/webhooks/{id}"


def _issued(call: Call, issued: IssuedSubscription) -> Reply:
    return Reply(201, render.issued_subscription(issued), (location(call, _ALL, issued.subscription.id),))


def _accepted(show: Render) -> Callable[[Call, Any], Reply]:
    """Return what answers 202 with what has begun, as *show* shows it."""
    return lambda _, value: Reply(202, show(value))


def _deliveries(call: Call) -> Query:
    part = queries.page_slice(call.query["limit"], call.query["offset"])
    where = queries.delivery_filter(call.id, call.query["status"], call.query["event"])
    return Query(lambda view: queries.deliveries(view, call.tenant, where, part))


def _list(call: Call) -> Query:
    part = queries.page_slice(call.query["limit"], call.query["offset"])
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
        reply=_issued,
        responses={201: "The webhook"},
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
        reply=page_of("webhooks", render.subscription),
        responses={200: "A page of webhooks"},
    ),
    Operation(
        name="getWebhook",
        summary="Read a webhook",
        method="GET",
        path=_ONE,
        scope=_READ,
        handler=lambda call: Query(lambda view: queries.subscription(view, call.tenant, call.id), quick=True),
        reply=ok(render.subscription),
        responses={200: "The webhook"},
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
        reply=ok(render.subscription),
        responses={200: "The webhook"},
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
        reply=lambda _call, _gone: Reply(204, None),
        responses={204: "The webhook has ended"},
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
        reply=ok(render.issued_subscription),
        responses={200: "The webhook, with the new secret where we made it"},
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
        reply=ok(render.subscription),
        responses={200: "The webhook"},
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
        reply=_accepted(render.delivery),
        responses={202: "The delivery that is on its way"},
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
        reply=page_of("deliveries", render.delivery),
        responses={200: "A page of deliveries"},
        errors=(NotFound,),
    ),
    Operation(
        name="getDelivery",
        summary="Read a delivery with every attempt to make it",
        method="GET",
        path="/api/deliveries/{id}",
        scope=_READ,
        handler=lambda call: Query(lambda view: queries.delivery_log(view, call.tenant, call.id), quick=True),
        reply=ok(render.delivery_log),
        responses={200: "The delivery"},
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
        reply=_accepted(render.delivery),
        responses={202: "The delivery that is on its way"},
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
        reply=_accepted(render.replay),
        responses={202: "The replay, which goes on by itself"},
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
        reply=all_of("replays", render.replay),
        responses={200: "The replays"},
        errors=(NotFound,),
    ),
    Operation(
        name="listEventTypes",
        summary="List all types of events, each with the JSON Schema of its data and an example",
        method="GET",
        path="/api/webhooks/events",
        scope=_READ,
        handler=lambda _call: Work(lambda: CATALOGUE, quick=True),
        reply=all_of("events", render.event_kind),
        responses={200: "The catalogue"},
    ),
)

OPERATIONS = (*_SUBSCRIPTIONS, *_DELIVERIES)
