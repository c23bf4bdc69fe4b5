"""The pages on carriers and backends of one's own are those of the examples, and what they show works."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from installing import installed

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def block(package: str, language: str) -> str:
    """Return the one block of code in a language that a package's page has."""
    page = (EXAMPLES / package / "README.md").read_text("utf-8")
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.mark.parametrize("package", ["custom_backend", "custom_carrier"])
def test_the_page_of_the_site_is_that_of_the_example(package: str) -> None:
    """The site has the example's own page, and no second one."""
    page = ROOT / "docs" / "how-to" / f"write-a-{package.removeprefix('custom_')}.md"

    assert f"{{include}} ../../examples/{package}/README.md" in page.read_text("utf-8")


def test_a_database_of_the_backend_is_opened(tmp_path: Path) -> None:
    """Once the package is installed, its URL opens a file that is not there yet."""
    program = block("custom_backend", "python").replace("shelf:////var", f"shelf:///{tmp_path}")
    environment = installed(EXAMPLES / "custom_backend", tmp_path)
    command = [sys.executable, "-c", f"{program}\nwith oms:\n    print(oms.verify().ok)"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("True\n", "")
    assert (tmp_path / "shop.journal").exists()


def test_what_the_carrier_sends_is_explained(tmp_path: Path) -> None:
    """The body on the page is read by the carrier, with one of its rows for each of its two sightings."""
    environment = installed(EXAMPLES / "custom_carrier", tmp_path)
    command = [sys.executable, "-m", "vectis_cli", "carriers", "explain", "--carrier", "pigeon", "-"]
    told = {"input": block("custom_carrier", "json"), "text": True}
    done = subprocess.run(command, env=environment, capture_output=True, check=False, **told)

    assert (done.returncode, done.stderr) == (0, "")
    assert "Read as a push of pigeon: 2 events" in done.stdout
    assert done.stdout.count("because  row ") == 2
