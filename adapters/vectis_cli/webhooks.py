"""``vectis webhooks``: how the endpoints fare that are told of events, and telling them again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

import click

from vectis_cli.database import (
    database_option,
    existing_tenant,
    json_option,
    new_command_id,
    opened,
    tenant_option,
)
from vectis_cli.times import a_time
from vectis_core.clock import to_wire
from vectis_core.errors import NotFound
from vectis_core.events import EventType
from vectis_core.webhooks.model import Delivery, DeliveryStatus, Subscription, SubscriptionStatus

_SENT = "It is sent by the dispatcher: 'vectis serve' or 'vectis worker' must be running."


@click.group()
def webhooks() -> None:
    """Look after webhooks, and send to them again."""


@webhooks.command("list")
@database_option
@tenant_option
@json_option
def list_(database: str, tenant: str, as_json: bool) -> None:
    """List a tenant's webhooks, newest first, with what is wrong with them."""
    with opened(database) as oms:
        found = list(existing_tenant(oms, tenant).webhooks.list())
        now = oms.store.now()
    if as_json:
        click.echo(json.dumps([_webhook_as_json(each) for each in found]))
        return
    for each in found:
        click.echo(f"{each.id}  {_state(each, now)}  {each.url}  ({', '.join(each.events)})")
    if not found:
        click.echo(f"Tenant {tenant} has no webhook.", err=True)


def _state(webhook: Subscription, now: datetime) -> str:
    words = [str(webhook.status)]
    if webhook.reason:
        words.append(f"since {to_wire(webhook.status_since)}: {webhook.reason}")
    elif webhook.failing_since:
        words.append(f"but failing since {to_wire(webhook.failing_since)}, {_attempts(webhook.failures)}")
    if webhook.status is SubscriptionStatus.ACTIVE and webhook.rests_until and now < webhook.rests_until:
        words.append(f"and resting until {to_wire(webhook.rests_until)}")
    return " ".join(words)


@contextmanager
def _asked_of(tenant: str) -> Iterator[None]:
    """Name the tenant where what is asked for is not there: it may be another's."""
    try:
        yield
    except NotFound as error:
        raise click.ClickException(f"{error.message} in tenant {tenant}; --tenant asks another one") from error


def _attempts(number: int) -> str:
    return "1 attempt" if number == 1 else f"{number} attempts"


@webhooks.command()
@click.argument("webhook_id")
@database_option
@tenant_option
@click.option("--status", type=click.Choice([str(each) for each in DeliveryStatus]), help="Only those of this status.")
@click.option("--event", type=click.Choice([str(each) for each in EventType]), help="Only those of this type of event.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="The newest so many.")
@json_option
def deliveries(
    webhook_id: str, database: str, tenant: str, status: str | None, event: str | None, limit: int, as_json: bool
) -> None:
    """List what was and will be sent to the webhook WEBHOOK_ID, newest first."""
    with opened(database) as oms, _asked_of(tenant):
        listing = existing_tenant(oms, tenant).webhooks.deliveries(webhook_id, status=status, event=event)
        found = list(islice(listing, limit))
    if as_json:
        click.echo(json.dumps([_delivery_as_json(each) for each in found]))
        return
    for each in found:
        outcome = "" if each.attempts == 0 else f", the last: {each.last_code or each.last_error}"
        again = f", next at {to_wire(each.due_at)}" if each.due_at else ""
        click.echo(f"{each.id}  {each.status}  {each.event_type}  {_attempts(each.attempts)}{outcome}{again}")


@webhooks.command()
@click.argument("webhook_id")
@database_option
@tenant_option
def test(webhook_id: str, database: str, tenant: str) -> None:
    """Send a test event to the webhook WEBHOOK_ID, whatever it is subscribed to."""
    with opened(database) as oms, _asked_of(tenant):
        face = existing_tenant(oms, tenant).webhooks
        delivery = face.test(webhook_id, command_id=new_command_id(oms))
    click.echo(delivery.id)
    click.echo(_SENT, err=True)


@webhooks.command()
@click.argument("delivery_id")
@database_option
@tenant_option
def redeliver(delivery_id: str, database: str, tenant: str) -> None:
    """Send the event of the delivery DELIVERY_ID once more; one that waits is due at once."""
    with opened(database) as oms, _asked_of(tenant):
        face = existing_tenant(oms, tenant).webhooks
        delivery = face.redeliver(delivery_id, command_id=new_command_id(oms))
    click.echo(delivery.id)
    click.echo(_SENT, err=True)


@webhooks.command()
@click.argument("webhook_id")
@database_option
@tenant_option
@click.option("--since", metavar="TIME", type=a_time, required=True, help="From when on, as 2026-01-26T12:00:00Z.")
@click.option("--until", metavar="TIME", type=a_time, help="Before when; until now where left out.")
@click.option("--type", "types", metavar="TYPE", multiple=True, help="Only such events, as order.*; may be repeated.")
def replay(
    webhook_id: str, database: str, tenant: str, since: datetime, until: datetime | None, types: tuple[str, ...]
) -> None:
    """Send all events of a time to the webhook WEBHOOK_ID once more, skipped ones among them."""
    with opened(database) as oms, _asked_of(tenant):
        face = existing_tenant(oms, tenant).webhooks
        command_id = new_command_id(oms)
        begun = face.replay(webhook_id, since, until=until, types=types or None, command_id=command_id)
    click.echo(begun.id)
    click.echo(_SENT, err=True)


def _webhook_as_json(webhook: Subscription) -> dict[str, Any]:
    return {
        "tenant": webhook.tenant,
        "id": webhook.id,
        "url": webhook.url,
        "events": webhook.events,
        "status": webhook.status,
        "statusReason": webhook.reason,
        "statusSince": to_wire(webhook.status_since),
        "failures": webhook.failures,
        "failingSince": to_wire(webhook.failing_since) if webhook.failing_since else None,
        "restsUntil": to_wire(webhook.rests_until) if webhook.rests_until else None,
        "createdAt": to_wire(webhook.created_at),
    }


def _delivery_as_json(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "eventId": delivery.event_id,
        "event": delivery.event_type,
        "trigger": delivery.trigger,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "lastStatusCode": delivery.last_code,
        "lastError": delivery.last_error,
        "nextAttemptAt": to_wire(delivery.due_at) if delivery.due_at else None,
        "createdAt": to_wire(delivery.created_at),
    }
