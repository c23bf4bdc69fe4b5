"""Backups: a copy is a database of its own with all that was committed, or there is none."""

from __future__ import annotations

from pathlib import Path

from vectis_core.errors import StoreError, UsageError
from vectis_core.ports import View
from vectis_core.testing.comparing import check_books, same
from vectis_core.testing.conformance.base import ConformanceBase, raised
from vectis_core.vectis import Vectis


class BackupConformance(ConformanceBase):
    """Copying a store while it is open."""

    def _target(self) -> Path | None:
        """Return where a backup can be made; where none can, check that this is said and nothing is left behind."""
        target = self.folder / "copy"
        if self.backup_url(target) is not None:
            return target
        before = list(self.folder.iterdir())
        raised(StoreError, lambda: self.vectis.backup(target))
        same("files", before, list(self.folder.iterdir()))
        return None

    def _opened(self, target: Path) -> Vectis:
        url = self.backup_url(target)
        assert url is not None
        return Vectis.open(url, clock=self.clock, ids=self.ids, must_exist=True)

    def test_a_backup_holds_what_was_committed_before_it(self) -> None:
        """It opens as a database of its own, with the same id and rows and right books, and without later ones."""
        target = self._target()
        if target is None:
            return
        self.stocked()
        order = self.bought("before")
        made = self.vectis.backup(target)
        self.buy("after")

        same("size", target.stat().st_size, made.size)
        same("rows", 1, made.rows["orders"])
        with self._opened(target) as copy:
            same("database", self.store.database_id, copy.store.database_id)
            same("orders", [order], list(copy.orders.list()))
            same("faults", (), tuple(copy.verify().faults))
            with copy.store.read() as view:
                check_books(view, "default")
        same("files left", [], [path.name for path in self.folder.iterdir() if "part" in path.name])

    def test_a_backup_shows_one_moment_while_others_write(self) -> None:
        """What is committed while a copy is made, and before it is checked, is not in it, and is not held up."""
        target = self._target()
        if target is None:
            return
        self.stocked()
        self.buy("before")

        def progress(done: int, total: int) -> None:
            self.buy(f"at {done} of {total}")

        self.vectis.backup(target, progress=progress)

        with self._opened(target) as copy:
            same("in the copy", ["before"], [order.external_id for order in copy.orders.list()])
        assert len(list(self.vectis.orders.list())) > 1

    def test_a_copy_that_is_found_wrong_is_not_kept(self) -> None:
        """Where the check of a copy raises, the error comes through, and what was there before still is."""
        target = self._target()
        if target is None:
            return
        target.write_text("an older backup")

        def refuse(view: View) -> None:
            same("tenant", "default", getattr(view.tenant("default"), "id", None))
            raise StoreError("not good enough")

        error = raised(StoreError, lambda: self.store.backup(target, refuse, overwrite=True))
        same("error", "not good enough", str(error))
        same("what is there", "an older backup", target.read_text())
        same("files left", [], [path.name for path in self.folder.iterdir() if "part" in path.name])

    def test_a_file_is_overwritten_only_where_that_is_asked_for(self) -> None:
        """A backup does not take the place of a file by accident, and does so whole."""
        target = self._target()
        if target is None:
            return
        target.write_text("something else")
        copied: list[int] = []

        raised(StoreError, lambda: self.vectis.backup(target, progress=lambda done, _total: copied.append(done)))
        same("what is there", "something else", target.read_text())
        same("what was copied before that was told", [], copied)
        self.vectis.backup(target, overwrite=True)
        self._opened(target).close()

    def test_a_closed_store_is_not_backed_up(self) -> None:
        """After closing, a backup raises, and makes no file."""
        self.vectis.close()
        raised(UsageError, lambda: self.vectis.backup(self.folder / "copy"))
        same("there is a copy", False, (self.folder / "copy").exists())
