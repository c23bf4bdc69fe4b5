"""All proofs, in the order of the programme."""

from __future__ import annotations

from proof.programme import Proof

PROOFS: tuple[Proof, ...] = ()
