"""LaserShip, in the east of the United States before it became OnTrac."""

from __future__ import annotations

from vectis_carriers.ontrac_network import NetworkCarrier

CARRIER = NetworkCarrier("lasership", "America/New_York")
