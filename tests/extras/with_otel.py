"""Orders are told to OpenTelemetry's API, of which nothing comes where the application has no SDK."""

import sys

from vectis_core import Vectis
from vectis_otel import OpenTelemetry

with Vectis.open("memory://", telemetry=OpenTelemetry()) as oms:
    assert oms.products.create(sku="W", name="Widget").sku == "W"
    assert oms.products.list().page().total == 1
assert "opentelemetry.trace" in sys.modules
assert "opentelemetry.sdk" not in sys.modules
