"""``vectis backup``: a copy of the database while it is in use."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from vectis_cli.database import database_option, json_option, opened
from vectis_core import Vectis
from vectis_core.access import key_file_of
from vectis_core.backup import Backup
from vectis_core.webhooks.resealing import sealing


@click.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Let the copy take the place of the file TARGET, once it is proved.")
@database_option
@json_option
def backup(target: Path, force: bool, database: str, as_json: bool) -> None:
    """Copy the database to the file TARGET, beside running servers and programs.

    The copy holds everything that was acknowledged before, of one moment. TARGET appears only once the copy is
    complete and every row in it keeps every rule; else the exit code is 1 and what was there stays.
    """
    with opened(database) as oms:
        with _progress() as progress:
            made = oms.backup(target, overwrite=force, progress=progress)
        sealed_by = _sealed_by(oms)
    if as_json:
        report = {"target": str(made.path), "bytes": made.size, "seconds": round(made.seconds, 3), "rows": made.rows}
        click.echo(json.dumps({**report, "sealedBy": sealed_by}))
    else:
        _print(made, sealed_by)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show on stderr how far the copy is."""
    with click.progressbar(length=1, label="Copying", file=sys.stderr) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)
            if done == total:
                bar.label = "Proving every row"
                bar.render_progress()

        yield show


def _sealed_by(oms: Vectis) -> str | None:
    """Return what opens the signing keys and the secrets of webhooks in the copy, if there are any."""
    with oms.store.read() as view:
        if not view.signing_keys() and next(sealing(view), None) is None:
            return None
    if os.environ.get("VECTIS_SECRET_KEY", "").strip() or oms.store.path is None:
        # It goes before the file, which may be left over from before it was set.
        return "VECTIS_SECRET_KEY"
    key_file = key_file_of(oms.store.path)
    return str(key_file) if key_file.exists() else "VECTIS_SECRET_KEY"


def _print(made: Backup, sealed_by: str | None) -> None:
    rows = ", ".join(f"{number} {kind}" for kind, number in made.rows.items() if number)
    click.echo(f"{made.path}: {rows}. {made.size:,} bytes, {made.seconds:.1f} s, no fault.")
    if sealed_by is not None:
        click.echo(f"Keys and secrets in it open only with {sealed_by}: keep that too, apart from the copy.")
