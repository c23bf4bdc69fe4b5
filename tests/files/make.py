"""Makes a database file of today's schema, to be opened by every later version: see ``README.md`` beside it."""

from __future__ import annotations

import gzip
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from verify.shop import Ticking, tell_the_story

from vectis_core import Vectis
from vectis_core.commands import AddSigningKey
from vectis_core.testing import CountingIds, samples


def main() -> None:
    """Write the file that the first argument names."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shop.db"
        with Vectis.open(f"sqlite:///{path}", clock=Ticking(), ids=CountingIds()) as oms:
            tell_the_story(oms)
            acme = oms.tenant("acme")
            tell_the_story(acme)
            acme.inventory.adjust(next(iter(acme.inventory.list())).id, 5, "found", command_id="once")
            oms.clients.create("Shop", scopes=["orders:read"])
            oms.run(AddSigningKey(key=samples.signing_key()))
        with gzip.GzipFile(sys.argv[1], "wb", mtime=0) as file:
            file.write(path.read_bytes())


if __name__ == "__main__":
    main()
