"""What a type checker says of a program on the awaitable face."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).parent / "typed_program.py"


def test_awaiting_has_the_right_type_and_a_forgotten_await_is_an_error() -> None:
    """Strict mypy finds each error that is marked in the program, where it is marked, and no other."""
    marked = {
        (number, found[1])
        for number, line in enumerate(PROGRAM.read_text().splitlines(), start=1)
        if (found := re.search(r"# error: ([a-z-]+)", line))
    }
    command = [sys.executable, "-m", "mypy", "--strict", "--hide-error-context", str(PROGRAM)]
    said = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False).stdout
    found = re.findall(r"typed_program\.py:(\d+): error: .*\[([a-z-]+)\]$", said, re.MULTILINE)

    assert {(int(number), code) for number, code in found} == marked, said
    assert len(marked) == 5
