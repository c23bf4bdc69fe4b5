"""Errors that only HTTP knows; they join the core's one tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vectis_core.errors import VectisError


class MethodNotAllowed(VectisError):
    """There is something at this path, but not for this method; ``allow`` has those it takes."""

    code = "MethodNotAllowed"
    http_status = 405

    def __init__(self, allow: str) -> None:
        super().__init__(f"This path takes {allow}", {"allow": allow.split(", ")})
        self.allow = allow


class PayloadTooLarge(VectisError):
    """The body is larger than the operation takes."""

    code = "PayloadTooLarge"
    http_status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body must have at most {limit} bytes", {"limit": limit})


class UnsupportedMediaType(VectisError):
    """The body is of a type that the operation does not read."""

    code = "UnsupportedMediaType"
    http_status = 415

    def __init__(self, expected: str) -> None:
        super().__init__(f"Send the body with Content-Type: {expected}", {"expected": expected})


class RateLimitExceeded(VectisError):
    """The access token has used up its window; try again after ``retry_after`` seconds."""

    code = "RateLimitExceeded"
    http_status = 429
    retryable = True

    def __init__(self, limit: int, retry_after: int) -> None:
        details: Mapping[str, Any] = {"limit": limit, "retryAfter": retry_after}
        super().__init__(f"More than {limit} requests; try again in {retry_after} s", details)
        self.retry_after = retry_after
