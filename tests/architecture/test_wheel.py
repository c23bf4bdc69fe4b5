"""What the wheel brings: the packages that are promised, typed, with their entry points, and nothing else."""

from __future__ import annotations

import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = [Path(name).name for name in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]]
CORE = "vectis_core"


@pytest.fixture(name="wheel")
def _opened(wheel: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(wheel)


def metadata(wheel: zipfile.ZipFile, name: str) -> str:
    """Return a file of the wheel's ``.dist-info``."""
    path = next(entry for entry in wheel.namelist() if entry.endswith(f".dist-info/{name}"))
    return wheel.read(path).decode()


def test_every_import_package_of_the_repository_is_in_the_wheel() -> None:
    """A package that was forgotten in ``pyproject.toml`` would be missing only at the user's."""
    found = {path.parent.name for pattern in ("backends/*", "adapters/*") for path in ROOT.glob(f"{pattern}/py.typed")}

    assert found | {CORE} == set(PACKAGES)


def test_the_wheel_has_no_other_top_level_names(wheel: zipfile.ZipFile) -> None:
    """Neither ``backends`` nor ``adapters`` nor ``tests`` becomes a package of the user's environment."""
    names = {entry.split("/")[0] for entry in wheel.namelist() if ".dist-info/" not in entry}

    assert set(PACKAGES) == names


def test_every_package_is_typed(wheel: zipfile.ZipFile) -> None:
    """Each package carries the marker of PEP 561."""
    typed = {entry.split("/")[0] for entry in wheel.namelist() if entry.endswith("/py.typed")}

    assert set(PACKAGES) == typed


def test_the_wheel_carries_every_module(wheel: zipfile.ZipFile) -> None:
    """What is in a package's folder is in the wheel, data files included."""
    folders = [ROOT / name for name in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]]
    expected = {
        str(path.relative_to(folder.parent))
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert expected == {entry for entry in wheel.namelist() if ".dist-info/" not in entry}


def test_the_entry_points_name_what_exists(wheel: zipfile.ZipFile) -> None:
    """The command, both backends, what sends and all carriers are found after an install, and are in the wheel."""
    lines = [line for line in metadata(wheel, "entry_points.txt").splitlines() if "=" in line]
    targets = dict(line.replace(" ", "").split("=") for line in lines)

    carriers = {"amazon", "dhl", "fedex", "lasership", "ontrac", "ups", "usps"}
    assert {"vectis", "memory", "sqlite", "http"} | carriers == set(targets)
    for target in targets.values():
        module = target.split(":")[0].replace(".", "/")
        assert {f"{module}/__init__.py", f"{module}.py"} & set(wheel.namelist()), target
    for carrier in carriers:
        assert f"vectis_carriers/tables/{carrier}.json" in wheel.namelist()


def test_the_wheel_says_what_it_is(wheel: zipfile.ZipFile) -> None:
    """The description is the README, the licence is named and enclosed."""
    fields = Parser().parsestr(metadata(wheel, "METADATA"))

    assert fields["License-Expression"] == "Apache-2.0"
    assert (ROOT / "README.md").read_text().strip() == str(fields.get_payload()).strip()
    assert (ROOT / "LICENSE").read_text() == metadata(wheel, "licenses/LICENSE")
