"""What a type checker says of a program on the client, and what importing it brings in."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).parent / "typed_program.py"
SERVING = {"flask", "granian", "gunicorn", "jinja2", "joserfc", "starlette", "uvicorn", "vectis_asgi", "vectis_flask"}


def test_the_client_has_the_types_of_the_library() -> None:
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


def test_the_client_brings_in_nothing_that_serves() -> None:
    """Its extra installs httpx alone: importing it and calling with it must need nothing else of the server's."""
    program = """
import json, sys
import httpx, vectis_client
told = {"access_token": "t", "expires_in": 9, "autoConfirm": True}
http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=told)))
client = vectis_client.Client.connect("https://a.example", client_id="a", client_secret="b", http=http)
assert client.settings.get().auto_confirm
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert set(json.loads(done.stdout)) & SERVING == set()
