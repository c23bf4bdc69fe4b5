"""Signing keys: the first one, and the change from one to the next that nobody notices."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from access.world import Process, World
from joserfc.jwk import RSAKey

from vectis_core.errors import StoreError, UsageError
from vectis_core.ports import Store, View
from vectis_http.access import JWKS_MAX_AGE, TOKEN_LIFETIME, InvalidToken, KeyRing, Sealer, rotate


class CountingStore:
    """A store that counts how often it is read."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.reads = 0

    def read(self) -> AbstractContextManager[View]:
        """Count, and read."""
        self.reads += 1
        return self._store.read()


def counted_ring(process: Process, world: World) -> tuple[KeyRing, CountingStore]:
    """Return a further ring of a process, and the store that counts its reads."""
    store = CountingStore(process.store)
    oms: Any = SimpleNamespace(engine=process.engine, store=store)
    return KeyRing(oms, process.sealer, monotonic=world.time.monotonic), store


def kids(process: Process) -> list[str]:
    """Return the ids of the keys that a process publishes, in order."""
    return sorted(key["kid"] for key in process.ring.jwks()["keys"])


def kid_that_signs(process: Process, world: World) -> str | None:
    """Return the id of the key that a process signs with just now."""
    return process.ring.signing_key(world.now).kid


def test_a_store_gets_no_key_before_it_is_asked_for(world: World) -> None:
    """Opening the store and building all of access makes no key; asking for a token without one is an error."""
    process = world.process()
    with world.store.read() as view:
        assert view.signing_keys() == []
    with pytest.raises(UsageError, match="ensure"):
        process.ring.signing_key(world.now)


def test_the_published_key_is_public_and_named_by_its_thumbprint(process: Process) -> None:
    """The key set holds the public half alone, with its use, its algorithm and its RFC 7638 thumbprint."""
    (key,) = process.ring.jwks()["keys"]
    assert set(key) == {"kty", "n", "e", "use", "alg", "kid"}
    assert (key["kty"], key["use"], key["alg"]) == ("RSA", "sig", "RS256")
    parsed = RSAKey.import_key(key)
    assert parsed.thumbprint() == key["kid"]
    assert parsed.raw_value.key_size >= 2048


def test_the_private_half_lies_sealed(process: Process) -> None:
    """What the store holds of a key shows nothing of its private half."""
    with process.store.read() as view:
        (row,) = view.signing_keys()
    assert "PRIVATE" not in row.sealed
    assert b"PRIVATE KEY" in process.sealer.open(row.sealed, row.id)


def test_ensuring_again_changes_nothing(process: Process) -> None:
    """A second start uses the key that is there."""
    before = kids(process)
    process.ring.ensure()
    assert kids(process) == before


def test_rings_that_start_at_once_agree(world: World) -> None:
    """Of eight processes that start at once on a new store, one makes the key and all sign with it."""
    processes = [world.process() for _ in range(8)]
    barrier = threading.Barrier(len(processes))

    def start(process: Process) -> None:
        barrier.wait()
        process.ring.ensure()

    threads = [threading.Thread(target=start, args=[process]) for process in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({kid_that_signs(process, world) for process in processes}) == 1
    assert {len(kids(process)) for process in processes} == {1}


def test_a_key_sealed_by_another_master_stops_the_start(world: World, process: Process) -> None:
    """A process with the wrong master key says so when it starts, not at the first request."""
    world.secret_key = "quite another master key of 32 characters"
    with pytest.raises(StoreError, match="VECTIS_SECRET_KEY"):
        world.process().ring.ensure()


def test_a_machine_whose_clock_is_late_signs_with_the_first_key(world: World, process: Process) -> None:
    """A first key made by a clock ahead of ours signs here at once, and not the one that is to follow it."""
    first = kid_that_signs(process, world)
    process.ring.rotate()
    assert process.ring.signing_key(world.time.pass_by(-20)).kid == first


def test_rotation_has_no_gap(world: World, process: Process) -> None:
    """From one key to the next, every token that any process issues is accepted by every other until it expires."""
    processes = [process, world.process()]
    client = process.new_client().client
    old = kid_that_signs(process, world)
    new = process.ring.rotate().id
    live: list[tuple[datetime, str]] = []
    for _ in range(60):
        now = world.time.pass_by(120)
        live = [(made, token) for made, token in live if now - made < TOKEN_LIFETIME]
        live += [(now, each.tokens.issue(client, client.scopes, now)) for each in processes]
        newcomer = world.process()
        for _, token in live:
            assert {each.tokens.verify(token, now).client_id for each in [*processes, newcomer]} == {client.id}
    assert kid_that_signs(process, world) == new != old
    assert kids(process) == [new]


def test_a_new_key_is_published_well_before_it_signs(world: World, process: Process) -> None:
    """The next key stands in the key set at once and signs only when every cached copy of the set has ended."""
    old = kid_that_signs(process, world)
    new = process.ring.rotate().id
    assert kids(process) == sorted([old or "", new])
    world.time.pass_by(JWKS_MAX_AGE)
    assert kid_that_signs(process, world) == old
    world.time.pass_by(JWKS_MAX_AGE)
    assert kid_that_signs(process, world) == new


def test_the_old_key_ends_when_its_last_token_has(world: World, process: Process) -> None:
    """The old key is accepted until the last token it signed has expired, and leaves the key set then."""
    issued = process.new_client()
    old = kid_that_signs(process, world)
    process.ring.rotate()
    world.time.pass_by(2 * JWKS_MAX_AGE - 1)
    assert kid_that_signs(process, world) == old
    last = process.tokens.issue(issued.client, issued.client.scopes, world.now)
    world.time.pass_by(TOKEN_LIFETIME.total_seconds() - 1)
    assert world.process().tokens.verify(last, world.now)
    assert old in kids(process)
    world.time.pass_by(120)
    assert old not in kids(process)


def test_a_leaked_key_is_replaced_at_once(world: World, process: Process) -> None:
    """An immediate rotation refuses every token signed before, remembered ones and pending keys' included."""
    issued = process.new_client()
    token = process.tokens.issue(issued.client, issued.client.scopes, world.now)
    process.tokens.verify(token, world.now)
    process.ring.rotate()
    new = process.ring.rotate(immediately=True).id
    with pytest.raises(InvalidToken, match="retired"):
        process.tokens.verify(token, world.now)
    assert kids(process) == [new]
    fresh = process.tokens.issue(issued.client, issued.client.scopes, world.now)
    assert process.tokens.verify(fresh, world.now)


def test_another_process_learns_of_a_leak_within_seconds(world: World, process: Process) -> None:
    """A process that did not rotate refuses the leaked key's tokens within five seconds."""
    issued = process.new_client()
    token = process.tokens.issue(issued.client, issued.client.scopes, world.now)
    other = world.process()
    other.tokens.verify(token, world.now)
    process.ring.rotate(immediately=True)
    world.time.pass_by(5.5)
    with pytest.raises(InvalidToken):
        other.tokens.verify(token, world.now)


def test_the_command_line_rotates_and_makes_the_first_key(world: World) -> None:
    """What ``vectis keys rotate`` calls makes a first key that signs at once, and then a next one that waits."""
    process = world.process()
    environ = {"VECTIS_SECRET_KEY": world.secret_key}
    first = rotate(process.oms, environ)
    assert (kid_that_signs(process, world), first.signs_from) == (first.id, world.now)
    world.time.pass_by(1)
    second = rotate(process.oms, environ)
    assert kid_that_signs(process, world) == first.id
    assert second.signs_from > world.now
    third = rotate(process.oms, environ, immediately=True)
    assert kids(process) == [third.id]


def test_a_rotation_under_another_master_key_is_refused(world: World, process: Process) -> None:
    """Who rotates without the servers' master key is told, and the servers sign on after the lead."""
    old = kid_that_signs(process, world)
    with pytest.raises(StoreError, match="VECTIS_SECRET_KEY"):
        rotate(process.oms, {"VECTIS_SECRET_KEY": "quite another master key of 32 characters"})
    world.time.pass_by(3 * JWKS_MAX_AGE)
    assert kid_that_signs(process, world) == old
    assert kids(process) == [old]


def test_a_rotation_with_a_new_and_the_old_master_key_moves_the_seal(world: World, process: Process) -> None:
    """The first of two master keys seals the next key, and the second is needed no longer once that signs alone."""
    new = "quite another master key of 32 characters"
    key = rotate(process.oms, {"VECTIS_SECRET_KEY": f"{new},{world.secret_key}"})
    world.secret_key = new
    world.time.pass_by(2 * 60 * 60)
    again = world.process()
    again.ring.ensure()
    assert kid_that_signs(again, world) == key.id


def test_a_lost_master_key_is_got_over_by_an_immediate_rotation(world: World, process: Process) -> None:
    """With the old master key gone, an immediate rotation under a new one brings the server up again."""
    world.secret_key = "quite another master key of 32 characters"
    rotate(process.oms, {"VECTIS_SECRET_KEY": world.secret_key}, immediately=True)
    again = world.process()
    again.ring.ensure()
    issued = again.new_client()
    assert again.tokens.verify(again.tokens.issue(issued.client, ["orders:read"], world.now), world.now)


def test_an_unknown_key_id_is_looked_up_at_most_once_a_second(world: World, process: Process) -> None:
    """A key added elsewhere is found when a token names it, and a flood of made-up ids costs a read a second."""
    ring, counting = counted_ring(process, world)
    assert ring.verification_keys(world.now)
    for number in range(100):
        assert ring.verification_key(f"made-up-{number}", world.time.pass_by(0.001)) is None
    assert counting.reads == 1
    world.time.pass_by(1.5)
    new = world.process().ring.rotate()
    assert ring.verification_key(new.id, world.now) is not None
    for _ in range(100):
        ring.verification_key("made-up", world.now)
    assert counting.reads == 2


def test_reading_the_keys_is_remembered_for_seconds(world: World, process: Process) -> None:
    """A thousand checks within seconds read the store once."""
    ring, counting = counted_ring(process, world)
    for _ in range(1000):
        ring.verification_keys(world.now)
    assert counting.reads == 1


def test_a_ring_needs_the_right_sealer_only_to_sign(world: World, process: Process) -> None:
    """A process that cannot open the key still verifies what others signed."""
    issued = process.new_client()
    token = process.tokens.issue(issued.client, ["orders:read"], world.now)
    stranger = Sealer.for_store(world.store, {"VECTIS_SECRET_KEY": "x" * 40})
    ring = KeyRing(process.oms, stranger, monotonic=world.time.monotonic)
    assert set(ring.verification_keys(world.now)) == set(kids(process))
    assert process.tokens.verify(token, world.now)
    with pytest.raises(StoreError):
        ring.signing_key(world.now)
