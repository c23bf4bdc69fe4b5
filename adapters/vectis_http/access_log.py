"""The access log: one record for each request, of who asked for what, and never of what stood in the path or query."""

from __future__ import annotations

import logging
from typing import Any

from vectis_http.messages import HttpRequest
from vectis_http.progress import Progress

_logger = logging.getLogger("vectis.http.access")

_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})


#: Whether records of a level are written; asked with ``INFO`` for each request, and so without detours.
is_written = _logger.isEnabledFor


def write(head: HttpRequest, progress: Progress, *, status: int, size: int, seconds: float) -> None:
    """Write of a request that was answered with *size* bytes after *seconds*."""
    if not is_written(logging.INFO):
        return
    fields = fields_of(head, progress)
    # An address of IPv6 may end in the name of a zone, which is any text.
    address = head.remote_address.partition("%")[0] or None
    fields |= {"status": status, "bytes": size, "duration_ms": round(seconds * 1000, 3), "remote_address": address}
    if progress.error is not None:
        fields["error"] = progress.error
    _logger.info(
        "%s %s %d in %.1f ms, %d bytes, by %s of %s at %s",
        fields["method"],
        fields["route"] or "-",
        status,
        seconds * 1000,
        size,
        fields["client_id"] or "-",
        fields["tenant"] or "-",
        address or "-",
        extra=fields,
    )


def fields_of(head: HttpRequest, progress: Progress) -> dict[str, Any]:
    """Return the fields that every record of a request has."""
    caller = progress.caller
    return {
        "request_id": progress.request_id,
        "method": method_of(head),
        "route": progress.route or None,
        "tenant": caller.tenant if caller is not None else None,
        "client_id": caller.client if caller is not None else None,
    }


def method_of(head: HttpRequest) -> str:
    """Return the method; ``_OTHER``, as OpenTelemetry has it, for what a client made up."""
    return head.method if head.method in _METHODS else "_OTHER"
