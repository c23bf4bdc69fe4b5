"""Pages on one's own carrier and backend are those of the examples, and what they and others show works."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from installing import installed

from vectis_core.tenancy import TENANT_ID

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


def test_the_program_on_tenants_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It makes its shops, and is told of the one that is not there."""
    page = (ROOT / "docs" / "how-to" / "tenants.md").read_text("utf-8")
    [program] = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(program, {})  # noqa: S102 - the page's own code

    assert capsys.readouterr().out == "No such tenant: lamp\n"


def test_the_rule_for_names_of_tenants_is_that_of_the_code() -> None:
    """The page says which names are taken and which are refused."""
    page = (ROOT / "docs" / "how-to" / "tenants.md").read_text("utf-8")

    assert "1 to 63 lower-case letters, digits and inner hyphens" in page
    assert TENANT_ID.problem("a" * 63) is TENANT_ID.problem("0-a") is None
    assert all(TENANT_ID.problem(name) for name in ("a" * 64, "", "api", "-a", "a-", "A", "a_b"))
