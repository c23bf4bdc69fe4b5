"""The server itself: tokens, the keys they are verified with, how it is and how it fares, and what it offers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import attrs

from vectis_core.constraints import Schema
from vectis_core.errors import NotFound, ServiceUnavailable, Unauthorized, ValidationError
from vectis_core.shapes import Refer
from vectis_http.errors import RateLimitExceeded
from vectis_http.headers import CACHED, ETAG
from vectis_http.operation import Body, Call, Operation, Reply, Success, Work
from vectis_http.shapes.access import ACCESS_TOKEN, HEALTH, TOKEN_REFUSAL, Health

_HTML = "text/html"


class AccessService(Protocol):
    """What of access these operations are answered by."""

    def token(self, call: Call) -> Reply:
        """Answer a request for an access token."""
        ...

    def key_set(self) -> Reply:
        """Answer with the keys that tokens are verified with."""
        ...

    def check_readiness(self) -> None:
        """Raise ``ServiceUnavailable`` where the server cannot do its work."""
        ...


class ReferenceService(Protocol):
    """What describes the API."""

    def document(self, call: Call) -> Reply:
        """Answer with the description for programs."""
        ...

    def page(self, call: Call) -> Reply:
        """Answer with the description for people."""
        ...

    def asset(self, call: Call) -> Reply:
        """Answer with what the page needs; raises ``NotFound``."""
        ...


class MetricsService(Protocol):
    """What tells how the server fares."""

    #: The scope that it takes; ``None`` where anybody may ask.
    scope: str | None

    def text(self) -> Reply:
        """Answer with the figures; raises ``NotFound`` where none are kept."""
        ...


@attrs.frozen
class _Foreign:
    """A body that others define; it is shown as it is."""

    description: str
    kind: str = "string"

    def show(self, value: Any) -> Any:
        """Return the body."""
        return value

    def schema(self, refer: Refer) -> Schema:  # noqa: ARG002 - the protocol's
        """Return what can be said of it."""
        return {"type": self.kind, "description": self.description}


_KEY_SET = Success("The key set", _Foreign("A JSON Web Key Set (RFC 7517)", "object"), headers=(CACHED.name,))
_CACHED = (ETAG.name, CACHED.name)
_UNCHANGED = Success("The client has this version already, as `If-None-Match` says", headers=_CACHED)


def _as_it_is(_: Call, reply: Reply) -> Reply:
    return reply


def _public(name: str, summary: str, path: str, **more: Any) -> Operation:
    return Operation(name=name, summary=summary, method=more.pop("method", "GET"), path=path, scope=None, **more)


def _ready(access: AccessService) -> Health:
    access.check_readiness()
    return Health("ready")


def operations_of(access: AccessService) -> Sequence[Operation]:
    """Return the operations that *access* answers, and those on the server's health."""
    return (
        _public(
            "createToken",
            "Obtain an access token by client credentials (RFC 6749, section 4.4)",
            "/oauth/token",
            handler=lambda call: Work(lambda: access.token(call)),
            method="POST",
            body=Body.FORM,
            reply=_as_it_is,
            responses={200: Success("The token", ACCESS_TOKEN)},
            errors=(Unauthorized, ValidationError, RateLimitExceeded, ServiceUnavailable),
            refusals=dict.fromkeys((400, 401, 429), TOKEN_REFUSAL),
        ),
        _public(
            "getKeySet",
            "Read the keys that access tokens are verified with (RFC 7517)",
            "/.well-known/jwks.json",
            handler=lambda _: Work(access.key_set),
            reply=_as_it_is,
            responses={200: _KEY_SET},
            errors=(ServiceUnavailable,),
        ),
        _public(
            "getHealth",
            "Whether the server answers at all",
            "/healthz",
            handler=lambda _: Work(lambda: Health("ok"), quick=True),
            responses={200: Success("It does", HEALTH)},
        ),
        _public(
            "getReadiness",
            "Whether the server can do its work",
            "/readyz",
            handler=lambda _: Work(lambda: _ready(access)),
            responses={200: Success("It can", HEALTH)},
            errors=(ServiceUnavailable,),
        ),
    )


def measured_by(metrics: MetricsService) -> Sequence[Operation]:
    """Return the operation that *metrics* answers."""
    return (
        Operation(
            name="getMetrics",
            summary="Read how this process of the server fares, in the text format of Prometheus",
            method="GET",
            path="/metrics",
            scope=metrics.scope,
            handler=lambda _: Work(metrics.text),
            reply=_as_it_is,
            responses={200: Success("The figures", _Foreign("Metrics, a line each"), media_type="text/plain")},
            errors=(NotFound,),
        ),
    )


def described_by(reference: ReferenceService) -> Sequence[Operation]:
    """Return the operations that *reference* answers."""
    document = _Foreign("An OpenAPI 3.1 document", "object")
    return (
        _public(
            "getOpenApi",
            "Read this description of the API, in OpenAPI 3.1",
            "/openapi.json",
            handler=lambda call: Work(lambda: reference.document(call)),
            reply=_as_it_is,
            responses={200: Success("The description", document, headers=_CACHED), 304: _UNCHANGED},
        ),
        _public(
            "getReference",
            "Read this description of the API as a page",
            "/docs",
            handler=lambda call: Work(lambda: reference.page(call)),
            reply=_as_it_is,
            responses={
                200: Success("The page", _Foreign("HTML"), headers=_CACHED, media_type=_HTML),
                304: _UNCHANGED,
            },
        ),
        _public(
            "getReferenceAsset",
            "Read what the page needs: its styles and its search",
            "/docs/{asset}",
            handler=lambda call: Work(lambda: reference.asset(call)),
            reply=_as_it_is,
            responses={
                200: Success("The file", _Foreign("CSS or JavaScript"), headers=(CACHED.name,), media_type="*/*")
            },
            errors=(NotFound,),
        ),
    )
