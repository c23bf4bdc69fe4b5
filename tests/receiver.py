"""An endpoint on this machine: a small HTTP server that answers 204 and keeps what came."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from vectis_core.signing import verify


class Receiver:
    """Listens at ``url`` for the length of a block; ``events`` are the ids of what came and was signed well."""

    def __init__(self, secret: str) -> None:
        self.events: list[str] = []
        self.agents: set[str] = set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                signature, timestamp = self.headers["X-Webhook-Signature"], self.headers["X-Webhook-Timestamp"]
                assert verify(body, signature=signature, timestamp=timestamp, secret=secret)
                receiver.agents.add(self.headers["User-Agent"])
                receiver.events.append(self.headers["webhook-id"])
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
