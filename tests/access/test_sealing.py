"""Private keys at rest: where the master key comes from, and what a wrong one meets."""

from __future__ import annotations

import stat
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from vectis_core.errors import StoreError
from vectis_http.access import Sealer

MASTER = "0123456789-0123456789-0123456789-"
OTHER = "another-0123456789-0123456789-0123"


def in_file(path: Path, **environ: str) -> Sealer:
    """Return the sealer of a store that is this file."""
    return Sealer.for_store(store(path), environ)


def store(path: Path | None) -> Any:
    """Return what a sealer sees of a store: where it lies."""
    return SimpleNamespace(path=path)


def test_what_was_sealed_opens_again_and_shows_nothing() -> None:
    """A sealed text opens under the same master key, and does not contain what was sealed."""
    sealer = Sealer.for_store(store(None), {"VECTIS_SECRET_KEY": MASTER})
    sealed = sealer.seal(b"private half", "kid-1")
    assert "private" not in sealed
    again = Sealer.for_store(store(None), {"VECTIS_SECRET_KEY": MASTER})
    assert again.open(sealed, "kid-1") == b"private half"


def test_a_wrong_master_key_says_what_to_do() -> None:
    """Another master key opens nothing, and the error names the variable and the way out."""
    sealed = Sealer.for_store(store(None), {"VECTIS_SECRET_KEY": MASTER}).seal(b"private half", "kid-1")
    with pytest.raises(StoreError, match=r"VECTIS_SECRET_KEY.*keys rotate"):
        Sealer.for_store(store(None), {"VECTIS_SECRET_KEY": OTHER}).open(sealed, "kid-1")


@pytest.mark.parametrize("damage", ["kid-2", "cut", "format", "not base64"])
def test_a_sealed_key_cannot_be_moved_or_damaged(damage: str) -> None:
    """A sealed text opens only for the key it was made for, and only whole."""
    sealer = Sealer.for_store(store(None), {"VECTIS_SECRET_KEY": MASTER})
    sealed = sealer.seal(b"private half", "kid-1")
    damaged = {"cut": sealed[:20], "format": sealed[3:], "not base64": sealed[:3] + "ä"}.get(damage, sealed)
    with pytest.raises(StoreError):
        sealer.open(damaged, "kid-2" if damage == "kid-2" else "kid-1")


def test_of_several_master_keys_the_first_seals_and_all_open() -> None:
    """The master key can be replaced: the old one is named after the new one until its keys have retired."""
    old = Sealer.for_store(store(None), {"VECTIS_SECRET_KEY": MASTER}).seal(b"old", "kid-1")
    both = Sealer.for_store(store(None), {"VECTIS_SECRET_KEY": f"{OTHER}, {MASTER}"})
    assert both.open(old, "kid-1") == b"old"
    new = both.seal(b"new", "kid-2")
    assert Sealer.for_store(store(None), {"VECTIS_SECRET_KEY": OTHER}).open(new, "kid-2") == b"new"


def test_a_short_master_key_is_refused() -> None:
    """A master key that can be guessed is refused with the command that makes a good one."""
    with pytest.raises(StoreError, match="token_urlsafe"):
        Sealer.for_store(store(None), {"VECTIS_SECRET_KEY": "hunter2"})


def test_a_file_database_gets_a_key_file_for_its_owner_alone(tmp_path: Path) -> None:
    """The key file appears beside the database at the first sealing, with mode 0600, and is used again."""
    sealer = in_file(tmp_path / "shop.db")
    assert list(tmp_path.iterdir()) == []
    sealed = sealer.seal(b"private half", "kid-1")
    key_file = tmp_path / "shop.db.key"
    assert list(tmp_path.iterdir()) == [key_file]
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert in_file(tmp_path / "shop.db").open(sealed, "kid-1") == b"private half"


def test_the_variable_goes_before_the_file(tmp_path: Path) -> None:
    """With a master key in the environment no key file is made."""
    in_file(tmp_path / "shop.db", VECTIS_SECRET_KEY=MASTER).seal(b"private half", "kid-1")
    assert list(tmp_path.iterdir()) == []


def test_many_that_need_the_file_at_once_agree(tmp_path: Path) -> None:
    """Of sixteen that make the key file at once one wins, and each opens what every other sealed."""
    sealers = [in_file(tmp_path / "shop.db") for _ in range(16)]
    barrier = threading.Barrier(len(sealers))
    sealed: list[str] = []

    def work(sealer: Sealer) -> None:
        barrier.wait()
        sealed.append(sealer.seal(b"private half", "kid-1"))

    threads = [threading.Thread(target=work, args=[sealer]) for sealer in sealers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [sealers[0].open(text, "kid-1") for text in sealed] == [b"private half"] * 16
    assert [file.name for file in tmp_path.iterdir()] == ["shop.db.key"]


def test_a_lost_key_file_is_not_silently_replaced(tmp_path: Path) -> None:
    """Opening without the key file says that it is missing, and makes none."""
    sealed = in_file(tmp_path / "shop.db").seal(b"private half", "kid-1")
    (tmp_path / "shop.db.key").unlink()
    with pytest.raises(StoreError, match=r"shop\.db\.key is missing"):
        in_file(tmp_path / "shop.db").open(sealed, "kid-1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("damage", "words"), [("open to all", "chmod 600"), ("empty", "damaged"), ("binary", "cannot be used")]
)
def test_a_key_file_that_cannot_be_trusted_is_refused(tmp_path: Path, damage: str, words: str) -> None:
    """A key file that others can read, or that is damaged, is refused with what to do."""
    sealed = in_file(tmp_path / "shop.db").seal(b"private half", "kid-1")
    key_file = tmp_path / "shop.db.key"
    if damage == "open to all":
        key_file.chmod(0o644)
    else:
        key_file.write_bytes(b"" if damage == "empty" else b"\xff" * 43)
    with pytest.raises(StoreError, match=words):
        in_file(tmp_path / "shop.db").open(sealed, "kid-1")


def test_a_folder_that_takes_no_file_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    """Where no key file can be made, the error names the variable."""
    with pytest.raises(StoreError, match="VECTIS_SECRET_KEY"):
        in_file(tmp_path / "no such folder" / "shop.db").seal(b"private half", "kid-1")


def test_all_that_serve_a_store_in_memory_open_what_each_sealed() -> None:
    """A store in memory has a master key of the process, so that two faces may be mounted over one store."""
    sealed = Sealer.for_store(store(None), {}).seal(b"private half", "kid-1")
    assert Sealer.for_store(store(None), {}).open(sealed, "kid-1") == b"private half"


def test_the_key_file_can_become_the_variable(tmp_path: Path) -> None:
    """What stands in the key file, given as the variable, opens what the file sealed."""
    sealed = in_file(tmp_path / "shop.db").seal(b"private half", "kid-1")
    held = (tmp_path / "shop.db.key").read_text().strip()
    elsewhere = Sealer.for_store(store(None), {"VECTIS_SECRET_KEY": held})
    assert elsewhere.open(sealed, "kid-1") == b"private half"
