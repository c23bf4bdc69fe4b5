"""Whole commands: who asks, for what, and with which id."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Any, TypeVar

import attrs
from hypothesis import strategies as st

from vectis_core import commands as product
from vectis_core.access import SigningKey
from vectis_core.commands import Command
from vectis_core.tenancy import DEFAULT_TENANT, Caller
from vectis_core.testing.samples import MADE_AT, payload
from vectis_core.testing.strategies import inputs, tracking, values, webhooks
from vectis_core.tracking.accounts import KeptPayload

C = TypeVar("C", bound=Command[Any])


def callers(tenants: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Caller]:
    """Return who asks, for the tenant ``default`` unless said otherwise: a host, or a client over HTTP."""
    return st.builds(
        Caller,
        tenant=tenants if tenants is not None else st.just(DEFAULT_TENANT),
        actor=values.texts(64),
        client=values.optional(st.sampled_from(["cli_1", "cli_2"])),
    )


def _signing_keys() -> st.SearchStrategy[SigningKey]:
    return st.builds(
        SigningKey,
        id=values.texts(64),
        public=st.just('{"kty": "RSA"}'),
        sealed=st.just("sealed"),
        created_at=st.just(MADE_AT),
        signs_from=values.moments(),
        retires_at=st.none(),
    )


#: Fields of commands that are neither who asks, nor an id, nor an intent.
_OTHER: Mapping[str, st.SearchStrategy[Any]] = {
    "key": values.texts(255),
    "retire_others_at": st.one_of(st.none(), values.moments()),
    "only_if_none": st.booleans(),
    "limit": st.integers(1, 1000),
    "window_seconds": st.integers(1, 3600),
    "block": st.integers(1, 100),
    "well": st.integers(0, 10),
    "ailing": st.integers(0, 10),
    "deliveries": st.integers(0, 10),
    "lease_seconds": st.integers(0, 3600),
    "lease_token": st.integers(0, 3),
    "reports": webhooks.reports(),
    "policy": webhooks.policies(),
    "at": values.moments(),
    "received_at": values.moments(),
    "anew": st.booleans(),
    "days": st.integers(1, 365),
    "sealed": values.texts(255),
    "notices": tracking.notices(),
}


def _field(hint: Any, name: str) -> st.SearchStrategy[Any]:
    if name == "caller":
        return callers()
    if name == "command_id":
        return values.optional(values.command_ids())
    if name == "intent":
        intent: st.SearchStrategy[Any] = inputs.of(hint)
        return intent
    if hint is KeptPayload:
        return st.builds(payload, tenant=st.just(DEFAULT_TENANT), sealed=values.texts(255))
    if hint is SigningKey:
        return _signing_keys()
    return _OTHER[name] if name in _OTHER else values.object_ids()


def commands(kind: type[C] | None = None, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[C]:
    """Return commands of a *kind*, or of all kinds, with all that belongs to them.

    What they are to be done to exists only by accident: give strategies for *fields* that know better, as in
    ``commands(ConfirmOrder, order_id=st.sampled_from(ids))``. Where no kind is given, *fields* go to the kinds that
    have them.
    """
    if kind is None:
        return st.one_of(*(_commands(each, fields) for each in _kinds()))
    return _commands(kind, fields)


def _kinds() -> list[type[Any]]:
    return [
        value
        for value in vars(product).values()
        if isinstance(value, type) and issubclass(value, Command) and value is not Command
    ]


def _commands(kind: type[Any], fields: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(kind)
    names = [field.name for field in attrs.fields(kind)]
    drawn = {name: fields[name] if name in fields else _field(hints[name], name) for name in names}
    return st.builds(kind, **drawn)
