"""A fresh store with one process in it."""

from __future__ import annotations

import pytest
from access.world import Process, World

from vectis_core.access import SigningKey
from vectis_core.commands import AddSigningKey


@pytest.fixture(scope="session")
def first_key() -> SigningKey:
    """Return a key that some process has made; making one takes a tenth of a second."""
    process = World().process()
    process.ring.ensure()
    with process.store.read() as view:
        return view.signing_keys()[0]


@pytest.fixture
def world() -> World:
    """Return an empty store and its clock."""
    return World()


@pytest.fixture
def process(world: World, first_key: SigningKey) -> Process:
    """Return a process that is ready to issue tokens."""
    process = world.process()
    process.run(AddSigningKey(key=first_key))
    process.ring.ensure()
    return process
