"""What goes wrong is told in one clear line on stderr, with an exit code, and never as a traceback."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from cli_types import Call

Run = Callable[..., subprocess.CompletedProcess[str]]

#: So many seconds are enough for any command here; a server that starts where it should refuse is ended then.
PATIENCE = 60

COMMANDS = (
    ("verify",),
    ("backup", "no-such-folder/copy.db"),
    ("clients", "create", "Shop"),
    ("clients", "list"),
    ("keys", "rotate"),
    ("serve", "--port", "0"),
    ("export", "orders"),
)


@pytest.fixture(name="run")
def _run(database: str) -> Run:
    """Call the command in a process of its own, on the test's database."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "vectis_cli", *words],
            env=os.environ | {"VECTIS_DATABASE_URL": database},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    return run


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_an_unknown_backend_is_named(run: Run, words: tuple[str, ...]) -> None:
    """A URL that no backend serves is told with those that are served."""
    done = run(*words, "--database", "oracle://somewhere")

    assert done.returncode == 1
    assert re.fullmatch(r"Error: .*oracle://somewhere.*sqlite://\n", done.stderr)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_database_of_a_newer_version_is_refused(
    run: Run, vectis: Call, tmp_path: Path, words: tuple[str, ...]
) -> None:
    """A file that a later Vectis wrote is not touched, and the message says to upgrade."""
    vectis("clients", "create", "Shop")
    connection = sqlite3.connect(tmp_path / "shop.db")
    connection.execute("INSERT INTO _sqlite_migrations (migration_set, name) VALUES ('vectis', '9999_of_the_future')")
    connection.commit()
    connection.close()

    done = run(*words)

    assert done.returncode == 1
    assert re.fullmatch(r"Error: .*newer.*\n", done.stderr)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_file_that_is_no_database_is_refused(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    """Another program's file is neither used nor changed."""
    (tmp_path / "shop.db").write_text("Dear diary, " * 100)

    done = run(*words)

    assert done.returncode == 1
    assert re.fullmatch(r"Error: .*shop\.db.*\n", done.stderr)
    assert (tmp_path / "shop.db").read_text().startswith("Dear diary, ")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_folder_that_does_not_exist_is_named(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    """A path that leads nowhere is told in one line."""
    done = run(*words, "--database", f"sqlite:///{tmp_path}/nowhere/shop.db")

    assert done.returncode == 1
    assert re.fullmatch(r"Error: .*nowhere.*\n", done.stderr)


@pytest.mark.parametrize(
    "words",
    ["verify", "clients list", "clients revoke cli_x", "keys rotate", "export stock", "worker"],
)
def test_who_only_looks_makes_no_database(vectis: Call, tmp_path: Path, words: str) -> None:
    """A mistyped path is told, and nothing is made there."""
    done = vectis(*words.split())

    assert (done.exit_code, done.stdout) == (1, "")
    assert re.fullmatch(r"Error: .*There is no database .*shop\.db\n", done.stderr)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", ["verify", "clients list", "keys rotate", "export stock"])
def test_who_only_looks_leaves_the_database_of_another_program_alone(vectis: Call, tmp_path: Path, words: str) -> None:
    """A path that leads to an SQLite file without Vectis in it is told, and nothing is made in it or beside it."""
    file = tmp_path / "shop.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE recipes (name)")
    before = file.read_bytes()

    done = vectis(*words.split())

    assert (done.exit_code, done.stdout) == (1, "")
    assert re.fullmatch(r"Error: .*shop\.db is no database of Vectis\n", done.stderr)
    assert (list(tmp_path.iterdir()), file.read_bytes()) == ([file], before)


@pytest.mark.parametrize(
    ("missing", "words", "extra"),
    [("uvicorn", "serve", "server"), ("joserfc", "keys rotate", "http"), ("httpcore", "worker", "webhooks")],
)
def test_a_missing_extra_is_named(tmp_path: Path, missing: str, words: str, extra: str) -> None:
    """Where what an extra brings is not installed, the message is the command that installs it."""
    program = f"import sys; sys.modules[{missing!r}] = None; import vectis_cli; vectis_cli.main({words.split()!r})"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert f'pip install "vectis-oms[{extra}]"' in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_version_is_that_of_the_distribution(vectis: Call) -> None:
    """``vectis --version`` says which Vectis it is."""
    from importlib.metadata import version

    assert vectis("--version").stdout == f"vectis, version {version('vectis-oms')}\n"


def test_an_unknown_command_is_a_usage_error(vectis: Call) -> None:
    """What does not exist ends with exit code 2, like any wrong use."""
    assert vectis("serv").exit_code == 2


def test_every_command_explains_itself(vectis: Call) -> None:
    """The help lists all commands, and each has a help of its own whose first line says what it does."""
    listed = re.findall(r"^  (\w+) ", vectis("--help").stdout.partition("Commands:")[2], re.MULTILINE)

    expected = "serve worker webhooks carriers customers tenants clients keys openapi verify backup import export"
    assert listed == expected.split()
    for name in listed:
        assert re.match(rf"Usage: .*{name}.*\n\n  [A-Z]\w+", vectis(name, "--help").stdout)
