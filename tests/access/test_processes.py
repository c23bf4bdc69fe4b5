"""Access over a database file that several processes open."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from vectis_core import Vectis
from vectis_core.commands import LeaseAllowance
from vectis_http.access import InvalidToken, KeyRing, LeasedWindows, Sealer, Tokens

#: A server's start: says that it is ready, waits until its input is closed, then issues a token.
STARTING = """
import json, sys
from vectis_core import Vectis
from vectis_http.access import KeyRing, Sealer, Tokens

print("ready", flush=True)
sys.stdin.read()
with Vectis.open(sys.argv[1]) as oms:
    ring = KeyRing(oms, Sealer.for_store(oms.store, {}))
    ring.ensure()
    client = oms.clients.create("a shop").client
    now = oms.clock.now()
    print(json.dumps({"kid": ring.signing_key(now).kid, "token": Tokens(oms, ring).issue(client, client.scopes, now)}))
"""

#: A server under load: asks until it is refused, and says how often it was not.
ASKING = """
import sys
from vectis_core import Vectis
from vectis_core.commands import LeaseAllowance
from vectis_http.access import LeasedWindows

limiter = LeasedWindows(int(sys.argv[2]))
passed = 0
with Vectis.open(sys.argv[1]) as oms:
    print("ready", flush=True)
    sys.stdin.read()
    now = oms.clock.now()
    while True:
        outcome = limiter.hit("tok_1", now)
        if isinstance(outcome, LeaseAllowance):
            outcome = limiter.leased("tok_1", oms.run(outcome), now)
        if not outcome.allowed:
            break
        passed += 1
print(passed)
"""


def at_once(program: str, count: int, *arguments: str) -> list[str]:
    """Run *count* processes of a program that go off together, and return what they print."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(count)
    ]
    for each in running:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in running:
        assert each.stdin is not None
        each.stdin.close()
        each.stdin = None
    printed = [each.communicate(timeout=60)[0] for each in running]
    assert [each.returncode for each in running] == [0] * count
    return printed


def test_servers_that_start_at_once_on_a_new_file_agree(tmp_path: Path) -> None:
    """Four processes that start on a new database share one signing key and one key file, open to its owner alone."""
    url = f"sqlite:///{tmp_path}/shop.db"
    answers = [json.loads(text) for text in at_once(STARTING, 4, url)]
    assert len({answer["kid"] for answer in answers}) == 1
    with Vectis.open(url) as oms:
        tokens = Tokens(oms, KeyRing(oms, Sealer.for_store(oms.store, {})))
        for answer in answers:
            assert tokens.verify(answer["token"], oms.clock.now())
    key_files = [file for file in tmp_path.iterdir() if ".key" in file.name]
    assert [file.name for file in key_files] == ["shop.db.key"]
    assert stat.S_IMODE(key_files[0].stat().st_mode) == 0o600


def test_servers_under_load_never_pass_the_limit_together(tmp_path: Path) -> None:
    """Four processes that ask as fast as they can let pass the limit between them, or a little less, never more."""
    url = f"sqlite:///{tmp_path}/shop.db"
    Vectis.open(url).close()
    passed = sum(int(text) for text in at_once(ASKING, 4, url, "1000"))
    assert 950 <= passed <= 1000


def test_an_embedder_never_gets_keys(tmp_path: Path) -> None:
    """Opening, using and closing a database in process makes neither a signing key nor a key file."""
    with Vectis.open(f"sqlite:///{tmp_path}/shop.db") as oms:
        oms.products.create(sku="WIDGET-001", name="Premium Widget")
        with oms.store.read() as view:
            assert view.signing_keys() == []
    assert not [file for file in tmp_path.iterdir() if file.name.endswith(".key")]


def test_a_revocation_is_seen_through_the_file(tmp_path: Path) -> None:
    """A token that one opener of the file issued is refused by another once its client is revoked."""
    url = f"sqlite:///{tmp_path}/shop.db"
    with Vectis.open(url) as one, Vectis.open(url) as two:
        rings = [KeyRing(oms, Sealer.for_store(oms.store, {})) for oms in (one, two)]
        for ring in rings:
            ring.ensure()
        seconds = [0.0]
        issuing = Tokens(one, rings[0])
        verifying = Tokens(two, rings[1], monotonic=lambda: seconds[0])
        now = one.clock.now()
        client = one.clients.create("a shop").client
        token = issuing.issue(client, client.scopes, now)
        assert verifying.verify(token, now).client_id == client.id
        one.clients.revoke(client.id)
        seconds[0] = 1.01
        with pytest.raises(InvalidToken, match="revoked"):
            verifying.verify(token, now)


def test_a_window_outlives_a_restart(tmp_path: Path) -> None:
    """A server that is started again in the middle of a window grants only what was left of it."""
    url = f"sqlite:///{tmp_path}/shop.db"
    passed = 0
    for _ in range(2):
        with Vectis.open(url) as oms:
            limiter, now = LeasedWindows(5), oms.clock.now()
            for _ in range(4):
                outcome = limiter.hit("tok_1", now)
                if isinstance(outcome, LeaseAllowance):
                    outcome = limiter.leased("tok_1", oms.run(outcome), now)
                passed += outcome.allowed
    assert passed == 5
