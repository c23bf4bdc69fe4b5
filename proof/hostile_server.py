"""A server for ``proof.http_hostility``: ``python -m proof.hostile_server URL bounded|plain``, its port in one line."""

from __future__ import annotations

import socket
import sys

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from vectis_asgi import asgi_app
from vectis_cli.bounded import BoundedProtocol
from vectis_core import Vectis

#: Seconds for a head or a body: nobody wants to watch a crowd for a minute.
HEAD_SECONDS, BODY_SECONDS = 2.0, 3.0
#: Connections at a time.
CONNECTIONS_MAX = 800


class Hurried(BoundedProtocol):
    """The protocol of ``vectis serve``, with less patience."""

    head_seconds = HEAD_SECONDS
    body_seconds = BODY_SECONDS
    connections_max = CONNECTIONS_MAX


def main(url: str, kind: str) -> None:
    """Serve until told to stop."""
    protocol = Hurried if kind == "bounded" else HttpToolsProtocol
    with Vectis.open(url) as oms, socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        config = uvicorn.Config(asgi_app(oms, rate_limit=1_000_000), http=protocol, log_level="critical", ws="none")
        print(listener.getsockname()[1], flush=True)
        uvicorn.Server(config).run([listener])


if __name__ == "__main__":
    main(*sys.argv[1:])
