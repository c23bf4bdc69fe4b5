"""What belongs to a tenant as a whole: its settings, its API clients, its feed of events."""

from __future__ import annotations

from vectis_core import commands, queries
from vectis_core.access import NewClient
from vectis_core.errors import Conflict, NotFound
from vectis_core.tenancy import SettingsChange
from vectis_http import parameters
from vectis_http.operation import Body, Call, Operation, Query, Success, page_of
from vectis_http.shapes.tenancy import CLIENT, EVENT_PAGE, ISSUED_CLIENT, SETTINGS

_ADMIN = "admin"


def _clients(call: Call) -> Query:
    part = call.part
    return Query(lambda view: queries.clients(view, call.tenant, part))


OPERATIONS = (
    Operation(
        name="getSettings",
        summary="Read the tenant's settings",
        method="GET",
        path="/api/settings",
        scope=_ADMIN,
        handler=lambda call: Query(lambda view: queries.settings(view, call.tenant), quick=True),
        responses={200: Success("The settings", SETTINGS)},
    ),
    Operation(
        name="updateSettings",
        summary="Change the tenant's settings; what is left out stays",
        method="PATCH",
        path="/api/settings",
        scope=_ADMIN,
        body=Body.REQUIRED,
        request=SettingsChange,
        handler=lambda call: commands.UpdateSettings(
            caller=call.caller, command_id=call.command_id, intent=call.intent
        ),
        responses={200: Success("The settings", SETTINGS)},
        takes_key=True,
    ),
    Operation(
        name="listClients",
        summary="List API clients, newest first, revoked ones included",
        method="GET",
        path="/api/clients",
        scope=_ADMIN,
        query=parameters.PAGE,
        handler=_clients,
        responses={200: Success("A page of clients", page_of("clients", CLIENT))},
    ),
    Operation(
        name="createClient",
        summary="Make an API client; its secret is shown only here",
        method="POST",
        path="/api/clients",
        scope=_ADMIN,
        body=Body.REQUIRED,
        request=NewClient,
        handler=lambda call: commands.CreateClient(caller=call.caller, command_id=call.command_id, intent=call.intent),
        responses={201: Success("The client and its secret", ISSUED_CLIENT, place="/api/clients")},
        takes_key=True,
    ),
    Operation(
        name="getClient",
        summary="Read an API client",
        method="GET",
        path="/api/clients/{id}",
        scope=_ADMIN,
        handler=lambda call: Query(lambda view: queries.client(view, call.tenant, call.id), quick=True),
        responses={200: Success("The client", CLIENT)},
        errors=(NotFound,),
    ),
    Operation(
        name="revokeClient",
        summary="End a client: its secrets and its tokens are refused from now on",
        method="DELETE",
        path="/api/clients/{id}",
        scope=_ADMIN,
        handler=lambda call: commands.RevokeClient(caller=call.caller, command_id=call.command_id, client_id=call.id),
        responses={204: Success("The client has ended")},
        errors=(NotFound,),
        takes_key=True,
    ),
    Operation(
        name="createClientSecret",
        summary="Give a client a new secret; the one before it stays good, older ones end",
        method="POST",
        path="/api/clients/{id}/secrets",
        scope=_ADMIN,
        body=Body.OPTIONAL,
        handler=lambda call: commands.AddClientSecret(
            caller=call.caller, command_id=call.command_id, client_id=call.id
        ),
        responses={201: Success("The client and its new secret", ISSUED_CLIENT, place="/api/clients")},
        errors=(NotFound, Conflict),
        takes_key=True,
    ),
    Operation(
        name="listEvents",
        summary="Read the tenant's events in order after a cursor",
        method="GET",
        path="/api/events",
        scope="events:read",
        query=(parameters.AFTER, parameters.TYPES, parameters.LIMIT),
        handler=lambda call: Query(lambda view: queries.events(view, call.tenant, **call.query)),
        responses={200: Success("The events, and the cursor that continues after them", EVENT_PAGE)},
    ),
)
