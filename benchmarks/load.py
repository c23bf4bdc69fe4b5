"""A load generator: one process, one epoll, so many keep-alive connections with one request under way on each.

``python -m benchmarks.load HOST PORT CONNECTIONS SECONDS KIND [TOKEN]`` prints a JSON line with the requests
answered per second, the answers by status, and latencies. It costs about a tenth of what a server's request does,
so that on two cores it does not hold back what it measures.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

SKUS = 50
#: Labelled parcels that pushes tell of, and what the pushes prove themselves with.
PARCELS = 2_000
PUSH_SECRET = "a secret of the benchmark"  # noqa: S105 - it guards nothing
_ADDRESS = {
    "name": "Jane Smith",
    "line1": "123 Main St",
    "city": "Austin",
    "region": "TX",
    "postalCode": "78701",
    "country": "US",
}


def order_body(external_id: str, number: int, lines: int = 1) -> dict[str, object]:
    """Return the guide's order, of *lines* lines."""
    items = [
        {"sku": f"SKU-{(number * lines + place) % SKUS}", "quantity": 2, "unitPrice": 29.99} for place in range(lines)
    ]
    return {
        "externalId": external_id,
        "customerId": "cust_jane123",
        "customerEmail": "jane@example.com",
        "items": items,
        "shippingAddresses": [_ADDRESS],
        "billingAddress": _ADDRESS,
    }


def requests_of(kind: str, host: str, token: str) -> Iterator[bytes]:
    """Yield whole requests, ready to send."""
    common = f"Host: {host}\r\nAuthorization: Bearer {token}\r\n"
    if kind == "stock":
        heads = [f"GET /api/inventory?sku=SKU-{n} HTTP/1.1\r\n{common}\r\n".encode() for n in range(SKUS)]
        for number in count():
            yield heads[number % SKUS]
    if kind == "push":
        yield from _pushes(host)
    # One encoding per SKU; what differs from order to order is the external id, which is put in between.
    run = uuid.uuid4().hex[:10]
    parts = []
    for number in range(SKUS):
        before, after = json.dumps(order_body("@" * 24, number)).split("@" * 24)
        head = f"POST /api/orders HTTP/1.1\r\n{common}Content-Type: application/json\r\nContent-Length: "
        length = len(before) + 24 + len(after)
        parts.append((f"{head}{length}\r\n\r\n{before}".encode(), after.encode()))
    for number in count():
        before_id, after_id = parts[number % SKUS]
        yield before_id + b"%s-%013d" % (run.encode(), number) + after_id


def parcel_number(number: int) -> str:
    """Return the tracking number of one of the parcels."""
    return f"1ZBENCH{number:011d}"


def _pushes(host: str) -> Iterator[bytes]:
    """Yield pushes of UPS, parcel after parcel; each is a scan that was not told before."""
    head = f"POST /api/webhooks/carriers/ups/tracking HTTP/1.1\r\nHost: {host}\r\ncredential: {PUSH_SECRET}\r\n"
    run, began = uuid.uuid4().hex[:10], datetime.now(UTC) - timedelta(days=2)
    for number in count():
        at = began + timedelta(seconds=number // PARCELS)
        scan = {
            "trackingNumber": parcel_number(number % PARCELS),
            "localActivityDate": at.strftime("%Y%m%d"),
            "localActivityTime": at.strftime("%H%M%S"),
            "activityLocation": {"city": f"Reno {run}", "stateProvince": "", "postalCode": "", "country": "US"},
            "activityStatus": {"type": "I", "code": "AR", "description": "Arrived at Facility", "descriptionCode": ""},
            "gmtActivityDate": at.strftime("%Y%m%d"),
            "gmtActivityTime": at.strftime("%H%M%S"),
        }
        body = json.dumps(scan)
        yield f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


class Connection:
    """One keep-alive connection with one request under way."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        """Send a request; it fits the socket's buffer."""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """Return the status of the answer, or ``None`` while it is not complete."""
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self._received[:end].lower()
        start = head.index(b"content-length:") + 15
        stop = head.find(b"\r\n", start)
        length = int(head[start : stop if stop >= 0 else None])
        if len(self._received) < end + 4 + length:
            return None
        status = self._received[9:12]
        self._received = b""
        return status


def drive(
    host: str, port: int, connections: int, requests: Iterator[bytes], more: Callable[[int], bool]
) -> dict[str, object]:
    """Keep *connections* busy while *more*, which is told how many were sent, says so; return what came of it."""
    poll = select.epoll()
    by_fd: dict[int, Connection] = {}
    for _ in range(connections):
        connection = Connection(host, port)
        by_fd[connection.socket.fileno()] = connection
        poll.register(connection.socket.fileno(), select.EPOLLIN)
    started = time.perf_counter()
    for connection in by_fd.values():
        connection.send(next(requests))
    sent = waiting = connections
    statuses: Counter[bytes] = Counter()
    latencies: list[float] = []
    while waiting:
        for fd, _ in poll.poll():
            connection = by_fd[fd]
            status = connection.receive()
            if status is None:
                continue
            statuses[status] += 1
            latencies.append(time.perf_counter() - connection.sent_at)
            if more(sent):
                connection.send(next(requests))
                sent += 1
            else:
                waiting -= 1
    seconds = time.perf_counter() - started
    for connection in by_fd.values():
        connection.socket.close()
    poll.close()
    latencies.sort()
    return {
        "per_second": sent / seconds,
        "statuses": {status.decode(): n for status, n in statuses.items()},
        "p50_ms": latencies[len(latencies) // 2] * 1000,
        "p99_ms": latencies[len(latencies) * 99 // 100] * 1000,
    }


def main() -> None:
    """Run as the command line says: for so many seconds, or ``n`` requests where it ends in ``n``."""
    host, port, connections, amount, kind = sys.argv[1:6]
    token = sys.argv[6] if len(sys.argv) > 6 else "none"
    requests = requests_of(kind, f"{host}:{port}", token)
    if amount.endswith("n"):
        most = int(amount[:-1])
        more: Callable[[int], bool] = lambda sent: sent < most  # noqa: E731
    else:
        until = time.perf_counter() + float(amount)
        more = lambda sent: time.perf_counter() < until  # noqa: ARG005,E731
    print(json.dumps(drive(host, int(port), int(connections), requests, more)))


if __name__ == "__main__":
    main()
