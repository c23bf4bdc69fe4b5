"""A real browser for tests: headless Chromium, driven over its debugging protocol, that reaches this machine alone."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import pytest
from websockets.sync.client import ClientConnection, connect

#: After so many seconds a browser that hangs is killed, so that its test fails instead of waiting for ever.
PATIENCE = 120
_LISTENS = re.compile(r"DevTools listening on (ws://\S+)")


@attrs.define
class Tab:
    """One tab, and all that it was seen to do."""

    _connection: ClientConnection
    _session: str
    _last: int = 0
    #: The address of everything that was asked for.
    requests: list[str] = attrs.field(factory=list)
    #: What the browser complained of: policies that were broken, scripts that failed, answers that were none.
    complaints: list[str] = attrs.field(factory=list)
    _loaded: bool = False

    def ask(self, method: str, **params: Any) -> Any:
        """Send a command and return its result."""
        self._last += 1
        number = self._last
        self._connection.send(
            json.dumps({"id": number, "sessionId": self._session, "method": method, "params": params})
        )
        while True:
            message = self._heard()
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]

    def _heard(self) -> Any:
        message = json.loads(self._connection.recv(PATIENCE))
        method, told = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif method == "Log.entryAdded":
            self.complaints.append(told["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(told["exceptionDetails"]))
        elif method == "Page.loadEventFired":
            self._loaded = True
        return message

    def open(self, url: str) -> None:
        """Go to *url*, and wait until all of it is there, even where the tab is at another place of it already."""
        for each in ("about:blank", url):
            self._loaded = False
            self.ask("Page.navigate", url=each)
            while not self._loaded:
                self._heard()

    def run(self, expression: str) -> Any:
        """Return what a JavaScript expression comes to in the page."""
        told = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def press(self, key: str) -> None:
        """Press a key: a letter, which is typed, or one such as ``Tab``."""
        text = {"text": key} if len(key) == 1 else {}
        codes = {"Tab": 9, "Enter": 13, "Escape": 27}
        code = {"windowsVirtualKeyCode": codes[key]} if key in codes else {}
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, **text, **code)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=key, **code)

    def picture(self) -> bytes:
        """Return what is seen, as PNG."""
        return base64.b64decode(self.ask("Page.captureScreenshot")["data"])


@contextmanager
def browsing() -> Iterator[Callable[[], Tab]]:
    """Start a browser, and give what opens tabs in it; where there is none, the test is left out, and says so."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is missing, which .ci/run installs: apt-get install chromium")
        pytest.skip("LEFT OUT: the API's page was not tried in a browser; apt-get install chromium")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                program,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                "--remote-debugging-port=0",
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        overseer = threading.Timer(PATIENCE, process.kill)
        overseer.start()
        try:
            with connect(_address(process), max_size=None) as connection:
                yield lambda: _new_tab(connection)
        finally:
            process.terminate()
            process.wait()
            overseer.cancel()
            if process.stderr:
                process.stderr.close()


def _address(process: subprocess.Popen[str]) -> str:
    """Return where the browser takes commands, which it says when it is ready."""
    assert process.stderr
    for line in process.stderr:
        found = _LISTENS.search(line)
        if found:
            # What it says from now on is of no interest, and a full pipe would stop it.
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return found[1]
    raise AssertionError("the browser ended before it was ready")


def _new_tab(connection: ClientConnection) -> Tab:
    target = _ask_browser(connection, "Target.createTarget", url="about:blank")["targetId"]
    session = _ask_browser(connection, "Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    tab = Tab(connection, session)
    for domain in ("Page", "Network", "Log", "Runtime"):
        tab.ask(f"{domain}.enable")
    return tab


def _ask_browser(connection: ClientConnection, method: str, **params: Any) -> Any:
    connection.send(json.dumps({"id": 0, "method": method, "params": params}))
    while True:
        message = json.loads(connection.recv(PATIENCE))
        if message.get("id") == 0:
            assert "error" not in message, message
            return message["result"]
