"""What takes no token: tokens themselves, the keys they are verified with, and how the server is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from vectis_core.errors import ServiceUnavailable, Unauthorized, ValidationError
from vectis_http.operation import Body, Call, Operation, Reply, Work


class AccessService(Protocol):
    """What of access these operations are answered by."""

    def token(self, call: Call) -> Reply:
        """Answer a request for an access token."""
        ...

    def key_set(self) -> Reply:
        """Answer with the keys that tokens are verified with."""
        ...

    def readiness(self) -> Reply:
        """Answer whether the server can do its work."""
        ...


def _as_it_is(_: Call, reply: Reply) -> Reply:
    return reply


def _public(
    name: str,
    summary: str,
    path: str,
    handler: Callable[[Call], Work],
    said: str,
    **more: Any,
) -> Operation:
    return Operation(
        name=name,
        summary=summary,
        method=more.pop("method", "GET"),
        path=path,
        scope=None,
        handler=handler,
        reply=_as_it_is,
        responses={200: said},
        **more,
    )


def operations_of(access: AccessService) -> Sequence[Operation]:
    """Return the operations that *access* answers, and those on the server's health."""
    return (
        _public(
            "createToken",
            "Obtain an access token by client credentials (RFC 6749, section 4.4)",
            "/oauth/token",
            lambda call: Work(lambda: access.token(call)),
            "The token",
            method="POST",
            body=Body.FORM,
            errors=(Unauthorized, ValidationError),
        ),
        _public(
            "getKeySet",
            "Read the keys that access tokens are verified with (RFC 7517)",
            "/.well-known/jwks.json",
            lambda _: Work(access.key_set),
            "The key set",
        ),
        _public(
            "getHealth",
            "Whether the server answers at all",
            "/healthz",
            lambda _: Work(lambda: Reply(200, {"status": "ok"}), quick=True),
            "It does",
        ),
        _public(
            "getReadiness",
            "Whether the server can do its work",
            "/readyz",
            lambda _: Work(access.readiness),
            "It can",
            errors=(ServiceUnavailable,),
        ),
    )
