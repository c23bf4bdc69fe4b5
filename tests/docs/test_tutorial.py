"""The tutorial can be followed: each page's programs and commands, in their order, print what the page says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from serving import PATIENCE, Server, serving
from small_shop import spin_until

from vectis_core import Vectis

PAGES = Path(__file__).parents[2] / "docs" / "tutorial"


def blocks(page: str, language: str) -> list[str]:
    """Return a page's blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (PAGES / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)


def run(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def first_order(folder: Path) -> subprocess.CompletedProcess[str]:
    """Do what the first page says."""
    return run("\n".join(blocks("first-order.md", "python")), folder)


def shell(server: Server, folder: Path, *scripts: str) -> list[str]:
    """Run commands with the server's address and credentials put in, as the page asks, and return what they print."""
    head = f"API={server.address} CLIENT_ID={server.word('clientId')} CLIENT_SECRET={server.word('clientSecret')}\n"
    assert "CLIENT_ID=... CLIENT_SECRET=..." in blocks("serving.md", "sh")[0]
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", head + "".join(scripts)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_first_order_is_delivered(tmp_path: Path) -> None:
    """The script prints what stands below its parts, a second run stops with a conflict, and the books are right."""
    done = first_order(tmp_path)

    assert (done.stdout, done.stderr) == ("".join(blocks("first-order.md", "text")), "")
    assert "vectis_core.errors.Conflict" in first_order(tmp_path).stderr
    with Vectis.open(f"sqlite:///{tmp_path}/shop.db", must_exist=True) as oms:
        assert [stock.available for stock in oms.inventory.list()] == [8]
    [command] = [each for each in blocks("first-order.md", "console") if "verify" in each]
    arguments = command.removeprefix("$ vectis ").split()
    assert subprocess.run([sys.executable, "-m", "vectis_cli", *arguments], cwd=tmp_path, check=False).returncode == 0


def test_the_same_over_http(tmp_path: Path) -> None:
    """The commands of the second page go on with the first's database, and print what it says."""
    first_order(tmp_path)
    [refused] = blocks("serving.md", "json")
    with serving(f"sqlite:///{tmp_path}/shop.db") as server:
        printed = shell(server, tmp_path, *blocks("serving.md", "sh")[1:])

    assert json.loads(printed[0]) == json.loads(refused)
    assert printed[1:] == "".join(blocks("serving.md", "text")).split()


@contextmanager
def receiving(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Run the page's receiver at a free port, and return the port and the lines that it prints."""
    [source] = blocks("receiving.md", "python")
    (folder / "receiver.py").write_text(source.replace("9000", "0"))
    process = subprocess.Popen([sys.executable, "receiver.py"], cwd=folder, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = [process.stdout.readline()]
    reader = threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
    reader.start()
    try:
        yield lines[0].split()[-1], lines
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()


def test_what_happens_is_told(tmp_path: Path) -> None:
    """The receiver of the third page prints what was subscribed, and believes nobody else."""
    first_order(tmp_path)
    definitions = [each for each in blocks("serving.md", "sh")[1:3] if "() {" in each]
    with (
        serving(f"sqlite:///{tmp_path}/shop.db", "--webhooks-allow", "127.0.0.0/8") as server,
        receiving(tmp_path) as (port, lines),
    ):
        said = [each.replace("9000", port) for each in blocks("receiving.md", "sh")]
        forged = f"curl -s -o /dev/null -w '%{{http_code}}\\n' http://127.0.0.1:{port}/hook -d '{{}}'\n"
        printed = shell(server, tmp_path, *definitions, *said, forged)
        spin_until(lambda: len(lines) == 3)

    [state, told] = blocks("receiving.md", "text")
    assert printed == [state.strip(), "confirmed", "401"]
    assert [line.split()[0] for line in lines[1:]] == [line.split()[0] for line in told.splitlines()]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a folder with the files of the page on testing."""
    for source in blocks("testing.md", "python"):
        named = re.match(r"# (\w+\.py)\n", source)
        assert named
        (tmp_path / named[1]).write_text(source)
    return tmp_path


def tried(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the tests in a folder."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_tests_of_the_shop_pass(shop: Path) -> None:
    """Those who write down the files of the last page have six tests that pass."""
    assert "6 passed" in tried(shop).stdout


def test_without_the_command_id_one_of_the_four_fails(shop: Path) -> None:
    """The fault that the page asks its reader to make is found as it says."""
    program = shop / "lamps.py"
    careless = program.read_text().replace(', command_id=f"confirm {number}"', "")
    assert careless != program.read_text()
    program.write_text(careless)
    said = tried(shop).stdout

    assert "1 failed, 5 passed" in said
    assert "FAILED test_bad_luck.py::test_a_sale_that_is_asked_for_again_is_made_once[error_after_commit-2]" in said
