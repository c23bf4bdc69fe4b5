"""A disk that is full: nothing half done, reads go on, and writing resumes when there is space again."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from small_shop import Shop

from vectis_core import OutcomeUnknown, ServiceUnavailable


def fill(shop: Shop) -> None:
    """Let the database grow by a few pages only."""
    writer = shop.store.inner._writer  # type: ignore[attr-defined]  # the limit belongs to this connection
    pages = writer.execute("PRAGMA page_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count = {pages + 3}")


def free(shop: Shop) -> None:
    """Let the database grow again."""
    shop.store.inner._writer.execute("PRAGMA max_page_count = 1000000")  # type: ignore[attr-defined]  # as above


def test_a_full_database_refuses_and_goes_on(sqlite_shop: Shop) -> None:
    """What does not fit is refused whole with ServiceUnavailable; what was promised stays; space brings it back."""
    fill(sqlite_shop)
    made = 0
    with pytest.raises(ServiceUnavailable) as caught:
        for number in range(100):
            sqlite_shop.buy(f"o-{number}")
            made += 1

    assert not isinstance(caught.value, OutcomeUnknown)
    assert len(sqlite_shop.externals()) == sqlite_shop.reserved() == made
    assert sqlite_shop.oms.verify().ok
    free(sqlite_shop)
    assert sqlite_shop.buy(f"o-{made}").created


#: Orders until the limit on the size of files is hit, which SQLite meets when it writes its log at the commit; then
#: lifts it and asks again for the order whose outcome was unknown.
SCRIPT = """
import resource, signal, sys
sys.path.insert(0, {tests!r})
from small_shop import Shop
from vectis_core import OutcomeUnknown, ServiceUnavailable

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
shop = Shop("sqlite:///" + sys.argv[1])
log = shop.store.path.with_name("shop.db-wal")
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size + 200_000, hard))
made, failed = 0, None
while failed is None:
    try:
        shop.buy(f"o-{{made}}")
        made += 1
    except ServiceUnavailable as error:
        failed = error
assert isinstance(failed, OutcomeUnknown), failed
assert failed.details == {{"externalId": f"o-{{made}}"}}
read = len(shop.externals())
assert read in (made, made + 1), read
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
shop.buy(f"o-{{made}}")
assert shop.externals() == {{f"o-{{n}}" for n in range(made + 1)}}
assert shop.reserved() == made + 1
assert shop.oms.verify().ok
shop.oms.close()
print("made", made)
"""


def test_a_log_that_cannot_grow_is_an_unknown_outcome(tmp_path: Path) -> None:
    """A commit that the disk refuses is told as unknown; asking again gives exactly one order."""
    script = textwrap.dedent(SCRIPT).format(tests=str(Path(__file__).parent.parent))
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "shop.db")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("made ")
