"""Tries a face of the API by its description: ``python tests/contract/run.py FACE [CASES]``; all by ``make contract``.

Schemathesis runs with all its checks, in all its phases, against the face behind a real server, again and again with
other seeds, until so many cases were made, 20,000 where nothing is said.

What is drawn for one operation at a time and the stories, which go on with what an answer told, are run apart: stories
end as soon as the server, which remembers, answers the same call otherwise than before, so there are many short runs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

HERE = Path(__file__).parent
FACES = ("ASGI", "WSGI", "Flask")
#: After so many seconds a run that hangs is killed.
_PATIENCE = 3600
_DRAWN = "examples,coverage,fuzzing"
#: Runs of stories for each run of what is drawn.
_STORIES = 10


@attrs.frozen
class Target:
    """A face that is served."""

    address: str
    token: str
    client: str


@attrs.frozen
class Outcome:
    """What a run came to."""

    cases: int
    #: Links from one operation to another that stories went along.
    links: int
    is_good: bool
    said: str


@contextmanager
def served(face: str) -> Iterator[Target]:
    """Serve a face over a new shop for the length of the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = subprocess.Popen(
            [sys.executable, str(HERE / "serve_face.py"), face, f"sqlite:///{folder}/shop.db"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            words = (process.stdout.readline() if process.stdout else "").split()
            assert len(words) == 3, f"the server ended with {process.poll()}"
            yield Target(*words)
        finally:
            process.communicate()


def tried(target: Target, examples: int, seed: int, phases: str) -> Outcome:
    """Run Schemathesis once: so many examples of each operation in the phases that draw them."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "contract.toml"), "--no-color"),
        *("run", f"{target.address}/openapi.json", "--url", target.address),
        *("--phases", phases, "--max-examples", str(examples), "--seed", str(seed), "--continue-on-failure"),
        *("-H", f"Authorization: Bearer {target.token}", "--suppress-health-check", "all"),
    ]
    paths = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])
    told = {"PYTHONPATH": paths, "SCHEMATHESIS_HOOKS": "contract_hooks", "CONTRACT_CLIENT": target.client}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **told},
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    return Outcome(
        cases=_number(r"^ *([\d,]+) generated", done.stdout),
        links=_number(r"^ *API Links: +([\d,]+) covered", done.stdout),
        is_good=done.returncode == 0,
        said=done.stdout + done.stderr,
    )


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text, re.MULTILINE)
    return int(found[1].replace(",", "")) if found else 0


def _round(face: str, number: int) -> Iterator[Outcome]:
    with served(face) as target:
        yield tried(target, examples=100, seed=number, phases=_DRAWN)
        for story in range(_STORIES):
            yield tried(target, examples=100, seed=number * _STORIES + story, phases="stateful")


def main(face: str, wanted: int) -> int:
    """Run until *wanted* cases were made; returns 1 as soon as one was answered wrongly."""
    cases, number = 0, 0
    while cases < wanted:
        number += 1
        for outcome in _round(face, number):
            cases += outcome.cases
            if not outcome.is_good or not outcome.cases:
                print(outcome.said)
                return 1
            print(f"{face}, round {number}: {cases} cases, {outcome.links} links", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20_000))
