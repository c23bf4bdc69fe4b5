"""Traces and metrics of an open Vectis by OpenTelemetry's API: ``Vectis.open(..., telemetry=OpenTelemetry())``."""

try:
    import opentelemetry.trace as _trace  # noqa: F401 - asked for here, so that the error names the extra
except ImportError as error:
    raise ImportError('OpenTelemetry is an extra: pip install "vectis-oms[otel]"') from error

from vectis_otel.listener import OpenTelemetry

__all__ = ["OpenTelemetry"]
