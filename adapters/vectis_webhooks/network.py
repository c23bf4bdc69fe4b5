"""Connections for httpcore that go where they may, and end when they must.

The name is resolved here, every address it has is checked, and one of these is dialled: nobody resolves it a second
time, so a name that changes its mind in between (DNS rebinding) gains nothing. Certificates and ``Host`` keep the name.
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from typing import Any

import httpcore

from vectis_webhooks.addresses import AddressRules

#: Returns the addresses of a host, as ``socket.getaddrinfo`` says them.
Resolver = Callable[[str, int], list[str]]


class RefusedAddress(Exception):
    """The host has no address that may be dialled."""


class UnknownHost(Exception):
    """The host's name could not be resolved."""


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of *host*, each once, in the order in which the system would try them."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownHost(host) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Deadline(threading.local):
    """Until when the request of this thread may take, by ``time.monotonic``."""

    at: float = 0.0

    def left(self) -> float:
        """Return the seconds that are left; raises ``httpcore.ReadTimeout`` where there are none."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline of the attempt has passed")
        return left


class VettedNetwork(httpcore.NetworkBackend):
    """Opens connections to addresses that the rules allow."""

    def __init__(self, rules: AddressRules, deadline: Deadline, resolver: Resolver = resolve) -> None:
        self._rules = rules
        self._deadline = deadline
        self._resolver = resolver
        # A resolver cannot be told to hurry, so it is waited for from outside.
        self._resolving = ThreadPoolExecutor(8, thread_name_prefix="vectis-webhooks-dns")

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, check and dial; of several addresses the first that answers."""
        del timeout, local_address, socket_options  # the deadline bounds everything
        addresses = self._addresses(host, port)
        failure: OSError | None = None
        for place, address in enumerate(addresses):
            # An address that does not answer must leave time for the others.
            share = self._deadline.left() / (len(addresses) - place)
            try:
                connection = socket.create_connection((address, port), share)
            except TimeoutError as error:
                failure = error
            except OSError as error:
                failure = error
            else:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return DeadlineStream(connection, self._deadline)
        if isinstance(failure, TimeoutError):
            raise httpcore.ConnectTimeout(str(failure))
        raise httpcore.ConnectError(str(failure))

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = self._resolving.submit(self._resolver, host, port).result(self._deadline.left())
        except TooLate:
            raise httpcore.ConnectTimeout("the name was not resolved in time") from None
        allowed = [address for address in found if self._rules.allows(address, port)]
        # One private address among public ones is no accident: nothing of such a host is dialled.
        if not allowed or len(allowed) < len(found):
            raise RefusedAddress(host)
        return allowed

    def close(self) -> None:
        """Resolve nothing more."""
        self._resolving.shutdown(wait=False, cancel_futures=True)


class DeadlineStream(httpcore.NetworkStream):
    """A connection of which every single operation ends with the deadline of the request that it serves."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._socket = connection
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has come, at most *max_bytes*."""
        del timeout
        try:
            self._socket.settimeout(self._deadline.left())
            return self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of *buffer*."""
        del timeout
        try:
            while buffer:
                self._socket.settimeout(self._deadline.left())
                buffer = buffer[self._socket.send(buffer) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Return the connection with TLS on it; the handshake as a whole ends with the deadline."""
        del timeout
        try:
            self._socket.settimeout(0)
            secured = ssl_context.wrap_socket(
                self._socket, server_hostname=server_hostname, do_handshake_on_connect=False
            )
            self._shake_hands(secured)
        except BaseException:
            self.close()
            raise
        return DeadlineStream(secured, self._deadline)

    def _shake_hands(self, secured: ssl.SSLSocket) -> None:
        while True:
            try:
                secured.do_handshake()
            except ssl.SSLWantReadError:
                select.select([secured], [], [], self._deadline.left())
            except ssl.SSLWantWriteError:
                select.select([], [secured], [], self._deadline.left())
            else:
                return

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks for: the TLS object, and whether an idle connection was closed by the other end."""
        if info == "ssl_object" and isinstance(self._socket, ssl.SSLSocket):
            return self._socket
        if info == "socket":
            return self._socket
        if info == "is_readable":
            return self._socket.fileno() < 0 or bool(select.select([self._socket], [], [], 0)[0])
        return None
