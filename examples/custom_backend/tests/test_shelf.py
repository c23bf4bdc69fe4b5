"""What makes vectis-shelf a backend of Vectis, and what is its own: the file."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from vectis_core import ServiceUnavailable, StoreError, Vectis
from vectis_core.testing.conformance import BackendConformance
from vectis_core.testing.machine import ShopMachine
from vectis_core.testing.webhook_machine import WebhookMachine


class TestShelf(BackendConformance):
    """The contract of backends."""

    def url(self, folder):
        return f"shelf:///{folder}/shop.journal"

    def write_host_row(self, connection, key):
        connection[key] = "here"

    def has_host_row(self, key):
        return key in self.store.host


class OnShelf:
    """A machine whose store is a file that is closed and opened again."""

    reopens = True

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="vectis-shelf-")
        super().__init__()

    def open(self, clock, ids):
        return Vectis.open(f"shelf:///{self.folder}/shop.journal", clock=clock, ids=ids)

    def teardown(self):
        super().teardown()
        shutil.rmtree(self.folder)


class ShelfShops(OnShelf, ShopMachine):
    """Whole shops beside the model, with faults, crashes and reopening."""


class ShelfWebhooks(OnShelf, WebhookMachine):
    """Webhooks beside their model."""


TestShelfShops = ShelfShops.TestCase
TestShelfWebhooks = ShelfWebhooks.TestCase
TestShelfShops.settings = TestShelfWebhooks.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a file with three products, whose store is closed."""
    path = tmp_path / "shop.journal"
    with Vectis.open(f"shelf:///{path}") as oms:
        for number in range(3):
            oms.products.create(sku=f"W-{number}", name="Widget")
    return path


def skus(path: Path) -> list[str]:
    """Open a file, and return the products in it."""
    with Vectis.open(f"shelf:///{path}", must_exist=True) as oms:
        assert oms.verify().ok
        return [product.sku for product in oms.products.list()]


def test_a_line_cut_short_is_dropped_wherever_the_cut_is(path: Path) -> None:
    """Cut anywhere in the last line, the file opens without that commit, and takes the next one."""
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rindex(b"\n") + 1
    for cut in {last, last + 1, last + 9, (last + len(whole)) // 2, len(whole) - 1}:
        path.write_bytes(whole[:cut])
        assert skus(path) == ["W-1", "W-0"]
        with Vectis.open(f"shelf:///{path}") as oms:
            oms.products.create(sku="next", name="Widget")
        assert skus(path) == ["next", "W-1", "W-0"]


def test_a_damaged_line_is_no_end(path: Path) -> None:
    """A line before the last that is not as it was written is an error, never a shorter history."""
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"Widget", b"Gadget")
    path.write_bytes(b"".join(lines))

    with pytest.raises(StoreError, match="damaged"):
        skus(path)


def test_one_process_at_a_time(path: Path) -> None:
    """While it is open, nobody else opens it."""
    url = f"shelf:///{path}"
    with Vectis.open(url), pytest.raises(ServiceUnavailable):
        Vectis.open(url)


def test_what_is_not_there_or_not_ours_is_refused(tmp_path: Path) -> None:
    """A missing file is an error where one must exist, and another program's file is left as it is."""
    other = tmp_path / "other.txt"
    other.write_text("somebody's notes\n")

    with pytest.raises(StoreError, match="no database"):
        Vectis.open(f"shelf:///{tmp_path}/missing", must_exist=True)
    with pytest.raises(StoreError, match="no database"):
        Vectis.open(f"shelf:///{other}")
    assert other.read_text() == "somebody's notes\n"
