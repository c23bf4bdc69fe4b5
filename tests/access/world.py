"""What the tests of access share: a clock to turn, and processes that open one and the same store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import attrs
from joserfc import jws, jwt
from joserfc.jwk import RSAKey

from vectis_core.access import IssuedClient
from vectis_core.commands import Command
from vectis_core.ids import RandomIds
from vectis_core.ports import Store
from vectis_core.vectis import Vectis
from vectis_http.access import KeyRing, Sealer, TokenEndpoint, Tokens
from vectis_memory import open_store

T = TypeVar("T")

START = datetime(2026, 1, 26, 12, tzinfo=UTC)


class Time:
    """A clock that stands until it is turned, for both kinds of time."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        """Return the present moment."""
        return self.moment

    def monotonic(self) -> float:
        """Return the seconds since the start."""
        return (self.moment - START).total_seconds()

    def pass_by(self, seconds: float) -> datetime:
        """Turn the clock, and return the new moment."""
        self.moment += timedelta(seconds=seconds)
        return self.moment


class Process:
    """One program that has opened the store, with all of access in it."""

    def __init__(self, world: World, issuer: str | None = None) -> None:
        self.oms = Vectis(world.store, clock=world.time, ids=world.ids)
        self.store = world.store
        self.engine = self.oms.engine
        self.sealer = Sealer.for_store(world.store, {"VECTIS_SECRET_KEY": world.secret_key})
        self.ring = KeyRing(self.oms, self.sealer, monotonic=world.time.monotonic)
        self.tokens = Tokens(self.oms, self.ring, issuer=issuer, monotonic=world.time.monotonic)
        self.endpoint = TokenEndpoint(self.oms, self.tokens)

    def run(self, command: Command[T]) -> T:
        """Run a command."""
        return self.oms.run(command)

    def new_client(self, *scopes: str, tenant: str = "default") -> IssuedClient:
        """Make a client, and its tenant where it is new."""
        return self.oms.tenant(tenant).clients.create("a shop", scopes=scopes or None)


@attrs.define
class World:
    """One store, and the time in it."""

    time: Time = attrs.Factory(Time)
    ids: RandomIds = attrs.Factory(RandomIds)
    secret_key: str = "a master key of more than 32 characters"
    store: Store = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.store = open_store("memory://", clock=self.time, ids=self.ids)

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self.time.now()

    def process(self, issuer: str | None = None) -> Process:
        """Return another process that has opened the store."""
        return Process(self, issuer)


def claims_of(token: str, process: Process, now: datetime) -> dict[str, Any]:
    """Return the claims of a good token."""
    decoded = jwt.decode(token, process.ring.signing_key(now), ["RS256"])
    return decoded.claims


def forged(
    process: Process,
    claims: dict[str, Any],
    now: datetime,
    header: dict[str, Any] | None = None,
    key: RSAKey | None = None,
) -> str:
    """Return a token with these claims and header fields, signed with the process's own key or another."""
    own = process.ring.signing_key(now)
    fields = {"alg": "RS256", "typ": "JWT", "kid": own.kid, **(header or {})}
    registry = jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)
    return jwt.encode(
        {name: value for name, value in fields.items() if value is not None},
        claims,
        key or own,
        registry=registry,
        default_type=None,
    )
