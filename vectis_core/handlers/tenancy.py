"""Tenants, their settings, and housekeeping."""

from __future__ import annotations

from datetime import timedelta

import attrs

from vectis_core.catalogue import Warehouse
from vectis_core.commands import Housekeep, Housekept, OpenTenant, UpdateSettings
from vectis_core.errors import ValidationError
from vectis_core.handlers.catalogue import given
from vectis_core.identity_map import Keys
from vectis_core.ports import AgeLimits
from vectis_core.tenancy import TENANT_ID, Settings, Tenant
from vectis_core.unit_of_work import UnitOfWork

#: For how long a repeat by command id is answered with the first result, at least.
RESULTS_KEPT = timedelta(hours=24)
#: For how long deliveries that are not pending can be looked at and sent once more, with the log of their attempts.
DELIVERIES_KEPT = timedelta(days=30)
#: For how long a carrier's scan waits for its shipment to be registered.
WAITING_SCANS_KEPT = timedelta(days=90)


def keys(command: OpenTenant, keys: Keys) -> None:
    """Name the tenant and its warehouses."""
    keys.tenants.add(command.caller.tenant)
    keys.warehouses.add(command.caller.tenant)


def open_tenant(command: OpenTenant, work: UnitOfWork) -> Tenant:
    """Return the tenant, made with its default warehouse where it is new."""
    known = work.tenant()
    if known is not None:
        return known
    problem = TENANT_ID.problem(command.caller.tenant)
    if problem is not None:
        raise ValidationError.of("tenant", problem)
    tenant = Tenant(command.caller.tenant, Settings(), work.now)
    work.put_tenant(tenant)
    work.put_warehouse(
        Warehouse(
            tenant=tenant.id,
            id=work.new_id("wh"),
            code="main",
            name="Main warehouse",
            address=None,
            priority=0,
            is_default=True,
            active=True,
            created_at=work.now,
            updated_at=work.now,
        )
    )
    return tenant


def update_settings(command: UpdateSettings, work: UnitOfWork) -> Settings:
    """Change what is given of the tenant's settings."""
    tenant = work.tenant()
    if tenant is None:
        raise LookupError("the tenant was there when the command was let in")
    settings = attrs.evolve(tenant.settings, **given(command.intent))
    work.put_tenant(attrs.evolve(tenant, settings=settings))
    return settings


def housekeep(command: Housekeep, work: UnitOfWork) -> Housekept:
    """Clear what has aged."""
    before = AgeLimits(
        results=work.now - RESULTS_KEPT,
        deliveries=work.now - DELIVERIES_KEPT,
        scans=work.now - WAITING_SCANS_KEPT,
        now=work.now,
    )
    return Housekept(*work.clear_aged(before, command.limit))
