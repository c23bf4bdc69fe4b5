"""Mutants of the sender of webhooks, and of what signs them."""

from __future__ import annotations

from proof.builds import Mutant

_SENDER = "tests/webhooks/test_sender.py::"
_ADDRESSES = "tests/webhooks/test_addresses.py::"
_SIGNING = "tests/webhooks/test_signing.py::"

#: The control of the proof of hostile receivers.
NO_DEADLINE = Mutant(
    name="no-deadline-of-an-attempt",
    file="adapters/vectis_webhooks/network.py",
    before="        left = self.ends_at - time.monotonic()\n",
    after="        left = 1.0\n",
    fault="each operation on a connection has a second, and the attempt as a whole has no end",
    killed_by=(f"{_SENDER}test_the_deadline_ends_every_attempt[drips its body]",),
)

SENDER: tuple[Mutant, ...] = (
    NO_DEADLINE,
    Mutant(
        name="answers-read-without-end",
        file="adapters/vectis_webhooks/network.py",
        before="min(max_bytes, _CHUNK, _READ_MAX - self._attempt.heard)",
        after="min(max_bytes, _CHUNK)",
        fault="headers and interim answers are read until the deadline",
        killed_by=(f"{_SENDER}test_little_is_read_of_an_answer_without_end",),
    ),
    Mutant(
        name="one-public-address-is-enough",
        file="adapters/vectis_webhooks/network.py",
        before="if not all(self._rules.allows",
        after="if not any(self._rules.allows",
        fault="a host with a public and a private address is dialled at both",
        killed_by=(f"{_ADDRESSES}test_a_hostile_url_is_refused_and_never_dialled",),
    ),
    Mutant(
        name="mapped-addresses-as-they-are",
        file="vectis_core/webhooks/address_rules.py",
        before="    return mapped or address\n",
        after="    return address if mapped is None else IPv6Address('2606:4700::1')\n",
        fault="what an IPv6 address stands for is not looked at",
        killed_by=(f"{_ADDRESSES}test_a_hostile_url_is_refused_and_never_dialled",),
    ),
    Mutant(
        name="plain-http-to-everybody",
        file="vectis_core/webhooks/address_rules.py",
        before="return (secure or self._plain_http) and is_public",
        after="return is_public",
        fault="webhooks go over the public network without encryption",
        killed_by=(f"{_ADDRESSES}test_a_hostile_url_is_refused_and_never_dialled",),
    ),
    Mutant(
        name="a-heard-request-repeated",
        file="adapters/vectis_webhooks/transport.py",
        before="if self._attempt.dialled or self._attempt.heard:",
        after="if self._attempt.dialled:",
        fault="a request is sent again at once although an answer had begun",
        killed_by=(f"{_SENDER}test_what_was_heard_of_is_not_repeated",),
    ),
    Mutant(
        name="a-stale-connection-fails",
        file="adapters/vectis_webhooks/transport.py",
        before="if self._attempt.dialled or self._attempt.heard:",
        after="if self._attempt.ends_at:",
        fault="a connection that was closed while it was idle counts as a failed attempt",
        killed_by=(f"{_SENDER}test_a_connection_that_was_closed_meanwhile_is_no_failure",),
    ),
    Mutant(
        name="a-resolution-used-twice",
        file="adapters/vectis_webhooks/resolving.py",
        before="                del self._under_way[host, port]\n",
        after="                pass\n",
        fault="what a name resolved to once is believed for ever",
        killed_by=(f"{_ADDRESSES}test_a_name_that_changes_its_mind_gains_nothing",),
    ),
    Mutant(
        name="numbers-for-hosts",
        file="vectis_core/webhooks/addresses.py",
        before='if _NUMBER.fullmatch(host.rpartition(".")[2]):',
        after="if not host:",
        fault="hosts such as 0x7f.1 can be subscribed",
        killed_by=(f"{_ADDRESSES}test_what_some_read_as_a_number_is_no_host",),
    ),
    Mutant(
        name="a-future-delivery-accepted",
        file="vectis_core/signing.py",
        before="if abs((time.time() if now is None else now) - sent) > tolerance:",
        after="if (time.time() if now is None else now) - sent > tolerance:",
        fault="what is dated ahead is good for as long as one likes",
        killed_by=(f"{_SIGNING}test_a_delivery_is_good_for_five_minutes",),
    ),
    Mutant(
        name="signatures-compared-in-their-own-time",
        file="vectis_core/signing.py",
        before="fits |= hmac.compare_digest(sign(each, sent, body).encode(), given)",
        after="fits |= sign(each, sent, body).encode() == given",
        fault="the time of a comparison says how much of a signature is right",
        killed_by=(f"{_SIGNING}test_the_time_it_takes_says_nothing",),
    ),
)
