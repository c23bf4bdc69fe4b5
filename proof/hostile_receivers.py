"""Endpoints that never answer, drip, flood, redirect in circles or lead to our own network delay nobody else.

Ten hostile endpoints stand beside healthy ones, for one dispatcher in a process of its own, with the sender that is
shipped. No attempt outlasts its deadline, little is read of any answer, memory keeps its bound, nothing is sent to a
private address, and the healthy endpoints hear of events about as soon as without the ten.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import attrs

from proof.builds import driven_from_here, environment
from proof.endpoints import FLOODS, Behaviour, Endpoint, Talk, answering, dripping, mute, silent
from proof.hostile_dispatcher import Plan
from proof.mutants.sender import NO_DEADLINE
from proof.programme import Finding, Proof, Size

#: Endpoints listen at the one, which may be dialled; at the other nobody should ever call.
_ALLOWED, _PRIVATE = "127.0.0.2", "127.0.0.1"
_METADATA = "169.254.169.254"
_READ_MAX = 64 * 1024
_MEMORY_MAX = 20 * 1024 * 1024
#: The healthy endpoints' p99 delay beside hostile ones, as a multiple of that without them.
_DELAY_MAX = 2.0
#: After so many seconds a dispatcher is given up.
_PATIENCE = 300


@attrs.frozen
class _Scale:
    healthy: int
    events: int
    every: float
    deadline: float
    #: So much later than its deadline an attempt may end, in seconds, and as late as the machine makes a bystander.
    slack: float
    #: How often a run with hostile endpoints and one without take turns; delays are compared from two on.
    rounds: int


_SCALES = {Size.FEW: _Scale(10, 3, 0.05, 1.0, 5.0, 1), Size.FULL: _Scale(190, 12, 1.5, 4.0, 1.0, 3)}


def _redirecting(talk: Talk) -> None:
    """Send whoever asks back to where it came from."""
    answering(302, f"Location: {talk.endpoint.url()}")(talk)


#: Those that listen, and whether they pretend to speak TLS.
_BEHAVIOURS: Mapping[str, tuple[Behaviour, str]] = {
    "never-answers": (silent, "http"),
    "never-reads": (mute, "http"),
    "drips-headers": (dripping(), "http"),
    "drips-body": (dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"), "http"),
    "gigabyte": (FLOODS["a body of 1 GB"], "http"),
    "endless-headers": (FLOODS["headers without end"], "http"),
    "redirects": (_redirecting, "http"),
    "stalls-tls": (mute, "https"),
}


@attrs.frozen
class _Outcome:
    """What one run came to."""

    plan: Plan
    #: As the dispatcher's process printed it.
    seen: dict[str, Any]
    #: Requests that came to the redirecting endpoint, and connections to the private one.
    redirected: int = 0
    private: int = 0

    @property
    def p99(self) -> float:
        """Seconds from an event to its last healthy endpoint but one in a hundred."""
        delays = sorted(self.seen["delays"])
        return delays[int(len(delays) * 0.99)] if delays else float("inf")


def _tried(scale: _Scale, build: Mapping[str, str], *, hostile: bool) -> _Outcome:
    with ExitStack() as stack:
        well = stack.enter_context(Endpoint(answering(), _ALLOWED))
        private = stack.enter_context(Endpoint(answering(), _PRIVATE))
        there = {
            name: (stack.enter_context(Endpoint(behaviour, _ALLOWED)), scheme)
            for name, (behaviour, scheme) in _BEHAVIOURS.items()
        }
        healthy = [f"healthy{number}.example" for number in range(scale.healthy + (0 if hostile else 10))]
        names = dict.fromkeys([*healthy, *(f"{name}.example" for name in there)], _ALLOWED)
        names |= {"loopback.example": _PRIVATE, "metadata.example": _METADATA}
        urls = [endpoint.url(f"{name}.example", scheme) for name, (endpoint, scheme) in there.items()]
        urls += [private.url("loopback.example"), private.url("metadata.example")]
        plan = Plan(
            healthy=[well.url(host) for host in healthy],
            hostile=urls if hostile else [],
            names=names,
            allowed=_ALLOWED,
            events=scale.events,
            every=scale.every,
            deadline=scale.deadline,
            patience=scale.deadline + scale.slack,
        )
        done = subprocess.run(
            [sys.executable, "-P", "-m", "proof.hostile_dispatcher"],
            input=json.dumps(attrs.asdict(plan)),
            stdout=subprocess.PIPE,
            text=True,
            env=driven_from_here(build),
            timeout=_PATIENCE,
            check=True,
        )
        seen = json.loads(done.stdout)
        return _Outcome(plan, seen, len(there["redirects"][0].received), private.connections)


def _breaches(outcome: _Outcome) -> Iterator[str]:
    """Yield what a run with hostile endpoints did wrong by itself."""
    plan, seen = outcome.plan, outcome.seen
    for url, seconds in seen["attempts"]:
        if seconds > plan.patience + seen["late"]:
            yield f"an attempt at {url} took {seconds:.1f} s of {plan.deadline} s, or goes on still"
    tried = {url for url, _ in seen["attempts"]}
    yield from (f"{url} was never tried" for url in {*plan.healthy, *plan.hostile} - tried)
    if seen["missing"]:
        yield f"{seen['missing']} deliveries to healthy endpoints are missing"
    for port, read in seen["read"].items():
        attempts = sum(f":{port}/" in url for url, _ in seen["attempts"])
        if read > _READ_MAX * attempts:
            yield f"{read} bytes were read in {attempts} attempts at port {port}"
    if foreign := set(seen["addresses"]) - {plan.allowed}:
        yield f"{sorted(foreign)} were dialled"
    if outcome.private:
        yield f"{outcome.private} connections to a private address"
    redirects = sum("redirects.example" in url for url, _ in seen["attempts"])
    if outcome.redirected > redirects:
        yield f"{outcome.redirected} requests came of {redirects} to an endpoint that redirects to itself"


def _run(size: Size, _folder: Path) -> Finding:
    scale, build = _SCALES[size], dict(os.environ)
    pairs = [(_tried(scale, build, hostile=False), _tried(scale, build, hostile=True)) for _ in range(scale.rounds)]
    violations = [what for _, outcome in pairs for what in _breaches(outcome)]
    attempts = [seconds for _, outcome in pairs for _, seconds in outcome.seen["attempts"]]
    ratio = statistics.median(outcome.p99 / alone.p99 for alone, outcome in pairs)
    more = max(outcome.seen["peak"] - alone.seen["peak"] for alone, outcome in pairs)
    if scale.rounds > 1 and ratio > _DELAY_MAX:
        violations.append(f"the p99 delay of healthy endpoints is {ratio:.2f} times that without hostile ones")
    if more > _MEMORY_MAX:
        violations.append(f"{more / 1e6:.0f} MB more memory than without hostile endpoints")
    foreign = {each for _, outcome in pairs for each in outcome.seen["addresses"]} - {_ALLOWED}
    p99 = statistics.median(outcome.p99 for _, outcome in pairs)
    return Finding(
        f"10 hostile of {scale.healthy + 10} endpoints, {scale.events} events to each, {scale.rounds} rounds,"
        f" {len(attempts):,} attempts",
        f"p99 delay of the healthy {p99 * 1000:.0f} ms, {ratio:.2f} times that without; longest attempt"
        f" {max(attempts):.1f} of {scale.deadline:.0f} s; {more / 1e6:+.0f} MB; {len(foreign)} private ones dialled",
        violations,
    )


def _control(_size: Size, folder: Path) -> Finding:
    outcome = _tried(_SCALES[Size.FEW], environment(NO_DEADLINE, folder), hostile=True)
    violations = list(_breaches(outcome))
    return Finding(f"{len(outcome.seen['attempts'])} attempts", f"{len(violations)} breaches", violations)


PROOF = Proof(
    number=17,
    name="hostile-receivers",
    rule="whatever receivers do, an attempt ends with its deadline, 64 KiB of an answer are read at most, memory keeps"
    " its bound, no private address is dialled, and healthy endpoints' p99 delay at most doubles",
    run=_run,
    control=_control,
    bad="a sender without a deadline for the attempt as a whole",
)
