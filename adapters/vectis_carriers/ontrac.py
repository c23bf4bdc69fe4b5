"""OnTrac, in the west of the United States before its merger with LaserShip."""

from __future__ import annotations

from vectis_carriers.ontrac_network import NetworkCarrier

CARRIER = NetworkCarrier("ontrac", "America/Los_Angeles")
