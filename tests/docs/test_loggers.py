"""The documented loggers are those that the code has."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from vectis_core.loggers import LOGGERS, logger_table

_ROOT = Path(__file__).resolve().parents[2]
_NAMED = re.compile(r'getLogger\("(vectis\.[a-z.]+)"\)')


def test_the_guide_has_the_table_of_the_loggers() -> None:
    """The table in the guide is the one made from the code."""
    assert logger_table() in (_ROOT / "docs" / "observability.md").read_text(encoding="utf-8")


def test_every_logger_of_the_code_is_listed() -> None:
    """No package logs under a name that is not in the table, and the table names none that nobody uses."""
    named = set()
    for package in ("vectis_core", "backends", "adapters"):
        for source in (_ROOT / package).rglob("*.py"):
            if "testing" not in source.parts:
                named |= set(_NAMED.findall(source.read_text(encoding="utf-8")))
    assert named == set(LOGGERS)


def test_nothing_is_written_where_no_logging_is_set_up() -> None:
    """An application that has set no logging up finds nothing of ours in its standard error."""
    script = "import vectis_core, logging; logging.getLogger('vectis.engine').error('heard')"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert ran.stderr == b""
