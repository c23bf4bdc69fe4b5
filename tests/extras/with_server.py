"""``vectis serve``, with the API, its metrics and what delivers webhooks."""

import http.client
import re
import subprocess
import sys
import tempfile

with tempfile.TemporaryDirectory() as folder:
    command = ["serve", "--database", f"sqlite:///{folder}/shop.db", "--port", "0"]
    program = [sys.executable, "-m", "vectis_cli", *command]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            address = next(found[1] for line in server.stdout if (found := re.search(r"http://(\S+:\d+)", line)))
            connection = http.client.HTTPConnection(address, timeout=60)
            connection.request("GET", "/readyz")
            assert connection.getresponse().status == 200
            connection.close()
        finally:
            server.terminate()
    assert server.returncode == 0, server.returncode
