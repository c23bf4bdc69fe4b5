"""Metrics of an open Vectis for Prometheus: ``Vectis.open(..., telemetry=Prometheus())``."""

try:
    import prometheus_client as _prometheus_client  # noqa: F401 - asked for here, so that the error names the extra
except ImportError as error:
    raise ImportError('Metrics need prometheus-client: pip install "vectis-oms[metrics]"') from error

from vectis_prometheus.listener import Prometheus
from vectis_prometheus.series import SERIES, series_table

__all__ = ["SERIES", "Prometheus", "series_table"]
