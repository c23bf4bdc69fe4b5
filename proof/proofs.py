"""All proofs, in the order of the programme."""

from __future__ import annotations

from proof import (
    backups,
    busy_storm,
    carrier_permutations,
    disk_full,
    history,
    hostile_receivers,
    kill_exact,
    kill_random,
    many_lines,
    model_check,
    nth_io,
    outbox_chaos,
    poison_event,
    power_cut,
    sell_out,
    signatures,
    simulated_dispatchers,
    simulation,
    stampede,
    version_gate,
    wal_bounded,
)
from proof.programme import Proof

PROOFS: tuple[Proof, ...] = (
    power_cut.PROOF,
    nth_io.PROOF,
    kill_random.PROOF,
    kill_exact.PROOF,
    disk_full.PROOF,
    busy_storm.PROOF,
    wal_bounded.PROOF,
    version_gate.PROOF,
    sell_out.PROOF,
    many_lines.PROOF,
    stampede.PROOF,
    outbox_chaos.PROOF,
    poison_event.PROOF,
    hostile_receivers.PROOF,
    signatures.PROOF,
    carrier_permutations.PROOF,
    model_check.PROOF,
    simulation.PROOF,
    simulated_dispatchers.PROOF,
    history.PROOF,
    backups.PROOF,
)
