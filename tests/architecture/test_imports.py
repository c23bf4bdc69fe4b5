"""What importing costs: the core alone pulls in no framework, no driver and no test tool."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import vectis_core.testing

FOREIGN = {
    "asyncio",
    "cattrs",
    "click",
    "cryptography",
    "fastapi",
    "flask",
    "httpx",
    "hypothesis",
    "joserfc",
    "opentelemetry",
    "prometheus_client",
    "pytest",
    "sqlite3",
    "sqlite_utils",
    "starlette",
    "uvicorn",
    "vectis_asgi",
    "vectis_cli",
    "vectis_flask",
    "vectis_http",
    "vectis_memory",
    "vectis_otel",
    "vectis_prometheus",
    "vectis_sqlite",
}


def modules_after(program: str) -> set[str]:
    """Return the names of all modules that a fresh interpreter has loaded after *program*."""
    report = "import sys, json; sys.stderr.write(json.dumps(sorted(sys.modules)))"
    command = [sys.executable, "-c", f"{program}\n{report}"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return set(json.loads(done.stderr))


def packages_after(program: str) -> set[str]:
    """Return the top-level names of what *program* loaded."""
    return {name.partition(".")[0] for name in modules_after(program)}


def test_the_core_alone_pulls_in_nothing_heavy() -> None:
    """``import vectis_core`` loads no web framework, no driver, no converter, no backend and no adapter."""
    assert set() == packages_after("import vectis_core; vectis_core.Vectis") & FOREIGN


def test_the_core_does_not_load_its_testing_package() -> None:
    """Strategies and models are for tests alone."""
    loaded = modules_after("import vectis_core; vectis_core.Vectis")

    assert not [name for name in loaded if name.startswith("vectis_core.testing")]


#: What of the testing package needs the extra ``testing``.
WITH_HYPOTHESIS = {"choices", "machine", "strategies", "webhook_machine"}


def modules_for_tests() -> list[str]:
    """Return the names of all modules of the testing package, by their place in it."""
    root = Path(vectis_core.testing.__file__).parent
    found = (path.relative_to(root).with_suffix("") for path in root.rglob("*.py"))
    return sorted(".".join(path.parts) for path in found if path.name != "__init__")


def test_the_testing_package_needs_no_test_tool() -> None:
    """No part of it loads pytest, and only what draws or runs by Hypothesis loads that."""
    plain = [name for name in modules_for_tests() if name.partition(".")[0] not in WITH_HYPOTHESIS]
    drawn = sorted(WITH_HYPOTHESIS)

    def imports(names: list[str]) -> str:
        return "\n".join(f"import vectis_core.testing.{name}" for name in names)

    assert set() == packages_after(imports(plain)) & {"hypothesis", "pytest"}
    assert {"hypothesis"} == packages_after(imports(drawn)) & {"hypothesis", "pytest"}


@pytest.mark.parametrize("module", ["strategies", "machine", "webhook_machine"])
def test_the_missing_testing_extra_is_named(module: str) -> None:
    """Without Hypothesis, what needs it says what to install; a clock to freeze needs nothing."""
    program = "import sys; sys.modules['hypothesis'] = None; from vectis_core.testing import FrozenClock; FrozenClock()"
    command = [sys.executable, "-c", f"{program}; import vectis_core.testing.{module}"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert 'pip install "vectis-oms[testing]"' in ended.stderr


def test_opening_a_database_loads_its_backend_alone() -> None:
    """``Vectis.open`` finds the backend by the URL's scheme and leaves the others, and the web, alone."""
    loaded = packages_after("import vectis_core\nwith vectis_core.Vectis.open('memory://'): pass")

    assert {"vectis_memory"} == loaded & FOREIGN


@pytest.mark.parametrize("word", ["--help", "--version"])
def test_the_command_answers_without_loading_the_core(word: str) -> None:
    """``vectis --help`` is as quick as click is: nothing else is loaded for it."""
    loaded = packages_after(f"import vectis_cli\ntry: vectis_cli.main([{word!r}])\nexcept SystemExit: pass")

    assert "click" in loaded
    assert set() == loaded & {"attrs", "cryptography", "sqlite3", "uvicorn", "vectis_core", "vectis_http"}
