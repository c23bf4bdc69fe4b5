"""Connections for httpcore that go where they may, end when they must, and read no more than they should.

The name is resolved here, every address it has is checked, and one of these is dialled: nobody resolves it a second
time, so a name that changes its mind in between (DNS rebinding) gains nothing. Certificates and ``Host`` keep the name.
"""

from __future__ import annotations

import math
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import httpcore

from vectis_core.webhooks.address_rules import AddressRules
from vectis_webhooks.resolving import Names, Resolver, UnknownHost, resolve

#: Of an answer so many bytes are read in all, headers and interim answers included ...
_READ_MAX = 64 * 1024
#: ... and at most so many at a time.
_CHUNK = 16 * 1024
#: Of a host's addresses so many are tried.
_TRIED_MAX = 8


class RefusedAddress(Exception):
    """The host has an address that may not be dialled."""


class TooLong(httpcore.RemoteProtocolError):
    """The answer is longer than what is read."""


class Attempt(threading.local):
    """What the request of this thread may still take, and how far it has come."""

    #: By ``time.monotonic``.
    ends_at = 0.0
    #: Whether it is for https.
    secure = True
    #: Whether a connection was made for it, instead of taking one that was kept open.
    dialled = False
    #: The bytes of its answer that have come.
    heard = 0

    def begin(self, seconds: float, *, secure: bool) -> None:
        """Begin an attempt that takes at most *seconds*."""
        self.ends_at = time.monotonic() + seconds
        self.secure = secure
        self.dialled = False
        self.heard = 0

    def left(self) -> float:
        """Return the seconds that are left; raises ``httpcore.ReadTimeout`` where there are none."""
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline of the attempt has passed")
        return left


#: Opens a connection to an address within so many seconds.
Dial = Callable[[tuple[str, int], float], socket.socket]


class VettedNetwork(httpcore.NetworkBackend):
    """Opens connections to addresses that the rules allow."""

    def __init__(
        self,
        rules: AddressRules,
        attempt: Attempt,
        resolver: Resolver = resolve,
        dial: Dial = socket.create_connection,
    ) -> None:
        self._rules = rules
        self._attempt = attempt
        self._names = Names(resolver)
        self._dial = dial

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
        self._attempt.dialled = True
        addresses = self._addresses(host, port)
        failure: OSError | None = None
        for place, address in enumerate(addresses):
            # An address that does not answer must leave time for the others.
            share = self._attempt.left() / (len(addresses) - place)
            try:
                connection = self._dial((address, port), share)
            except OSError as error:
                failure = error
            else:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return BoundedStream(connection, self._attempt)
        if isinstance(failure, TimeoutError):
            raise httpcore.ConnectTimeout(str(failure))
        raise httpcore.ConnectError(str(failure))

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = self._names.addresses(host, port, self._attempt.left())
        except TimeoutError:
            raise httpcore.ConnectTimeout("the name was not resolved in time") from None
        if not found:
            raise UnknownHost(host)
        # One private address among public ones is no accident: nothing of such a host is dialled.
        if not all(self._rules.allows(address, port, secure=self._attempt.secure) for address in found):
            raise RefusedAddress(host)
        return found[:_TRIED_MAX]


class BoundedStream(httpcore.NetworkStream):
    """A connection of which every single operation ends with the deadline of the attempt that it serves."""

    def __init__(self, connection: socket.socket, attempt: Attempt) -> None:
        self._socket = connection
        self._attempt = attempt
        self._came = b""
        self._is_spoilt = False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what has come, at most *max_bytes*; raises ``TooLong`` where the answer has no end."""
        del timeout
        may_read = min(max_bytes, _CHUNK, _READ_MAX - self._attempt.heard)
        if not may_read:
            raise TooLong(f"more than {_READ_MAX} bytes")
        try:
            self._socket.settimeout(self._attempt.left())
            came = self._socket.recv(may_read)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error
        self._attempt.heard += len(came)
        self._came = came
        return came

    def end_answer(self, *endings: bytes) -> None:
        """Take note that an answer has come whole; where more has come than one of its *endings*, nothing follows.

        Some endpoints send a body after a 204. On a connection that is kept it would be read as the next answer. This
        is for their mistakes: who wants to be believed in vain need only answer 200.
        """
        self._is_spoilt = not self._came.endswith(endings)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of *buffer*."""
        del timeout
        rest = memoryview(buffer)
        try:
            while rest:
                self._socket.settimeout(self._attempt.left())
                rest = rest[self._socket.send(rest) :]
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
            # The plain socket is an empty shell from here on.
            self._socket = secured = ssl_context.wrap_socket(
                self._socket, server_hostname=server_hostname, do_handshake_on_connect=False
            )
            self._shake_hands(secured)
        except BaseException:
            self.close()
            raise
        return self

    def _shake_hands(self, secured: ssl.SSLSocket) -> None:
        while True:
            left = self._attempt.left()
            try:
                secured.do_handshake()
            except ssl.SSLWantReadError:
                _is_ready(secured, select.POLLIN, left)
            except ssl.SSLWantWriteError:
                _is_ready(secured, select.POLLOUT, left)
            else:
                return

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks for: the TLS object, and whether an idle connection was closed by the other end."""
        if info == "ssl_object" and isinstance(self._socket, ssl.SSLSocket):
            return self._socket
        if info == "socket":
            return self._socket
        if info == "is_readable":
            return self._is_spoilt or self._socket.fileno() < 0 or _is_ready(self._socket, select.POLLIN, 0)
        return None


def _is_ready(connection: socket.socket, event: int, seconds: float) -> bool:
    """Wait for *event*; unlike ``select.select`` for descriptors above 1023 too."""
    poll = select.poll()
    poll.register(connection, event)
    return bool(poll.poll(math.ceil(seconds * 1000)))
