"""What the README shows is run, as it stands there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from serving import serving

README = (Path(__file__).parents[2] / "README.md").read_text()


def block(language: str, containing: str) -> str:
    """Return the one code block of *language* with *containing* in it."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    [found] = [text for text in blocks if containing in text]
    return str(found)


def test_the_python_block_ships_an_order(tmp_path: Path) -> None:
    """The ten lines of Python run as they are, and print what their comment says."""
    source = block("python", "Vectis.open")
    done = subprocess.run([sys.executable, "-c", source], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "shipped 59.98\n"
    assert done.stdout.strip() == source.rpartition("#")[2].strip()


@pytest.mark.skipif(not shutil.which("curl") and "CI" not in os.environ, reason="curl is not installed")
def test_the_curl_block_ships_an_order(tmp_path: Path) -> None:
    """The walk-through runs as it is, but for address and credentials, against a server of its own."""
    script = block("sh", "curl")
    with serving(f"sqlite:///{tmp_path}/shop.db") as server:
        first = f"API={server.address} CLIENT_ID={server.word('clientId')} CLIENT_SECRET={server.word('clientSecret')}"
        assert script.count("API=http://127.0.0.1:8080 CLIENT_ID=... CLIENT_SECRET=...") == 1
        script = first + script[script.index("\n") :]
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, timeout=60, check=False
        )

    assert done.returncode == 0, done.stderr
    product, stock, confirmed, shipment, order = map(json.loads, done.stdout.splitlines())
    assert product["sku"] == "WIDGET-001"
    assert stock["quantityAvailable"] == 100
    assert confirmed["status"] == "confirmed"
    assert (shipment["carrier"], shipment["trackingNumber"]) == ("UPS", "1Z999AA10123456784")
    assert order["status"] == "shipped"
    assert '"status":"shipped","total":59.98' in done.stdout
    assert (order["itemCount"], order["externalId"]) == (2, "SHOPIFY-12345")


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_what_the_readme_links_to_exists(target: str) -> None:
    """Every relative link leads to a file of the repository."""
    assert target.startswith("https://") or (Path(__file__).parents[2] / target).is_file()
