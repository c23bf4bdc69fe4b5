"""Orders are counted, and what was counted stands in the registry that Prometheus reads."""

from prometheus_client import generate_latest

from vectis_core import Vectis
from vectis_prometheus import Prometheus

kept = Prometheus()
with Vectis.open("memory://", telemetry=kept) as oms:
    oms.products.create(sku="W", name="Widget")
    said = generate_latest(kept.registry).decode()
lines = [line for line in said.splitlines() if line.startswith("vectis_commands_total{")]
assert any("CreateProduct" in line for line in lines), said
