"""From a name to its addresses, for no longer than there is time.

The system's resolver cannot be told to hurry and may take half a minute for one name, so each name is resolved by a
thread of its own, and those who ask for it wait no longer than they may. A name that hangs keeps no other waiting.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future

#: Returns the addresses of a host, as ``socket.getaddrinfo`` says them; raises ``UnknownHost``.
Resolver = Callable[[str, int], list[str]]

#: So many names may be under way at once; beyond that a resolver is down, and more threads would not help it.
_AT_ONCE = 256


class UnknownHost(Exception):
    """The host's name could not be resolved."""


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of *host*, each once, in the order in which the system would try them."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownHost(host) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Names:
    """Resolves names with a resolver that may hang."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._mutex = threading.Lock()
        self._under_way: dict[tuple[str, int], Future[list[str]]] = {}

    def addresses(self, host: str, port: int, seconds: float) -> list[str]:
        """Return the addresses of *host*; raises ``UnknownHost``, and ``TimeoutError`` after *seconds*."""
        with self._mutex:
            future = self._under_way.get((host, port))
            if future is None:
                if len(self._under_way) >= _AT_ONCE:
                    raise UnknownHost(host)
                future = Future()
                # A daemon, so that a name that hangs does not keep the program from ending.
                name = "vectis-webhooks-dns"
                thread = threading.Thread(target=self._resolve, args=(host, port, future), name=name, daemon=True)
                try:
                    thread.start()
                except RuntimeError as error:
                    # The system has no thread to spare. By the next attempt it may.
                    raise UnknownHost(host) from error
                # The thread forgets it again, under the mutex that is held here.
                self._under_way[host, port] = future
        return future.result(seconds)

    def _resolve(self, host: str, port: int, future: Future[list[str]]) -> None:
        found: list[str] | None = None
        try:
            found = self._resolver(host, port)
        except UnknownHost:
            pass
        finally:
            # First forgotten and then told: who asks after that hears what the resolver says by then.
            with self._mutex:
                del self._under_way[host, port]
            if found is None:
                future.set_exception(UnknownHost(host))
            else:
                future.set_result(found)
