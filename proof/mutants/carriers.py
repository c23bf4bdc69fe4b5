"""Faults in what carriers push: who is believed, what is filed, what a parcel comes to."""

from __future__ import annotations

from proof.builds import Mutant

_HTTP = "tests/adapters/test_carriers.py::"
_VERIFYING = "tests/carriers/test_verifying.py::"
_FILING = "tests/tracking/test_filing.py::"
_TIMELINE = "tests/tracking/test_timeline.py::"
_STATUSES = "tests/tracking/test_statuses.py::"
_PUSHES = "adapters/vectis_http/pushes.py"
_HANDLER = "vectis_core/handlers/tracking.py"

CARRIERS = (
    Mutant(
        name="truncated-signature-taken",
        file="adapters/vectis_carriers/proofs.py",
        before="    return bool(secret) and is_same(given, right)\n",
        after="    return bool(secret) and bool(given) and right.startswith(str(given))\n",
        fault="the beginning of a signature is as good as all of it",
        killed_by=(f"{_VERIFYING}test_a_signature_is_of_this_body_in_one_spelling",),
    ),
    Mutant(
        name="empty-secret-proves",
        file="adapters/vectis_carriers/proofs.py",
        before="    return bool(secret) and given is not None and",
        after="    return given is not None and",
        fault="whoever sends an empty header knows an empty secret",
        killed_by=("tests/carriers/test_found_by_fuzzing.py",),
    ),
    Mutant(
        name="parameter-twice",
        file="adapters/vectis_carriers/verifying.py",
        before="    return len(given) == 1 and is_same(given[0], secret)\n",
        after="    return any(is_same(each, secret) for each in given)\n",
        fault="a parameter that stands twice proves by either of its values",
        killed_by=(f"{_VERIFYING}test_a_parameter_that_stands_twice_proves_nothing",),
    ),
    Mutant(
        name="closed-carrier-open",
        file="adapters/vectis_carriers/verifying.py",
        before="    if check is None:\n        return False\n",
        after='    if check is None:\n        return account.proof == "closed"\n',
        fault="a carrier that was closed takes what anybody sends",
        killed_by=(f"{_VERIFYING}test_open_lets_anybody_in_and_nothing_else_does",),
    ),
    Mutant(
        name="token-of-any-client",
        file=_PUSHES,
        before="        if (grant.tenant, grant.client_id) != (account.tenant, account.client_id):\n",
        after="        if grant.tenant != account.tenant:\n",
        fault="any client of the shop can push in the carrier's name",
        killed_by=(f"{_HTTP}test_a_carrier_may_be_a_client_of_ours",),
    ),
    Mutant(
        name="query-names-the-tenant",
        file=_PUSHES,
        before='        return named or (asked[0] if len(asked) == 1 else "")\n',
        after='        return (asked[0] if len(asked) == 1 else "") or named or ""\n',
        fault="the query decides about the tenant at the host of another",
        killed_by=(f"{_HTTP}test_a_tenants_host_names_it",),
    ),
    Mutant(
        name="photographs-kept",
        file="adapters/vectis_carriers/intake.py",
        before="        kept = carrier.cut(payload) if refusal is None else without_files(payload)\n",
        after="        kept = payload if refusal is None else without_files(payload)\n",
        fault="photographs and signatures of who took a parcel are kept",
        killed_by=(f"{_HTTP}test_a_push_may_carry_photographs",),
    ),
    Mutant(
        name="failure-told-as-taken",
        file="adapters/vectis_carriers/intake.py",
        before="        if isinstance(outcome, VectisError) and outcome.http_status >= 500:\n",
        after="        if isinstance(outcome, VectisError) and outcome.http_status >= 600:\n",
        fault="the carrier is told 200 about what could not be written, and does not send it again",
        killed_by=(f"{_HTTP}test_what_cannot_be_written_is_sent_again",),
    ),
    Mutant(
        name="inferred-scan-ships",
        file="vectis_core/tracking/statuses.py",
        before="    return status in _MOVEMENT and reason != INFERRED\n",
        after="    return status in _MOVEMENT\n",
        fault="what a carrier's system inferred without a scan takes goods out of stock",
        killed_by=(f"{_STATUSES}test_what_is_movement",),
    ),
    Mutant(
        name="cancelled-is-not-final",
        file="vectis_core/tracking/statuses.py",
        before="    if status in {TrackingStatus.DELIVERED, TrackingStatus.CANCELLED}:\n",
        after="    if status is TrackingStatus.DELIVERED:\n",
        fault="a parcel that its carrier cancelled is under way again",
        killed_by=(f"{_STATUSES}test_what_is_final",),
    ),
    Mutant(
        name="ties-by-arrival",
        file="vectis_core/tracking/timeline.py",
        before="(scan.at, RANK[scan.event.status] if scan.event.status else -1, scan.id)",
        after="(scan.at, scan.id)",
        fault="of two scans of one moment the one that is less far on may decide",
        killed_by=(f"{_TIMELINE}test_of_one_moment_the_further_one_is_later",),
    ),
    Mutant(
        name="number-of-the-parcel-before",
        file="vectis_core/tracking/matching.py",
        before="    return ended is None or at <= ended + USED_AGAIN\n",
        after="    return True\n",
        fault="the scans of whoever gets a used number move a parcel that was delivered long ago",
        killed_by=(f"{_TIMELINE}test_a_number_rests_before_it_is_used_again",),
    ),
    Mutant(
        name="future-scan-filed",
        file=_HANDLER,
        before="    if command.at > command.received_at + AHEAD:\n",
        after="    if command.at > command.received_at + 1000 * AHEAD:\n",
        fault="a scan with a mistyped year is the newest for ever",
        killed_by=(f"{_FILING}test_the_future_is_refused",),
    ),
    Mutant(
        name="shipped-backwards",
        file=_HANDLER,
        before="    if delivered is not None and gone.status is ShipmentStatus.SHIPPED:\n",
        after="    if delivered is not None and gone.status is not ShipmentStatus.VOIDED:\n",
        fault="each scan after the delivery delivers once more",
        killed_by=(f"{_FILING}test_what_people_must_look_at_is_told_once", "tests/tracking/test_permutations.py"),
    ),
    Mutant(
        name="lasership-apart",
        file="vectis_core/tracking/numbers.py",
        before='_NETWORKS = {"lasership": "ontrac"}\n',
        after="_NETWORKS: dict[str, str] = {}\n",
        fault="what OnTrac reports of a parcel of LaserShip waits for ever",
        killed_by=("tests/tracking/test_numbers.py::test_what_a_parcel_is_known_by",),
    ),
    Mutant(
        name="repeat-known-by-its-reading",
        file="vectis_core/tracking/model.py",
        before="        told = (self.track_key, self.code,",
        after='        told = (self.track_key, str(self.status or ""),',
        fault="a scan that a better parser reads otherwise is filed beside itself",
        killed_by=(f"{_FILING}test_a_better_parser_reads_again",),
    ),
)
