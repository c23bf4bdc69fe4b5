"""Who is let in: the token, the tenant's host, the rate limit and the scope of each request."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import datetime
from typing import Any

from vectis_core.commands import LeaseAllowance
from vectis_core.errors import Forbidden, ServiceUnavailable, Unauthorized, VectisError
from vectis_core.tenancy import Caller
from vectis_core.vectis import Vectis
from vectis_http.access import (
    JWKS_MAX_AGE,
    Decision,
    Grant,
    KeyRing,
    LeasedWindows,
    MemoryWindows,
    Sealer,
    TokenEndpoint,
    Tokens,
)
from vectis_http.config import HttpConfig
from vectis_http.errors import RateLimitExceeded
from vectis_http.headers import CACHED, LIMIT, REMAINING, RESET
from vectis_http.messages import HttpRequest
from vectis_http.operation import Call, Reply, Work
from vectis_http.progress import Progress

#: The label of a host that serves all tenants.
_ALL_TENANTS = "api"
_READING = {"GET", "HEAD"}


class Gate:
    """Lets requests in, and answers the few operations that are about being let in."""

    def __init__(self, oms: Vectis, config: HttpConfig, environ: Mapping[str, str]) -> None:
        self._oms = oms
        self._base_domain = config.base_domain
        self._ring = KeyRing(oms, Sealer.for_store(oms.store, environ))
        self._ring.ensure()
        self._tokens = Tokens(oms, self._ring, issuer=config.public_url)
        self._endpoint = TokenEndpoint(oms, self._tokens)
        self._limiter = LeasedWindows(config.rate_limit)
        #: Counts reads while the database cannot be written, for this process alone.
        self._reads = MemoryWindows(config.rate_limit)

    def admit(self, head: HttpRequest, scope: str, now: datetime, progress: Progress) -> Generator[Any, Any, Caller]:
        """Return who is calling, where the token is good, speaks for the host's tenant and has *scope*.

        Notes in *progress* who it is and the rate limit's headers as soon as they are known: refusals have them too.
        Raises ``Unauthorized``, ``RateLimitExceeded``, ``Forbidden``.
        """
        told = progress.told
        grant: Grant = yield Work(lambda: self.grant_of(head, now), quick=True)
        caller = progress.caller = Caller(tenant=grant.tenant, actor=grant.client_id, client=grant.client_id)
        if self._base_domain is not None:
            self._check_host(head.host, grant.tenant)
        decision = yield from self._counted(grant.jti, head.method, now)
        told.append((LIMIT.name, str(decision.limit)))
        told.append((REMAINING.name, str(decision.remaining)))
        told.append((RESET.name, str(decision.resets_at)))
        if not decision.allowed:
            raise RateLimitExceeded(decision.limit, decision.retry_after)
        if scope not in grant.scopes:
            raise Forbidden(f"The access token lacks the scope {scope}", {"scope": scope})
        return caller

    def grant_of(self, head: HttpRequest, now: datetime) -> Grant:
        """Return what the request's access token allows; raises ``Unauthorized``. Reads the store."""
        return self._tokens.verify(_bearer(head.headers.get("authorization")), now)

    def _counted(self, jti: str, method: str, now: datetime) -> Generator[Any, Any, Decision]:
        counted = self._limiter.hit(jti, now)
        if not isinstance(counted, LeaseAllowance):
            return counted
        try:
            leased = yield counted
        except ServiceUnavailable:
            if method not in _READING:
                raise
            # A full disk stops those who write; those who read need nothing of it but this count.
            return self._reads.hit(jti, now)
        return self._limiter.leased(jti, leased.result, now)

    def tenant_of_host(self, host: str) -> str | None:
        """Return the tenant that a host names; ``None`` where the server has no base domain, or it names none."""
        label, _, domain = host.partition(".")
        return label if domain == self._base_domain and label != _ALL_TENANTS else None

    def _check_host(self, host: str, tenant: str) -> None:
        label, _, domain = host.partition(".")
        if domain != self._base_domain or label not in {tenant, _ALL_TENANTS}:
            raise Unauthorized("The access token does not belong to the tenant of this host")

    def token(self, call: Call) -> Reply:
        """Answer a request for an access token."""
        headers = call.head.headers
        status, extra, payload = self._endpoint.answer(
            headers.get("content-type"),
            headers.get("authorization"),
            call.intent,
            call.head.remote_address,
            call.now,
        )
        return Reply(status, payload, tuple(extra))

    def key_set(self) -> Reply:
        """Answer with the keys that tokens are verified with."""
        return Reply(200, self._ring.jwks(), ((CACHED.name, f"public, max-age={JWKS_MAX_AGE}"),))

    def check_readiness(self) -> None:
        """Raise ``ServiceUnavailable`` where the database is not open or cannot be read."""
        try:
            with self._oms.engine.read() as view:
                view.signing_keys()
        except VectisError as error:
            raise ServiceUnavailable("The database cannot be used just now") from error


def _bearer(authorization: str | None) -> str:
    """Return the token of an ``Authorization`` header (RFC 6750, section 2.1)."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorized("Send an access token: Authorization: Bearer YOUR_ACCESS_TOKEN")
    return token.strip()
